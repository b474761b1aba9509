// What makes a spec a scenario: faults with their moments, and what is expected. Schema, rules, and the way into a plan.

import { z } from 'zod'
import { compile, FAULT_KINDS, type Fault, type FaultKind } from '../chaos/faults.ts'
import type { Roster } from '../chaos/partition.ts'
import { Addressed, MOST_LINK_CHANGES, type TracePoint } from '../chaos/trace.ts'
import { UserError } from '../errors.ts'
import { own } from '../own.ts'
import { SYSTEMS } from '../systems/all.ts'
import { type Expectation, expectation } from './expectation.ts'
import { fileProblem } from './problem.ts'
import {
  type Files,
  faultOf,
  type Groups,
  isInstant,
  kindsOf,
  type StepSpec,
  stepSchema,
  triggerOf,
} from './step.ts'
import type { PlannedCheck, PlannedStep } from './types.ts'
import { memory } from './units.ts'
import { HEAL, parseWithin } from './words.ts'

const MAX_STEPS = 100_000
const LEAST_MS = 100
/** Names that a message lists. */
const MOST_NAMED = 12

export const faultsSchema = z
  .record(
    z.string().regex(/^[a-z][a-z0-9-]{0,39}$/, 'a step is named with lower-case letters, digits and dashes'),
    stepSchema,
  )
  .optional()
  .describe('Faults by name, each with its moment.')

const expectationsOf = (systems: typeof SYSTEMS): { readonly [check: string]: Expectation } =>
  Object.assign({}, ...systems.map(({ expectations }) => expectations))

export const expectSchema = z
  .strictObject({
    ...expectationsOf(SYSTEMS),
    'no-error-logs': expectation('No node and not the testnet reports an error.', '30s after heal', {}),
    'no-blame': expectation('No block is refused and no peer blamed.', '30s after heal', {}),
    'no-leaks': expectation('Open files and memory do not grow.', '0s after heal', {
      descriptors: z.int().min(0).max(100_000).prefault(32),
      memory: memory({ min: 0, max: 1e12 }).prefault('128MB'),
    }),
    provoked: expectation('Every fault made a difference.', '0s after heal', {}),
  })
  .optional()
  .describe('What must hold; each check polls until its deadline.')

export type FaultsSpec = z.output<typeof faultsSchema>
export type ExpectSpec = z.output<typeof expectSchema>

interface Problem {
  readonly path: readonly (string | number)[]
  readonly message: string
}

/** Faults that cannot be, and moments that never come. */
export function scenarioProblems(
  faults: FaultsSpec,
  expect: ExpectSpec,
  roster: Roster,
  files?: Files,
): Problem[] {
  const steps = Object.entries(faults ?? {})
  const names: ReadonlySet<string> = new Set(steps.map(([name]) => name))
  const problems: Problem[] = steps.flatMap(([name, step]) =>
    stepProblems(step, names, roster, files).map(({ path, message }) => ({
      path: ['faults', name, ...path],
      message,
    })),
  )
  if (steps.length > MAX_STEPS)
    problems.push({ path: ['faults'], message: `${steps.length} faults are more than ${MAX_STEPS}` })
  if (names.has(HEAL))
    problems.push({
      path: ['faults', HEAL],
      message: `${HEAL} means the end of all faults: name it otherwise`,
    })
  problems.push(...circles(faults ?? {}))
  for (const [name, value] of Object.entries(expect ?? {})) {
    const { after } = parseWithin(value?.within ?? '0s')
    if (after !== undefined && after !== HEAL && !names.has(after))
      problems.push({ path: ['expect', name, 'within'], message: noStep(after, names) })
  }
  return problems
}

/** The schedule of a spec that has no problems. */
export function planSteps(faults: FaultsSpec, files?: Files, groups?: Groups): PlannedStep[] {
  return Object.entries(faults ?? {}).map(([name, step]) => {
    const [kind] = kindsOf(step)
    if (!kind) throw new Error(`${name} is no fault`) // the rules have seen it
    const { fault } = faultOf(kind, step, files, groups)
    return { name, fault, trigger: triggerOf(step), forMs: step.for ?? lengthMs(fault) }
  })
}

export function planChecks(expect: ExpectSpec): PlannedCheck[] {
  return Object.entries(expect ?? {}).flatMap(([name, value]) => {
    if (!value) return []
    const { within: text, ...settings } = value
    const said: [string, number | string | undefined][] = Object.entries(settings)
    const numbers = Object.fromEntries(
      said.filter((each): each is [string, number] => typeof each[1] === 'number'),
    )
    const words = Object.fromEntries(
      said.filter((each): each is [string, string] => typeof each[1] === 'string'),
    )
    return [{ name, within: parseWithin(text), numbers, ...(Object.keys(words).length > 0 && { words }) }]
  })
}

