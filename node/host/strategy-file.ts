// Somebody's own strategy, loaded: the code of a file as a module, and its errors by the file's lines. It is its author's code and
// runs as the node does; what would make two runs of one seed differ (clock, chance, timers) is taken out of its reach.

import { ConfigError } from '../errors.ts'
import type { MakeStrategy } from '../strategy/api.ts'
import type { FileConfig } from '../strategy/name.ts'
import type { LoadedStrategy } from '../strategy/strategy.ts'
import { importModule } from './import-module.ts'

const WITHOUT = Symbol.for('netsplit.strategy')
const NAMES = ['Date', 'Math', 'performance', 'setTimeout', 'setInterval', 'setImmediate'] as const
/** Before the file's first line, so that all lines keep their numbers. */
const BEFORE = `const { ${NAMES.join(', ')} } = globalThis[Symbol.for('${WITHOUT.description}')]; `
const MODULE = /data:text\/javascript;base64,[\w+/=]*(?:#\d+)?/g
/** Where in the module an error was thrown. */
const PLACE = new RegExp(`${MODULE.source}:(\\d+)(?::(\\d+))?`)
/** What Node says of an import of another file. */
const IMPORT = /^Failed to resolve module specifier ("[^"]*")/

let loads = 0

/** Throws ConfigError with the file and its line. */
export async function loadStrategy({ file, code }: FileConfig): Promise<LoadedStrategy> {
  Object.assign(globalThis, { [WITHOUT]: OUT_OF_REACH })
  const explain = (error: unknown) => explained(file, error)
  // Each load is a module of its own: what it keeps at its top is shared by the nodes of one network only.
  const url = `data:text/javascript;base64,${Buffer.from(BEFORE + code).toString('base64')}#${++loads}`
  let exported: { readonly default?: unknown }
  try {
    exported = await importModule(url)
  } catch (error) {
    throw new ConfigError('bad-config', `strategy ${explain(error)}`)
  }
  if (typeof exported.default !== 'function')
    throw new ConfigError(
      'bad-config',
      `strategy ${file}:1: its default export is ${kindOf(exported.default)}, not a function that makes a strategy (docs/strategies.md)`,
    )
  return { make: exported.default as MakeStrategy, explain }
}

/** `mine.js:12:5: it says so`. */
function explained(file: string, error: unknown): string {
  const { message = String(error), stack = '' } = error instanceof Error ? error : {}
  const [, line, column] = PLACE.exec(stack) ?? []
  const place = line === undefined ? '' : `:${line}${columnIn(line, column)}`
  const [, imported] = IMPORT.exec(message) ?? []
  const said = imported ? `it is one file, and cannot import ${imported}` : message.replace(MODULE, file)
  return `${file}${place}: ${said}`
}

function columnIn(line: string, column: string | undefined): string {
  if (column === undefined) return ''
  return `:${Number(column) - (line === '1' ? BEFORE.length : 0)}`
}

function kindOf(value: unknown): string {
  if (value === undefined) return 'missing'
  return Array.isArray(value) ? 'a list' : value === null ? 'null' : `a ${typeof value}`
}

/** A function, so that `new` comes to it as well. */
const refuse = (name: string, instead: string) =>
  function refused(): never {
    throw new Error(`a strategy has ${instead} in place of ${name}: two runs of one seed are the same`)
  }

const OUT_OF_REACH: { readonly [name in (typeof NAMES)[number]]: unknown } = {
  Date: Object.assign(refuse('Date', 'stage.clock'), { now: refuse('Date', 'stage.clock') }),
  Math: Object.create(Math, { random: { value: refuse('Math.random', 'stage.random') } }),
  performance: { now: refuse('performance', 'stage.clock') },
  setTimeout: refuse('setTimeout', 'stage.clock.after'),
  setInterval: refuse('setInterval', 'stage.clock.after'),
  setImmediate: refuse('setImmediate', 'stage.clock.after'),
}
