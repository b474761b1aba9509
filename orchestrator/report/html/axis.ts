// Scales and ticks of the report's charts.

const STEPS_MS = [
  1000, 2000, 5000, 10_000, 15_000, 30_000, 60_000, 120_000, 300_000, 600_000, 900_000, 1_800_000, 3_600_000,
  7_200_000, 21_600_000, 43_200_000, 86_400_000,
]

/** Times from the start, at round steps, no more than `most`. */
export function timeTicks(spanMs: number, most: number): number[] {
  const step = STEPS_MS.find(ms => spanMs / ms <= most) ?? 86_400_000 * Math.ceil(spanMs / 86_400_000 / most)
  return Array.from({ length: Math.floor(spanMs / step) + 1 }, (_, i) => i * step)
}

/** The least round number (1, 2, 2.5, 5 × 10^n) that is not below `value`. */
export function roundedUp(value: number): number {
  if (value <= 0) return 1
  const power = 10 ** Math.floor(Math.log10(value))
  const factor = [1, 2, 2.5, 5, 10].find(step => step * power >= value * 0.999_999) ?? 10
  return factor * power
}

/** Of `value` on a logarithmic scale from `least` to `most`, 0 … 1. */
export function logShare(value: number, least: number, most: number): number {
  const share = Math.log(Math.max(value, least) / least) / Math.log(most / least)
  return Math.min(1, Math.max(0, share))
}

/** At most `most` of them, evenly taken, the first and the last included. */
export function thinned<T>(items: readonly T[], most: number): readonly T[] {
  if (items.length <= most) return items
  return Array.from({ length: most }, (_, i) => items[Math.round((i * (items.length - 1)) / (most - 1))] as T)
}
