// What the network's events say of single nodes: phase, tip, peers, hash rate. Written into a node's state that is the
// caller's own.

import type { NodeEvent } from '../../node/api.ts'
import type { TestnetEvent } from './events.ts'
import { appended, type Draft } from './fresh.ts'
import type { NodeState } from './state.ts'

/** Samples kept for the sparkline. */
const HISTORY = 60
/** A sample's tip counts when no `tip` event came this long: a poll may be older than the events around it. */
const SETTLED_MS = 1000

export function plannedNode(
  node: { readonly name: string; readonly group: string; readonly region?: string | undefined },
  askedHps: number,
): NodeState {
  return {
    name: node.name,
    group: node.group,
    region: node.region,
    phase: 'planned',
    p2p: undefined,
    control: undefined,
    pid: undefined,
    upSinceMs: undefined,
    height: 0,
    tip: undefined,
    tipSinceMs: undefined,
    peers: 0,
    peerNames: [],
    side: undefined,
    mempool: 0,
    askedHps,
    measuredHps: 0,
    hashRateHistory: [],
    hashing: { hashes: 0, seconds: 0, last: undefined },
    rssBytes: 0,
    blocksMined: 0,
    reorgs: 0,
    exit: undefined,
  }
}

/** Folds what the testnet says about this node. */
export function applyTestnetEvent(node: Draft<NodeState>, event: TestnetEvent, timeMs: number): void {
  switch (event.type) {
    case 'node-starting':
      node.phase = 'starting'
      node.exit = undefined
      break
    case 'node-ready':
      node.phase = 'running'
      node.p2p = event.p2p
      node.control = event.control
      node.pid = event.pid
      node.upSinceMs ??= timeMs
      node.height = Math.max(node.height, event.resumedHeight)
      node.exit = undefined
      break
    case 'node-exited':
      exited(node, event)
      break
    case 'node-paused':
      node.phase = 'paused'
      node.measuredHps = 0
      break
    case 'node-resumed':
      node.phase = 'running'
      break
    case 'node-unreachable':
      if (node.phase === 'running') node.phase = 'unreachable'
      break
    case 'node-sampled':
      sampled(node, event, timeMs)
      break
  }
}

type Exited = Extract<TestnetEvent, { type: 'node-exited' }>

function exited(node: Draft<NodeState>, event: Exited): void {
  const { code, signal, expected, lastLines } = event
  node.phase = expected ? 'stopped' : 'failed'
  node.pid = undefined
  node.upSinceMs = undefined
  node.tipSinceMs = undefined
  node.peers = 0
  node.peerNames = []
  node.mempool = 0
  node.measuredHps = 0
  node.rssBytes = 0
  node.hashing = { ...node.hashing, last: undefined }
  node.exit = { code, signal, expected, lastLines }
}

type Sampled = Extract<TestnetEvent, { type: 'node-sampled' }>

function sampled(node: Draft<NodeState>, event: Sampled, timeMs: number): void {
  if (node.tip === undefined || timeMs - (node.tipSinceMs ?? 0) >= SETTLED_MS) {
    if (node.tip !== event.tip) node.tipSinceMs = timeMs
    node.height = event.height
    node.tip = event.tip
  }
  node.tipSinceMs ??= timeMs
  // It answers, so it runs again; a paused node's last words stay unheard.
  if (node.phase === 'unreachable') node.phase = 'running'
  node.peers = event.peers
  node.mempool = event.mempool
  node.measuredHps = node.phase === 'paused' ? 0 : event.measuredHps
  node.hashRateHistory = appended(node.hashRateHistory, event.measuredHps, HISTORY)
  node.hashing = hashed(node.hashing, event.hashes, timeMs)
  node.rssBytes = event.rssBytes
}

/** Adds what was hashed since the last sample; a smaller count means another life of the process. */
function hashed(before: NodeState['hashing'], hashes: number, timeMs: number): NodeState['hashing'] {
  const last = { timeMs, hashes }
  const from = before.last
  if (!from || hashes < from.hashes || timeMs <= from.timeMs) return { ...before, last }
  return {
    hashes: before.hashes + hashes - from.hashes,
    seconds: before.seconds + (timeMs - from.timeMs) / 1000,
    last,
  }
}

/** Folds what the node says about itself. */
export function applyNodeEvent(node: Draft<NodeState>, event: NodeEvent, timeMs: number): void {
  switch (event.type) {
    case 'node-started':
      node.upSinceMs = Math.min(timeMs, node.upSinceMs ?? timeMs)
      break
    case 'tip':
      node.height = event.height
      node.tip = event.hash
      node.tipSinceMs = timeMs
      break
    case 'block-mined':
      node.blocksMined += 1
      break
    case 'reorg':
      node.reorgs += 1
      break
    case 'peer-up':
      node.peers += 1
      break
    case 'peer-down':
      node.peers = Math.max(0, node.peers - 1)
      break
  }
}
