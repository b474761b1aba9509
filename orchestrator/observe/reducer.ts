// Events → state, one at a time: a pure function over immutable values, and the snapshot that screens and checks read.

import type { NodeEvent } from '../../node/api.ts'
import type { Plan } from '../spec/types.ts'
import type { ObservedEvent, TestnetEvent } from './events.ts'
import {
  connectedBlock,
  type Forks,
  type Fresh,
  findBlock,
  forkTotals,
  minedBlock,
  NO_FORKS,
  receivedBlock,
  rejectedBlock,
  sawBlock,
} from './forks.ts'
import { narrate } from './narrate.ts'
import { applyNodeEvent, applyTestnetEvent, plannedNode } from './nodes.ts'
import {
  cumulative,
  EMPTY_HISTOGRAM,
  exchange,
  type Histogram,
  percentiles,
  samplesOf,
} from './propagation.ts'
import type { FaultState, LogLine, NetworkState, NodeState } from './state.ts'

const MAX_LOG_LINES = 500
const MAX_FAULTS = 200

/** What the observer keeps; `snapshot` makes the state of it. */
export interface Folded {
  readonly plan: Plan
  readonly runtime: string
  readonly startedMs: number
  readonly phase: NetworkState['phase']
  readonly nodes: readonly NodeState[]
  readonly forks: Forks
  readonly propagation: Histogram
  readonly counts: {
    readonly reorgs: number
    readonly reorgMaxDepth: number
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
  return {
    plan,
    runtime,
    startedMs,
    phase: 'starting',
    nodes: plan.nodes.map(node =>
      plannedNode(node, node.mining.mode === 'off' ? 0 : node.mining.hashRateHps),
    ),
    forks: NO_FORKS,
    propagation: EMPTY_HISTOGRAM,
    counts: { reorgs: 0, reorgMaxDepth: 0, sent: 0, failed: 0 },
    faults: [],
    log: [],
    last: undefined,
  }
}

/** Pure. */
export function reduce(before: Folded, observed: ObservedEvent): Folded {
  return fold(before, observed, undefined)
}

/** As `reduce`, but what is `fresh` may be written in place: `before` is not to be used any more. */
export function fold(before: Folded, observed: ObservedEvent, fresh: Fresh | undefined): Folded {
  const after =
    observed.node === undefined
      ? foldTestnetEvent(before, observed.event, observed.timeMs)
      : foldNodeEvent(before, observed.node, observed.event, observed.timeMs, fresh)
  const line = narrate(observed)
  return line ? { ...after, log: [...after.log.slice(1 - MAX_LOG_LINES), line] } : after
}

function foldTestnetEvent(state: Folded, event: TestnetEvent, timeMs: number): Folded {
  switch (event.type) {
    case 'network-ready':
      return { ...state, phase: 'running' }
    case 'network-stopping':
      return state.last ? state : stoppedIfAllDown({ ...state, phase: 'stopping', last: standing(state) })
    case 'node-added':
      return {
        ...state,
        nodes: [...state.nodes, plannedNode({ ...event, name: event.node }, event.askedHps)],
      }
    case 'fault-started':
    case 'fault-verified':
    case 'fault-ended':
      return { ...state, faults: foldFault(state.faults, event, timeMs) }
    case 'load-sent':
      return { ...state, counts: { ...state.counts, sent: state.counts.sent + 1 } }
    case 'load-failed':
      return { ...state, counts: { ...state.counts, failed: state.counts.failed + 1 } }
    default:
      if (!('node' in event)) return state
      return stoppedIfAllDown(withNode(state, event.node, node => applyTestnetEvent(node, event, timeMs)))
  }
}

function stoppedIfAllDown(state: Folded): Folded {
  const over = state.phase === 'stopping' && state.nodes.every(node => DOWN.has(node.phase))
  return over ? { ...state, phase: 'stopped' } : state
}

const DOWN: ReadonlySet<string> = new Set(['planned', 'stopped', 'failed'])

function withNode(state: Folded, name: string, change: (node: NodeState) => NodeState): Folded {
  const at = state.nodes.findIndex(node => node.name === name)
  const before = state.nodes[at]
  if (before === undefined) return state
  const after = change(before)
  return after === before ? state : { ...state, nodes: state.nodes.with(at, after) }
}

type FaultEvent = Extract<TestnetEvent, { type: 'fault-started' | 'fault-verified' | 'fault-ended' }>

function foldFault(faults: readonly FaultState[], event: FaultEvent, timeMs: number): readonly FaultState[] {
  if (event.type === 'fault-started') {
    const { id, kind, target, detail } = event
    const unverified = { verified: undefined, asked: undefined, measured: undefined }
    return [
      ...faults.slice(1 - MAX_FAULTS),
      { id, kind, target, detail, fromMs: timeMs, toMs: undefined, ...unverified },
    ]
  }
  const at = faults.findLastIndex(fault => fault.id === event.id)
  const fault = faults[at]
  if (!fault) return faults
  if (event.type === 'fault-ended') return faults.with(at, { ...fault, toMs: timeMs })
  const { ok, asked, measured } = event
  return faults.with(at, { ...fault, verified: ok, asked, measured })
}

function foldNodeEvent(
  before: Folded,
  name: string,
  event: NodeEvent,
  timeMs: number,
  fresh: Fresh | undefined,
): Folded {
  const state = withNode(before, name, node => applyNodeEvent(node, event, timeMs))
  switch (event.type) {
    case 'block-seen':
      return withForks(state, event.hash, name, forks =>
        sawBlock(forks, event.hash, name, timeMs, event.by === 'mined', fresh),
      )
    case 'block-received':
      return withForks(state, event.hash, name, forks =>
        receivedBlock(forks, event, name, timeMs, (node, atMs) => wasUp(state.nodes, node, atMs), fresh),
      )
    case 'block-mined':
      return withForks(state, event.hash, name, forks => minedBlock(forks, event.hash, name))
    case 'block-connected':
      return withForks(state, event.hash, name, forks => connectedBlock(forks, event.hash))
    case 'block-rejected':
      return withForks(state, event.hash, name, forks => rejectedBlock(forks, event.hash, event.reason))
    case 'reorg': {
      const { reorgs, reorgMaxDepth } = state.counts
      const counts = {
        ...state.counts,
        reorgs: reorgs + 1,
        reorgMaxDepth: Math.max(reorgMaxDepth, event.depth),
      }
      return { ...state, counts }
    }
    default:
      return state
  }
}

/** Was it up then? A node that never told its start is taken to have been there from the beginning. */
function wasUp(nodes: readonly NodeState[], name: string, atMs: number): boolean {
  const sinceMs = nodes.find(node => node.name === name)?.upSinceMs
  return sinceMs === undefined || sinceMs <= atMs
}

/** Changes the forks by an event of `name`, and the pool of propagation samples by what changed in the one block concerned. */
function withForks(state: Folded, hash: string, name: string, change: (forks: Forks) => Forks): Folded {
  const before = findBlock(state.forks, hash)
  const wasMs = before?.receivedMs[name] // read now: the table may be written in place
  const forks = change(state.forks)
  const changed = forks === state.forks ? state : { ...state, forks }
  const after = findBlock(forks, hash)
  if (!after) return changed
  let propagation: Histogram
  if (before?.firstSeenMs === after.firstSeenMs && before.miner === after.miner) {
    // Nobody's sample but its own can have changed.
    const isMs = after.receivedMs[name]
    if (isMs === wasMs || name === after.miner) return changed
    const sample = (ms: number | undefined) => (ms === undefined ? [] : [ms])
    propagation = exchange(state.propagation, sample(wasMs), sample(isMs))
  } else propagation = exchange(state.propagation, before ? samplesOf(before) : [], samplesOf(after))
  return { ...changed, propagation }
}

/** How the running nodes stand. */
function standing(state: Folded): Standing {
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
    faults: state.faults,
    log: state.log,
  }
}