/** Of one that has an end of its own. */
function lengthMs(fault: Fault): number {
  return fault.kind === 'trace' ? (fault.points.at(-1)?.atMs ?? 0) : 0
}

function stepProblems(step: StepSpec, names: ReadonlySet<string>, roster: Roster, files: Files): Problem[] {
  const [kind, second] = kindsOf(step)
  if (kind === undefined)
    return [{ path: [], message: `no fault here: give one of ${FAULT_KINDS.join(', ')}` }]
  if (second !== undefined) return [{ path: [second], message: `a step is one fault, and this is a ${kind}` }]
  const problems: Problem[] = []
  const triggers = (['at', 'when', 'after'] as const).filter(key => step[key] !== undefined)
  if (triggers.length !== 1)
    problems.push({
      path: triggers.slice(1, 2),
      message: 'a step begins at one moment: give at, when or after',
    })
  if (step.after !== undefined && !names.has(step.after))
    problems.push({ path: ['after'], message: noStep(step.after, names) })
  const until = kind === 'trace' || kind === 'upgrade'
  if (isInstant(kind) && step.for !== undefined)
    problems.push({ path: ['for'], message: `a ${kind} is over when it has happened: leave for out` })
  if (!isInstant(kind) && !until && step.for === undefined)
    problems.push({ path: [], message: 'it needs an end, such as for: 10s' })
  return [...problems, ...faultProblems(kind, step, roster, files)]
}

function faultProblems(kind: FaultKind, step: StepSpec, roster: Roster, files: Files): Problem[] {
  if (kind === 'trace') {
    const wrong = fileProblem([kind, 'file'], () => faultOf(kind, step, files))
    if (wrong.length > 0) return wrong
  }
  const { fault, key } = faultOf(kind, step, files)
  if (fault.kind === 'trace') {
    const why = whyNotPlayed(fault.points, step, roster)
    if (why !== undefined) return [{ path: [kind, 'file'], message: `${fault.file}: ${why}` }]
  }
  if ('worse' in fault && Object.keys(fault.worse).length === 0) {
    const what = fault.kind === 'link' ? 'latency, jitter, bandwidth or loss' : 'up or down'
    return [{ path: [kind], message: `nothing gets worse: give ${what}` }]
  }
  if (fault.kind === 'clock-skew' && fault.byMs === 0)
    return [{ path: [kind, 'by'], message: 'a clock is off by something, and by a year at most' }]
  try {
    compile(fault, roster)
    return []
  } catch (error) {
    if (!(error instanceof UserError)) throw error
    const hint = error.hint === undefined ? '' : ` (${error.hint})`
    return [{ path: key === undefined ? [kind] : [kind, key], message: error.message + hint }]
  }
}

/** Why a trace whose nodes there are cannot be played back all the same. */
function whyNotPlayed(points: readonly TracePoint[], step: StepSpec, roster: Roster): string | undefined {
  const lastMs = points.at(-1)?.atMs ?? 0
  if (step.for === undefined && lastMs < LEAST_MS)
    return 'it is over when it has begun: give for, such as for: 1h'
  if (step.for !== undefined && step.for < lastMs) return `it takes ${lastMs / 1000}s: for is shorter`
  const who = new Addressed(roster)
  let changes = 0
  try {
    for (const point of points) if ('links' in point) changes += who.links(point.links).length
  } catch {
    return undefined // names that there are not are said with the fault
  }
  if (changes > MOST_LINK_CHANGES)
    return `it comes to ${changes} changes of links, and there may be ${MOST_LINK_CHANGES}: name fewer links, or fewer times`
  return undefined
}

/** Steps that wait for each other. */
function circles(faults: NonNullable<FaultsSpec>): Problem[] {
  // A step that was passed on an earlier way leads into no circle that was not found then: each is passed once.
  const passed = new Set<string>()
  for (const name of Object.keys(faults)) {
    const way = new Set<string>()
    let at: string | undefined = name
    for (; at !== undefined && !passed.has(at) && own(faults, at); at = faults[at]?.after) {
      passed.add(at)
      way.add(at)
    }
    if (at !== undefined && way.has(at))
      return [{ path: ['faults', at, 'after'], message: 'it waits for itself' }]
  }
  return []
}

function noStep(name: string, names: ReadonlySet<string>): string {
  const listed = [...names].slice(0, MOST_NAMED).join(', ') + (names.size > MOST_NAMED ? ' …' : '')
  return `there is no fault ${name}: faults are ${names.size === 0 ? 'none' : listed}`
}
