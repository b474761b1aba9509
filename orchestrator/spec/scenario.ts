// What makes a spec a scenario: faults with their moments, and what is expected. Schema, rules, and the way into a plan.

import { z } from 'zod'
import { compile, FAULT_KINDS, type FaultKind } from '../chaos/faults.ts'
import type { Roster } from '../chaos/partition.ts'
import { UserError } from '../errors.ts'
import { HEAL, NOT_TOO_LONG, parseWithin, TOO_LONG, WITHIN, WITHIN_HINT } from './moments.ts'
import { faultOf, isInstant, kindsOf, type StepSpec, stepSchema, triggerOf } from './step.ts'
import type { PlannedCheck, PlannedStep } from './types.ts'
import { duration, memory, percentage } from './units.ts'

const HOUR_MS = 3_600_000
const MAX_STEPS = 200

const within = z.string().regex(WITHIN, WITHIN_HINT).refine(NOT_TOO_LONG, TOO_LONG)
const check = <Shape extends z.ZodRawShape>(describe: string, defaultWithin: string, shape: Shape) =>
  z
    .strictObject({ within: within.prefault(defaultWithin), ...shape })
    .optional()
    .describe(describe)

const depth = z.int().min(1).max(1000)
const blocks = z.int().min(10).max(100_000)
const mostMs = duration({ min: 1, max: HOUR_MS })

export const faultsSchema = z
  .record(
    z.string().regex(/^[a-z][a-z0-9-]{0,39}$/, 'a step is named with lower-case letters, digits and dashes'),
    stepSchema,
  )
  .optional()
  .describe('Faults by name, each with its moment.')

