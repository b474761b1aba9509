// Times between neighbours on the best chain, as a histogram of fixed bins: mining should make them exponential.

import type { BlockState, IntervalHistogram } from '../state.ts'

const BINS_PER_INTERVAL = 5
/** Longer ones share the last bin. */
const INTERVALS_SHOWN = 6

export function noIntervals(blockIntervalMs: number): IntervalHistogram {
  return {
    binMs: blockIntervalMs / BINS_PER_INTERVAL,
    counts: Array(BINS_PER_INTERVAL * INTERVALS_SHOWN + 1).fill(0),
    count: 0,
    sumMs: 0,
  }
}

/** The histogram with the intervals that `blocks` of one chain add, from `afterMs` on, the first sight of their parent. */
export function withIntervals(
  histogram: IntervalHistogram,
  afterMs: number | undefined,
  blocks: readonly Pick<BlockState, 'firstSeenMs'>[],
): IntervalHistogram {
  const { binMs } = histogram
  const counts = [...histogram.counts]
  let { count, sumMs } = histogram
  let beforeMs = afterMs
  for (const { firstSeenMs } of blocks) {
    if (beforeMs !== undefined) {
      const ms = Math.max(0, firstSeenMs - beforeMs)
      const bin = Math.min(counts.length - 1, Math.floor(ms / binMs))
      counts[bin] = (counts[bin] ?? 0) + 1
      count += 1
      sumMs += ms
    }
    beforeMs = firstSeenMs
  }
  return { binMs, counts, count, sumMs }
}
