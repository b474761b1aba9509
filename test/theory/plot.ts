// A plot as SVG: curves of theory, measured points with their confidence intervals, axes, a legend. Nothing else.

export interface Point {
  readonly x: number
  readonly y: number
  /** Bounds of its confidence interval. */
  readonly low: number
  readonly high: number
}

export interface Series {
  readonly name: string
  readonly colour: string
  /** Theory: a line through these. */
  readonly curve?: readonly (readonly [x: number, y: number])[]
  readonly dashed?: boolean
  /** Measured. */
  readonly points?: readonly Point[]
}

export interface Axis {
  readonly label: string
  readonly min: number
  readonly max: number
  readonly ticks: readonly number[]
  readonly log?: boolean
  readonly write?: (value: number) => string
}

export interface Plot {
  readonly title: string
  readonly x: Axis
  readonly y: Axis
  readonly series: readonly Series[]
  /** Where the legend stands in nobody's way. Default: above. */
  readonly legend?: 'above' | 'below'
}

const WIDTH = 640
const HEIGHT = 400
const LEFT = 68
const RIGHT = 16
const TOP = 34
const BOTTOM = 50
const DOT = 3.2

export function toSvg({ title, x, y, series, legend = 'above' }: Plot): string {
  const placeX = scale(x, LEFT, WIDTH - RIGHT)
  const placeY = scale(y, HEIGHT - BOTTOM, TOP)
  const parts = [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" width="${WIDTH}" height="${HEIGHT}" role="img" font-family="system-ui, sans-serif" font-size="12">`,
    `<title>${escaped(title)}</title>`,
    `<rect width="${WIDTH}" height="${HEIGHT}" fill="#fff"/>`,
    `<text x="${LEFT}" y="20" font-size="14" font-weight="600">${escaped(title)}</text>`,
    ...grid(x, y, placeX, placeY),
    ...series.flatMap(each => drawn(each, placeX, placeY)),
    ...legendOf(series, legend === 'above' ? TOP : HEIGHT - BOTTOM - 17 * series.length - 10),
    '</svg>',
  ]
  return `${parts.join('\n')}\n`
}

type Place = (value: number) => number

function scale({ min, max, log }: Axis, from: number, to: number): Place {
  const at = log ? Math.log : (value: number) => value
  const span = at(max) - at(min)
  return value => rounded(from + ((at(Math.max(value, log ? min : value)) - at(min)) / span) * (to - from))
}

function grid(x: Axis, y: Axis, placeX: Place, placeY: Place): string[] {
  const bottom = HEIGHT - BOTTOM
  const lines = [
    ...x.ticks.map(tick => `M${placeX(tick)} ${TOP}V${bottom}`),
    ...y.ticks.map(tick => `M${LEFT} ${placeY(tick)}H${WIDTH - RIGHT}`),
  ]
  return [
    `<path d="${lines.join('')}" stroke="#e3e3e3" fill="none"/>`,
    `<path d="M${LEFT} ${TOP}V${bottom}H${WIDTH - RIGHT}" stroke="#555" fill="none"/>`,
    ...x.ticks.map(tick => text(placeX(tick), bottom + 17, write(x, tick), 'middle')),
    ...y.ticks.map(tick => text(LEFT - 7, placeY(tick) + 4, write(y, tick), 'end')),
    text((LEFT + WIDTH - RIGHT) / 2, HEIGHT - 10, x.label, 'middle'),
    `<text transform="translate(15 ${(TOP + bottom) / 2}) rotate(-90)" text-anchor="middle">${escaped(y.label)}</text>`,
  ]
}

function drawn({ curve = [], points = [], colour, dashed }: Series, placeX: Place, placeY: Place): string[] {
  const line = curve.map(([x, y], i) => `${i === 0 ? 'M' : 'L'}${placeX(x)} ${placeY(y)}`).join('')
  const bars = points.map(({ x, low, high }) => `M${placeX(x)} ${placeY(low)}V${placeY(high)}`).join('')
  return [
    ...(line ? [`<path d="${line}" stroke="${colour}" fill="none" stroke-width="1.5"${dash(dashed)}/>`] : []),
    ...(bars ? [`<path d="${bars}" stroke="${colour}" fill="none"/>`] : []),
    ...points.map(({ x, y }) => `<circle cx="${placeX(x)}" cy="${placeY(y)}" r="${DOT}" fill="${colour}"/>`),
  ]
}

function legendOf(series: readonly Series[], top: number): string[] {
  return series.flatMap(({ name, colour, curve, points, dashed }, i) => {
    const [left, middle] = [LEFT + 12, top + 14 + 17 * i]
    return [
      ...(curve
        ? [`<path d="M${left} ${middle}h22" stroke="${colour}" stroke-width="1.5"${dash(dashed)}/>`]
        : []),
      ...(points ? [`<circle cx="${left + 11}" cy="${middle}" r="${DOT}" fill="${colour}"/>`] : []),
      text(left + 30, middle + 4, name, 'start'),
    ]
  })
}

const dash = (dashed: boolean | undefined) => (dashed ? ' stroke-dasharray="4 4"' : '')
const write = ({ write: as = String }: Axis, value: number) => as(value)
const rounded = (value: number) => Math.round(value * 10) / 10
const text = (x: number, y: number, words: string, anchor: string) =>
  `<text x="${rounded(x)}" y="${rounded(y)}" text-anchor="${anchor}">${escaped(words)}</text>`

function escaped(words: string): string {
  return words.replaceAll('&', '&amp;').replaceAll('<', '&lt;')
}
