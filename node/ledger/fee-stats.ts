// How long transactions of each fee rate waited, over one horizon: averages that fade with every block (as in Core's
// CBlockPolicyEstimator). Rates fall into buckets 5 % apart; from the dearest down, buckets that together hold enough are asked
// whether enough of theirs were confirmed in time, and the last that pass say what is enough to pay.
//
// Kept for the buckets that were ever used alone, and faded when they are looked at: most peers see few, and a thousand of them
// may live in one process.

const LEAST_SAT_PER_KVB = 1_000
const MOST_SAT_PER_KVB = 10_000_000
const SPACING = 1.05

/** The dearest rate of each bucket. */
const BOUNDS: readonly number[] = bounds()
const BUCKETS: number = BOUNDS.length

export interface Horizon {
  readonly name: 'short' | 'medium' | 'long'
  /** Of so many blocks each. */
  readonly scale: number
  readonly periods: number
  /** What is left of an average after a block. */
  readonly decay: number
  /** Transactions a block that a range of buckets must have had to be asked. */
  readonly sufficient: number
}

/** A range of buckets, and what became of its transactions. */
export interface BucketRange {
  /** Rates in satoshi per 1,000 virtual bytes: above the first, up to the second. -1: there is no such range. */
  readonly start: number
  readonly end: number
  readonly withinTarget: number
  readonly totalConfirmed: number
  /** Waiting for as long as the target already. */
  readonly inMempool: number
  /** Given up, after they had waited for so long. */
  readonly leftMempool: number
}

export interface Estimate {
  /** Satoshi per 1,000 virtual bytes; undefined: too little is known, or nothing was enough. */
  readonly satPerKvb: number | undefined
  readonly pass: BucketRange
  readonly fail: BucketRange
}

interface Bucket {
  /** Faded to this height. */
  height: number
  total: number
  rates: number
  /** By the number of periods that it took; those that took longer are in the total alone. */
  readonly confirmed: Float64Array
  /** By the number of whole periods after which they were given up; the last is for all longer ones. */
  readonly failed: Float64Array
}

/** Transactions of a bucket that have waited for the target already. */
export type Waiting = (bucket: number) => number

const NO_RANGE: BucketRange = {
  start: -1,
  end: -1,
  withinTarget: 0,
  totalConfirmed: 0,
  inMempool: 0,
  leftMempool: 0,
}

export function bucketOf(satPerKvb: number): number {
  let [low, high] = [0, BUCKETS - 1]
  while (low < high) {
    const middle = (low + high) >> 1
    if ((BOUNDS[middle] as number) >= satPerKvb) high = middle
    else low = middle + 1
  }
  return low
}

export class FeeStats {
  readonly horizon: Horizon
  readonly #buckets = new Map<number, Bucket>()

  constructor(horizon: Horizon) {
    this.horizon = horizon
  }

  /** The longest wait that is told apart, in blocks. */
  get maxTarget(): number {
    return this.horizon.scale * this.horizon.periods
  }

  /** One was confirmed in the block at `height`, so many blocks after it came. */
  confirmed(bucket: number, satPerKvb: number, blocks: number, height: number): void {
    const { scale, periods } = this.horizon
    const one = this.#at(bucket, height)
    const period = Math.ceil(blocks / scale)
    if (period <= periods) one.confirmed[period] = (one.confirmed[period] as number) + 1
    one.total++
    one.rates += satPerKvb
  }

  /** One was given up, so many blocks after it came. */
  failed(bucket: number, blocks: number, height: number): void {
    const { scale, periods } = this.horizon
    const period = Math.min(periods, Math.floor(blocks / scale))
    if (period < 1) return
    const one = this.#at(bucket, height)
    one.failed[period] = (one.failed[period] as number) + 1
  }

