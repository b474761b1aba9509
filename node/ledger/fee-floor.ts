// The fee rate below which nothing comes into a mempool that was full: raised by each eviction, lowered by time.
// Without it, what was just thrown out would come back from the next peer.

/** Newcomers must beat what was evicted for their sake by this much; sat per 1000 virtual bytes. */
const STEP_SAT_PER_KVB = 1_000
/** The floor halves in this time; a quarter of it while the mempool is nearly empty. */
const HALF_LIFE_MS = 12 * 60 * 60_000

export class FeeFloor {
  #satPerKvb = 0
  #sinceMs = 0
  /** It falls only once a block came: until then the evicted ones could still be confirmed elsewhere. */
  #falling = false

  /** A package of this fee rate was evicted. */
  raise(satPerKvb: number, nowMs: number, fill: number): void {
    this.#satPerKvb = Math.max(satPerKvb + STEP_SAT_PER_KVB, this.at(nowMs, fill))
    this.#sinceMs = nowMs
    this.#falling = false
  }

  onBlock(nowMs: number, fill: number): void {
    this.#satPerKvb = this.at(nowMs, fill)
    this.#sinceMs = nowMs
    this.#falling = true
  }

  /** The floor now, in sat per 1000 virtual bytes; 0 when there is none. `fill`: the share of the mempool in use. */
  at(nowMs: number, fill: number): number {
    if (!this.#falling) return this.#satPerKvb
    const halfLifeMs = HALF_LIFE_MS / (fill < 0.25 ? 4 : fill < 0.5 ? 2 : 1)
    const lowered = this.#satPerKvb * 0.5 ** ((nowMs - this.#sinceMs) / halfLifeMs)
    return lowered < STEP_SAT_PER_KVB / 2 ? 0 : lowered
  }
}
