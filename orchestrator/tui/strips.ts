// A series in a line of bars.

const BARS = '▁▂▃▄▅▆▇█'

/** The whole series in `width` characters: each is the greatest of the values that fall on it, from nought up. */
export function strips(values: readonly number[], width: number): string {
  const top = Math.max(...values, 0)
  if (top <= 0 || values.length === 0) return '▁'.repeat(width)
  return Array.from({ length: width }, (_, x) => {
    const from = Math.floor((x * values.length) / width)
    const to = Math.max(from + 1, Math.floor(((x + 1) * values.length) / width))
    const value = Math.max(...values.slice(from, to))
    return BARS[Math.max(0, Math.min(7, Math.ceil((value / top) * 8) - 1))]
  }).join('')
}
