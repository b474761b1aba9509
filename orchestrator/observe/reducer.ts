// Events → what the observer keeps, one at a time: a pure function over immutable values.

import type { NodeEvent } from '../../node/api.ts'
import { disconnected, listening, peerChanged, peersAt, withPeerNames } from './connections.ts'
import type { ObservedEvent, TestnetEvent } from './events.ts'
import { type Folded, standing } from './folded.ts'
import {
  connectedBlock,
  type Forks,
  type Fresh,
  findBlock,
  forkTotals,
  minedBlock,
  receivedBlock,
  rejectedBlock,
  sawBlock,
  type Witness,
} from './forks.ts'
import { extended, isDue } from './history.ts'
import { narrate } from './narrate.ts'
import { applyNodeEvent, applyTestnetEvent, plannedNode } from './nodes.ts'
import { chainIntervals } from './older.ts'
import { exchange, samplesOf } from './propagation.ts'
import { linkChanged, paused, resumed, sidesChanged, wereApart, withSides } from './split.ts'
import type { FaultState, IntervalHistogram, NodeState } from './state.ts'

const MAX_LOG_LINES = 500
const MAX_FAULTS = 200
const MAX_REORGS = 100

/** Pure. */
export function reduce(before: Folded, observed: ObservedEvent): Folded {
  return fold(before, observed, undefined)
}

/** As `reduce`, but what is `fresh` may be written in place: `before` is not to be used any more. */
export function fold(before: Folded, observed: ObservedEvent, fresh: Fresh | undefined): Folded {
  const after =
    observed.node === undefined
      ? withHistory(foldTestnetEvent(before, observed.event, observed.timeMs, fresh), observed.timeMs)
      : foldNodeEvent(before, observed.node, observed.event, observed.timeMs, fresh)
  const line = narrate(observed)
  return line ? { ...after, log: [...after.log.slice(1 - MAX_LOG_LINES), line] } : after
}

/** The network's own events alone move its history: their times are of one clock, and each poll is one of them. */
function withHistory(state: Folded, timeMs: number): Folded {
  if (state.last !== undefined || !isDue(state.history, timeMs)) return state
  const { tips, hashRate } = standing(state)
  const point = {
    timeMs,
    height: state.forks.best?.height ?? 0,
    tips,
    measuredHps: hashRate.measuredHps,
    mempool: state.nodes.reduce((most, node) => Math.max(most, node.mempool), 0),
    staleBlocks: forkTotals(state.forks).stale,
  }
  return { ...state, history: extended(state.history, point) }
}

function foldTestnetEvent(
  state: Folded,
  event: TestnetEvent,
  timeMs: number,
  fresh: Fresh | undefined,
): Folded {
  switch (event.type) {
    case 'network-ready':
      return { ...state, phase: 'running' }
    case 'network-stopping':
      return state.last ? state : stoppedIfAllDown({ ...state, phase: 'stopping', last: standing(state) })
    case 'node-added':
      state.split.planned.admit({
        name: event.node,
        ...(event.region !== undefined && { region: event.region }),
      })
      return {
        ...state,
        nodes: [...state.nodes, plannedNode({ ...event, name: event.node }, event.askedHps)],
        places: new Map(state.places).set(event.node, state.nodes.length),
      }
    case 'fault-started':
    case 'fault-verified':
    case 'fault-ended':
      return withFault(state, event, timeMs)
    case 'link-changed':
      return { ...state, split: linkChanged(state.split, event, fresh) }
    case 'load-sent':
      return { ...state, counts: { ...state.counts, sent: state.counts.sent + 1 } }
    case 'load-failed':
      return { ...state, counts: { ...state.counts, failed: state.counts.failed + 1 } }
    default:
      if (!('node' in event)) return state
      return stoppedIfAllDown(
        withPhase(
          withNode(state, event.node, fresh, node => applyTestnetEvent(node, event, timeMs)),
          event,
          timeMs,
          fresh,
        ),
      )
  }
}

/** What a node's coming and going means to the others. */
function withPhase(state: Folded, event: TestnetEvent, timeMs: number, fresh: Fresh | undefined): Folded {
  switch (event.type) {
    case 'node-ready': {
      const connections = listening(state.connections, event.node, event.p2p, fresh !== undefined)
      if (connections === state.connections) return state
      const named = { ...state, connections }
      return peersAt(connections, event.p2p).reduce((all, name) => withNamedPeers(all, name, fresh), named)
    }
    case 'node-exited':
      return { ...state, connections: disconnected(state.connections, event.node, fresh !== undefined) }
    case 'node-paused':
      return { ...state, split: paused(state.split, event.node, timeMs) }
    case 'node-resumed':
      return { ...state, split: resumed(state.split, event.node, timeMs) }
    default:
      return state
  }
}

/** A fault began, was measured or ended; one that splits the network puts its nodes on sides. */
function withFault(before: Folded, event: FaultEvent, timeMs: number): Folded {
  const state = { ...before, faults: foldFault(before.faults, event, timeMs) }
  const fault = state.faults.find(({ id }) => id === event.id)
  if (event.type === 'fault-verified' || fault?.sides === undefined) return state
  const split = sidesChanged(state.split, state.faults, timeMs)
  return { ...state, split, nodes: withSides(state.nodes, split) }
}

function stoppedIfAllDown(state: Folded): Folded {
  const over = state.phase === 'stopping' && state.nodes.every(node => DOWN.has(node.phase))
  return over ? { ...state, phase: 'stopped' } : state
}

const DOWN: ReadonlySet<string> = new Set(['planned', 'stopped', 'failed'])