export const expectSchema = z
  .strictObject({
    'one-tip': check('All nodes run and stand on one tip.', '30s after heal', {}),
    converges: check('One tip soon after the last fault.', '30s after heal', {}),
    'shares-chain': check('One chain but for its last blocks, where the links carry it.', '60s after heal', {
      depth: z.int().min(1).max(1_000_000).optional(),
    }),
    chain: check(
      "Every node's chain verified again from raw blocks by code of its own.",
      '30s after heal',
      {},
    ),
    supply: check('No coin too many: recomputed from raw blocks.', '30s after heal', {}),
    'nothing-lost': check('Blocks this deep before the first fault are still there.', '30s after heal', {
      depth: depth.prefault(6),
    }),
    'restarts-keep-blocks': check('A restarted node resumes at the height it had.', '30s after heal', {}),
    'height-advances': check('The chain grows.', '30s after heal', { by: depth.prefault(2) }),
    'sides-advance': check('Every side of a partition that has hash power grows.', '0s after heal', {
      by: depth.prefault(1),
    }),
    'stays-one': check('No fork deeper than this, whatever was cut.', '30s after heal', {
      depth: depth.prefault(2),
    }),
    'no-double-spend': check("No coin is spent twice on any node's chain.", '30s after heal', {}),
    'most-work': check('Every node stands on the chain with most work that it holds.', '30s after heal', {}),
    'tx-confirms-within': check('A payment made now is confirmed on every node.', '30s after heal', {
      confirmations: depth.prefault(1),
    }),
    'double-spend': check('A coin paid on both sides of a partition is paid once.', '30s after heal', {}),
    reorganises: check('Some node leaves a branch at least this deep.', '30s after heal', {
      depth: depth.prefault(2),
    }),
    propagation: check('Blocks reach the nodes in these times, over the whole run.', '0s after heal', {
      p50: mostMs.optional(),
      p90: mostMs.prefault('1s'),
      p99: mostMs.optional(),
    }),
    'stale-rate': check('Few blocks are found beside the best chain.', '30s after heal', {
      most: percentage({ min: 0, max: 1 }).prefault('5%'),
      blocks: blocks.prefault(20),
    }),
    'hash-share': check('Miners find the share of blocks that their hash rate is.', '60s after heal', {
      level: percentage({ min: 0.5, max: 0.999999 }).prefault('99.9%'),
      blocks: blocks.prefault(50),
    }),
    'block-intervals': check('Times between blocks are exponential.', '60s after heal', {
      level: percentage({ min: 0.01, max: 0.15 }).prefault('1%'),
      blocks: blocks.prefault(50),
    }),
    'no-error-logs': check('No node and not the testnet reports an error.', '30s after heal', {}),
    'no-blame': check('No block is refused and no peer blamed.', '30s after heal', {}),
    'no-leaks': check('Open files and memory do not grow.', '0s after heal', {
      descriptors: z.int().min(0).max(100_000).prefault(32),
      memory: memory({ min: 0, max: 1e12 }).prefault('128MB'),
    }),
    provoked: check('Every fault made a difference.', '0s after heal', {}),
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
export function scenarioProblems(faults: FaultsSpec, expect: ExpectSpec, roster: Roster): Problem[] {
  const steps = Object.entries(faults ?? {})
  const names = steps.map(([name]) => name)
  const problems: Problem[] = steps.flatMap(([name, step]) =>
    stepProblems(step, names, roster).map(({ path, message }) => ({
      path: ['faults', name, ...path],
      message,
    })),
  )
  if (steps.length > MAX_STEPS)
    problems.push({ path: ['faults'], message: `${steps.length} faults are more than ${MAX_STEPS}` })
  if (names.includes(HEAL))
    problems.push({
      path: ['faults', HEAL],
      message: `${HEAL} means the end of all faults: name it otherwise`,
    })
  problems.push(...circles(faults ?? {}))
  for (const [name, value] of Object.entries(expect ?? {})) {
    const { after } = parseWithin(value?.within ?? '0s')
    if (after !== undefined && after !== HEAL && !names.includes(after))
      problems.push({ path: ['expect', name, 'within'], message: noStep(after, names) })
  }
  return problems
}

/** The schedule of a spec that has no problems. */
export function planSteps(faults: FaultsSpec): PlannedStep[] {
  return Object.entries(faults ?? {}).map(([name, step]) => {
    const [kind] = kindsOf(step)
    if (!kind) throw new Error(`${name} is no fault`) // the rules have seen it
    return { name, fault: faultOf(kind, step).fault, trigger: triggerOf(step), forMs: step.for ?? 0 }
  })
}

export function planChecks(expect: ExpectSpec): PlannedCheck[] {
  return Object.entries(expect ?? {}).flatMap(([name, value]) => {
    if (!value) return []
    const { within: text, ...settings } = value
    const numbers = Object.fromEntries(Object.entries(settings).filter(([, number]) => number !== undefined))
    return [{ name, within: parseWithin(text), numbers }]
  })
}

function stepProblems(step: StepSpec, names: readonly string[], roster: Roster): Problem[] {
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
  if (step.after !== undefined && !names.includes(step.after))
    problems.push({ path: ['after'], message: noStep(step.after, names) })
  if (isInstant(kind) && step.for !== undefined)
    problems.push({ path: ['for'], message: `a ${kind} is over when it has happened: leave for out` })
  if (!isInstant(kind) && step.for === undefined)
    problems.push({ path: [], message: 'it needs an end, such as for: 10s' })
  return [...problems, ...faultProblems(kind, step, roster)]
}

function faultProblems(kind: FaultKind, step: StepSpec, roster: Roster): Problem[] {
  const { fault, key } = faultOf(kind, step)
  if (fault.kind === 'link' && Object.keys(fault.worse).length === 0)
    return [{ path: ['link'], message: 'nothing gets worse: give latency, jitter, bandwidth or loss' }]
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

/** Steps that wait for each other. */
function circles(faults: NonNullable<FaultsSpec>): Problem[] {
  const waitsForItself = (name: string) => {
    const seen = new Set<string>()
    for (let at = faults[name]?.after; at !== undefined && !seen.has(at); at = faults[at]?.after) seen.add(at)
    return seen.has(name)
  }
  const first = Object.keys(faults).find(waitsForItself)
  return first === undefined ? [] : [{ path: ['faults', first, 'after'], message: 'it waits for itself' }]
}

function noStep(name: string, names: readonly string[]): string {
  return `there is no fault ${name}: faults are ${names.length === 0 ? 'none' : names.join(', ')}`
}