  /** What must be paid for a share of `success` to be confirmed within `target` blocks; `height`: now. */
  estimate(target: number, success: number, height: number, waiting: Waiting): Estimate {
    const { sufficient, decay, scale } = this.horizon
    const period = Math.ceil(target / scale)
    const row = new Row(success)
    for (let bucket = BUCKETS - 1; bucket >= 0; bucket--) {
      const known = this.#buckets.get(bucket)
      const at = known && this.#at(bucket, height)
      row.add(bucket, {
        confirmed: at ? sumOf(at.confirmed, 1, period) : 0,
        total: at?.total ?? 0,
        failed: at ? sumOf(at.failed, period, at.failed.length - 1) : 0,
        waiting: waiting(bucket),
      })
      if (row.partial >= sufficient / (1 - decay)) row.judge()
    }
    const { best, fail } = row.finish()
    return { satPerKvb: best && this.#median(best), pass: best ? rangeOf(best) : NO_RANGE, fail }
  }

  /** The mean rate of the bucket in which the middle transaction of these is. */
  #median({ far: from, near: to }: Range): number | undefined {
    let half = 0
    for (let bucket = from; bucket <= to; bucket++) half += (this.#buckets.get(bucket)?.total ?? 0) / 2
    if (half === 0) return undefined
    for (let bucket = from; bucket <= to; bucket++) {
      const { total = 0, rates = 0 } = this.#buckets.get(bucket) ?? {}
      if (total >= half) return rates / total
      half -= total
    }
    return undefined
  }

  #at(index: number, height: number): Bucket {
    const { periods, decay } = this.horizon
    let bucket = this.#buckets.get(index)
    if (!bucket) {
      const counts = () => new Float64Array(periods + 1)
      bucket = { height, total: 0, rates: 0, confirmed: counts(), failed: counts() }
      this.#buckets.set(index, bucket)
    }
    if (height > bucket.height) fade(bucket, decay ** (height - bucket.height))
    bucket.height = Math.max(height, bucket.height)
    return bucket
  }
}

interface Counts {
  confirmed: number
  total: number
  failed: number
  waiting: number
}

/** Of buckets: the dearest and the cheapest. */
interface Range extends Counts {
  readonly near: number
  readonly far: number
}

/** Ranges of buckets, from the dearest down. */
class Row {
  /** Of the range that is being put together. */
  partial = 0
  readonly #success: number
  #near = BUCKETS - 1
  #far = BUCKETS - 1
  #isNew = true
  #isPassing = true
  /** Since the last that passed. */
  #counts: Counts = { confirmed: 0, total: 0, failed: 0, waiting: 0 }
  #best: Range | undefined
  #fail = NO_RANGE

  constructor(success: number) {
    this.#success = success
  }

  add(bucket: number, { confirmed, total, failed, waiting }: Counts): void {
    if (this.#isNew) this.#near = bucket
    this.#isNew = false
    this.#far = bucket
    this.partial += total
    const sums = this.#counts
    sums.confirmed += confirmed
    sums.total += total
    sums.failed += failed
    sums.waiting += waiting
  }

  /** There are enough. Those that fail stay in the sums of the next. */
  judge(): void {
    this.partial = 0
    const { confirmed, total, failed, waiting } = this.#counts
    if (confirmed / (total + failed + waiting) < this.#success) {
      if (this.#isPassing) this.#fail = rangeOf(this.#range())
      this.#isPassing = false
      return
    }
    this.#fail = NO_RANGE
    this.#isPassing = true
    this.#best = this.#range()
    this.#counts = { confirmed: 0, total: 0, failed: 0, waiting: 0 }
    this.#isNew = true
  }

  /** What is left over was too little to be judged. */
  finish(): { readonly best: Range | undefined; readonly fail: BucketRange } {
    if (this.#isPassing && !this.#isNew) this.#fail = rangeOf(this.#range())
    return { best: this.#best, fail: this.#fail }
  }

  #range(): Range {
    return { ...this.#counts, near: this.#near, far: this.#far }
  }
}

function rangeOf({ near, far, confirmed, total, failed, waiting }: Range): BucketRange {
  return {
    start: far > 0 ? (BOUNDS[far - 1] as number) : 0,
    end: BOUNDS[near] as number,
    withinTarget: confirmed,
    totalConfirmed: total,
    inMempool: waiting,
    leftMempool: failed,
  }
}

function sumOf(counts: Float64Array, from: number, to: number): number {
  let sum = 0
  for (let i = from; i <= to; i++) sum += counts[i] as number
  return sum
}

function fade(bucket: Bucket, factor: number): void {
  bucket.total *= factor
  bucket.rates *= factor
  for (const counts of [bucket.confirmed, bucket.failed])
    for (let i = 0; i < counts.length; i++) counts[i] = (counts[i] as number) * factor
}

function bounds(): number[] {
  const found: number[] = []
  for (let bound = LEAST_SAT_PER_KVB; bound <= MOST_SAT_PER_KVB; bound *= SPACING) found.push(bound)
  return [...found, 1e99]
}
