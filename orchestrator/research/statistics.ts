// Means of independent runs, with the interval that holds the true mean in 95 of 100 such experiments (Student's t).

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

/** Undefined without a sample. */
export function estimate(
  samples: readonly number[],
  { least, most }: Range = { least: Number.NEGATIVE_INFINITY, most: Number.POSITIVE_INFINITY },
): Estimate | undefined {
  const runs = samples.length
  if (runs === 0) return undefined
  const mean = sum(samples) / runs
  if (runs === 1) return { mean, low: null, high: null, deviation: null, runs }
  const deviation = Math.sqrt(sum(samples.map(x => (x - mean) ** 2)) / (runs - 1))
  const reach = (studentT975(runs - 1) * deviation) / Math.sqrt(runs)
  return { mean, low: Math.max(least, mean - reach), high: Math.min(most, mean + reach), deviation, runs }
}

/** The 97.5 % quantile of Student's t: exact for 1 and 2 degrees of freedom, else Cornish and Fisher's expansion (< 0.2 %). */
export function studentT975(freedom: number): number {
  if (freedom === 1) return 12.706205
  if (freedom === 2) return 4.302653
  const z = 1.959963985
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
