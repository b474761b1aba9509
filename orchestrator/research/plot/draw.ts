// Curves as an SVG that stands for itself: axes with units, a mark a point, its interval as a bar, a legend. Curves are told apart
// by colour (Okabe and Ito's, which colour-blind people can tell) and by mark; light and dark as the reader has it.

import { EXIT, UserError } from '../../errors.ts'
import { plural } from '../../format.ts'
import { coordinate, escaped } from '../../report/html/text.ts'
import type { AxisOf, Curve, Curves, Point } from './curves.ts'
import { categoryScale, linearScale, logScale, type Scale } from './scale.ts'
import { pointText } from './words.ts'

export interface Look {
  readonly title: string
  readonly log: { readonly x: boolean; readonly y: boolean }
}

const WIDTH = 760
const PLOT_HEIGHT = 340
const LEFT = 70
const RIGHT = 22
const BOTTOM = 72
/** About: SVG does not measure words. */
const CHARACTER = 6.9
const LINE = 20
const CAP = 4
/** Between curves where x are words: side by side. */
const ASIDE = 12

/** `titled`: it says what it is itself. Throws UserError (exit 2) for what no logarithmic axis has a place for. */
export function drawn(curves: Curves, look: Look, titled = true): string {
  const rows = legendRows(curves.curves)
  const head = titled ? 26 : 0
  const top = head + 36 + (LINE + 2) * rows.length
  const bottom = top + PLOT_HEIGHT
  const height = bottom + BOTTOM
  const scales = scalesOf(curves, look)
  const at = {
    x: (value: number) => LEFT + scales.x.place(value) * (WIDTH - LEFT - RIGHT),
    y: (value: number) => bottom - Math.max(0, scales.y.place(value)) * PLOT_HEIGHT,
  }
  const parts = [
    `<svg xmlns="http://www.w3.org/2000/svg" class="plot" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" role="img" aria-label="${escaped(look.title)}">`,
    `<style>${STYLE}</style>`,
    `<rect class="pl-back" width="${WIDTH}" height="${height}"/>`,
    ...(titled ? [text(LEFT, head, look.title, 'pl-title')] : []),
    ...legend(rows, head + 20),
    text(LEFT, top - 12, labelOf(curves.y), 'pl-quiet'),
    ...grid(scales, at, top, bottom),
    text((LEFT + WIDTH - RIGHT) / 2, bottom + 40, labelOf(curves.x), 'pl-middle'),
    text(LEFT, height - 10, noteOf(curves), 'pl-small'),
    ...curves.curves.flatMap((curve, i) => curveParts(curves, curve, i, at)),
    '</svg>',
  ]
  return `${parts.join('\n')}\n`
}

interface At {
  readonly x: (value: number) => number
  readonly y: (value: number) => number
}

function scalesOf({ x, y, curves }: Curves, { log }: Look): { readonly x: Scale; readonly y: Scale } {
  const points = curves.flatMap(each => each.points)
  const xs = points.map(point => point.x)
  const highs = points.flatMap(point => [point.y, point.high ?? point.y])
  if (log.y)
    refuseBelow(
      'y',
      y,
      points.map(point => point.y),
    )
  if (log.x) refuseBelow('x', x, xs)
  const lows = points.map(point => point.low ?? point.y)
  // An interval may go down to nothing, which a logarithmic axis has no place for: it ends at the axis then.
  const ys = [...highs, ...lows.filter(low => !log.y || low > 0)]
  const scale = (axis: AxisOf, values: readonly number[], asLog: boolean, snug: boolean) => {
    if (axis.categories) return categoryScale(axis.categories)
    return (asLog ? logScale : linearScale)(values, axis.shown, snug)
  }
  return { x: scale(x, xs, log.x, true), y: scale(y, ys, log.y, false) }
}

function refuseBelow(axis: 'x' | 'y', { column, categories }: AxisOf, values: readonly number[]): void {
  if (categories)
    throw new UserError(
      EXIT.usage,
      `--log ${axis}: ${column} has values that are no numbers (${categories[0]})`,
    )
  const wrong = values.find(value => value <= 0)
  if (wrong !== undefined)
    throw new UserError(EXIT.usage, `--log ${axis}: ${column} is ${wrong} somewhere, and has no logarithm`)
}

function grid(
  { x, y }: { readonly x: Scale; readonly y: Scale },
  at: At,
  top: number,
  bottom: number,
): string[] {
  const right = WIDTH - RIGHT
  const lines = [
    ...x.ticks.map(({ value }) => `M${coordinate(at.x(value))} ${top}V${bottom + 5}`),
    ...y.ticks.map(({ value }) => `M${LEFT - 5} ${coordinate(at.y(value))}H${right}`),
  ]
  return [
    `<path class="pl-grid" d="${lines.join('')}"/>`,
    `<path class="pl-axis" d="M${LEFT} ${top}V${bottom}H${right}"/>`,
    ...x.ticks.map(({ value, text: words }) => text(at.x(value), bottom + 20, words, 'pl-middle')),
    ...y.ticks.map(({ value, text: words }) => text(LEFT - 9, at.y(value) + 4, words, 'pl-end')),
  ]
}

