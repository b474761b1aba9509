// How fast blocks reach nodes. There is one definition of "90 %", and of every other share, everywhere: the time from the
// network's first sign of a block (its miner found it) until 90 % of all nodes that ran then, its miner among them, had the
// whole block. A node that a partition kept from the miner, or a pause from everybody, at any time in between counts as not
// having it: how long a cut was says nothing of the network. A block that so did not get to 90 % of them has a reach, "3 of 5",
// and no percentile. Over a run each is that of the middle block: the median, by nearest rank, over the blocks of the best
// chain that got to 90 %; what went stale was not wanted everywhere. Exact for the blocks in detail, within 0.1 % for older
// ones (quantiles.ts).
//
// Single deliveries, one block at one node each, its miner's own and those after a cut or a pause left out, are counted in
// exact buckets for histograms; of them no percentile is taken. Immutable; samples can be taken out again when an earlier
// sign turns up.

import type { Draft } from '../../../observe/fresh.ts'
import type { BlockState, LedgerState, Percentiles, RunPropagation } from '../state.ts'
import { add, copied, emptySketch, quantileAmong, type Sketch } from './quantiles.ts'

/** A block has percentiles when it got to so many of the nodes. */
const REACHED = 0.9

/** How far a block got. */
export interface Reach extends Percentiles {
  /** Nodes that ran when it was found. */
  readonly running: number
  /** Of them, those that have it without a cut or a pause in between; its miner is one. */
  readonly reached: number
  /** All that have it, however late. */
  readonly had: number
}

/** Blocks are written in place only before anybody has seen them, so that what was reckoned of one holds. */
const REACHES = new WeakMap<BlockState, Reach>()

/** Of a block in a snapshot, or that has left the detail. */
export function reachOf(block: BlockState): Reach {
  const known = REACHES.get(block)
  if (known) return known
  const reach = reckoned(block)
  REACHES.set(block, reach)
  return reach
}

function reckoned(block: BlockState): Reach {
  const { receivedMs, miner, apart, errorsMs } = block
  const times = miner !== undefined && receivedMs[miner] === undefined ? [0] : []
  let late = 0
  for (const node in receivedMs)
    if (apart[node] === undefined || node === miner) times.push(receivedMs[node] ?? 0)
    else late += 1
  times.sort((a, b) => a - b)
  const reached = times.length
  const running = Math.max(block.running, reached)
  const at = (share: number) => times[Math.ceil(share * running) - 1]
  const there = running > 1 && at(REACHED) !== undefined
  const percentiles = there ? { p50Ms: at(0.5), p90Ms: at(0.9), p99Ms: at(0.99), allMs: at(1) } : NOWHERE
  const reach = { running, reached, had: reached + late, ...percentiles }
  return errorsMs && there ? { ...reach, errorMs: largestError(block, errorsMs) } : reach
}

/** A value of some rank is as far off as one of those that were ranked, at the most. */
function largestError(block: BlockState, errorsMs: { readonly [node: string]: number }): number {
  let largest = 0
  for (const node in errorsMs)
    if (block.apart[node] === undefined || node === block.miner)
      largest = Math.max(largest, errorsMs[node] ?? 0)
  return largest
}

const NOWHERE: Percentiles = { p50Ms: undefined, p90Ms: undefined, p99Ms: undefined, allMs: undefined }

export function reachText({ reached, running }: Pick<Reach, 'reached' | 'running'>): string {
  return `${reached} of ${running}`
}

const FIGURES = ['p50Ms', 'p90Ms', 'p99Ms', 'allMs'] as const

/** Of old blocks of the best chain: until each share of the nodes had them. */
export interface Spread {
  readonly sketches: { readonly [figure in (typeof FIGURES)[number]]: Sketch }
  /** Those that did not get to 90 % of the nodes. */
  readonly short: number
  /** The largest that one of them can be wrong by. */
  readonly errorMs?: number | undefined
}

export function noSpread(): Spread {
  const [p50Ms, p90Ms, p99Ms, allMs] = [emptySketch(), emptySketch(), emptySketch(), emptySketch()]
  return { sketches: { p50Ms, p90Ms, p99Ms, allMs }, short: 0 }
}

