// Are two samples of different distributions, and by how much? Rank sum test, bootstrap, and a test for two shares. Pure.

import { createRandom } from '../spec/random.ts'

/** Of intervals, and of the tests: 5 % of comparisons without a difference will claim one. */
export const CONFIDENCE = 0.95
const RESAMPLES = 2_000

export interface Interval {
  readonly from: number
  readonly to: number
}

export function quantile(samples: readonly number[], share: number): number | undefined {
  const sorted = [...samples].sort((a, b) => a - b)
  return sortedQuantile(sorted, share)
}

/** By nearest rank. */
function sortedQuantile(sorted: ArrayLike<number>, share: number): number | undefined {
  return sorted[Math.max(1, Math.ceil(share * sorted.length)) - 1]
}

/**
 * Mann–Whitney U, two-sided, by the normal approximation with the correction for ties and for continuity: how likely
 * ranks as unequal as these are when both samples come of one distribution. Undefined below 8 samples a side, where the
 * approximation does not hold.
 */
export function rankSumP(a: readonly number[], b: readonly number[]): number | undefined {
  if (a.length < 8 || b.length < 8) return undefined
  const all = [...a.map(value => ({ value, first: true })), ...b.map(value => ({ value, first: false }))]
  all.sort((x, y) => x.value - y.value)
  let rankSum = 0
  let ties = 0
  for (let i = 0; i < all.length; ) {
    let end = i
    while (end < all.length && all[end]?.value === all[i]?.value) end += 1
    const rank = (i + 1 + end) / 2
    for (let k = i; k < end; k++) if (all[k]?.first) rankSum += rank
    ties += (end - i) ** 3 - (end - i)
    i = end
  }
  const [n, m, total] = [a.length, b.length, all.length]
  const u = rankSum - (n * (n + 1)) / 2
  const variance = ((n * m) / 12) * (total + 1 - ties / (total * (total - 1)))
  if (variance === 0) return 1
  const z = Math.max(0, Math.abs(u - (n * m) / 2) - 0.5) / Math.sqrt(variance)
  return twoSided(z)
}

/** Where the difference of the medians (b − a) lies, by percentiles of resampled differences. The same every time. */
export function medianDifference(a: readonly number[], b: readonly number[]): Interval | undefined {
  if (a.length < 2 || b.length < 2) return undefined
  const random = createRandom('netsplit compare')
  const median = (samples: readonly number[]) => {
    const drawn = Float64Array.from(
      { length: samples.length },
      () => samples[random.int(samples.length)] ?? 0,
    )
    return sortedQuantile(drawn.sort(), 0.5) ?? 0
  }
  const differences = Float64Array.from({ length: RESAMPLES }, () => median(b) - median(a)).sort()
  const tail = (1 - CONFIDENCE) / 2
  return {
    from: sortedQuantile(differences, tail) ?? 0,
    to: sortedQuantile(differences, 1 - tail) ?? 0,
  }
}

/** Two shares `hits / of`: how likely a difference like theirs is by chance alone. Pooled two-proportion z test. */
export function shareP(a: Share, b: Share): number | undefined {
  const pooled = (a.hits + b.hits) / (a.of + b.of)
  const expected = [a.of * pooled, b.of * pooled, a.of * (1 - pooled), b.of * (1 - pooled)]
  if (!expected.every(count => count >= 5)) return undefined // nor is it of nothing, which expects NaN
  const spread = Math.sqrt(pooled * (1 - pooled) * (1 / a.of + 1 / b.of))
  return twoSided(Math.abs(a.hits / a.of - b.hits / b.of) / spread)
}

export interface Share {
  readonly hits: number
  readonly of: number
}

/** Probability that a standard normal value is further out than ±z. */
function twoSided(z: number): number {
  return Math.min(1, erfc(z / Math.SQRT2))
}

/** Complementary error function for x ≥ 0, to 1.5e-7: Abramowitz and Stegun 7.1.26. */
function erfc(x: number): number {
  const t = 1 / (1 + 0.3275911 * x)
  const series =
    ((((1.061405429 * t - 1.453152027) * t + 1.421413741) * t - 0.284496736) * t + 0.254829592) * t
  return series * Math.exp(-x * x)
}
