// What independent runs have in common, with the interval that holds the true value in 95 of 100 such experiments: means
// (Student's t), counts of so many (Wilson's score interval), and shares of things that come in runs and are not independent of
// one another within one.

import { type Interval, wilson as scoreInterval } from '../checks/statistics.ts'

export interface Estimate {
  readonly mean: number
  /** Bounds of the 95 % confidence interval; null where there is one sample only, which has none. */
  readonly low: number | null
  readonly high: number | null
  /** Standard deviation of a single run; null for one sample. */
  readonly deviation: number | null
  /** How many runs could tell the figure. */
  readonly runs: number
}

/** What values of a figure can be: an interval does not reach beyond. */
export interface Range {
  readonly least: number
  readonly most: number
}

const ANY: Range = { least: Number.NEGATIVE_INFINITY, most: Number.POSITIVE_INFINITY }

/** Undefined without a sample. */
export function estimate(samples: readonly number[], range: Range = ANY): Estimate | undefined {
  return estimateMean(
    samples.map(sample => ({ sum: sample, of: 1 })),
    range,
  )
}

/** What one run adds: the sum over so many things (of a share: those that count), and how many they are. */
export interface Cluster {
  readonly sum: number
  readonly of: number
}

/**
 * The mean over all things of all runs, of which each run has its own number: the ratio of two sums, its variance by
 * linearisation over the runs (Cochran, Sampling Techniques, 3rd ed. 1977, section 6.3), Student's t with a degree of freedom
 * less than there are runs. With one thing a run that is the mean and its usual interval. Undefined without anything.
 */
export function estimateMean(
  clusters: readonly Cluster[],
  { least, most }: Range = ANY,
): Estimate | undefined {
  const there = clusters.filter(({ of }) => of > 0)
  const runs = there.length
  if (runs === 0) return undefined
  const { mean, deviation, error } = ratioOf(there)
  if (runs === 1) return { mean, low: null, high: null, deviation: null, runs }
  const reach = studentT975(runs - 1) * error
  return { mean, low: Math.max(least, mean - reach), high: Math.min(most, mean + reach), deviation, runs }
}

/**
 * The share of things that count, pooled over runs. Things of one run are not independent of one another (the blocks of one
 * chain), so Wilson's interval is taken for as many independent things as the spread between the runs shows them to be worth,
 * and no more than there are (Korn and Graubard, Survey Methodology 24, 1998); nothing is worn thin near 0 and 1. Where
 * each run is one thing, or there is one run, or all are alike, that is Wilson's interval itself.
 */
export function estimateShare(clusters: readonly Cluster[]): Estimate | undefined {
  const there = clusters.filter(({ of }) => of > 0)
  const runs = there.length
  if (runs === 0) return undefined
  const { mean, deviation, error } = ratioOf(there)
  const of = sum(there.map(cluster => cluster.of))
  const single = runs === 1 || of === runs || mean <= 0 || mean >= 1
  const worth = single ? of : worthOf(mean, of, error, runs)
  const { low, high } = wilson(mean * worth, worth)
  return { mean, low, high, deviation: runs === 1 ? null : deviation, runs }
}

/** How many independent things tell a share as well as these do. */
function worthOf(share: number, of: number, error: number, runs: number): number {
  const asIndependent = (share * (1 - share)) / of
  const design = Math.max(1, error ** 2 / asIndependent)
  return (of / design) * (Z975 / studentT975(runs - 1)) ** 2
}

/** Of at least one run; `deviation`: of a single run, `error`: of the mean. Both are 0 of one run. */
function ratioOf(clusters: readonly Cluster[]): { mean: number; deviation: number; error: number } {
  const runs = clusters.length
  const of = sum(clusters.map(cluster => cluster.of))
  const mean = sum(clusters.map(cluster => cluster.sum)) / of
  if (runs === 1) return { mean, deviation: 0, error: 0 }
  const residuals = clusters.map(cluster => ((cluster.sum - mean * cluster.of) * runs) / of)
  const deviation = Math.sqrt(sum(residuals.map(residual => residual ** 2)) / (runs - 1))
  return { mean, deviation, error: deviation / Math.sqrt(runs) }
}

/** 97.5 % of a normal distribution lie below so many standard deviations. */
const Z975 = 1.959963985

/** The 95 % score interval of a share of which `hits` of `of` independent things were seen to count. */
export function wilson(hits: number, of: number): Interval {
  return scoreInterval(hits, of, 0.95)
}

/** The 97.5 % quantile of Student's t: exact for 1 and 2 degrees of freedom, else Cornish and Fisher's expansion (< 0.2 %). */
export function studentT975(freedom: number): number {
  if (freedom === 1) return 12.706205
  if (freedom === 2) return 4.302653
  const z = Z975
  const terms = [
    z,
    (z ** 3 + z) / 4,
    (5 * z ** 5 + 16 * z ** 3 + 3 * z) / 96,
    (3 * z ** 7 + 19 * z ** 5 + 17 * z ** 3 - 15 * z) / 384,
    (79 * z ** 9 + 776 * z ** 7 + 1482 * z ** 5 - 1920 * z ** 3 - 945 * z) / 92160,
  ]
  return terms.reduce((total, term, i) => total + term / freedom ** i, 0)
}

/**
 * Kolmogorov and Smirnov's distance between samples and the exponential distribution of this mean, times √n. By chance it
 * is above 1.628 once in a hundred (the asymptotic critical value for a distribution given beforehand).
 */
export function exponentialDistance(samples: readonly number[], mean: number): number {
  const sorted = [...samples].sort((a, b) => a - b)
  const n = sorted.length
  let distance = 0
  for (const [i, sample] of sorted.entries()) {
    const expected = 1 - Math.exp(-sample / mean)
    distance = Math.max(distance, (i + 1) / n - expected, expected - i / n)
  }
  return distance * Math.sqrt(n)
}

export function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0)
}
