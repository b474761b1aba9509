// Puts the screen on a terminal. Loaded after the environment is set up: Ink decides about colours when it loads.

import { render } from 'ink'
import { App, type AppProps } from './app.tsx'
import { Canvas, type Terminal } from './canvas.ts'

export interface Mounted {
  /** Resolves when the screen is gone; rejects when a component failed. */
  readonly gone: Promise<unknown>
  unmount(): void
}

export function mount(props: AppProps, stdin: NodeJS.ReadStream, terminal: Terminal): Mounted {
  const canvas = new Canvas(terminal)
  const screen = render(<App {...props} />, {
    stdin,
    // Of a write stream Ink uses the size, `write` and the resize event only.
    stdout: canvas as unknown as NodeJS.WriteStream,
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
