// Scales and paths of the charts. Pure.

export interface Point {
  readonly x: number
  readonly y: number
}

export interface Span {
  readonly fromMs: number
  readonly toMs: number
}

/** Time → pixel. */
export const timeScale =
  ({ fromMs, toMs }: Span, left: number, right: number) =>
  (timeMs: number) =>
    left + ((timeMs - fromMs) / Math.max(1, toMs - fromMs)) * (right - left)

/** A line through points; with `steps` a value holds until the next. */
export function linePath(points: readonly Point[], steps = false): string {
  return points
    .map(({ x, y }, i) => {
      if (i === 0) return `M${x.toFixed(1)} ${y.toFixed(1)}`
      return steps ? `H${x.toFixed(1)}V${y.toFixed(1)}` : `L${x.toFixed(1)} ${y.toFixed(1)}`
    })
    .join('')
}

/** The area between a line and the base. */
export function areaPath(points: readonly Point[], base: number, steps = false): string {
  const [first, last] = [points[0], points.at(-1)]
  if (!first || !last) return ''
  return `${linePath(points, steps)}V${base.toFixed(1)}H${first.x.toFixed(1)}Z`
}

/** The least of 1, 2, 5, 10, 20, 50 … that is not below `value`. */
export function roundUp(value: number): number {
  if (!(value > 0)) return 1
  const power = 10 ** Math.floor(Math.log10(value))
  return power * ([1, 2, 5, 10].find(step => step * power >= value * 0.9999) ?? 10)
}

const TICKS_MS = [
  1, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400, 28_800, 86_400, 172_800, 604_800,
].map(seconds => seconds * 1000)

/** Times since the start for an axis: round ones, at most `most`. */
export function timeTicks({ fromMs, toMs }: Span, startedMs: number, most: number): number[] {
  const stepMs = TICKS_MS.find(step => (toMs - fromMs) / step <= most) ?? (TICKS_MS.at(-1) as number) * 10
  const first = startedMs + Math.ceil((fromMs - startedMs) / stepMs) * stepMs
  const ticks: number[] = []
  for (let at = first; at <= toMs && ticks.length <= most; at += stepMs) ticks.push(at)
  return ticks
}
