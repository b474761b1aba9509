// `--set links.latency=50ms,200ms`, `--set nodes.miners.count=10..100x2`: the parameters of an experiment and their values.

import { parse } from 'yaml'
import { EXIT, UserError } from '../errors.ts'
import { plain } from '../format.ts'
import type { Assignment } from '../spec/assign.ts'
import { quantityOf } from '../spec/units.ts'
import type { Cell } from './table.ts'

export interface Parameter {
  readonly path: string
  /** Of the table: the path, and the unit of its values behind it. */
  readonly column: string
  readonly values: readonly ParameterValue[]
}

export interface ParameterValue {
  /** As typed. */
  readonly text: string
  /** What the spec is to have there. */
  readonly assignment: Assignment
  /** In the table: a quantity as a number in the base unit of its kind. */
  readonly cell: Cell
}

const MOST_VALUES = 10_000
const PATH = /^[A-Za-z][\w-]*(\.[\w-]+)*$/
/** Of no use as a parameter, and why. */
const REFUSED: { readonly [path: string]: string } = {
  seed: 'each run has a seed of its own: --runs says how many, --seed the first',
  runtime: 'a sweep is of simulations',
}

/** Throws UserError (exit 2). Whether the spec has such a path, and takes such values, is seen when they are set. */
export function readParameters(words: readonly string[]): Parameter[] {
  const parameters = words.map(readParameter)
  const twice = parameters.find(({ path }, i) => parameters.findIndex(each => each.path === path) < i)
  if (twice) throw refused(twice.path, 'it stands there twice', 'write all its values behind one --set')
  return parameters
}

function readParameter(word: string): Parameter {
  const at = word.indexOf('=')
  const path = word.slice(0, Math.max(0, at)).trim()
  if (at < 0 || !PATH.test(path))
    throw new UserError(
      EXIT.usage,
      `--set ${word}: expected a path in the spec, = and values`,
      'such as --set links.latency=50ms,200ms or --set nodes.miners.count=10..100x2',
    )
  const why = Object.hasOwn(REFUSED, path) ? REFUSED[path] : undefined
  if (why !== undefined) throw refused(path, why)
  const texts = pieces(word.slice(at + 1)).flatMap(piece => range(path, piece) ?? [piece])
  if (texts.includes('')) throw refused(path, 'a value is missing')
  const twice = texts.find((text, i) => texts.indexOf(text) < i)
  if (twice !== undefined) throw refused(path, `${twice} stands there twice`)
  if (texts.length > MOST_VALUES) throw refused(path, `more than ${MOST_VALUES} values`)
  return { path, ...columnOf(path, texts), values: valuesOf(path, texts) }
}

/** At the commas that lie in no bracket and no quotes. */
function pieces(text: string): string[] {
  const found = ['']
  let depth = 0
  let quote = ''
  for (const character of text) {
    if (quote !== '') quote = character === quote ? '' : quote
    else if (character === '"' || character === "'") quote = character
    else if ('{['.includes(character)) depth += 1
    else if ('}]'.includes(character)) depth -= 1
    if (character === ',' && depth === 0 && quote === '') found.push('')
    else found[found.length - 1] += character
  }
  return found.map(piece => piece.trim())
}

/** No unit has an x in it, which stands before a factor. */
const AMOUNT = '(\\d+(?:\\.\\d+)?)( ?[a-wyzA-Z%/]*)'
const RANGE = new RegExp(`^${AMOUNT}\\.\\.${AMOUNT}(?:(x|\\+)${AMOUNT})?$`)

/** `10..100x2`, `50ms..200ms+50ms`, `1..5`; undefined for what is no range. The end belongs to it when it is met. */
function range(path: string, text: string): string[] | undefined {
  if (!text.includes('..')) return undefined
  const found = RANGE.exec(text)
  const how = 'write a range as 1..5, 50ms..200ms+50ms (a step) or 10..100x2 (a factor)'
  if (!found) throw refused(path, `${text} is no range`, how)
  const [, from = '', fromUnit = '', to = '', toUnit = '', by, step = '', stepUnit = ''] = found
  const units = new Set(
    [fromUnit, toUnit, by === 'x' ? '' : stepUnit].map(unit => unit.trim()).filter(Boolean),
  )
  const [unit = ''] = units
  if (units.size > 1)
    throw refused(path, `${text} has several units`, 'write both ends and the step in one unit')
  if (by === 'x' && stepUnit !== '') throw refused(path, `${text}: a factor has no unit`, how)
  const [least, most, stride] = [Number(from), Number(to), by === undefined ? 1 : Number(step)]
  if (most < least) throw refused(path, `${text} goes down`, 'begin with the least')
  if (by === undefined && (unit !== '' || !Number.isInteger(least)))
    throw refused(path, `${text} has no step`, how)
  if (by === 'x' ? stride <= 1 || least === 0 : stride <= 0)
    throw refused(path, `${text} never comes to its end`, how)
  const values: string[] = []
  for (let i = 0; ; i++) {
    const value = Number((by === 'x' ? least * stride ** i : least + i * stride).toPrecision(12))
    if (value > most) return values
    if (values.length === MOST_VALUES) throw refused(path, `${text} has more than ${MOST_VALUES} values`)
    values.push(`${plain(value)}${unit}`)
  }
}

/** Quantities of one kind, numbers, or whatever they are. */
function columnOf(path: string, texts: readonly string[]): Pick<Parameter, 'column'> {
  const [ending = '', ...others] = new Set(texts.map(text => quantityOf(text)?.ending ?? ''))
  const said = others.length > 0 || path.toLowerCase().endsWith(ending.toLowerCase())
  return { column: said ? path : path + ending }
}

function valuesOf(path: string, texts: readonly string[]): ParameterValue[] {
  const quantities = texts.map(quantityOf)
  const [first] = quantities
  const alike = quantities.every(each => each !== undefined && each.ending === first?.ending)
  const values = texts.map(text => parsedValue(path, text))
  const plainly = ['number', 'boolean'].find(type => values.every(value => typeof value === type))
  return texts.map((text, i) => {
    const value = values[i]
    const cell = alike ? quantities[i]?.value : plainly === undefined ? text : (value as number | boolean)
    return { text, cell: cell ?? null, assignment: { path, value, flag: `--set ${path}=${text}` } }
  })
}

function parsedValue(path: string, text: string): unknown {
  try {
    return parse(text, { logLevel: 'error' })
  } catch (error) {
    // Where in the text, the text shows.
    const [what] = (error as Error).message.split(/ at line |\n/)
    throw refused(path, `${text}: ${what}`)
  }
}

function refused(path: string, why: string, hint?: string): UserError {
  return new UserError(EXIT.usage, `--set ${path}: ${why}`, hint)
}
