// What Ink draws on: a stand-in for stdout that takes whole frames and repaints the lines that changed, in place, at
// most ten times a second. Ink's own incremental mode loses a line when a frame is lower than the terminal (6.8.0),
// its standard mode erases and rewrites everything; and a stand-in of settable size is what tests need anyway.

import { EventEmitter } from 'node:events'

export const FRAME_MS = 100

/** The part of a TTY that is used. */
export interface Terminal {
  readonly columns?: number
  readonly rows?: number
  write(text: string): unknown
  on(event: 'resize', listener: () => void): unknown
  off(event: 'resize', listener: () => void): unknown
}

const HOLD = '\u001b[?2026h' // synchronized update: terminals that know it show the frame at once
const SHOW = '\u001b[?2026l'
const CLEAR = '\u001b[0m\u001b[2J'

export class Canvas extends EventEmitter {
  readonly #terminal: Terminal
  #shown: readonly string[] = []
  #frame = ''
  #timer: NodeJS.Timeout | undefined
  #closed = false

  constructor(terminal: Terminal) {
    super()
    this.#terminal = terminal
    terminal.on('resize', this.#resized)
  }

  get columns(): number {
    return this.#terminal.columns || 80
  }

  get rows(): number {
    return this.#terminal.rows || 24
  }

  /** Ink in debug mode writes one whole frame at a time. */
  write(frame: string): boolean {
    if (this.#closed) return true
    this.#frame = frame
    this.#timer ??= setTimeout(() => this.#paint(), this.#shown.length === 0 ? 0 : FRAME_MS)
    return true
  }

  /** Paints what is still waiting and lets go of the terminal. */
  close(): void {
    if (this.#closed) return
    this.#paint()
    this.#closed = true
    this.#terminal.off('resize', this.#resized)
  }

  #paint(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    const lines = this.#frame.split('\n').slice(0, this.rows)
    let changes = ''
    for (let row = 0; row < Math.max(lines.length, this.#shown.length); row++) {
      const line = lines[row] ?? ''
      // Erased first: erasing after a line of full width would take its last character.
      if (line !== this.#shown[row]) changes += `\u001b[${row + 1};1H\u001b[0m\u001b[2K${line}`
    }
    this.#shown = lines
    if (changes !== '') this.#terminal.write(HOLD + changes + SHOW)
  }

  /** The terminal rearranged what it showed: begin anew. */
  readonly #resized = () => {
    this.#terminal.write(CLEAR)
    this.#shown = []
    this.emit('resize')
  }
}
