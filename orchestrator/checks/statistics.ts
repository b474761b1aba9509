// The little statistics that checks need: is a share what it should be, are waiting times exponential. Pure.

/** Where a share may lie, given how often it was seen. */
export interface Interval {
  readonly low: number
  readonly high: number
}

/**
 * The score interval of a share seen `hits` times in `trials`, at a level such as 0.99 (Wilson, Journal of the American Statistical
 * Association 22, 1927): it keeps within 0 and 1, and has a width where none or all of them did.
 */
export function wilson(hits: number, trials: number, level: number): Interval {
  if (trials === 0) return { low: 0, high: 1 }
  if (2 * hits > trials) {
    const { low, high } = wilson(trials - hits, trials, level)
    return { low: 1 - high, high: 1 - low } // the mirror, to the last bit
  }
  const share = hits / trials
  const square = normalQuantile((1 + level) / 2) ** 2 / trials
  const centre = (share + square / 2) / (1 + square)
  const reach = Math.sqrt(share * (1 - share) * square + square ** 2 / 4) / (1 + square)
  // Exactly: rounding leaves something of the order of 1e-17.
  return { low: hits <= 0 ? 0 : centre - reach, high: centre + reach }
}

/** The point below which this share of a standard normal lies; for shares from 10^-9 to 1 - 10^-9. */
export function normalQuantile(share: number): number {
  let [low, high] = [-7, 7]
  while (high - low > 1e-10) {
    const middle = (low + high) / 2
    if (normalCdf(middle) < share) low = middle
    else high = middle
  }
  return (low + high) / 2
}

/** Φ by its series around 0 (Marsaglia 2004), whose terms all have one sign. */
function normalCdf(x: number): number {
  let sum = x
  for (let term = x, i = 3; Math.abs(term) > 1e-17 * Math.abs(sum); i += 2) {
    term *= (x * x) / i
    sum += term
  }
  return 0.5 + (sum * Math.exp(-(x * x) / 2)) / Math.sqrt(2 * Math.PI)
}

/** How far samples are from an exponential distribution, and how far they may be. */
export interface Fit {
  /** The Kolmogorov–Smirnov distance, scaled for the number of samples. */
  readonly statistic: number
  readonly critical: number
  readonly mean: number
}

/**
 * Critical values of the scaled distance when the mean is estimated from the samples (Stephens 1974, Table 1.3):
 * the share of truly exponential runs that exceed each.
 */
const CRITICAL: readonly (readonly [level: number, value: number])[] = [
  [0.15, 0.926],
  [0.1, 0.99],
  [0.05, 1.094],
  [0.025, 1.19],
  [0.01, 1.308],
]

/** Kolmogorov–Smirnov (Lilliefors' case) against the exponential with the samples' own mean. `level` from 1 % to 15 %. */
export function fitsExponential(samples: readonly number[], level: number): Fit {
  const count = samples.length
  const mean = samples.reduce((sum, sample) => sum + sample, 0) / count
  const sorted = [...samples].sort((a, b) => a - b)
  let distance = 0
  for (const [i, sample] of sorted.entries()) {
    const expected = 1 - Math.exp(-sample / mean)
    distance = Math.max(distance, (i + 1) / count - expected, expected - i / count)
  }
  const root = Math.sqrt(count)
  return {
    statistic: (distance - 0.2 / count) * (root + 0.26 + 0.5 / root),
    critical: criticalAt(level),
    mean,
  }
}

/** Between two levels of the table, straight in the logarithm of the level. */
function criticalAt(level: number): number {
  const at = CRITICAL.findIndex(([listed]) => listed <= level)
  const [below, value] = CRITICAL[at] ?? (CRITICAL.at(-1) as readonly [number, number])
  const [above, least] = CRITICAL[Math.max(0, at - 1)] ?? [below, value]
  if (above === below) return value
  return value + ((least - value) * Math.log(level / below)) / Math.log(above / below)
}
