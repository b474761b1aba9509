// What mining should give: exponential times between blocks. Pure.

import type { IntervalHistogram } from '../state.ts'

/** What each bin should count when intervals are exponential with this mean. */
export function exponentialCounts({ binMs, counts, count }: IntervalHistogram, meanMs: number): number[] {
  const beyond = (ms: number) => Math.exp(-ms / meanMs)
  return counts.map((_, i) => {
    const last = i === counts.length - 1
    return count * (beyond(i * binMs) - (last ? 0 : beyond((i + 1) * binMs)))
  })
}
