// Events → what the observer keeps, one at a time: a pure function over immutable values, and the same written in place.

import type { NodeEvent } from '../../node/api.ts'
import { disconnected, listening, peerChanged, peerNames, peersAt } from './connections.ts'
import type { ObservedEvent, TestnetEvent } from './events.ts'
import { type Folded, standing, type Working, working } from './folded.ts'
import {
  connectedBlock,
  forkTotals,
  minedBlock,
  placeOf,
  receivedBlock,
  rejectedBlock,
  type Sign,
  sawBlock,
  type Witness,
} from './forks.ts'
import { appended, type Draft, type Fresh, made, ownList } from './fresh.ts'
import { extended, isDue } from './history.ts'
import { narrate } from './narrate.ts'
import { applyNodeEvent, applyTestnetEvent, plannedNode } from './nodes.ts'
import { chainIntervals } from './older.ts'
import { exchange, exchangeOne, samplesOf } from './propagation.ts'
import { linkChanged, paused, resumed, sidesChanged, wereApart, withSides } from './split.ts'
import type { FaultState, NodeState } from './state.ts'

const MAX_LOG_LINES = 500
const MAX_FAULTS = 200
const MAX_REORGS = 100

/** Pure. */
export function reduce(before: Folded, observed: ObservedEvent): Folded {
  const after = working(before)
  fold(after, observed, undefined)
  return after
}

/** As `reduce`, written into `state`; of what that holds only what is `fresh` is written in place. */
export function fold(state: Working, observed: ObservedEvent, fresh: Fresh | undefined): void {
  if (observed.node === undefined) {
    foldTestnetEvent(state, observed.event, observed.timeMs, fresh)
    extendHistory(state, observed.timeMs)
  } else foldNodeEvent(state, observed.node, observed.event, observed.timeMs, fresh)
  const line = narrate(observed)
  if (line) state.log = appended(state.log, line, MAX_LOG_LINES)
}

/** The network's own events alone move its history: their times are of one clock, and each poll is one of them. */
function extendHistory(state: Working, timeMs: number): void {
  if (state.last !== undefined || !isDue(state.history, timeMs)) return
  const { tips, hashRate } = standing(state)
  const point = {
    timeMs,
    height: state.forks.best?.height ?? 0,
    tips,
    measuredHps: hashRate.measuredHps,
    mempool: state.nodes.reduce((most, node) => Math.max(most, node.mempool), 0),
    staleBlocks: forkTotals(state.forks).stale,
  }
  state.history = extended(state.history, point)
}

function foldTestnetEvent(
  state: Working,
  event: TestnetEvent,
  timeMs: number,
  fresh: Fresh | undefined,
): void {
  switch (event.type) {
    case 'network-ready':
      state.phase = 'running'
      break
    case 'network-stopping':
      if (state.last) break
      state.phase = 'stopping'
      state.last = standing(state)
      stopIfAllDown(state)
      break
    case 'node-added':
      state.split.planned.admit({
        name: event.node,
        ...(event.region !== undefined && { region: event.region }),
      })
      state.places = new Map(state.places).set(event.node, state.nodes.length)
      state.nodes = [...state.nodes, plannedNode({ ...event, name: event.node }, event.askedHps)]
      break
    case 'fault-started':
    case 'fault-grown':
    case 'fault-verified':
    case 'fault-ended':
      foldFaultEvent(state, event, timeMs)
      break
    case 'link-changed':
      state.split = linkChanged(state.split, event, fresh)
      break
    case 'load-sent':
      state.counts.sent += 1
      break
    case 'load-failed':
      state.counts.failed += 1
      break
    default: {
      if (!('node' in event)) break
      const node = writable(state, event.node, fresh)
      if (node) applyTestnetEvent(node, event, timeMs)
      foldPhase(state, event, timeMs, fresh)
      stopIfAllDown(state)
    }
  }
}

