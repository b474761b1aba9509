// The faults there are, as one union, and what each comes to: link conditions to change, connections to close, orders to
// nodes, conditions of their machines. Pure.

import type { LinkConditions } from '../../node/api.ts'
import { type ProgramSaid, programSaidWords } from '../clients/program-said.ts'
import { plain } from '../format.ts'
import { createRandom, type Random } from '../spec/random.ts'
import { percentText } from '../spec/units.ts'
import {
  type Cut,
  cutHosts,
  growPartition,
  parseHosts,
  parseNodes,
  parsePairs,
  parsePartition,
  type Roster,
  type Sides,
} from './partition.ts'

import { compileTrace, describeTrace, type TraceEffect, type TracePoint } from './trace.ts'

/** What a link fault makes worse; what it leaves out stays as planned. */
export type Worse = Partial<Pick<LinkConditions, 'latencyMs' | 'jitterMs' | 'bandwidthBps' | 'loss'>>
/** What a node's line carries at most from now on, bits per second; what it leaves out stays as planned. */
export type WorseAccess = Partial<Pick<NodeConditions, 'upBps' | 'downBps'>>
export type NodeOrder = 'kill' | 'stop' | 'restart' | 'rolling-restart' | 'pause' | 'churn'

export type Fault =
  /** `cut`: a shape, sides, one direction or pairs; see parsePartition. */
  | { readonly kind: 'partition'; readonly cut: string }
  /** A partition that comes and goes: cut for half of each period, whole for the other half. */
  | { readonly kind: 'flapping'; readonly cut: string; readonly periodMs: number }
  /** `on`: which links; see parsePairs. */
  | { readonly kind: 'link'; readonly on: string; readonly worse: Worse }
  /** The connections of these links are closed, once, without a goodbye. */
  | { readonly kind: 'reset'; readonly on: string }
  /**
   * `nodes`: names, groups or `all`. Healing starts them again, or lets them go on. A restart is over when it has happened;
   * a rolling one takes the nodes one after the other.
   */
  | { readonly kind: 'kill' | 'stop' | 'restart' | 'rolling-restart' | 'pause'; readonly nodes: string }
  /** All nodes of these hosts at once: killed, and started again when it ends; or cut off from those of all other hosts. */
  | { readonly kind: 'host-down' | 'host-cut'; readonly hosts: string }
  /** They become another program with the data that they have, one after the other; healing makes them what they were, unless it `stays`. */
  | { readonly kind: 'upgrade'; readonly nodes: string; readonly to: ProgramSaid; readonly stays?: boolean }
  /** Nodes are killed at this mean rate, and each comes back after about `downMs`. */
  | { readonly kind: 'churn'; readonly nodes: string; readonly perMinute: number; readonly downMs: number }
  /** Their clocks are ahead by so much, or behind when it is negative. */
  | { readonly kind: 'clock-skew'; readonly nodes: string; readonly byMs: number }
  /** Nothing can be written. */
  | { readonly kind: 'disk-full'; readonly nodes: string }
  /** CPUs' worth of time that each may use. */
  | { readonly kind: 'cpu'; readonly nodes: string; readonly cpus: number }
  | { readonly kind: 'memory'; readonly nodes: string; readonly bytes: number }
  /** Their lines to the network are thinner, for all connections together. */
  | { readonly kind: 'access'; readonly nodes: string; readonly worse: WorseAccess }
  /** What a file says happened, played back: only planned. */
  | { readonly kind: 'trace'; readonly file: string; readonly points: readonly TracePoint[] }

export type FaultKind = Fault['kind']
export const FAULT_KINDS = [
  'partition',
  'flapping',
  'link',
  'reset',
  'kill',
  'stop',
  'restart',
  'rolling-restart',
  'upgrade',
  'pause',
  'host-down',
  'host-cut',
  'churn',
  'clock-skew',
  'disk-full',
  'cpu',
  'memory',
  'access',
  'trace',
] as const satisfies readonly FaultKind[]

