// How fast blocks reach nodes. A sample is one block at one node: milliseconds from the network's first sign of the
// block (its miner found it) until that node had the whole block. Its own miner is no sample, nor is a node that was
// down at the first sign, nor one that a partition kept from the miner, or a pause from everybody, at any time in
// between: how long a cut was says nothing of the network. Those arrivals are counted apart. A partition counts from its
// start to its end; what the nodes then take to find each other again is in the samples of blocks that are found then.
//
// Samples pool over all blocks and nodes in a histogram with steps of 2 %, so its memory is bounded and a quantile is
// within 1 % of the exact nearest rank. Immutable; samples can be taken out again when an earlier sign turns up.

import type { Draft } from '../../../observe/fresh.ts'
import type { BlockState, LedgerState, Percentiles } from '../state.ts'

const LEAST_MS = 0.1
const STEP = Math.log(1.02)
/** 0.1 ms … about 28 hours. */
const SLOTS = 1050

export interface Histogram {
  readonly slots: Uint32Array
  readonly count: number
  readonly sumMs: number
}

export const EMPTY_HISTOGRAM: Histogram = { slots: new Uint32Array(SLOTS), count: 0, sumMs: 0 }

function slotOf(ms: number): number {
  if (ms <= LEAST_MS) return 0
  return Math.min(SLOTS - 1, Math.ceil(Math.log(ms / LEAST_MS) / STEP))
}

/** The value that stands for a slot: the middle of its logarithmic range; times below the least count as nothing. */
function middleOf(slot: number): number {
  return slot === 0 ? 0 : LEAST_MS * Math.exp((slot - 0.5) * STEP)
}

/** A histogram with some samples taken out and others put in. `inPlace`: the caller alone holds it. */
export function exchange(
  histogram: Histogram,
  out: readonly number[],
  into: readonly number[],
  inPlace = false,
): Histogram {
  if (out.length === 0 && into.length === 0) return histogram
  const own = writable(histogram, inPlace)
  for (const ms of out) move(own, ms, -1)
  for (const ms of into) move(own, ms, 1)
  return settled(own)
}

/** As `exchange`, of one sample: by far the most common case. */
export function exchangeOne(
  histogram: Histogram,
  out: number | undefined,
  into: number | undefined,
  inPlace = false,
): Histogram {
  if (out === into) return histogram
  const own = writable(histogram, inPlace)
  if (out !== undefined) move(own, out, -1)
  if (into !== undefined) move(own, into, 1)
  return settled(own)
}

function writable(histogram: Histogram, inPlace: boolean): Draft<Histogram> {
  return inPlace && histogram !== EMPTY_HISTOGRAM
    ? histogram
    : { ...histogram, slots: histogram.slots.slice() }
}

function move(own: Draft<Histogram>, ms: number, by: 1 | -1): void {
  const slot = slotOf(ms)
  own.slots[slot] = (own.slots[slot] ?? 0) + by
  own.count += by
  own.sumMs += by * ms
}

/** Nothing is left of what came and went but the sum's rounding. */
function settled(own: Draft<Histogram>): Histogram {
  if (own.count === 0) own.sumMs = 0
  return own
}

/** Quantiles of the pool by nearest rank. */
export function percentiles(histogram: Histogram): Percentiles {
  const at = (share: number) => {
    const rank = Math.ceil(share * histogram.count)
    let seen = 0
    for (let slot = 0; slot < SLOTS; slot++) {
      seen += histogram.slots[slot] ?? 0
      if (seen >= rank && seen > 0) return middleOf(slot)
    }
    return undefined
  }
  return { p50Ms: at(0.5), p90Ms: at(0.9), p99Ms: at(0.99), allMs: at(1) }
}

/** Upper bounds of the exported histogram, ms: 1-2-5 steps from 1 ms to 60 s. */
export const BUCKETS_MS = [
  1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 20_000, 60_000,
] as const

/** Cumulative counts at BUCKETS_MS. */
export function cumulative(histogram: Histogram): LedgerState['propagationHistogram'] {
  let slot = 0
  let count = 0
  const buckets = BUCKETS_MS.map(leMs => {
    for (; slot < SLOTS && middleOf(slot) <= leMs; slot++) count += histogram.slots[slot] ?? 0
    return { leMs, count }
  })
  return { buckets, count: histogram.count, sumMs: histogram.sumMs }
}

/** The samples that a block gives. */
export function samplesOf(block: BlockState): number[] {
  const samples: number[] = []
  for (const [node, ms] of Object.entries(block.receivedMs))
    if (node !== block.miner && block.apart[node] === undefined) samples.push(ms)
  return samples
}

/** The value of nearest rank among `samples`; undefined when there are none. */
export function nearestRank(samples: readonly number[], share: number): number | undefined {
  const sorted = [...samples].sort((a, b) => a - b)
  return sorted[Math.max(1, Math.ceil(share * sorted.length)) - 1]
}

/** One block's own percentiles, exact. */
export function blockPropagation(block: BlockState): Percentiles {
  const samples = samplesOf(block)
  const at = (share: number) => nearestRank(samples, share)
  return { p50Ms: at(0.5), p90Ms: at(0.9), p99Ms: at(0.99), allMs: at(1) }
}
