// Looks for what is overdue, in turns that are a fixed time apart. Turns in which no deadline can fall, and since the last of
// which nothing has changed, are left out: most peers of a large network have nothing to wait for most of the time.

import type { Cancel, Clock } from '../core/host.ts'

export class Watch {
  readonly #clock: Clock
  readonly #everyMs: number
  readonly #look: (nowMs: number) => number
  #startedMs = 0
  /** The next turn, if there is anything to look at in one. */
  #turnMs = Number.POSITIVE_INFINITY
  #cancelTurn: Cancel = () => {}

  /** `look`: looks, and says when the next deadline is; infinite if there is none. */
  constructor(clock: Clock, everyMs: number, look: (nowMs: number) => number) {
    this.#clock = clock
    this.#everyMs = everyMs
    this.#look = look
  }

  start(): void {
    this.#startedMs = this.#clock.now()
  }

  stop(): void {
    this.#cancelTurn()
  }

  /** Something changed: looks in the next turn, or in the first one from a moment on. */
  arm(fromMs = 0): void {
    const everyMs = this.#everyMs
    const nowMs = this.#clock.now()
    // Long past: the clock was put forward.
    const plannedMs = this.#turnMs < nowMs - everyMs ? Number.POSITIVE_INFINITY : this.#turnMs
    if (plannedMs <= nowMs + everyMs) return // it is the next one
    const next = Math.floor((nowMs - this.#startedMs) / everyMs) + 1
    const turn = Math.max(next, Math.ceil((fromMs - this.#startedMs) / everyMs))
    const turnMs = this.#startedMs + turn * everyMs
    if (turnMs >= plannedMs) return
    this.#cancelTurn()
    this.#turnMs = turnMs
    this.#cancelTurn = this.#clock.after(turnMs - nowMs, this.#takeTurn)
  }

  #takeTurn = (): void => {
    this.#turnMs = Number.POSITIVE_INFINITY
    const dueMs = this.#look(this.#clock.now())
    if (dueMs < Number.POSITIVE_INFINITY) this.arm(dueMs)
  }
}
