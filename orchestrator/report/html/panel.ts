// A chart of the report over the run's time, and the lines and dots that it is drawn of. Pure.

import { thinned } from './axis.ts'
import { coordinate } from './text.ts'

export const WIDTH = 1000
export const HEIGHT = 100
/** More would be less than a pixel each. */
const MAX_LINE_POINTS = 600

export interface Panel {
  readonly title: string
  readonly unit: string
  /** Labels of the axis with their place from the bottom, 0 … 1. */
  readonly ticks: readonly (readonly [place: number, label: string])[]
  readonly marks: string
  readonly legend: readonly (readonly [className: string, label: string])[]
  /** Of one row of bars; charts are higher. */
  readonly low?: boolean
}

/** The share of the run that has passed at a time. */
export type Scale = (timeMs: number) => number

export function evenTicks(top: number, label: (value: number) => string): Panel['ticks'] {
  return [0, 0.5, 1].map(share => [share, label(top * share)])
}

type Point = readonly [x: number, y: number]

export function stepLine(name: string, points: readonly Point[]): string {
  const [first, ...rest] = thinned(points, MAX_LINE_POINTS)
  if (!first) return ''
  const path = rest.map(([x, y]) => `H${coordinate(x)}V${coordinate(y)}`).join('')
  return `<path class="${name}" d="M${coordinate(first[0])} ${coordinate(first[1])}${path}"/>`
}

/** Lines of no length with round ends: circles that stay round when the chart is stretched. */
export function dots(name: string, points: readonly Point[]): string {
  const path = points.map(([x, y]) => `M${coordinate(x)} ${coordinate(y)}h0`).join('')
  return path === '' ? '' : `<path class="${name}" d="${path}"/>`
}
