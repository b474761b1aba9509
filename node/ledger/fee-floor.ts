// The fee rate below which nothing comes into a mempool that was full: raised by each eviction, lowered by time.
// Without it, what was just thrown out would come back from the next peer.

/** The floor halves in this time; a quarter of it while the mempool is nearly empty. */
const HALF_LIFE_MS = 12 * 60 * 60_000

export class FeeFloor {
  readonly #stepSatPerKvb: number
  #satPerKvb = 0
  #sinceMs = 0
  /** It falls only once a block came: until then the evicted ones could still be confirmed elsewhere. */
  #falling = false

  /** `stepSatPerKvb`: newcomers must beat by so much what was evicted for their sake. */
  constructor(stepSatPerKvb: number) {
    this.#stepSatPerKvb = stepSatPerKvb
  }

  /** A package of this fee rate was evicted. */
  raise(satPerKvb: number, nowMs: number, fill: number): void {
    const raised = satPerKvb + this.#stepSatPerKvb
    if (raised <= this.#now(nowMs, fill)) return
    this.#satPerKvb = raised
    this.#sinceMs = nowMs
    this.#falling = false
  }

  onBlock(nowMs: number, fill: number): void {
    this.#satPerKvb = this.#now(nowMs, fill)
    this.#sinceMs = nowMs
    this.#falling = true
  }

  /** The floor now, in sat per 1000 virtual bytes; 0 when there is none. `fill`: the share of the mempool in use. */
  at(nowMs: number, fill: number): number {
    const now = this.#now(nowMs, fill)
    return now === 0 ? 0 : Math.max(Math.round(now), this.#stepSatPerKvb)
  }

  #now(nowMs: number, fill: number): number {
    if (!this.#falling) return this.#satPerKvb
    const halfLifeMs = HALF_LIFE_MS / (fill < 0.25 ? 4 : fill < 0.5 ? 2 : 1)
    const lowered = this.#satPerKvb * 0.5 ** ((nowMs - this.#sinceMs) / halfLifeMs)
    return lowered < this.#stepSatPerKvb / 2 ? 0 : lowered
  }
}