/** Those that can be asked of a running network: a trace is read with the spec. */
export type LiveKind = Exclude<FaultKind, 'trace'>
export const LIVE_KINDS: readonly LiveKind[] = FAULT_KINDS.filter(kind => kind !== 'trace')

/** These are over when they have happened: they take no time and need no healing. */
export const INSTANT_KINDS: readonly FaultKind[] = ['reset', 'restart', 'rolling-restart']

/** It takes no time and needs no healing: of some kinds always, of an upgrade that stays. */
export function isOver(fault: Fault): boolean {
  return INSTANT_KINDS.includes(fault.kind) || (fault.kind === 'upgrade' && fault.stays === true)
}

/** The machine under a node, as it should be. */
export interface NodeConditions {
  readonly clockSkewMs: number
  readonly diskFull: boolean
  /** CPUs' worth of time; undefined: as planned. */
  readonly cpus: number | undefined
  /** Undefined: as planned. */
  readonly memoryBytes: number | undefined
  /** Of its line to the network, bits per second. Undefined: as planned. */
  readonly upBps: number | undefined
  readonly downBps: number | undefined
}

export const SOUND_NODE: NodeConditions = {
  clockSkewMs: 0,
  diskFull: false,
  cpus: undefined,
  memoryBytes: undefined,
  upBps: undefined,
  downBps: undefined,
}

/** What a fault comes to on the network as it is. */
export type Effect =
  | {
      readonly on: 'links'
      readonly target: string
      readonly cuts: readonly Cut[]
      /** Of a shape. */
      readonly sides?: Sides | undefined
      readonly worse: Partial<LinkConditions>
    }
  | { readonly on: 'connections'; readonly target: string; readonly cuts: readonly Cut[] }
  | {
      readonly on: 'nodes'
      readonly target: string
      readonly nodes: readonly string[]
      readonly order: NodeOrder
    }
  | {
      readonly on: 'machines'
      readonly target: string
      readonly nodes: readonly string[]
      readonly worse: Partial<NodeConditions>
    }
  | {
      readonly on: 'programs'
      readonly target: string
      readonly nodes: readonly string[]
      readonly to: ProgramSaid
    }
  | TraceEffect

/** What a fault of this name leaves open is drawn from, in this plan. */
export function drawsOf(seed: number, name: string): Random {
  return createRandom(`netsplit ${seed} fault ${name}`)
}

/**
 * Throws UserError (exit 2) for a fault that this network cannot have. `random` draws what the fault leaves open; without
 * it that is only checked for being possible.
 */
export function compile(fault: Fault, roster: Roster, random?: Random): Effect {
  switch (fault.kind) {
    case 'partition':
    case 'flapping':
      return { on: 'links', ...parsePartition(fault.cut, roster, random), worse: { blocked: true } }
    case 'link': {
      const cuts = parsePairs(fault.on, roster)
      return { on: 'links', target: fault.on, cuts, worse: fault.worse }
    }
    case 'host-cut':
      return { on: 'links', ...cutHosts(fault.hosts, roster), worse: { blocked: true } }
    case 'host-down': {
      const nodes = parseHosts(fault.hosts, roster).flat()
      return { on: 'nodes', target: nodes.join(' '), nodes, order: 'kill' }
    }
    case 'reset':
      return { on: 'connections', target: fault.on, cuts: parsePairs(fault.on, roster) }
    case 'clock-skew':
      return machines(fault.nodes, roster, { clockSkewMs: fault.byMs })
    case 'disk-full':
      return machines(fault.nodes, roster, { diskFull: true })
    case 'cpu':
      return machines(fault.nodes, roster, { cpus: fault.cpus })
    case 'memory':
      return machines(fault.nodes, roster, { memoryBytes: fault.bytes })
    case 'access':
      return machines(fault.nodes, roster, fault.worse)
    case 'upgrade': {
      const nodes = parseNodes(fault.nodes, roster)
      return { on: 'programs', target: nodes.join(' '), nodes, to: fault.to }
    }
    case 'trace':
      return compileTrace(fault.file, fault.points, roster)
    default: {
      const nodes = parseNodes(fault.nodes, roster)
      return { on: 'nodes', target: nodes.join(' '), nodes, order: fault.kind }
    }
  }
}

