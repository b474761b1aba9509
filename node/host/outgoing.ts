// What waits to be sent, to each peer and to all: a peer that asks and never reads, and many that do, must not fill the memory.

import { ENOUGH_BYTES } from '../bitcoin/backlog.ts'
import type { Clock } from '../core/host.ts'

/** While this waits for all peers together, each may have no more than a small share of it. */
export const ENOUGH_IN_ALL_BYTES = 24_000_000
export const SHARE_BYTES = 256_000
/** The sum over all connections is made anew at most this often; between, what is sent is added. */
const SUM_EVERY_MS = 20

export class Outgoing {
  readonly #clock: Pick<Clock, 'now'>
  readonly #sum: () => number
  #totalBytes = 0
  #summedMs = Number.NEGATIVE_INFINITY

  /** `sum`: what waits in all connections now. */
  constructor(clock: Pick<Clock, 'now'>, sum: () => number) {
    this.#clock = clock
    this.#sum = sum
  }

  sent(bytes: number): void {
    this.#totalBytes += bytes
  }

  /** How much waits for a peer, of what should at most; 1: just that. */
  fill(bytes: number): number {
    if (bytes <= SHARE_BYTES) return bytes / ENOUGH_BYTES
    return bytes / (this.#isTight() ? SHARE_BYTES : ENOUGH_BYTES)
  }

  #isTight(): boolean {
    const nowMs = this.#clock.now()
    // A clock that was put back counts as one that has run.
    if (this.#totalBytes > ENOUGH_IN_ALL_BYTES && Math.abs(nowMs - this.#summedMs) >= SUM_EVERY_MS) {
      this.#totalBytes = this.#sum()
      this.#summedMs = nowMs
    }
    return this.#totalBytes > ENOUGH_IN_ALL_BYTES
  }
}
