// One fault of a scenario as it is written: a key that says its kind, its moment, and how long it lasts.

import { z } from 'zod'
import { FAULT_KINDS, type Fault, type FaultKind, INSTANT_KINDS } from '../chaos/faults.ts'
import { type ProgramSaid, saysWhich } from '../clients/program-said.ts'
import { programArgs, versionText } from '../clients/spec.ts'
import { fileName } from './file-name.ts'
import { AT, AT_HINT, parseAt, parseWhen, WHEN, WHEN_HINT } from './moments.ts'
import { readTrace } from './trace-file.ts'
import { bandwidth, duration, MAX_DURATION_MS, memory, parseDurationMs, percentage, rate } from './units.ts'
import { NOT_TOO_LONG, TOO_LONG, type Trigger } from './words.ts'

/** A second: once a day. */
const LEAST_CHURN = 1 / 86_400

/** `10m`: ahead; `-10m`: behind. */
export const SKEW = /^-?\d+(\.\d+)? ?(ms|s|m|h|d)$/

const nodes = (what: string) =>
  z.string().optional().describe(`${what} Nodes, groups, regions, hosts, or all.`)
const hosts = (what: string) => z.string().optional().describe(`${what} Names of hosts.`)
const which = z.string().prefault('all').describe('Nodes, groups, regions, hosts, or all.')
const LINKS = 'all; names or groups, for every link of theirs; a <-> b; a -> b.'
const CUTS =
  'halves, minority-third, bridge, ring-of-majorities, random; sides such as a,b | rest; isolate a; a -> b one way; a <-> b pairs.'

const flapping = z.strictObject({
  cut: z.string().describe(CUTS),
  period: duration({ min: 200, max: MAX_DURATION_MS })
    .prefault('4s')
    .describe('Cut for half of it, whole for the other half.'),
})

const link = z.strictObject({
  on: z.string().prefault('all').describe(LINKS),
  latency: duration({ min: 0, max: 60_000 }).optional().describe('One way.'),
  jitter: duration({ min: 0, max: 60_000 }).optional(),
  bandwidth: bandwidth({ min: 1000, max: 1e12 }).optional(),
  loss: percentage({ min: 0, max: 0.9 }).optional(),
})

const churn = z.strictObject({
  nodes: which,
  rate: rate({ min: LEAST_CHURN, max: 10 }).prefault('6/m').describe('How many leave, on average.'),
  away: duration({ min: 100, max: MAX_DURATION_MS }).prefault('5s').describe('For how long, on average.'),
})

const clockSkew = z.strictObject({
  nodes: which,
  by: z
    .string()
    .regex(SKEW, 'expected a duration such as 10m, or -10m for a clock that is behind')
    .describe('Ahead; with a minus, behind.'),
})

const cpu = z.strictObject({
  nodes: which,
  limit: percentage({ min: 0.05, max: 64 }).describe('Of one processor.'),
})

const access = z.strictObject({
  nodes: which,
  up: bandwidth({ min: 1000, max: 1e12 }).optional().describe('What each sends to all its peers together.'),
  down: bandwidth({ min: 1000, max: 1e12 }).optional().describe('What each receives.'),
})

const memoryLimit = z.strictObject({ nodes: which, limit: memory({ min: 16e6, max: 1e12 }) })

const another = z
  .strictObject({
    program: z
      .string()
      .min(1)
      .max(1000)
      .optional()
      .describe('Where it lies; of our own: a dist folder of netsplit.'),
    image: z.string().min(1).max(300).optional().describe('In containers.'),
    args: programArgs.optional().describe("Arguments put behind the client's own."),
    version: versionText.optional().describe('What it is to say that it is.'),
  })
  .refine(saysWhich, {
    error: 'nothing becomes another: give program, image or args, or name a group',
  })

const upgradeSchema = z.strictObject({
  nodes: which,
  to: z
    .union([z.string().min(1).max(40), another])
    .describe('Which program: that of a group, by its name, or program, image, args and version.'),
})

export const stepSchema = z.strictObject({
  partition: z.string().optional().describe(CUTS),
  flapping: flapping.optional().describe('A partition that comes and goes.'),
  link: link.optional().describe('Makes links worse.'),
  reset: z.string().optional().describe(`Closes connections, once: ${LINKS}`),
  kill: nodes('kill -9, and started again when it ends.'),
  stop: nodes('Stopped in order, and started again when it ends.'),
  restart: nodes('Stopped in order and started at once.'),
  'rolling-restart': nodes('Restarted one after the other, each when the one before is connected again.'),
  upgrade: upgradeSchema
    .optional()
    .describe(
      'They become another program with the data that they have, one after the other; with for, until it ends.',
    ),
  pause: nodes('Frozen.'),
  'host-down': hosts('All nodes of a host, killed at once and started again when it ends.'),
  'host-cut': hosts('All nodes of a host, cut off from those of the others; among themselves they go on.'),
  churn: churn.optional().describe('Nodes are killed and come back, drawn from the seed.'),
  'clock-skew': clockSkew.optional().describe('Clocks that are off.'),
  'disk-full': nodes('Nothing can be written.'),
  cpu: cpu.optional().describe('Little processor time.'),
  memory: memoryLimit
    .optional()
    .describe('Little memory; in containers, or where control groups can be made.'),
  access: access.optional().describe('Thin lines to the network, for all connections of a node together.'),
  trace: z
    .strictObject({ file: fileName })
    .optional()
    .describe(
      'Hash rates, nodes that go and come, and links as they changed over time, from a table (CSV): time, on, what, value. Without for it ends with its last line.',
    ),
  at: z
    .string()
    .regex(AT, AT_HINT)
    .refine(NOT_TOO_LONG, TOO_LONG)
    .optional()
    .describe('When it begins: 20s, or height 20.'),
  when: z.string().regex(WHEN, WHEN_HINT).optional().describe('When it begins: tips > 1, height >= 30.'),
  after: z.string().optional().describe('It begins when that step has ended.'),
  for: duration({ min: 100, max: MAX_DURATION_MS }).optional().describe('How long it lasts.'),
})

