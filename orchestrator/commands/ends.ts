// How commands that run scenarios end: the first signal heals and goes down, the next one goes down at once.

import { setMaxListeners } from 'node:events'
import { EXIT, UserError } from '../errors.ts'
import { type EndSignals, whyEnded } from '../machine/signals.ts'
import { err } from '../terminal/outlet.ts'

/** Two signals: end in order, end at once. */
export interface Ends {
  readonly signal: AbortSignal
  readonly hurry: AbortSignal
}

export function endsOf(signals: EndSignals): Ends {
  const orderly = new AbortController()
  const hurry = new AbortController()
  setMaxListeners(0, orderly.signal, hurry.signal) // every scenario listens
  signals.handle(signal => {
    orderly.abort(
      new UserError(signals.exitCode(EXIT.interrupted), `${whyEnded(signal)}: healed and gone down`),
    )
    signals.handle(() => hurry.abort())
  })
  return { signal: orderly.signal, hurry: hurry.signal }
}

/** Progress of one scenario on stderr, with its time. */
export function progress(name: string): (line: string) => void {
  const startedMs = performance.now()
  return line => {
    const seconds = ((performance.now() - startedMs) / 1000).toFixed(1).padStart(6)
    err(`${seconds} s  ${name}  ${line}`)
  }
}
