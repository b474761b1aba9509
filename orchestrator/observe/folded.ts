// What the observer keeps of a run, and the state that is made of it: an immutable snapshot for screens and checks.

import type { Plan } from '../spec/types.ts'
import { type Connections, noConnections } from './connections.ts'
import { type Forks, forkTotals, noForks } from './forks.ts'
import type { Draft } from './fresh.ts'
import { type History, NO_HISTORY } from './history.ts'
import { plannedNode } from './nodes.ts'
import { cumulative, EMPTY_HISTOGRAM, type Histogram, percentiles } from './propagation.ts'
import { listed, noSplit, type Split } from './split.ts'
import type { FaultState, IntervalHistogram, LogLine, NetworkState, NodeState, ReorgState } from './state.ts'

/** What the observer keeps; `snapshot` makes the state of it. */
export interface Folded {
  readonly plan: Plan
  readonly runtime: string
  readonly startedMs: number
  readonly phase: NetworkState['phase']
  readonly nodes: readonly NodeState[]
  /** Name → its index in `nodes`. */
  readonly places: ReadonlyMap<string, number>
  readonly connections: Connections
  readonly split: Split
  readonly forks: Forks
  readonly intervals: IntervalHistogram
  readonly propagation: Histogram
  readonly history: History
  readonly reorgs: readonly ReorgState[]
  readonly counts: {
    readonly reorgs: number
    readonly reorgMaxDepth: number
    /** Arrivals that are no sample of propagation. */
    readonly apart: number
    readonly sent: number
    readonly failed: number
  }
  readonly faults: readonly FaultState[]
  readonly log: readonly LogLine[]
  /** How the network stood when it was told to go down: what the end of a run reports. */
  readonly last: Standing | undefined
}

/** What only running nodes can tell. */
type Standing = Pick<NetworkState, 'tips' | 'converged' | 'hashRate'>

export function initial(plan: Plan, runtime: string, startedMs: number): Folded {
  const forks = noForks(plan.chain.blockIntervalMs)
  return {
    plan,
    runtime,
    startedMs,
    phase: 'starting',
    nodes: plan.nodes.map(node =>
      plannedNode(node, node.mining.mode === 'off' ? 0 : node.mining.hashRateHps),
    ),
    places: new Map(plan.nodes.map(({ name }, i) => [name, i])),
    connections: noConnections(),
    split: noSplit(plan),
    forks,
    intervals: forks.older.intervals,
    propagation: EMPTY_HISTOGRAM,
    history: NO_HISTORY,
    reorgs: [],
    counts: { reorgs: 0, reorgMaxDepth: 0, apart: 0, sent: 0, failed: 0 },
    faults: [],
    log: [],
    last: undefined,
  }
}

/** A `Folded` that its holder alone has: it, its forks and its counts are written in place; what they hold is not. */
export interface Working extends Draft<Omit<Folded, 'forks' | 'counts'>> {
  readonly forks: Draft<Forks>
  readonly counts: Draft<Folded['counts']>
}

export function working(state: Folded): Working {
  return { ...state, forks: { ...state.forks }, counts: { ...state.counts } }
}

/** How the running nodes stand. */
export function standing(state: Folded): Standing {
  const running = state.nodes.filter(node => node.phase === 'running')
  const tips = new Set(running.map(node => node.tip))
  const known = [...tips].filter(tip => tip !== undefined)
  let askedHps = 0
  let measuredHps = 0
  for (const node of running) {
    askedHps += node.askedHps
    measuredHps += node.measuredHps
  }
  return {
    tips: known.length,
    converged: tips.size === 1 && known.length === 1,
    hashRate: { askedHps, measuredHps },
  }
}

export function snapshot(state: Folded, nowMs: number): NetworkState {
  const { plan, forks, counts } = state
  const totals = forkTotals(forks)
  return {
    network: plan.network,
    runtime: state.runtime,
    seed: plan.seed,
    startedMs: state.startedMs,
    nowMs,
    blockIntervalMs: plan.chain.blockIntervalMs,
    checkProofOfWork: plan.chain.checkProofOfWork,
    phase: state.phase,
    nodes: state.nodes,
    height: forks.best?.height ?? Math.max(0, ...state.nodes.map(node => node.height)),
    tip: forks.best?.hash,
    ...(state.last ?? standing(state)),
    blocks: forks.blocks,
    totals: {
      blocks: totals.blocks,
      staleBlocks: totals.stale,
      reorgs: counts.reorgs,
      reorgMaxDepth: counts.reorgMaxDepth,
      transactionsSent: counts.sent,
      transactionsFailed: counts.failed,
      transactionsConfirmed: totals.transactions,
    },
    propagation: percentiles(state.propagation),
    propagationHistogram: cumulative(state.propagation),
    apartArrivals: counts.apart,
    faults: state.faults,
    links: listed(state.split),
    history: state.history.points,
    intervals: state.intervals,
    reorgs: state.reorgs,
    log: state.log,
  }
}