/** With blocks that leave the detail. `own`: nobody else holds it. */
export function spreadWith(spread: Spread, leaving: readonly BlockState[], own: boolean): Spread {
  const chain = leaving.filter(({ active }) => active)
  if (chain.length === 0) return spread
  const { p50Ms, p90Ms, p99Ms, allMs } = spread.sketches
  const sketches = own
    ? spread.sketches
    : { p50Ms: copied(p50Ms), p90Ms: copied(p90Ms), p99Ms: copied(p99Ms), allMs: copied(allMs) }
  let { short, errorMs } = spread
  for (const block of chain) {
    const reach = reachOf(block)
    errorMs = larger(errorMs, reach.errorMs)
    if (reach.p90Ms === undefined) short += 1
    else for (const figure of FIGURES) add(sketches[figure], reach[figure])
  }
  return errorMs === undefined ? { sketches, short } : { sketches, short, errorMs }
}

function larger(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined || (b !== undefined && b > a) ? b : a
}

/** A list is never written to once it is in a snapshot, and what is older changes with it alone. */
const OVER_RUNS = new WeakMap<readonly BlockState[], RunPropagation>()

/** Of a run: `blocks` in detail, as they are in a snapshot, and the older ones. */
export function runPropagation(blocks: readonly BlockState[], older: Spread): RunPropagation {
  const known = OVER_RUNS.get(blocks)
  if (known) return known
  const chain = blocks.filter(({ active }) => active).map(reachOf)
  const there = chain.filter(({ p90Ms }) => p90Ms !== undefined)
  const middle = (figure: (typeof FIGURES)[number]) =>
    quantileAmong(
      older.sketches[figure],
      there.map(reach => reach[figure]),
      0.5,
    )
  const errorMs = there.reduce((largest, reach) => larger(largest, reach.errorMs), older.errorMs)
  const made = {
    ...(errorMs !== undefined && { errorMs }),
    ...{ p50Ms: middle('p50Ms'), p90Ms: middle('p90Ms'), p99Ms: middle('p99Ms'), allMs: middle('allMs') },
    blocks: older.sketches.p90Ms.count + there.length,
    short: older.short + chain.length - there.length,
  }
  OVER_RUNS.set(blocks, made)
  return made
}

/** Upper bounds of the exported histogram, ms: 1-2-5 steps from 1 ms to 60 s. */
export const BUCKETS_MS = [
  1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 20_000, 60_000,
] as const

/** Deliveries by the time that they took: as many as are within each bound and beyond the one before; the last took longer. */
export interface Histogram {
  readonly slots: Uint32Array
  readonly count: number
  readonly sumMs: number
}

export const EMPTY_HISTOGRAM: Histogram = {
  slots: new Uint32Array(BUCKETS_MS.length + 1),
  count: 0,
  sumMs: 0,
}

function slotOf(ms: number): number {
  let slot = 0
  while (slot < BUCKETS_MS.length && ms > (BUCKETS_MS[slot] ?? 0)) slot++
  return slot
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

/** Cumulative counts at BUCKETS_MS. */
export function cumulative({ slots, count, sumMs }: Histogram): LedgerState['propagationHistogram'] {
  let within = 0
  const buckets = BUCKETS_MS.map((leMs, slot) => {
    within += slots[slot] ?? 0
    return { leMs, count: within }
  })
  return { buckets, count, sumMs }
}

/** The deliveries of a block. */
export function samplesOf(block: BlockState): number[] {
  const samples: number[] = []
  for (const [node, ms] of Object.entries(block.receivedMs)) if (isDelivery(block, node)) samples.push(ms)
  return samples
}

/** Did the block come to this node as the network carries blocks? Its miner has it of itself. */
export function isDelivery({ miner, apart }: Pick<BlockState, 'miner' | 'apart'>, node: string): boolean {
  return node !== miner && apart[node] === undefined
}

/** The value of nearest rank among `samples`; undefined when there are none. */
export function nearestRank(samples: readonly number[], share: number): number | undefined {
  const sorted = [...samples].sort((a, b) => a - b)
  return sorted[Math.max(1, Math.ceil(share * sorted.length)) - 1]
}