function curveParts(curves: Curves, { points, name }: Curve, index: number, all: At): string[] {
  const aside = curves.x.categories ? ASIDE * (index - (curves.curves.length - 1) / 2) : 0
  const at = { x: (value: number) => all.x(value) + aside, y: all.y }
  const line = points.map(
    ({ x, y }, i) => `${i === 0 ? 'M' : 'L'}${coordinate(at.x(x))} ${coordinate(at.y(y))}`,
  )
  const bars = points.flatMap(point => barOf(point, at) ?? [])
  const joined = curves.x.categories === undefined && points.length > 1
  return [
    `<g class="pl-${index}">`,
    ...(joined ? [`<path class="pl-line" d="${line.join('')}"/>`] : []),
    ...(bars.length > 0 ? [`<path class="pl-bar" d="${bars.join('')}"/>`] : []),
    ...points.map(point => {
      const told = `<title>${escaped(pointText(curves, point, name))}</title>`
      return `<path class="pl-mark" d="${mark(index, at.x(point.x), at.y(point.y))}">${told}</path>`
    }),
    '</g>',
  ]
}

function barOf({ x, low, high }: Point, at: At): string | undefined {
  if (low === undefined || high === undefined) return undefined
  const [middle, from, to] = [at.x(x), coordinate(at.y(low)), coordinate(at.y(high))]
  const [left, right] = [coordinate(middle - CAP), coordinate(middle + CAP)]
  return `M${left} ${to}H${right}M${coordinate(middle)} ${to}V${from}M${left} ${from}H${right}`
}

/** Circle, square, triangle, diamond, and the same again. */
function mark(index: number, x: number, y: number): string {
  const [cx, cy] = [coordinate(x), coordinate(y)]
  switch (index % 4) {
    case 0:
      return `M${cx} ${cy}m-4 0a4 4 0 1 0 8 0a4 4 0 1 0-8 0`
    case 1:
      return `M${cx} ${cy}m-3.6-3.6h7.2v7.2h-7.2z`
    case 2:
      return `M${cx} ${cy}m0-5l4.8 8.4h-9.6z`
    default:
      return `M${cx} ${cy}m0-5.2l5.2 5.2l-5.2 5.2l-5.2-5.2z`
  }
}

interface Entry {
  readonly name: string
  readonly index: number
  readonly left: number
}

/** As many names a row as fit; none where there is one curve without a name. */
function legendRows(curves: readonly Curve[]): Entry[][] {
  const rows: Entry[][] = []
  let left = Number.POSITIVE_INFINITY
  for (const [index, { name }] of curves.entries()) {
    if (name === '' && curves.length === 1) return []
    const width = 30 + name.length * CHARACTER + 20
    if (left + width > WIDTH - RIGHT) {
      rows.push([])
      left = LEFT
    }
    rows.at(-1)?.push({ name, index, left })
    left += width
  }
  return rows
}

function legend(rows: readonly (readonly Entry[])[], top: number): string[] {
  return rows.flatMap((entries, row) =>
    entries.flatMap(({ name, index, left }) => {
      const middle = top + LINE * row
      return [
        `<g class="pl-${index}"><path class="pl-line" d="M${left} ${middle}h22"/><path class="pl-mark" d="${mark(index, left + 11, middle)}"/></g>`,
        text(left + 29, middle + 4, name, ''),
      ]
    }),
  )
}

function labelOf({ label, shown, categories }: AxisOf): string {
  return categories || shown.unit === '' ? label : `${label}, ${shown.unit}`
}

function noteOf({ curves, method }: Curves): string {
  const counts = curves.flatMap(({ points }) => points.map(({ runs }) => runs))
  const [least, most] = [Math.min(...counts), Math.max(...counts)]
  const each = least === most ? plural(most, 'run') : `${least} to ${plural(most, 'run')}`
  return most > 1 || method !== "Student's t"
    ? `Bars: 95 % intervals (${method}); ${each} a point`
    : 'One run a point, and so no intervals'
}

function text(x: number, y: number, words: string, kind: string): string {
  return `<text x="${coordinate(x)}" y="${coordinate(y)}"${kind === '' ? '' : ` class="${kind}"`}>${escaped(words)}</text>`
}

const LIGHT = ['#0072b2', '#d55e00', '#009e73', '#b4558c', '#b07a00', '#3a9bdc', '#4d4d4d', '#7a5195']
const DARK = ['#56b4e9', '#ff8c42', '#3fcf9f', '#e59bc6', '#f0b93a', '#9fd8ff', '#c9ced6', '#c7a0e0']
const colours = (list: readonly string[]) => list.map((colour, i) => `--pl${i}:${colour}`).join(';')

const STYLE = [
  `.plot{--ink:#1b222b;--quiet:#5b6773;--rule:#e3e7eb;--paper:#fff;${colours(LIGHT)};max-width:100%;height:auto;font:13px system-ui,sans-serif;font-variant-numeric:tabular-nums}`,
  `@media (prefers-color-scheme:dark){.plot{--ink:#e6ebf0;--quiet:#98a5b3;--rule:#2b3540;--paper:#12181f;${colours(DARK)}}}`,
  '.plot text{fill:var(--ink)}.plot .pl-quiet,.plot .pl-small{fill:var(--quiet)}.pl-small{font-size:11.5px}',
  '.pl-title{font-size:16px;font-weight:600}.pl-middle{text-anchor:middle}.pl-end{text-anchor:end}',
  '.pl-back{fill:var(--paper)}.plot path{fill:none}.plot .pl-grid{stroke:var(--rule)}.plot .pl-axis{stroke:var(--quiet)}',
  '.plot .pl-line{stroke:var(--own);stroke-width:1.8;stroke-linejoin:round}.plot .pl-bar{stroke:var(--own);stroke-width:1.4}',
  '.plot .pl-mark{fill:var(--own);stroke:var(--paper);stroke-width:1}',
  LIGHT.map((_, i) => `.pl-${i}{--own:var(--pl${i})}`).join(''),
].join('\n')
