// From the rows of a table to curves: at each x the mean or the share, with its 95 % interval over the runs that it comes from.

import { EXIT, UserError } from '../../errors.ts'
import { plain } from '../../format.ts'
import { countedBy, wordsOf } from '../figures.ts'
import { type Cluster, type Estimate, estimateMean, estimateShare } from '../statistics.ts'
import { columnAt, type Source } from './source.ts'
import { bareName, PERCENT, type Shown, unitOf } from './units.ts'

export interface Wanted {
  readonly x: string
  readonly y: string
  readonly by: string | undefined
  /** Column and the text that its cell is to have. */
  readonly where: readonly { readonly column: string; readonly value: string }[]
}

export interface Point {
  /** In the column's own unit; of a column that is no number, the place of its value. */
  readonly x: number
  readonly y: number
  /** Undefined where one run alone tells it. */
  readonly low: number | undefined
  readonly high: number | undefined
  readonly runs: number
}

export interface Curve {
  readonly name: string
  readonly points: readonly Point[]
}

export interface AxisOf {
  readonly column: string
  readonly label: string
  readonly shown: Shown
  /** Values that are no numbers, in their order. */
  readonly categories?: readonly string[]
}

export interface Curves {
  readonly x: AxisOf
  readonly y: AxisOf
  readonly curves: readonly Curve[]
  /** Which interval was taken. */
  readonly method: string
  /** Parameters that vary and that no flag tells apart: points mix their values. */
  readonly mixed: readonly string[]
}

const MOST_CURVES = 8
/** Of each curve. */
const MOST_POINTS = 2000

/** Throws UserError (exit 2). */
export function curvesOf(source: Source, wanted: Wanted): Curves {
  const rows = filtered(source, wanted.where)
  const at = { x: columnAt(source, '--x', wanted.x), y: columnAt(source, '--y', wanted.y) }
  const by = wanted.by === undefined ? undefined : columnAt(source, '--by', wanted.by)
  const there = rows.filter(row => row[at.x] !== '' && row[at.y] !== '')
  if (there.length === 0) throw new UserError(EXIT.usage, `no row has both ${wanted.x} and ${wanted.y}`)
  const xs = valuesOf(there.map(row => row[at.x] ?? ''))
  const yName = source.columns[at.y] ?? ''
  const share = yIsShare(
    yName,
    there.map(row => row[at.y] ?? ''),
    source,
  )
  const names = by === undefined ? [''] : inOrder(there.map(row => row[by] ?? ''))
  if (names.length > MOST_CURVES)
    throw new UserError(
      EXIT.usage,
      `--by ${wanted.by}: ${names.length} values make ${names.length} curves, and ${MOST_CURVES} can be told apart`,
    )
  const cluster = clusterKeys(source)
  const nameOf = nameIn(by === undefined ? '' : (source.columns[by] ?? ''), names)
  const curves = names.map(name => ({
    name: nameOf(name),
    points: pointsOf(
      by === undefined ? there : there.filter(row => row[by] === name),
      at,
      xs,
      share,
      cluster,
    ),
  }))
  const most = Math.max(...curves.flatMap(({ points }) => points.map(({ y, high }) => high ?? y)))
  const xName = source.columns[at.x] ?? ''
  return {
    x: axisOf(xName, xs.numbers ? Math.max(...xs.numbers.values()) : 0, xs.categories),
    y: { ...axisOf(yName, most), ...(share && { shown: PERCENT }) },
    curves,
    method: share ? "Wilson's score" : "Student's t",
    mixed: mixedIn(source, rows, [at.x, at.y, by]),
  }
}

function filtered(source: Source, where: Wanted['where']): Source['rows'] {
  const wishes = where.map(({ column, value }) => ({
    at: columnAt(source, '--where', column),
    column,
    value,
  }))
  const rows = source.rows.filter(row => wishes.every(({ at, value }) => row[at] === value))
  if (rows.length > 0 || source.rows.length === 0) return rows
  const [first] = wishes
  const values = inOrder(source.rows.map(row => row[first?.at ?? 0] ?? '')).slice(0, 12)
  throw new UserError(
    EXIT.usage,
    'no row is left by --where',
    `values of ${first?.column}: ${values.join(', ')}`,
  )
}

/** Of a curve: a quantity has its unit. */
function nameIn(column: string, names: readonly string[]): (name: string) => string {
  if (!names.every(isNumber)) return name => name
  const { factor, unit } = unitOf(column, Math.max(...names.map(Number)))
  return name => `${plain(Number((Number(name) / factor).toPrecision(6)))} ${unit}`.trim()
}