/**
 * The same fault with everybody who has joined since: `newcomers` are of the roster already. Whoever was there stays where
 * it is; names, groups, `all` and `rest` mean those who bear them now.
 */
export function grow(
  fault: Fault,
  before: Effect,
  newcomers: readonly string[],
  roster: Roster,
  random: Random,
): Effect {
  if (before.on !== 'links' || !('cut' in fault)) return compile(fault, roster)
  const partition = growPartition(fault.cut, before, newcomers, roster, random)
  return { on: 'links', ...partition, worse: before.worse }
}

function machines(text: string, roster: Roster, worse: Partial<NodeConditions>): Effect {
  const nodes = parseNodes(text, roster)
  return { on: 'machines', target: nodes.join(' '), nodes, worse }
}

/** What is asked, beside where: `latency 300ms, loss 2%`. */
export function describe(fault: Fault, effect: Effect): string {
  switch (fault.kind) {
    case 'link':
      return `${describeWorse(fault.worse)} on ${pairs(effect)}`
    case 'flapping':
      return `${pairs(effect)}, cut for half of every ${fault.periodMs / 1000}s`
    case 'host-down':
      return `${hostsOf(fault.hosts)} down, with all nodes there`
    case 'host-cut':
      return `${hostsOf(fault.hosts)} cut off, ${pairs(effect)}`
    case 'partition':
    case 'reset':
      return pairs(effect)
    case 'churn':
      return `${often(fault.perMinute)}, each away for about ${fault.downMs / 1000}s`
    case 'clock-skew':
      return `${Math.abs(fault.byMs) / 1000}s ${fault.byMs < 0 ? 'behind' : 'ahead'}`
    case 'cpu':
      return `${+(fault.cpus * 100).toFixed(2)}% of a processor`
    case 'memory':
      return `${Math.round(fault.bytes / 1e6)}MB of memory`
    case 'access':
      return describeAccess(fault.worse)
    case 'trace':
      return describeTrace(fault.points)
    case 'upgrade':
      return `to ${programSaidWords(fault.to)}${fault.stays ? ', for good' : ''}`
    case 'disk-full':
      return 'no write succeeds'
    default:
      return fault.kind
  }
}

function hostsOf(text: string): string {
  return text
    .trim()
    .split(/[\s,]+/)
    .join(', ')
}

function often(perMinute: number): string {
  if (perMinute >= 1) return `${+perMinute.toFixed(2)} a minute`
  return perMinute >= 1 / 60
    ? `${+(perMinute * 60).toFixed(2)} an hour`
    : `${+(perMinute * 1440).toFixed(2)} a day`
}

function pairs(effect: Effect): string {
  const count = 'cuts' in effect ? effect.cuts.length : 0
  return `${count} directed ${count === 1 ? 'pair' : 'pairs'}`
}

function describeAccess({ upBps, downBps }: WorseAccess): string {
  const words = [
    upBps !== undefined && `up ${widthText(upBps)}`,
    downBps !== undefined && `down ${widthText(downBps)}`,
  ]
  return words.filter(word => word !== false).join(', ')
}

/** As a spec has it: `1.5Mbit`. */
function widthText(bps: number): string {
  if (bps >= 1e9) return `${plain(bps / 1e9)}Gbit`
  return bps >= 1e6 ? `${plain(bps / 1e6)}Mbit` : `${plain(bps / 1e3)}kbit`
}

function describeWorse({ latencyMs, jitterMs, bandwidthBps, loss }: Worse): string {
  const words = [
    latencyMs !== undefined && `latency ${plain(latencyMs)}ms`,
    jitterMs !== undefined && `jitter ${plain(jitterMs)}ms`,
    bandwidthBps !== undefined && `bandwidth ${widthText(bandwidthBps)}`,
    loss !== undefined && `loss ${percentText(loss)}`,
  ]
  return words.filter(word => word !== false).join(', ')
}
