// Puts the screen on a terminal.

import { EventEmitter } from 'node:events'
import { render } from 'ink'
import { createElement } from 'react'
import { App, type AppProps } from './app.ts'
import { Canvas, type Terminal } from './canvas.ts'
import { wantsColor } from './paint.ts'

export interface Mounted {
  /** Resolves when the screen is gone; rejects when a component failed. */
  readonly gone: Promise<unknown>
  unmount(): void
}

/** Ink writes an (empty) frame of its own, which goes nowhere. */
class Nowhere extends EventEmitter {
  readonly columns = 80
  readonly rows = 24
  write(): boolean {
    return true
  }
}

export function mount(
  props: Omit<AppProps, 'canvas'>,
  stdin: NodeJS.ReadStream,
  terminal: Terminal,
  color = wantsColor(),
): Mounted {
  const canvas = new Canvas(terminal, color)
  const screen = render(createElement(App, { ...props, canvas }), {
    stdin,
    // Of a write stream Ink uses the size, `write` and the resize event only.
    stdout: new Nowhere() as unknown as NodeJS.WriteStream,
    debug: true,
    exitOnCtrlC: false,
    patchConsole: false,
  })
  return {
    gone: screen.waitUntilExit().finally(() => canvas.close()),
    unmount: () => {
      screen.unmount()
      canvas.close()
    },
  }
}
