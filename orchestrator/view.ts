// What `up` shows: the full screen where there is a terminal for it, progress lines on stderr elsewhere.

import type { TestnetHandle } from './testnet.ts'
import { canShow, showTestnet } from './tui/main.ts'
import { printProgress } from './tui/plain.ts'

export interface View {
  /** Resolves with the reason when the person at the screen wants the network to end. */
  readonly quit: Promise<string>
  /** Gives the terminal back; what is printed after it stays there. */
  leave(): Promise<void>
  /** Prints what came last. */
  close(): void
}

/** `page`: the web page's address; `screen`: the full screen is wanted, if this terminal can show it. */
export function openView(testnet: TestnetHandle, page: string, screen: boolean): View {
  return screen && canShow() ? fullScreen(testnet, page) : progressLines(testnet, page)
}

function fullScreen(testnet: TestnetHandle, page: string): View {
  const end = new AbortController()
  const shown = showTestnet(testnet, { signal: end.signal, webAddress: page })
  return {
    quit: shown.then(left => {
      // The same end, and the same exit code, as Ctrl-C has without a screen.
      if (left === 'interrupted') process.kill(process.pid, 'SIGINT')
      return left === 'interrupted' ? new Promise<string>(() => {}) : 'quit at the screen'
    }),
    leave: async () => {
      end.abort()
      // A screen that failed has already been the reason to leave.
      await shown.catch(() => {})
    },
    close: () => {},
  }
}

function progressLines(testnet: TestnetHandle, page: string): View {
  console.error(`web page: ${page}`)
  const close = printProgress(testnet, { write: line => console.error(line) })
  return { quit: new Promise(() => {}), leave: async () => {}, close }
}