/** What a node's coming and going means to the others. */
function foldPhase(state: Working, event: TestnetEvent, timeMs: number, fresh: Fresh | undefined): void {
  switch (event.type) {
    case 'node-ready': {
      const before = state.connections
      state.connections = listening(before, event.node, event.p2p, fresh !== undefined)
      if (state.connections === before) break
      for (const name of peersAt(state.connections, event.p2p)) namePeers(state, name, fresh)
      break
    }
    case 'node-exited':
      state.connections = disconnected(state.connections, event.node, fresh !== undefined)
      break
    case 'node-paused':
      state.split = paused(state.split, event.node, timeMs)
      break
    case 'node-resumed':
      state.split = resumed(state.split, event.node, timeMs)
      break
  }
}

/** A fault began, was measured or ended; one that splits the network puts its nodes on sides. */
function foldFaultEvent(state: Working, event: FaultEvent, timeMs: number): void {
  state.faults = foldFault(state.faults, event, timeMs)
  const fault = state.faults.find(({ id }) => id === event.id)
  if (event.type === 'fault-verified' || fault?.sides === undefined) return
  state.split = sidesChanged(state.split, state.faults, timeMs)
  state.nodes = withSides(state.nodes, state.split)
}

function stopIfAllDown(state: Working): void {
  if (state.phase !== 'stopping') return
  // From the last on: they go down in order, and ten thousand would be looked at with each of them.
  if (state.nodes.findLast(node => !DOWN.has(node.phase)) === undefined) state.phase = 'stopped'
}

const DOWN: ReadonlySet<string> = new Set(['planned', 'stopped', 'failed'])

/** The node of that name, to be written. */
function writable(state: Working, name: string, fresh: Fresh | undefined): Draft<NodeState> | undefined {
  const at = state.places.get(name)
  const node = at === undefined ? undefined : state.nodes[at]
  if (at === undefined || node === undefined || fresh?.has(node)) return node
  const own = made({ ...node }, fresh)
  const nodes = ownList(state.nodes, fresh)
  nodes[at] = own
  state.nodes = nodes
  return own
}

function namePeers(state: Working, name: string, fresh: Fresh | undefined): void {
  const before = state.nodes[state.places.get(name) ?? -1]
  const names = before && peerNames(before, state.connections, state.places)
  if (names === undefined || names === before?.peerNames) return
  const node = writable(state, name, fresh)
  if (node) node.peerNames = names
}

type FaultEvent = Extract<
  TestnetEvent,
  { type: 'fault-started' | 'fault-grown' | 'fault-verified' | 'fault-ended' }
>

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
  if (event.type === 'fault-grown') {
    const { target, detail, sides } = event
    return faults.with(at, { ...fault, target, detail, sides })
  }
  const { ok, again, asked, measured, disturbedBy } = event
  const said = { verified: ok, asked, measured, ...(disturbedBy && { disturbedBy }) }
  return faults.with(at, { ...fault, ...said, ...(again && !ok && { lapsed: true }) })
}

function foldNodeEvent(
  state: Working,
  name: string,
  event: NodeEvent,
  timeMs: number,
  fresh: Fresh | undefined,
): void {
  switch (event.type) {
    case 'block-seen':
    case 'block-received':
    case 'block-connected':
    case 'block-rejected':
      foldBlockEvent(state, name, event, timeMs, fresh)
      return
    case 'node-started':
    case 'tip':
    case 'peer-up':
    case 'peer-down':
    case 'block-mined':
    case 'reorg': {
      const node = writable(state, name, fresh)
      if (node) applyNodeEvent(node, event, timeMs)
    }
  }
  switch (event.type) {
    case 'peer-up':
    case 'peer-down':
      state.connections = peerChanged(state.connections, name, event, fresh !== undefined)
      namePeers(state, name, fresh)
      break
    case 'block-mined':
      foldBlockEvent(state, name, event, timeMs, fresh)
      break
    case 'reorg': {
      const { depth, from, to, height } = event
      state.counts.reorgs += 1
      state.counts.reorgMaxDepth = Math.max(state.counts.reorgMaxDepth, depth)
      state.reorgs = appended(state.reorgs, { node: name, timeMs, depth, from, to, height }, MAX_REORGS)
    }
  }
}

