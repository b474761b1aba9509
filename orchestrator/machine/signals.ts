// Ctrl-C and its relatives, one at a time: the first asks for an orderly end, the next wants it now.

import { EXIT, type ExitCode, UserError } from '../errors.ts'
import { STDERR, STDOUT, watchReader } from './readers.ts'

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const
/** The last is not the system's, which comes of every socket: nobody reads our output any more. */
export type EndSignal = (typeof SIGNALS)[number] | 'SIGPIPE'
const EXIT_CODES: { readonly [signal in EndSignal]: ExitCode } = {
  SIGINT: EXIT.interrupted,
  SIGTERM: EXIT.terminated,
  SIGHUP: EXIT.hangup,
  SIGPIPE: EXIT.unread,
}

/**
 * A second signal so soon is the same one: `npm start` passes Ctrl-C on to a program that the terminal has told already.
 * Nobody's finger is that quick.
 */
const SAME_MS = 120

export interface EndSignalsOptions {
  /** All that is to be seen goes to stderr: when nobody reads that, nobody sees anything. */
  readonly shownOnStderr?: boolean
}

/** Those of this process that are open. */
const open = new Set<EndSignals>()

/** A write failed since nobody reads there. False: no command wants to end in order. */
export function tellUnread(descriptor: number): boolean {
  for (const signals of open) signals.unread(descriptor)
  return open.size > 0
}

/** Why something ends, in words. */
export function whyEnded(signal: EndSignal): string {
  return signal === 'SIGPIPE' ? 'nobody reads its output any more' : `received ${signal}`
}

export class EndSignals {
  #handler: ((signal: EndSignal) => void) | undefined
  /** One that came before anybody cared. */
  #waiting: EndSignal | undefined
  #first: EndSignal | undefined
  #lastMs = Number.NEGATIVE_INFINITY

  readonly #shownOnStderr: boolean
  readonly #ends: readonly (() => void)[]
  #unread = false

  constructor({ shownOnStderr = false }: EndSignalsOptions = {}) {
    this.#shownOnStderr = shownOnStderr
    for (const signal of SIGNALS) process.on(signal, this.#listen)
    open.add(this)
    this.#ends = [STDOUT, STDERR].map(descriptor => watchReader(descriptor, () => this.unread(descriptor)))
  }

  /** Nobody reads there any more: the same as a signal, once, if anything that matters went there. */
  unread(descriptor: number): void {
    if (this.#unread || (descriptor === STDERR && !this.#shownOnStderr)) return
    this.#unread = true
    this.#listen('SIGPIPE')
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
    open.delete(this)
    for (const end of this.#ends) end()
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
