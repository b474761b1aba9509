// What `up` shows: the full screen where there is a terminal for it, progress lines on stderr elsewhere; these take
// commands, too, where a person can type some.

import type { TestnetHandle } from '../network/handle.ts'
import { err } from '../terminal/outlet.ts'
import { FIRST_WORDS, openDialogue } from '../tui/dialogue.ts'
import { canShow, isReadOut, showTestnet } from '../tui/main.ts'
import { printProgress } from '../tui/plain.ts'
import { isPrivate, pageWords } from '../web/printed.ts'

export interface View {
  /** Resolves with the reason when the person at the screen wants the network to end. */
  readonly quit: Promise<string>
  /** Gives the terminal back; what is printed after it stays there. */
  leave(): Promise<void>
  /** Prints what came last. */
  close(): void
}

export interface ViewOptions {
  /** The web page's address. */
  readonly page: string
  /** A person is at this terminal, and wants more than lines where that can be had. */
  readonly person: boolean
  /** Who waits in another terminal, and sees the lines, too. */
  readonly alsoTo?: (line: string) => void
  /** The lines are read out: no screen, no status that nobody asked for. */
  readonly readOut?: boolean
  /** Said at the bottom of the screen until the first key. */
  readonly hint?: string
}

/** Can somebody be looking on, at the full screen or at lines in a terminal where commands can be typed? */
export function hasWatcher(
  stdin: { readonly isTTY?: boolean } = process.stdin,
  stdout: { readonly isTTY?: boolean } = process.stdout,
  env: NodeJS.ProcessEnv = process.env,
): boolean {
  return stdin.isTTY === true && stdout.isTTY === true && !env.CI
}

export function openView(testnet: TestnetHandle, options: ViewOptions): View {
  const { page, person, readOut = isReadOut(), alsoTo, hint } = options
  if (person && !readOut && canShow()) return fullScreen(testnet, page, hint)
  return progressLines(testnet, page, { dialogue: person && process.stdin.isTTY === true, readOut, alsoTo })
}

function fullScreen(testnet: TestnetHandle, page: string, hint: string | undefined): View {
  const end = new AbortController()
  const shown = showTestnet(testnet, { signal: end.signal, webAddress: page, hint })
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

function progressLines(
  testnet: TestnetHandle,
  page: string,
  {
    dialogue,
    readOut,
    alsoTo = () => {},
  }: Pick<ViewOptions, 'alsoTo'> & { readonly dialogue: boolean; readonly readOut: boolean },
): View {
  const write = (line: string) => {
    err(line)
    alsoTo(line)
  }
  err(`web page: ${pageWords(testnet.plan.network, page, isPrivate(process.stderr))}`)
  const { slowedTo } = testnet.state()
  if (slowedTo !== undefined) write(slowedWords(slowedTo))
  if (dialogue) write(FIRST_WORDS)
  const close = printProgress(testnet, { write, ...(readOut && { statusEveryMs: Number.POSITIVE_INFINITY }) })
  let endDialogue = () => {}
  const quit = new Promise<string>(resolve => {
    if (!dialogue) return
    const onQuit = () => resolve('quit at the prompt')
    endDialogue = openDialogue(testnet, { input: process.stdin, write, onQuit })
  })
  return { quit, leave: async () => endDialogue(), close }
}

/** For whoever watches; the others learn how to wait less. */
const slowedWords = (to: number) =>
  `time is slowed to ${to}× for whoever watches; with --for, and with --until and --no-tui, it passes as fast as the machine can`
