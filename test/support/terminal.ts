// A terminal of settable size for testing screens: it understands what canvas.ts writes and shows the result as lines.

import { EventEmitter } from 'node:events'
import { PassThrough } from 'node:stream'
import type { Shown } from '../../orchestrator/tui/app.ts'
import { mount } from '../../orchestrator/tui/mount.ts'

export class PaperTerminal extends EventEmitter {
  columns: number
  rows: number
  /** How often something was written. */
  writes = 0
  #lines: string[] = []
  #row = 0

  constructor(columns: number, rows: number) {
    super()
    this.columns = columns
    this.rows = rows
  }

  write(text: string): void {
    this.writes += 1
    for (const token of text.split('\u001b[').slice(1)) {
      const [, parameters = '', command = '', shown = ''] = /^([\d;?]*)([A-Za-z])(.*)$/s.exec(token) ?? []
      if (command === 'J') this.#lines = []
      if (command === 'H') this.#row = Number.parseInt(parameters, 10) - 1
      if (command === 'K') this.#lines[this.#row] = ''
      if (shown !== '') this.#lines[this.#row] = (this.#lines[this.#row] ?? '') + shown
    }
  }

  resize(columns: number, rows: number): void {
    this.columns = columns
    this.rows = rows
    this.emit('resize')
  }

  lines(): string[] {
    return Array.from(this.#lines, line => (line ?? '').trimEnd())
  }

  get text(): string {
    return this.lines().join('\n')
  }
}

/** Mounts the screen on a paper terminal; `press` presses keys. */
export function mountOn(terminal: PaperTerminal, testnet: Shown) {
  const keyboard = Object.assign(new PassThrough(), { isTTY: true, setRawMode() {}, ref() {}, unref() {} })
  const counts = { quits: 0, interrupts: 0 }
  const props = {
    testnet,
    webAddress: 'http://127.0.0.1:8080/?key=0123456789abcdef0123456789abcdef',
    onQuit: () => {
      counts.quits += 1
    },
    onInterrupt: () => {
      counts.interrupts += 1
    },
  }
  const screen = mount(props, keyboard as unknown as NodeJS.ReadStream, terminal)
  /** All at once, as a paste comes. */
  const type = (keys: string) => keyboard.write(keys)
  /** One after the other, as fingers do. */
  const press = async (keys: string) => {
    for (const key of keys) {
      type(key)
      await new Promise(resolve => setImmediate(resolve))
    }
  }
  return { ...screen, type, press, counts }
}
