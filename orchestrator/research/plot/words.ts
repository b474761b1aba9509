// The points of a plot in words: in the terminal, under the mouse, in the page's table. One way to write a value everywhere.

import { plain, plural, table } from '../../format.ts'
import type { AxisOf, Curves, Point } from './curves.ts'

/** `12.3 %`, `450 ms`, `inv`. */
export function valueText({ shown: { factor, unit }, categories }: AxisOf, value: number): string {
  if (categories) return categories[value] ?? ''
  const text = plain(Number((value / factor).toPrecision(4)))
  return unit === '' ? text : `${text} ${unit}`
}

export function intervalText(y: AxisOf, { low, high }: Point): string {
  return low === undefined || high === undefined ? '–' : `${valueText(y, low)} … ${valueText(y, high)}`
}

export function pointText({ x, y }: Curves, point: Point, name: string): string {
  const at = `${name === '' ? '' : `${name}, `}${x.label} ${valueText(x, point.x)}`
  return `${at}: ${valueText(y, point.y)} (${intervalText(y, point)}; ${plural(point.runs, 'run')})`
}

/** For the terminal. */
export function plotLines(curves: Curves, by: string | undefined): string[] {
  const columns = [
    ...(by === undefined ? [] : [{ title: by }]),
    { title: curves.x.label, align: 'right' as const },
    { title: curves.y.label, align: 'right' as const },
    { title: '95 % interval' },
    { title: 'runs', align: 'right' as const },
  ]
  return table(columns, pointRows(curves, by))
}

/** A row a point: the curve's name if curves have one, x, y, interval, runs. */
export function pointRows({ x, y, curves }: Curves, by: string | undefined): string[][] {
  return curves.flatMap(({ name, points }) =>
    points.map(point => [
      ...(by === undefined ? [] : [name]),
      ...[valueText(x, point.x), valueText(y, point.y), intervalText(y, point), String(point.runs)],
    ]),
  )
}
