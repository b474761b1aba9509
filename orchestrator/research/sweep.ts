// A sweep: a spec, the values that some of its paths take, and how many seeds each combination of them is run with.

import { createHash } from 'node:crypto'
import { EXIT, UserError } from '../errors.ts'
import { plural } from '../format.ts'
import { type Until, untilText } from '../run/until.ts'
import type { Assignment } from '../spec/assign.ts'
import type { Spec } from '../spec/schema.ts'
import type { Parameter, ParameterValue } from './parameters.ts'
import type { RowKind } from './rows.ts'
import { type Cell, kindOf, type TableColumn } from './table.ts'

export interface Combination {
  readonly spec: Spec
  readonly specHash: string
  /** One of each parameter, in their order. */
  readonly values: readonly ParameterValue[]
}

export interface Sweep {
  /** Without any parameter set. */
  readonly base: Spec
  readonly baseHash: string
  readonly parameters: readonly Parameter[]
  readonly combinations: readonly Combination[]
  /** Of each combination: so many seeds from the base's on. */
  readonly runs: number
  readonly until: Until | undefined
  readonly rows: RowKind
}

/** What a table needs to know of a sweep; it stands in its record, which so needs no spec to be read. */
export interface Grid {
  /** Columns of the parameters. */
  readonly columns: readonly TableColumn[]
  readonly combinations: readonly { readonly specHash: string; readonly cells: readonly Cell[] }[]
  readonly firstSeed: number
  readonly runs: number
}

export function gridOf({ parameters, combinations, base, runs }: Sweep): Grid {
  return {
    columns: parameters.map(({ column, values }) => ({
      name: column,
      kind: kindOf(values.map(({ cell }) => cell)),
    })),
    combinations: combinations.map(({ specHash, values }) => ({
      specHash,
      cells: values.map(({ cell }) => cell),
    })),
    ...{ firstSeed: base.seed, runs },
  }
}

export interface SweepWish extends Pick<Sweep, 'parameters' | 'runs' | 'until' | 'rows'> {
  /** The spec with these set in it. */
  readonly load: (set: readonly Assignment[]) => Spec
  /** However many runs that makes. */
  readonly force: boolean
}

const MOST_COMBINATIONS = 10_000
const MOST_RUNS = 100_000

/** Throws UserError (exit 2). */
export function makeSweep({ load, force, ...wish }: SweepWish): Sweep {
  const { parameters, runs, until } = wish
  const base = simulated(load([]))
  const count = parameters.reduce((product, { values }) => product * values.length, 1)
  if (!force) refuseTooMany(count, runs)
  const combinations = combined(parameters).map(values => {
    const spec = simulated(loadWith(load, values))
    refuseEndless(spec, until, values)
    return { spec, specHash: hashOf(spec, until), values }
  })
  return { base, baseHash: hashOf(base, until), combinations, ...wish }
}

/** Everything that decides what a run comes to, but its seed: the spec with its defaults, and the moment that it ends at. */
function hashOf({ runtime: _, ...spec }: Spec, until: Until | undefined): string {
  const nodes = Object.entries(spec.nodes).map(([name, group]) => [name, placeless(group)])
  const counted = { ...spec, nodes: Object.fromEntries(nodes), seed: 0 }
  const text = JSON.stringify([counted, until ? untilText(until) : null])
  return createHash('sha256').update(text).digest('hex').slice(0, 16)
}

/** A strategy's file is its code, wherever on the machine it lies. */
function placeless({ strategy, ...group }: Spec['nodes'][string]): object {
  if (typeof strategy !== 'object' || !('path' in strategy)) return { ...group, strategy }
  const { path: _, ...code } = strategy
  return { ...group, strategy: code }
}

/** The last parameter changes fastest. */
function combined(parameters: readonly Parameter[]): ParameterValue[][] {
  return parameters.reduce<ParameterValue[][]>(
    (all, { values }) => all.flatMap(before => values.map(value => [...before, value])),
    [[]],
  )
}

export function combinationText(values: readonly ParameterValue[]): string {
  return values.map(({ assignment, text }) => `${assignment.path}=${text}`).join(', ')
}

/** A value may be wrong in itself, which its flag says, or only beside the others. */
function loadWith(load: SweepWish['load'], values: readonly ParameterValue[]): Spec {
  try {
    return load(values.map(({ assignment }) => assignment))
  } catch (error) {
    if (!(error instanceof UserError) || values.length === 0 || error.message.startsWith('--set '))
      throw error
    throw new UserError(error.exitCode, `with ${combinationText(values)}: ${error.message}`, error.hint)
  }
}

function simulated(spec: Spec): Spec {
  if (spec.runtime === undefined || spec.runtime === 'sim') return { ...spec, runtime: 'sim' }
  throw new UserError(
    EXIT.usage,
    `a sweep is of simulations, and this spec has runtime: ${spec.runtime}`,
    'leave the line out, or write runtime: sim',
  )
}

function refuseEndless(spec: Spec, until: Until | undefined, values: readonly ParameterValue[]): void {
  if (until && spec.expect)
    throw new UserError(
      EXIT.usage,
      'a spec that expects something ends when that is checked, and not at a moment',
      'leave --until out, or expect out of the spec',
    )
  if (spec.duration !== undefined || until || spec.expect) return
  const where = values.length === 0 ? '' : ` (${combinationText(values)})`
  throw new UserError(EXIT.usage, `runs need an end${where}`, 'add --for 3h, or --until "height 100"')
}

function refuseTooMany(count: number, runs: number): void {
  const many = count > MOST_COMBINATIONS ? `${count} combinations` : undefined
  const more =
    count * runs > MOST_RUNS ? `${plural(count, 'combination')} of ${plural(runs, 'run')} each` : undefined
  const what = many ?? more
  if (what === undefined) return
  throw new UserError(
    EXIT.usage,
    `${what}: that is more than ${many ? MOST_COMBINATIONS : MOST_RUNS}`,
    'take fewer values or fewer --runs; --force takes them all',
  )
}
