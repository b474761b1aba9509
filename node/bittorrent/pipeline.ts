// How many blocks are asked of one peer at a time: what its line holds at the rate at which blocks come, and what it may take to be looked
// at over there. The beginning is TCP's slow start: one more for each block that comes, until more requests bring no more bytes.

import { BLOCK_BYTES } from './metainfo/metainfo.ts'
import type { Rate } from './rate.ts'

const FIRST = 8
const MOST = 500
const LEAST = 4
/** The other end sends in bursts: it hands as much to the network as that takes in half a second. */
const AHEAD_MS = 1_000
/** A rate that rose less than this in the time of a look has found its end. */
const GROWTH = 1.15
const LOOK_MS = 1_000

export class Pipeline {
  readonly #rate: Rate
  #isStarting = true
  #depth = FIRST
  #leastMs = Number.POSITIVE_INFINITY
  #lookMs = 0
  #lastBps = 0

  /** `rate`: at which its blocks come. */
  constructor(rate: Rate) {
    this.#rate = rate
  }

  /** A block that was asked for then is here; its bytes are in the rate already. */
  received(askedMs: number, nowMs: number): void {
    this.#leastMs = Math.min(this.#leastMs, nowMs - askedMs)
    if (!this.#isStarting) return
    this.#depth = Math.min(MOST, this.#depth + 1)
    if (this.#lookMs === 0) this.#lookMs = nowMs
    const everyMs = Math.max(LOOK_MS, 2 * this.#leastMs)
    if (nowMs - this.#lookMs < everyMs) return
    const bps = this.#rate.read(nowMs)
    this.#isStarting = bps > this.#lastBps * GROWTH
    this.#lastBps = bps
    this.#lookMs = nowMs
  }

  depth(nowMs: number): number {
    if (this.#isStarting) return this.#depth
    const holdsMs = AHEAD_MS + 1.5 * this.#leastMs
    const blocks = (this.#rate.read(nowMs) * holdsMs) / 1000 / BLOCK_BYTES
    return Math.min(MOST, Math.max(LEAST, Math.ceil(blocks)))
  }
}
