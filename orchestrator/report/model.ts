// The report as data: what report.json holds and every page of it shows. Made of the state at the end, the chronicle and
// the small files of the run directory. Pure.

import type { RunSummary } from '../control/api.ts'
import type { HostState, LogLine, NetworkState, NodeState } from '../observe/state.ts'
import { summarize } from '../observe/summary.ts'
import type { CheckReport } from '../run/perform.ts'
import {
  type Deliveries,
  type HostPropagation,
  propagationByHost,
  withinAndBetween,
} from '../systems/ledger/observe/hosts.ts'
import { expectedBlocks, idleSeconds, runHps } from '../systems/ledger/observe/power.ts'
import { nearestRank } from '../systems/ledger/observe/propagation.ts'
import type { Disagreement } from '../systems/ledger/observe/standing.ts'
import type { Effect, HistoryPoint, IntervalHistogram, LedgerNode } from '../systems/ledger/state.ts'
import { systemsIn } from '../systems/present.ts'
import { type BlockLine, type Chronicle, lineOf } from './chronicle.ts'
import type { FaultEffect } from './effects.ts'
import { chainOf, type Fork, forksOf } from './forks.ts'
import { type Travel, travelOf } from './travel.ts'

export const REPORT_DATA = 'report.json'

/** What a run was made on and with: run.json, written when it begins. */
export interface RunFacts {
  readonly schemaVersion: 1
  readonly startedMs: number
  readonly versions: { readonly netsplit: string; readonly node: string }
  readonly machine: {
    readonly system: string
    readonly cpu: string
    readonly cpus: number
    readonly memoryBytes: number
  }
}

export interface NodeLine
  extends Pick<
      NodeState,
      'name' | 'group' | 'client' | 'version' | 'earlierVersions' | 'region' | 'host' | 'phase'
    >,
    Pick<LedgerNode, 'height' | 'askedHps' | 'reorgs'> {
  /** Average over the run, with nothing while it was down, stopped, frozen or not there yet. */
  readonly measuredHps: number
  /** For how long it was so. */
  readonly downMs: number
  /** Of all blocks found, how many it was to find while it ran. */
  readonly expectedBlocks: number
  /** On the best chain, and beside it. */
  readonly blocks: number
  readonly staleBlocks: number
  /** Until it had a block, in the middle. */
  readonly p50Ms: number | undefined
  /** What it took over a block, in the middle; where nodes are programs of several kinds. */
  readonly validationMs?: number | undefined
}

/** Blocks on the best chain and beside it, by time; a column each, so that it stays small. */
export interface BlockColumns {
  readonly timeMs: readonly number[]
  readonly height: readonly number[]
  readonly p50Ms: readonly (number | null)[]
  readonly p90Ms: readonly (number | null)[]
  /** 1: on the best chain. */
  readonly active: readonly number[]
}

export interface Report extends RunSummary {
  readonly report: {
    readonly run: RunFacts
    readonly startedMs: number
    readonly readyMs: number | undefined
    readonly endMs: number
    readonly blockIntervalMs: number
    readonly checkProofOfWork: boolean
    readonly paced?: true
    /** Undefined where nothing was asked. */
    readonly checks: readonly CheckReport[] | undefined
    /** Some fault provoked nothing: what passed was not put to the test. */
    readonly vacuous: boolean
    readonly faults: readonly FaultEffect[]
    readonly history: readonly HistoryPoint[]
    readonly disagreements: readonly Disagreement[]
    /** Not all stood on one tip at the end, but only for as long as a block travels. */
    readonly onItsWay: boolean
    readonly blocks: BlockColumns
    /** Blocks of a long run that are told in totals only. */
    readonly forgottenBlocks: number
    readonly intervals: IntervalHistogram
    readonly apartArrivals: number
    readonly slowest: readonly Travel[]
    readonly forks: readonly Fork[]
    readonly nodes: readonly NodeLine[]
    /** Absent where the plan has none. */
    readonly hosts?: HostsOfRun
    /** What systems draw, by their names. */
    readonly systems?: { readonly [system: string]: object }
    /** The last warnings and errors. */
    readonly trouble: readonly Omit<LogLine, 'seq'>[]
  }
}

export interface HostsOfRun {
  readonly list: readonly HostState[]
  /** How fast the newest blocks went within a host and between two. */
  readonly within: Deliveries | undefined
  readonly between: Deliveries | undefined
  readonly byPair: readonly HostPropagation[]
}

export interface Materials {
  readonly run: RunFacts
  readonly state: NetworkState
  readonly chronicle: Chronicle
  readonly checks: readonly CheckReport[] | undefined
  readonly vacuous: boolean
  readonly runDirectory: string
}

const MAX_TROUBLE = 60
const MAX_TRAVEL_NODES = 100
const MAX_FORKS = 200
const MAX_DISAGREEMENTS = 400