type BlockEvent = Extract<
  NodeEvent,
  { type: 'block-seen' | 'block-received' | 'block-connected' | 'block-mined' | 'block-rejected' }
>

/** Changes the forks by what `name` tells of a block, and what is told of them by what changed in that block. */
function foldBlockEvent(
  state: Working,
  name: string,
  event: BlockEvent,
  timeMs: number,
  fresh: Fresh | undefined,
): void {
  const { forks } = state
  const at = placeOf(forks, event.hash)
  const before = forks.blocks[at]
  if (event.type === 'block-connected' && before?.connected) return // nearly always
  // Read now: the block may be written in place.
  const bestHash = forks.best?.hash
  const firstSeenMs = before?.firstSeenMs
  const wasMs = before?.receivedMs[name]
  const wasApart = before?.apart[name] !== undefined
  tellForks(state, { hash: event.hash, at, node: name, timeMs }, event, fresh)
  const after = forks.blocks[before ? at : placeOf(forks, event.hash)]
  const moved = firstSeenMs !== after?.firstSeenMs
  if (moved || forks.best?.hash !== bestHash) countIntervals(state)
  if (!after) return
  const isMs = after.receivedMs[name]
  const isApart = after.apart[name] !== undefined
  if (isApart && !wasApart) state.counts.apart += 1
  const inPlace = fresh !== undefined // no snapshot holds it
  if (moved || before?.miner !== after.miner) {
    const gone = before ? samplesOf(before) : []
    state.propagation = exchange(state.propagation, gone, samplesOf(after), inPlace)
  } else if (isMs !== wasMs && name !== after.miner) {
    // Nobody's sample but its own can have changed.
    const sample = isApart ? undefined : isMs
    state.propagation = exchangeOne(state.propagation, wasApart ? undefined : wasMs, sample, inPlace)
  }
}

function tellForks(state: Working, sign: Sign, event: BlockEvent, fresh: Fresh | undefined): void {
  const { forks } = state
  switch (event.type) {
    case 'block-seen':
      sawBlock(forks, sign, event.by === 'mined', fresh)
      break
    case 'block-received':
      receivedBlock(forks, sign, event, new Beholder(state, event.fromAddress), fresh)
      break
    case 'block-connected':
      connectedBlock(forks, sign, fresh)
      break
    case 'block-mined':
      minedBlock(forks, sign, fresh)
      break
    case 'block-rejected':
      rejectedBlock(forks, sign, event.reason, fresh)
  }
}

/** What the state knows of nodes when a block came from an address. */
class Beholder implements Witness {
  readonly #state: Working
  readonly source: string | undefined

  constructor(state: Working, fromAddress: string | undefined) {
    this.#state = state
    this.source = fromAddress === undefined ? undefined : state.connections.nameAt.get(fromAddress)
  }

  /** A node that never told its start is taken to have been there from the beginning. */
  up(node: string, timeMs: number): boolean {
    const { nodes, places } = this.#state
    const sinceMs = nodes[places.get(node) ?? -1]?.upSinceMs
    return sinceMs === undefined || sinceMs <= timeMs
  }

  apart(origin: string | undefined, node: string, fromMs: number, toMs: number): boolean {
    return wereApart(this.#state.split, origin, node, fromMs, toMs)
  }
}

/** The best chain's, when it may have changed. */
function countIntervals(state: Working): void {
  const { forks, intervals } = state
  const after = chainIntervals(forks.older, forks.blocks)
  if (after.count !== intervals.count || after.sumMs !== intervals.sumMs) state.intervals = after
}
