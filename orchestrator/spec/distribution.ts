// Distributions that a plan draws from: what a spec may say of one, and its values. Pure.
//
// `mean` is the mean of the distribution as it is named, before `least` and `most` cut it off (a value beyond them becomes them):
//   pareto a       type I: P(X > x) = (m / x)^a from m = mean (a - 1) / a on, a > 1. Simulators of blockchains take a = 5 for
//                  latencies (JABS: scale (a - 1) / a of the mean, shape 5)
//   lognormal s    the logarithm is normal with standard deviation s; with `sd` instead, s^2 = ln(1 + sd^2 / mean^2)
//   exponential
//   uniform        between least and most, or between 0 and twice the mean
//   values         what a file holds, each value as likely as the others

import { z } from 'zod'
import type { Random } from '../../node/core/host.ts'
import { fileName } from './file-name.ts'
import { FileProblem, isNumber, numberIn, readTable } from './tables.ts'

export type Distribution = (
  | { readonly shape: 'pareto'; readonly mean?: number; readonly alpha: number }
  | { readonly shape: 'lognormal'; readonly mean?: number; readonly sigma: number }
  | { readonly shape: 'exponential'; readonly mean?: number }
  | {
      readonly shape: 'uniform'
      /** From nothing to twice that; undefined: from least to most. */
      readonly mean: number | 'of the table' | undefined
    }
  | {
      readonly shape: 'values'
      /** In order. */
      readonly values: readonly number[]
    }
) & { readonly least: number; readonly most: number }

const SHAPE = /^(pareto|lognormal|exponential|uniform)(?: (\d+(?:\.\d+)?))?$/
const SHAPE_HINT = 'expected pareto 5, lognormal 0.5, lognormal (with sd), exponential or uniform'
const MAX_VALUES = 100_000

/** What a spec says of one; `quantity` is how its values are written. */
export function distributionSchema<Quantity extends z.ZodType<number, unknown>>(
  quantity: Quantity,
  what: string,
) {
  return z.strictObject({
    mean: quantity.optional().describe(`Mean ${what}, before least and most cut it off.`),
    shape: z
      .string()
      .regex(SHAPE, SHAPE_HINT)
      .optional()
      .describe(
        'pareto 5: type I with this exponent. lognormal 0.5: standard deviation of the logarithm; or with sd. exponential. uniform: from least to most, or to twice the mean.',
      ),
    sd: quantity.optional().describe('Standard deviation, of lognormal.'),
    least: quantity.optional().describe('A value below is this.'),
    most: quantity.optional().describe('A value above is this.'),
    from: fileName.optional().describe('Drawn from the values in this file, one a line.'),
    column: z.string().min(1).max(200).optional().describe('Of a file with several columns: by its header.'),
  })
}

/** As it stands in a loaded spec. */
export interface WrittenDistribution {
  readonly mean?: number | undefined
  readonly shape?: string | undefined
  readonly sd?: number | undefined
  readonly least?: number | undefined
  readonly most?: number | undefined
  readonly from?: string | undefined
  readonly column?: string | undefined
}

/** What is wrong with one: the key, and why. `bare`: something else gives its mean. */
export function distributionProblems(
  written: WrittenDistribution,
  { bare }: { readonly bare: boolean },
): { readonly path: readonly string[]; readonly message: string }[] {
  const { mean, shape, sd, least, most, from, column } = written
  const problem = (key: string | undefined, message: string) => [{ path: key ? [key] : [], message }]
  if (least !== undefined && most !== undefined && least > most) return problem('most', 'most is below least')
  if (from !== undefined) {
    const other = (['mean', 'shape', 'sd'] as const).find(key => written[key] !== undefined)
    if (other) return problem(other, 'the file says how the values are distributed: leave this out')
    return bare ? problem('from', 'the table has the means already: give a shape, such as pareto 5') : []
  }
  if (column !== undefined) return problem('column', 'only a file has columns: give from')
  if (shape === undefined) return problem(undefined, 'give a shape, such as pareto 5, or a file: from')
  const [, kind, parameter] = SHAPE.exec(shape) ?? []
  const limits = kind === 'uniform' && least !== undefined && most !== undefined
  if (bare && (mean !== undefined || sd !== undefined))
    return problem(mean === undefined ? 'sd' : 'mean', 'the table has the means: leave this out')
  if (!bare && !limits && !(mean !== undefined && mean > 0))
    return problem(
      mean === undefined ? 'shape' : 'mean',
      kind === 'uniform' ? 'give least and most, or a mean above 0' : 'give a mean above 0',
    )
  if (sd !== undefined && (kind !== 'lognormal' || parameter !== undefined))
    return problem('sd', 'only lognormal without a number has sd')
  if (kind === 'pareto' && !(Number(parameter) > 1))
    return problem('shape', 'pareto needs an exponent above 1, such as pareto 5: else it has no mean')
  if (kind === 'lognormal' && parameter === undefined && sd === undefined)
    return problem('shape', 'lognormal needs the deviation of its logarithm, such as lognormal 0.5, or sd')
  if ((kind === 'exponential' || kind === 'uniform') && parameter !== undefined)
    return problem('shape', `${kind} has no number`)
  return []
}