export type StepSpec = z.output<typeof stepSchema>

/** The kinds that a step names: it must be one. */
export function kindsOf(step: StepSpec): FaultKind[] {
  return FAULT_KINDS.filter(kind => step[kind] !== undefined)
}

export function isInstant(kind: FaultKind): boolean {
  return INSTANT_KINDS.includes(kind)
}

/** Contents of the files that the spec names. */
export type Files = { readonly [name: string]: string } | undefined

/** The fault of a step of this kind, and the key below it whose text names nodes or links. */
export function faultOf(
  kind: FaultKind,
  step: StepSpec,
  files?: Files,
  groups?: Groups,
): { readonly fault: Fault; readonly key?: string } {
  switch (kind) {
    case 'partition':
      return { fault: { kind, cut: step.partition ?? '' } }
    case 'flapping':
      return {
        fault: { kind, cut: step.flapping?.cut ?? '', periodMs: step.flapping?.period ?? 0 },
        key: 'cut',
      }
    case 'link':
      return { fault: linkFault(step.link), key: 'on' }
    case 'reset':
      return { fault: { kind, on: step.reset ?? '' } }
    case 'churn': {
      const { nodes = '', rate = 0, away = 0 } = step.churn ?? {}
      return { fault: { kind, nodes, perMinute: rate * 60, downMs: away }, key: 'nodes' }
    }
    case 'clock-skew': {
      const { nodes = '', by = '' } = step['clock-skew'] ?? {}
      return { fault: { kind, nodes, byMs: parseSkewMs(by) ?? 0 }, key: 'nodes' }
    }
    case 'cpu':
      return { fault: { kind, nodes: step.cpu?.nodes ?? '', cpus: step.cpu?.limit ?? 0 }, key: 'nodes' }
    case 'memory':
      return {
        fault: { kind, nodes: step.memory?.nodes ?? '', bytes: step.memory?.limit ?? 0 },
        key: 'nodes',
      }
    case 'access': {
      const { nodes = '', up, down } = step.access ?? {}
      const worse = {
        ...(up !== undefined && { upBps: up }),
        ...(down !== undefined && { downBps: down }),
      }
      return { fault: { kind, nodes, worse }, key: 'nodes' }
    }
    case 'upgrade': {
      const { nodes = '', to = {} } = step.upgrade ?? {}
      const said = typeof to === 'string' ? (groups?.[to] ?? {}) : to
      return { fault: { kind, nodes, to: programOf(said), stays: step.for === undefined }, key: 'nodes' }
    }
    case 'trace': {
      const file = step.trace?.file ?? ''
      return { fault: { kind, file, points: readTrace(file, files?.[file] ?? '') }, key: 'file' }
    }
    case 'host-down':
    case 'host-cut':
      return { fault: { kind, hosts: step[kind] ?? '' } }
    default:
      return { fault: { kind, nodes: step[kind] ?? '' } }
  }
}

export function triggerOf({ at, when, after }: StepSpec): Trigger {
  if (at !== undefined) return parseAt(at)
  if (when !== undefined) return parseWhen(when)
  return { on: 'step', step: after ?? '' }
}

/** `10m`, `-90s`; undefined for what is no such thing, or more than a year. */
export function parseSkewMs(text: string): number | undefined {
  const ms = SKEW.test(text) ? parseDurationMs(text.replace('-', '')) : undefined
  if (ms === undefined || ms === 0 || ms > MAX_DURATION_MS) return undefined
  return text.startsWith('-') ? -ms : ms
}

/** Groups of the spec, whose programs others may become. */
export type Groups = { readonly [group: string]: SaidProgram }

interface SaidProgram {
  readonly client?: string | undefined
  readonly program?: string | undefined
  readonly image?: string | undefined
  readonly args?: readonly string[] | undefined
  readonly version?: string | number | undefined
}

function programOf({ program, image, args, version }: SaidProgram): ProgramSaid {
  return {
    ...(program !== undefined && { program }),
    ...(image !== undefined && { image }),
    ...(args !== undefined && { args }),
    ...(version !== undefined && { version: String(version) }),
  }
}

function linkFault(link: StepSpec['link']): Extract<Fault, { kind: 'link' }> {
  const { on = '', latency, jitter, bandwidth, loss } = link ?? {}
  const worse = {
    ...(latency !== undefined && { latencyMs: latency }),
    ...(jitter !== undefined && { jitterMs: jitter }),
    ...(bandwidth !== undefined && { bandwidthBps: bandwidth }),
    ...(loss !== undefined && { loss }),
  }
  return { kind: 'link', on, worse }
}