interface Values {
  /** By text; undefined where some are no numbers. */
  readonly numbers?: ReadonlyMap<string, number>
  readonly categories?: readonly string[]
}

function valuesOf(texts: readonly string[]): Values {
  const distinct = inOrder(texts)
  if (distinct.length > MOST_POINTS)
    throw new UserError(
      EXIT.usage,
      `--x: ${distinct.length} different values, and a curve of at most ${MOST_POINTS} points`,
      'take a parameter, or another column that few rows differ in',
    )
  if (distinct.every(isNumber)) return { numbers: new Map(distinct.map(text => [text, Number(text)])) }
  return { categories: distinct }
}

const isNumber = (text: string) => text.trim() !== '' && Number.isFinite(Number(text))
const isFlag = (text: string) => text === 'true' || text === 'false'

/** Each once: numbers by size, else as they come. */
function inOrder(texts: readonly string[]): string[] {
  const distinct = [...new Set(texts)]
  return distinct.every(isNumber) ? distinct.sort((a, b) => Number(a) - Number(b)) : distinct
}

/** How a row adds to its run's cluster of a share: true and false, or a share and the column that says of how many. */
interface ShareOf {
  readonly counted: number | undefined
}

function yIsShare(name: string, texts: readonly string[], { columns }: Source): ShareOf | undefined {
  if (texts.every(isFlag)) return { counted: undefined }
  if (!texts.every(isNumber))
    throw new UserError(
      EXIT.usage,
      `--y ${name}: it is neither a number nor true or false (${texts.find(text => !isNumber(text))})`,
    )
  const counted = columns.indexOf(countedBy(name) ?? '')
  return counted < 0 ? undefined : { counted }
}

/** Rows of one run are not independent; where a table does not say which are, each row is a run. */
function clusterKeys({ columns }: Source): (row: readonly string[], i: number) => string {
  const places = ['specHash', 'seed'].map(name => columns.indexOf(name))
  return places.includes(-1) ? (_, i) => String(i) : row => places.map(place => row[place]).join(' ')
}

function pointsOf(
  rows: Source['rows'],
  at: { readonly x: number; readonly y: number },
  { numbers, categories }: Values,
  share: ShareOf | undefined,
  keyOf: (row: readonly string[], i: number) => string,
): Point[] {
  const groups = new Map<string, Map<string, Cluster>>()
  for (const [i, row] of rows.entries()) {
    const clusters = groups.get(row[at.x] ?? '') ?? new Map<string, Cluster>()
    groups.set(row[at.x] ?? '', clusters)
    const key = keyOf(row, i)
    const { sum, of } = clusters.get(key) ?? { sum: 0, of: 0 }
    const more = added(row, row[at.y] ?? '', share)
    clusters.set(key, { sum: sum + more.sum, of: of + more.of })
  }
  return [...groups]
    .flatMap(([text, clusters]) => {
      const x = numbers?.get(text) ?? categories?.indexOf(text) ?? 0
      const found = estimated([...clusters.values()], share)
      return found ? [{ x, ...found }] : []
    })
    .sort((a, b) => a.x - b.x)
}

function added(row: readonly string[], text: string, share: ShareOf | undefined): Cluster {
  if (!share) return { sum: Number(text), of: 1 }
  if (share.counted === undefined) return { sum: text === 'true' ? 1 : 0, of: 1 }
  const of = Number(row[share.counted] || 0)
  return { sum: Number(text) * of, of }
}

function estimated(clusters: readonly Cluster[], share: ShareOf | undefined): Omit<Point, 'x'> | undefined {
  const least = clusters.every(({ sum }) => sum >= 0) ? 0 : Number.NEGATIVE_INFINITY
  const found: Estimate | undefined = share
    ? estimateShare(clusters)
    : estimateMean(clusters, { least, most: Number.POSITIVE_INFINITY })
  return (
    found && { y: found.mean, low: found.low ?? undefined, high: found.high ?? undefined, runs: found.runs }
  )
}

function axisOf(column: string, most: number, categories?: readonly string[]): AxisOf {
  const label = wordsOf(column) ?? bareName(column)
  return {
    column,
    label,
    shown: categories ? { factor: 1, unit: '' } : unitOf(column, most),
    ...(categories && { categories }),
  }
}

/** In a table of a sweep, parameters stand before the seed. */
function mixedIn({ columns }: Source, rows: Source['rows'], told: readonly (number | undefined)[]): string[] {
  const parameters = columns.slice(0, Math.max(0, columns.indexOf('seed')))
  return parameters.filter((_, i) => !told.includes(i) && new Set(rows.map(row => row[i])).size > 1)
}
