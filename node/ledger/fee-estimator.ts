// What a transaction must pay to be confirmed in time, learnt from how long others waited that were seen to come (Core's
// CBlockPolicyEstimator, without its file): three horizons, of hours, days and weeks at ten minutes a block.

import type { HashHex } from '../bitcoin/wire/hex.ts'
import { bucketOf, type Estimate, FeeStats, type Waiting } from './fee-stats.ts'

const MEDIUM = { name: 'medium', scale: 2, periods: 24, decay: 0.9952, sufficient: 0.1 } as const
const SHORT = { name: 'short', scale: 1, periods: 12, decay: 0.962, sufficient: 0.5 } as const
const LONG = { name: 'long', scale: 24, periods: 42, decay: 0.99931, sufficient: 0.1 } as const
/** The share that is to be confirmed within half of the target, within it, and within twice as much. */
const HALF_SUCCESS = 0.6
const SUCCESS = 0.85
const DOUBLE_SUCCESS = 0.95

/** What is seen of a transaction. */
export interface SeenTx {
  readonly txid: HashHex
  readonly satPerKvb: number
  /** Of the tip when it came. */
  readonly height: number
}

export interface SmartEstimate {
  /** Undefined: too little is known. */
  readonly satPerKvb: number | undefined
  /** The target that this is for: never more than half of the blocks that were watched. */
  readonly blocks: number
}

interface Tracked {
  readonly height: number
  readonly bucket: number
}

export class FeeEstimator {
  readonly #short = new FeeStats(SHORT)
  readonly #medium = new FeeStats(MEDIUM)
  readonly #long = new FeeStats(LONG)
  /** Shortest first. */
  readonly horizons: readonly FeeStats[] = [this.#short, this.#medium, this.#long]
  readonly #tracked = new Map<HashHex, Tracked>()
  /** The highest block seen; 0: none. */
  #height = 0
  /** Of the first block that confirmed something. */
  #firstHeight = 0

  get maxTarget(): number {
    return this.#long.maxTarget
  }

  /** One came by itself, and hangs on nothing unconfirmed. What came on another tip than the last is passed over. */
  entered({ txid, satPerKvb, height }: SeenTx): void {
    if (height === this.#height) this.#tracked.set(txid, { height, bucket: bucketOf(satPerKvb) })
  }

  /** One went without being confirmed. */
  left(txid: HashHex): void {
    const tracked = this.#tracked.get(txid)
    if (!tracked) return
    this.#tracked.delete(txid)
    const blocks = this.#height - tracked.height
    for (const stats of this.horizons) stats.failed(tracked.bucket, blocks, this.#height)
  }

  /** A block came, and confirmed these of ours. Those below the highest are of reorganisations. */
  onBlock(height: number, confirmed: readonly SeenTx[]): void {
    if (height <= this.#height) return
    this.#height = height
    let count = 0
    for (const tx of confirmed) if (this.#confirmed(tx)) count++
    if (this.#firstHeight === 0 && count > 0) this.#firstHeight = height
  }

  /** For one horizon; undefined if that does not reach so far. */
  estimateRaw(stats: FeeStats, target: number, success: number): Estimate | undefined {
    return target > stats.maxTarget ? undefined : this.#estimate(stats, target, success)
  }

  /**
   * The most that any of three asks: half of the target, the target, twice as much. `conservative`: what was asked over longer
   * horizons counts as well.
   */
  estimate(wanted: number, conservative: boolean): SmartEstimate {
    // Nobody can tell what the very next block asks.
    const target = Math.min(Math.max(wanted, 2), this.#maxUsable())
    if (target <= 1) return { satPerKvb: undefined, blocks: target }
    let satPerKvb = this.#combined(Math.floor(target / 2), HALF_SUCCESS, true)
    satPerKvb = Math.max(satPerKvb, this.#combined(target, SUCCESS, true))
    satPerKvb = Math.max(satPerKvb, this.#combined(2 * target, DOUBLE_SUCCESS, !conservative))
    if (conservative || satPerKvb === NONE) satPerKvb = Math.max(satPerKvb, this.#conservative(2 * target))
    return { satPerKvb: satPerKvb === NONE ? undefined : Math.round(satPerKvb), blocks: target }
  }

  #confirmed({ txid, satPerKvb, height }: SeenTx): boolean {
    const tracked = this.#tracked.get(txid)
    if (!tracked) return false
    this.#tracked.delete(txid)
    const blocks = this.#height - height
    if (blocks <= 0) return false
    const bucket = bucketOf(satPerKvb)
    for (const stats of this.horizons) stats.confirmed(bucket, satPerKvb, blocks, this.#height)
    return true
  }

  #maxUsable(): number {
    const watched = this.#firstHeight === 0 ? 0 : this.#height - this.#firstHeight
    return Math.min(this.#long.maxTarget, Math.floor(watched / 2))
  }

  /** From the shortest horizon that reaches so far; `shorter`: what those before it say of their longest target, if that is less. */
  #combined(target: number, success: number, shorter: boolean): number {
    if (target < 1 || target > this.#long.maxTarget) return NONE
    const [short, medium] = [this.#short, this.#medium]
    const fitting = this.horizons.find(stats => target <= stats.maxTarget) ?? this.#long
    let rate = this.#rate(fitting, target, success)
    if (!shorter) return rate
    for (const stats of [medium, short]) {
      if (target <= stats.maxTarget) continue
      const other = this.#rate(stats, stats.maxTarget, success)
      if (other > 0 && (rate === NONE || other < rate)) rate = other
    }
    return rate
  }

  #conservative(target: number): number {
    const medium = target <= this.#short.maxTarget ? this.#rate(this.#medium, target, DOUBLE_SUCCESS) : NONE
    const long = target <= this.#medium.maxTarget ? this.#rate(this.#long, target, DOUBLE_SUCCESS) : NONE
    return Math.max(medium, long)
  }

  #rate(stats: FeeStats, target: number, success: number): number {
    return this.#estimate(stats, target, success).satPerKvb ?? NONE
  }

  #estimate(stats: FeeStats, target: number, success: number): Estimate {
    return stats.estimate(target, success, this.#height, this.#waiting(target))
  }

  #waiting(target: number): Waiting {
    const counts = new Map<number, number>()
    for (const { height, bucket } of this.#tracked.values())
      if (this.#height - height >= target) counts.set(bucket, (counts.get(bucket) ?? 0) + 1)
    return bucket => counts.get(bucket) ?? 0
  }
}

const NONE = -1