/** Where it says no limits these hold. `unit`: the size of one in a file. */
export interface Bounds {
  readonly least: number
  readonly most: number
  readonly unit: number
}

/** Of one without problems; `text` is the content of its file. Throws FileProblem for what that is. */
export function makeDistribution(
  written: WrittenDistribution,
  { unit, ...bounds }: Bounds,
  text: string | undefined,
): Distribution {
  const limits = { least: written.least ?? bounds.least, most: written.most ?? bounds.most }
  const { mean, sd } = written
  if (written.from !== undefined) {
    const values = valuesIn(written.from, text ?? '', written.column, { ...bounds, unit })
    return { shape: 'values', values, ...limits }
  }
  const [, kind, parameter] = SHAPE.exec(written.shape ?? '') ?? []
  const at = mean === undefined ? {} : { mean }
  switch (kind) {
    case 'pareto':
      return { shape: kind, ...at, alpha: Number(parameter), ...limits }
    case 'lognormal': {
      const sigma =
        parameter === undefined ? Math.sqrt(Math.log1p(((sd ?? 0) / (mean ?? 1)) ** 2)) : Number(parameter)
      return { shape: kind, ...at, sigma, ...limits }
    }
    case 'uniform': {
      const ranged = mean === undefined && written.least !== undefined && written.most !== undefined
      return { shape: kind, mean: ranged ? undefined : (mean ?? 'of the table'), ...limits }
    }
    default:
      return { shape: 'exponential', ...at, ...limits }
  }
}

/** One value. Whatever the shape, it takes two draws. `mean`: where the distribution has none of its own. */
export function drawFrom(distribution: Distribution, random: Random, mean = 0): number {
  return quantile(distribution, random.float(), random.float(), mean)
}

/** The value that a share `u` of all stays below. */
export function quantileOf(distribution: Distribution, u: number, mean = 0): number {
  if (distribution.shape !== 'lognormal') return quantile(distribution, u, 0, mean)
  // Box and Muller have none in closed form; this is the normal's tail (Chernoff), and never too low.
  const z = u <= 0.5 ? 0 : Math.sqrt(-2 * Math.log(2 * (1 - u)))
  return within(distribution, lognormal(distribution.mean ?? mean, distribution.sigma, z))
}

function quantile(distribution: Distribution, u: number, v: number, otherMean: number): number {
  if (distribution.shape === 'values') {
    const { values } = distribution
    return within(distribution, values[Math.min(values.length - 1, Math.floor(u * values.length))] as number)
  }
  const mean = typeof distribution.mean === 'number' ? distribution.mean : otherMean
  switch (distribution.shape) {
    case 'pareto': {
      const { alpha } = distribution
      return within(distribution, (mean * (alpha - 1)) / alpha / (1 - u) ** (1 / alpha))
    }
    case 'lognormal': {
      const z = Math.sqrt(-2 * Math.log(1 - u)) * Math.cos(2 * Math.PI * v)
      return within(distribution, lognormal(mean, distribution.sigma, z))
    }
    case 'exponential':
      return within(distribution, -mean * Math.log(1 - u))
    case 'uniform': {
      const { least, most } = distribution
      return distribution.mean === undefined ? least + u * (most - least) : within(distribution, u * 2 * mean)
    }
  }
}

/** As it is named, before limits. */
export function meanOf(distribution: Distribution): number | undefined {
  if (distribution.shape === 'values')
    return distribution.values.reduce((sum, value) => sum + value, 0) / distribution.values.length
  if (typeof distribution.mean === 'number') return distribution.mean
  return distribution.shape === 'uniform' && distribution.mean === undefined
    ? (distribution.least + distribution.most) / 2
    : undefined
}

function lognormal(mean: number, sigma: number, z: number): number {
  return mean * Math.exp(sigma * z - sigma ** 2 / 2)
}

function within({ least, most }: Distribution, value: number): number {
  return Math.min(most, Math.max(least, value))
}

/** In order. Throws FileProblem. */
function valuesIn(
  file: string,
  text: string,
  column: string | undefined,
  { least, most, unit }: Bounds,
): number[] {
  const table = readTable(file, text)
  const [first, ...others] = table.rows
  const header = first?.cells.some(cell => !isNumber(cell)) ? first : undefined
  const at = columnIn(table.file, first?.cells ?? [], header !== undefined, column)
  const rows = header ? others : table.rows
  if (rows.length === 0) throw new FileProblem(file, undefined, 'there is no value in it')
  if (rows.length > MAX_VALUES)
    throw new FileProblem(file, undefined, `${rows.length} values are more than ${MAX_VALUES}`)
  const range = { what: 'a value', least: least / unit, most: most / unit }
  return rows.map(row => numberIn(table, row, row.cells[at], range) * unit).sort((a, b) => a - b)
}

function columnIn(
  file: string,
  first: readonly string[],
  header: boolean,
  column: string | undefined,
): number {
  if (column !== undefined) {
    const at = header ? first.indexOf(column) : -1
    if (at >= 0) return at
    const known = header ? `: columns are ${first.join(', ')}` : ': it has no header'
    throw new FileProblem(file, undefined, `there is no column ${column}${known}`)
  }
  if (first.length > 1)
    throw new FileProblem(file, undefined, `it has ${first.length} columns: say which by column`)
  return 0
}