function withNode(
  state: Folded,
  name: string,
  fresh: Fresh | undefined,
  change: (node: NodeState) => NodeState,
): Folded {
  const at = state.places.get(name)
  const before = at === undefined ? undefined : state.nodes[at]
  if (at === undefined || before === undefined) return state
  const after = change(before)
  if (after === before) return state
  if (!fresh?.has(state.nodes)) {
    const nodes = state.nodes.with(at, after)
    fresh?.add(nodes)
    return { ...state, nodes }
  }
  const own = state.nodes as NodeState[]
  own[at] = after
  return { ...state }
}

function withNamedPeers(state: Folded, name: string, fresh: Fresh | undefined): Folded {
  return withNode(state, name, fresh, node => withPeerNames(node, state.connections, state.places))
}

type FaultEvent = Extract<TestnetEvent, { type: 'fault-started' | 'fault-verified' | 'fault-ended' }>

function foldFault(faults: readonly FaultState[], event: FaultEvent, timeMs: number): readonly FaultState[] {
  if (event.type === 'fault-started') {
    const { id, kind, target, detail, sides } = event
    const unverified = { verified: undefined, asked: undefined, measured: undefined }
    return [
      ...faults.slice(1 - MAX_FAULTS),
      { id, kind, target, detail, sides, fromMs: timeMs, toMs: undefined, ...unverified },
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
  const state = withNode(before, name, fresh, node => applyNodeEvent(node, event, timeMs))
  switch (event.type) {
    case 'peer-up':
    case 'peer-down': {
      const connections = peerChanged(state.connections, name, event, fresh !== undefined)
      return withNamedPeers({ ...state, connections }, name, fresh)
    }
    case 'block-seen':
      return withForks(state, event.hash, name, fresh, forks =>
        sawBlock(forks, event.hash, name, timeMs, event.by === 'mined', fresh),
      )
    case 'block-received':
      return withForks(state, event.hash, name, fresh, forks =>
        receivedBlock(forks, event, name, timeMs, witnessOf(state, event.fromAddress), fresh),
      )
    case 'block-mined':
      return withForks(state, event.hash, name, fresh, forks => minedBlock(forks, event.hash, name))
    case 'block-connected':
      return withForks(state, event.hash, name, fresh, forks => connectedBlock(forks, event.hash, fresh))
    case 'block-rejected':
      return withForks(state, event.hash, name, fresh, forks =>
        rejectedBlock(forks, event.hash, event.reason),
      )
    case 'reorg': {
      const { reorgs, reorgMaxDepth } = state.counts
      const counts = {
        ...state.counts,
        reorgs: reorgs + 1,
        reorgMaxDepth: Math.max(reorgMaxDepth, event.depth),
      }
      const { depth, from, to, height } = event
      const reorg = { node: name, timeMs, depth, from, to, height }
      return { ...state, counts, reorgs: [...state.reorgs.slice(1 - MAX_REORGS), reorg] }
    }
    default:
      return state
  }
}

function witnessOf({ nodes, places, split, connections }: Folded, fromAddress: string | undefined): Witness {
  return {
    up: (node, atMs) => wasUp(nodes[places.get(node) ?? -1], atMs),
    apart: (origin, node, fromMs, toMs) => wereApart(split, origin, node, fromMs, toMs),
    source: fromAddress === undefined ? undefined : connections.nameAt.get(fromAddress),
  }
}

/** Was it up then? A node that never told its start is taken to have been there from the beginning. */
function wasUp(node: NodeState | undefined, atMs: number): boolean {
  const sinceMs = node?.upSinceMs
  return sinceMs === undefined || sinceMs <= atMs
}

/** Changes the forks by an event of `name`, and what is told of them by what changed in the one block concerned. */
function withForks(
  state: Folded,
  hash: string,
  name: string,
  fresh: Fresh | undefined,
  change: (forks: Forks) => Forks,
): Folded {
  const before = findBlock(state.forks, hash)
  // Read now: the tables may be written in place.
  const wasMs = before?.receivedMs[name]
  const wasApart = before?.apart[name] !== undefined
  const forks = change(state.forks)
  const after = findBlock(forks, hash)
  const moved = before?.firstSeenMs !== after?.firstSeenMs
  const changed =
    forks === state.forks ? state : { ...state, forks, intervals: intervalsAfter(state, forks, moved) }
  if (!after) return changed
  const sample = (ms: number | undefined, apart: boolean) => (ms === undefined || apart ? [] : [ms])
  const isApart = after.apart[name] !== undefined
  const { counts } = changed
  const counted =
    isApart && !wasApart ? { ...changed, counts: { ...counts, apart: counts.apart + 1 } } : changed
  const inPlace = fresh !== undefined // no snapshot holds it
  if (moved || before?.miner !== after.miner) {
    const gone = before ? samplesOf(before) : []
    const propagation = exchange(state.propagation, gone, samplesOf(after), inPlace)
    return { ...counted, propagation }
  }
  // Nobody's sample but its own can have changed.
  const isMs = after.receivedMs[name]
  if (isMs === wasMs || name === after.miner) return counted
  const propagation = exchange(state.propagation, sample(wasMs, wasApart), sample(isMs, isApart), inPlace)
  return { ...counted, propagation }
}

/** The best chain's, when it may have changed. `moved`: a block's first sight is another one than before. */
function intervalsAfter(
  { forks: before, intervals }: Folded,
  forks: Forks,
  moved: boolean,
): IntervalHistogram {
  if (!moved && forks.best?.hash === before.best?.hash) return intervals
  const after = chainIntervals(forks.older, forks.blocks)
  return after.count === intervals.count && after.sumMs === intervals.sumMs ? intervals : after
}
