// How something stood over the run, in bounded memory: when the series is full every second point goes and the step
// between points doubles, so that an hour and a day take the same room. Pure.

export const MAX_POINTS = 600

interface Point {
  readonly timeMs: number
}

export interface Series<Of extends Point> {
  readonly stepMs: number
  readonly points: readonly Of[]
}

/** Nothing yet; the first points are `stepMs` apart. */
export const emptySeries = (stepMs: number): Series<never> => ({ stepMs, points: [] })

/** Is it time for another point? */
export function isDue({ stepMs, points }: Series<Point>, timeMs: number): boolean {
  const last = points.at(-1)
  return last === undefined || timeMs - last.timeMs >= stepMs
}

/** The series with a point that is due. */
export function extended<Of extends Point>({ stepMs, points }: Series<Of>, point: Of): Series<Of> {
  if (points.length < MAX_POINTS) return { stepMs, points: [...points, point] }
  return { stepMs: stepMs * 2, points: [...points.filter((_, i) => i % 2 === 0), point] }
}