export function makeReport({ run, state, chronicle, checks, vacuous, runDirectory }: Materials): Report {
  const lines = chronicle.lines(state)
  const chain = chainOf(lines, state.systems.ledger.tip)
  const startedMs = run.startedMs
  const endMs = chronicle.endMs ?? state.nowMs
  const disagreements = chronicle.disagreements()
  return {
    ...summarize({ ...state, startedMs, nowMs: endMs }, runDirectory),
    report: {
      run,
      ...{ startedMs, readyMs: chronicle.readyMs, endMs },
      blockIntervalMs: state.systems.ledger.blockIntervalMs,
      checkProofOfWork: state.systems.ledger.checkProofOfWork,
      ...(state.systems.ledger.paced && { paced: true }),
      checks,
      vacuous,
      faults: state.faults.map((fault, i) => ({ ...fault, ...effectAt(state, i) })),
      history: state.systems.ledger.history,
      disagreements: [...disagreements]
        .sort((a, b) => b.toMs - b.fromMs - (a.toMs - a.fromMs))
        .slice(0, MAX_DISAGREEMENTS)
        .sort((a, b) => a.fromMs - b.fromMs),
      onItsWay:
        !state.systems.ledger.converged &&
        state.systems.ledger.tips > 1 &&
        disagreements.every(({ toMs }) => toMs < endMs),
      blocks: columnsOf(lines, chain),
      forgottenBlocks: chronicle.forgotten,
      intervals: state.systems.ledger.intervals,
      apartArrivals: state.systems.ledger.apartArrivals,
      ...(state.hosts && {
        hosts: { list: state.hosts, ...withinAndBetween(state), byPair: propagationByHost(state) },
      }),
      slowest: chronicle.slowest(state).map(block => {
        const { p50Ms = 0, p90Ms = 0 } = lineOf(block)
        const travel = travelOf(block, {
          p50Ms,
          p90Ms,
          allMs: Math.max(0, ...Object.values(block.receivedMs)),
          ...(block.errorsMs && { errorMs: Math.max(0, ...Object.values(block.errorsMs)) }),
        })
        return { ...travel, hops: travel.hops.slice(0, MAX_TRAVEL_NODES) }
      }),
      forks: forksOf(lines, chain).slice(-MAX_FORKS),
      nodes: nodeLines({ ...state, nowMs: endMs }, chronicle, lines, chain),
      ...reportedOf(state),
      trouble: troubleOf(state.log),
    },
  }
}

function reportedOf(state: NetworkState): Pick<Report['report'], 'systems'> {
  const parts = systemsIn(state).flatMap(({ name, reported }) => (reported ? [[name, reported(state)]] : []))
  return parts.length === 0 ? {} : { systems: Object.fromEntries(parts) }
}

function effectAt({ systems: { ledger } }: NetworkState, index: number): Effect {
  const effect = ledger.effects[index]
  if (!effect) throw new Error('a fault without its effect')
  return effect
}

/** Without their numbers, which a replay counts otherwise. */
function troubleOf(log: readonly LogLine[]) {
  const trouble = log.filter(({ level }) => level !== 'info').slice(-MAX_TROUBLE)
  return trouble.map(({ timeMs, level, node, text }) => ({ timeMs, level, node, text }))
}

function columnsOf(lines: readonly BlockLine[], chain: ReadonlySet<string>): BlockColumns {
  const rounded = (ms: number | undefined) => (ms === undefined ? null : Math.round(ms * 10) / 10)
  const valid = lines.filter(({ rejected }) => !rejected)
  return {
    timeMs: valid.map(({ timeMs }) => Math.round(timeMs)),
    height: valid.map(({ height }) => height),
    p50Ms: valid.map(({ p50Ms }) => rounded(p50Ms)),
    p90Ms: valid.map(({ p90Ms }) => rounded(p90Ms)),
    active: valid.map(({ hash }) => (chain.has(hash) ? 1 : 0)),
  }
}

function nodeLines(
  state: NetworkState,
  chronicle: Chronicle,
  lines: readonly BlockLine[],
  chain: ReadonlySet<string>,
): readonly NodeLine[] {
  const found = new Map<string, { blocks: number; stale: number }>()
  for (const { miner, hash, rejected } of lines) {
    if (miner === undefined || rejected) continue
    const own = found.get(miner) ?? { blocks: 0, stale: 0 }
    found.set(miner, own)
    if (chain.has(hash)) own.blocks += 1
    else own.stale += 1
  }
  return state.nodes.map(node => {
    const { name, group, client, version, earlierVersions, region, host, phase } = node
    const { ledger } = node.systems
    const { height, askedHps, reorgs } = ledger
    const { blocks = 0, stale = 0 } = found.get(name) ?? {}
    return {
      ...{ name, group, region, phase, height, askedHps, reorgs, blocks },
      ...(host !== undefined && { host }),
      ...(client && { client }),
      ...(version && { version }),
      ...(earlierVersions && { earlierVersions }),
      staleBlocks: stale,
      measuredHps: Math.round(runHps(ledger, state.nowMs)),
      downMs: Math.round(1000 * idleSeconds(ledger, state.nowMs)),
      expectedBlocks: Math.round(100 * expectedBlocks(ledger, state.systems.ledger)) / 100,
      p50Ms: nearestRank(chronicle.arrivals(name, state), 0.5),
      ...middleOf(chronicle.validations(name)),
    }
  })
}

function middleOf(validations: readonly number[]): Pick<NodeLine, 'validationMs'> {
  const validationMs = nearestRank(validations, 0.5)
  return validationMs === undefined ? {} : { validationMs: Math.round(1000 * validationMs) / 1000 }
}
