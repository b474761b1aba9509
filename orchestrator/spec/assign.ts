// A value set in a spec by its path (`nodes.miners.count`), as it was written and before the schema has seen it. What the
// schema would take for a new entry of a table (`nodes.minres`) is refused: a path names what there is.

import { EXIT, UserError } from '../errors.ts'
import { jsonSchema } from './schema.ts'
import { nearest } from './suggest.ts'

export interface Assignment {
  readonly path: string
  /** As YAML would give it. */
  readonly value: unknown
  /** Who says so, for messages. */
  readonly flag: string
}

interface SchemaNode {
  readonly properties?: { readonly [key: string]: SchemaNode }
  readonly additionalProperties?: SchemaNode | false
  readonly anyOf?: readonly SchemaNode[]
  /** What stands there if nothing does. */
  readonly default?: unknown
}

type Table = Record<string, unknown>

let known: SchemaNode | undefined

/** Returns the paths that are this assignment's from now on. Throws UserError (exit 2). */
export function assign(raw: Table, { path, value, flag }: Assignment): string[] {
  const keys = path.split('.')
  known ??= jsonSchema() as SchemaNode
  let schema: SchemaNode | undefined = known
  let table = raw
  const own: string[] = []
  for (const [depth, key] of keys.entries()) {
    const here = keys.slice(0, depth).join('.')
    const names = namedIn(schema)
    if (names && !Object.hasOwn(table, key)) throw unnamed(flag, here, key, Object.keys(table))
    schema = schema?.properties?.[key] ?? names
    if (depth === keys.length - 1) break
    const next = keys.slice(0, depth + 1).join('.')
    const inner = Object.hasOwn(table, key) ? table[key] : undefined
    if (inner !== undefined && inner !== null && !isTable(inner)) throw notInside(flag, next, keys, inner)
    if (!isTable(inner)) own.push(next)
    table = below(table, key, isTable(inner) ? inner : usualIn(schema))
  }
  table[keys.at(-1) as string] = value
  return [...own, path]
}

/** What an entry of the table looks like, if its entries have names of the user's own. */
function namedIn(schema: SchemaNode | undefined): SchemaNode | undefined {
  const table = schema?.anyOf?.find(member => member.additionalProperties) ?? schema
  return table?.properties === undefined ? table?.additionalProperties || undefined : undefined
}

/** What is set has the usual things beside it; a usual value that is no mapping makes way. */
function usualIn(schema: SchemaNode | undefined): Table {
  return isTable(schema?.default) ? schema.default : {}
}

function below(table: Table, key: string, inner: Table): Table {
  const copy = structuredClone(inner)
  table[key] = copy
  return copy
}

function unnamed(flag: string, here: string, key: string, names: readonly string[]): UserError {
  const near = nearest(key, names)
  const there = names.length === 0 ? 'there are none' : `there are ${names.join(', ')}`
  return new UserError(
    EXIT.usage,
    `${flag}: ${here} has no ${JSON.stringify(key)}${near === undefined ? `: ${there}` : `: did you mean ${here}.${near}?`}`,
  )
}

function notInside(flag: string, here: string, keys: readonly string[], is: unknown): UserError {
  const what = Array.isArray(is) ? 'a list' : JSON.stringify(is)
  const inside = keys.slice(here.split('.').length).reverse()
  const whole = inside.reduce((value, key) => `{ ${key}: ${value} }`, '…')
  return new UserError(
    EXIT.usage,
    `${flag}: ${here} is ${what} in the spec, with nothing inside to set`,
    typeof is === 'string' ? `set it whole, such as --set "${here}=${whole}"` : undefined,
  )
}

function isTable(value: unknown): value is Table {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
