// Events → what the observer keeps, one at a time: a pure function over immutable values, and the same written in place. What every
// network has is folded here, and then each system folds its own.

import type { NodeEvent } from '../../node/api.ts'
import { SYSTEMS } from '../systems/all.ts'
import { company, disconnected, listening, peerChanged, peersAt } from './connections.ts'
import type { ObservedEvent, TestnetEvent } from './events.ts'
import type { Folded, Working } from './folded.ts'
import { appended, type Fresh } from './fresh.ts'
import { withClock } from './host-clocks.ts'
import { narrate } from './narrate.ts'
import { applyNodeEvent, applyTestnetEvent } from './nodes.ts'
import { newNode, working } from './snapshot.ts'
import { linkChanged, paused, resumed, sidesChanged, withSides } from './split.ts'
import type { FaultState } from './state.ts'
import { writableNode } from './writable.ts'

const MAX_LOG_LINES = 500
const MAX_FAULTS = 200

/** Pure. */
export function reduce(before: Folded, observed: ObservedEvent): Folded {
  const after = working(before)
  fold(after, observed, undefined)
  return after
}

/** As `reduce`, written into `state`; of what that holds only what is `fresh` is written in place. */
export function fold(state: Working, observed: ObservedEvent, fresh: Fresh | undefined): void {
  if (observed.node === undefined) foldTestnetEvent(state, observed.event, observed.timeMs, fresh)
  else foldNodeEvent(state, observed.node, observed.event, observed.timeMs, fresh)
  for (const system of SYSTEMS) system.observation.fold(state.systems[system.name], observed, state, fresh)
  const line = narrate(observed)
  if (line) state.log = appended(state.log, line, MAX_LOG_LINES)
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
      if (state.phase === 'stopped') break
      state.phase = 'stopping'
      stopIfAllDown(state)
      break
    case 'node-added':
      state.split.planned.admit({
        name: event.node,
        ...(event.region !== undefined && { region: event.region }),
      })
      state.places = new Map(state.places).set(event.node, state.nodes.length)
      state.nodes = [...state.nodes, newNode(event.node, event)]
      break
    case 'host-clock':
      state.hosts = withClock(state.hosts, event)
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
    default: {
      if (!('node' in event)) break
      const node = writableNode(state, event.node, fresh)
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
      for (const address of new Set([event.p2p, ...Object.values(event.ports ?? {})])) {
        const before = state.connections
        state.connections = listening(before, event.node, address, fresh !== undefined)
        if (state.connections === before) continue
        for (const name of peersAt(state.connections, address)) namePeers(state, name, fresh)
      }
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

function namePeers(state: Working, name: string, fresh: Fresh | undefined): void {
  const before = state.nodes[state.places.get(name) ?? -1]
  if (!before) return
  const { peerNames, strangers } = company(before, state.connections, state.places)
  if (peerNames === before.peerNames && strangers === before.strangers) return
  const node = writableNode(state, name, fresh)
  if (node) Object.assign(node, { peerNames, strangers })
}

type FaultEvent = Extract<
  TestnetEvent,
  { type: 'fault-started' | 'fault-grown' | 'fault-verified' | 'fault-ended' }
>

function foldFault(faults: readonly FaultState[], event: FaultEvent, timeMs: number): readonly FaultState[] {
  if (event.type === 'fault-started') {
    const { id, kind, target, detail, sides, byHand } = event
    const whose = byHand && { byHand }
    const unverified = { verified: undefined, asked: undefined, measured: undefined }
    return [
      ...withRoom(faults),
      { id, kind, target, detail, sides, fromMs: timeMs, toMs: undefined, ...whose, ...unverified },
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
  const { ok, again, asked, measured, disturbedBy, unmeasured } = event
  const hidden = { ...(disturbedBy && { disturbedBy }), ...(unmeasured && { unmeasured }) }
  const said = { verified: ok, asked, measured, ...hidden }
  return faults.with(at, { ...fault, ...said, ...(again && !ok && { lapsed: true }) })
}

/** The oldest that are over make room; whatever is in force stays. */
function withRoom(faults: readonly FaultState[]): readonly FaultState[] {
  if (faults.length < MAX_FAULTS) return faults
  const oldest = faults.findIndex(({ toMs }) => toMs !== undefined)
  return oldest < 0 ? faults : faults.toSpliced(oldest, 1)
}

function foldNodeEvent(
  state: Working,
  name: string,
  event: NodeEvent,
  timeMs: number,
  fresh: Fresh | undefined,
): void {
  switch (event.type) {
    case 'node-started':
    case 'peer-up':
    case 'peer-down': {
      const node = writableNode(state, name, fresh)
      if (node) applyNodeEvent(node, event, timeMs)
    }
  }
  if (event.type !== 'peer-up' && event.type !== 'peer-down') return
  state.connections = peerChanged(state.connections, name, event, fresh !== undefined)
  namePeers(state, name, fresh)
}
