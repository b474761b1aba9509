// Shows a running network on the whole terminal and gives the terminal back, whatever happens.

import { writeSync } from 'node:fs'
import type { Shown } from './app.ts'

export type Left = 'quit' | 'interrupted' | 'ended'

export interface ShowOptions {
  /** Leaves the screen when it aborts: the network goes down for another reason. */
  readonly signal?: AbortSignal
  /** Where a browser shows the network; the help says it. */
  readonly webAddress?: string
  /** Said at the bottom until the first key. */
  readonly hint?: string | undefined
  readonly stdin?: NodeJS.ReadStream
  readonly stdout?: NodeJS.WriteStream
}

/** Can this terminal show the screen? Otherwise progress lines (plain.ts) are the way. */
export function canShow(
  stdin: { readonly isTTY?: boolean } = process.stdin,
  stdout: { readonly isTTY?: boolean } = process.stdout,
  env: NodeJS.ProcessEnv = process.env,
): boolean {
  return stdin.isTTY === true && stdout.isTTY === true && env.TERM !== 'dumb' && !env.CI
}

/** Somebody has the terminal read out; Ink's own variable says so to all programs that use it. */
export function isReadOut(env: NodeJS.ProcessEnv = process.env): boolean {
  return env.INK_SCREEN_READER === 'true'
}

/**
 * The alternate screen, without a cursor. Lines do not wrap: one that this terminal takes for wider than we do is cut at its
 * edge instead of moving all others. What is pasted comes in brackets, so that it cannot be taken for keys.
 */
const ENTER = '\u001b[?1049h\u001b[?25l\u001b[?7l\u001b[?2004h\u001b[2J'
/** All of that undone, and colours reset. */
const LEAVE = '\u001b[?2004l\u001b[?7h\u001b[?1049l\u001b[?25h\u001b[0m'

/**
 * Resolves with `quit` when the user wants to end the network, `interrupted` after Ctrl-C, `ended` when `signal` aborted.
 * Ink and React are loaded here: whoever shows no screen does without them.
 */
export async function showTestnet(
  testnet: Shown,
  { signal, webAddress, hint, stdin = process.stdin, stdout = process.stdout }: ShowOptions = {},
): Promise<Left> {
  const { mount } = await import('./mount.ts')
  const leave = enterScreen(stdout)
  try {
    return await new Promise<Left>((resolve, reject) => {
      const done = (why: Left) => {
        screen.unmount()
        resolve(why)
      }
      const props = {
        testnet,
        webAddress,
        hint,
        onQuit: () => done('quit'),
        onInterrupt: () => done('interrupted'),
      }
      const screen = mount(props, stdin, stdout)
      screen.gone.then(() => resolve('ended'), reject)
      if (signal?.aborted) done('ended')
      else signal?.addEventListener('abort', () => done('ended'), { once: true })
    })
  } finally {
    leave()
  }
}

/** Takes the alternate screen; the returned function gives it back, and so does the end of the process, however it comes. */
function enterScreen(stdout: NodeJS.WriteStream & { readonly fd?: number }): () => void {
  let inside = true
  const leave = () => {
    if (!inside) return
    inside = false
    process.off('exit', leave)
    process.off('uncaughtExceptionMonitor', leave)
    try {
      // Synchronously: at the exit of the process nothing else arrives.
      if (stdout.fd === undefined) stdout.write(LEAVE)
      else writeSync(stdout.fd, LEAVE)
    } catch {
      // The terminal itself is gone.
    }
  }
  process.on('exit', leave)
  // Before Node prints what is wrong: on the alternate screen nobody would ever read it.
  process.on('uncaughtExceptionMonitor', leave)
  stdout.write(ENTER)
  return leave
}
