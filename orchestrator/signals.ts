// Ctrl-C and its relatives, one at a time: the first asks for an orderly end, the next wants it now.

import { EXIT, type ExitCode, UserError } from './errors.ts'

const EXIT_CODES = { SIGINT: EXIT.interrupted, SIGTERM: EXIT.terminated, SIGHUP: EXIT.hangup } as const
export type EndSignal = keyof typeof EXIT_CODES
const SIGNALS = Object.keys(EXIT_CODES) as EndSignal[]

/**
 * A second signal so soon is the same one: `npm start` passes Ctrl-C on to a program that the terminal has told already.
 * Nobody's finger is that quick.
 */
const SAME_MS = 120

export class EndSignals {
  #handler: ((signal: EndSignal) => void) | undefined
  /** One that came before anybody cared. */
  #waiting: EndSignal | undefined
  #first: EndSignal | undefined
  #lastMs = Number.NEGATIVE_INFINITY

  constructor() {
    for (const signal of SIGNALS) process.on(signal, this.#listen)
  }

  /** From now on signals go to this handler, and to no earlier one. */
  handle(handler: (signal: EndSignal) => void): void {
    this.#handler = handler
    const signal = this.#waiting
    this.#waiting = undefined
    if (signal !== undefined) handler(signal)
  }

  /** What the work gives; a signal meanwhile aborts it and is the reason why there is nothing. */
  async during<T>(work: (signal: AbortSignal) => Promise<T>, what: string): Promise<T> {
    const over = new AbortController()
    const stopped = new Promise<never>((_, reject) => {
      this.handle(() => {
        const why = new UserError(this.exitCode(EXIT.failure), what)
        over.abort(why)
        reject(why)
      })
    })
    try {
      return await Promise.race([work(over.signal), stopped])
    } finally {
      this.#handler = undefined // what comes now waits for the next
    }
  }

  /** Did any come? */
  get received(): boolean {
    return this.#first !== undefined
  }

  /** As shells count it: 128 and the first signal's number; `otherwise` when none came. */
  exitCode(otherwise: ExitCode): ExitCode {
    return this.#first === undefined ? otherwise : EXIT_CODES[this.#first]
  }

  /** Signals have their usual effect again. */
  close(): void {
    for (const signal of SIGNALS) process.off(signal, this.#listen)
  }

  readonly #listen = (signal: EndSignal): void => {
    const nowMs = performance.now()
    if (nowMs - this.#lastMs < SAME_MS) return
    this.#lastMs = nowMs
    this.#first ??= signal
    if (this.#handler) this.#handler(signal)
    else this.#waiting = signal
  }
}
