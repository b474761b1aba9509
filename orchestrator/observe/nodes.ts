// What the network's events say of single nodes: phase, tip, peers, hash rate. Pure.

import type { NodeEvent } from '../../node/api.ts'
import type { TestnetEvent } from './events.ts'
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
export function applyTestnetEvent(node: NodeState, event: TestnetEvent, timeMs: number): NodeState {
  switch (event.type) {
    case 'node-starting':
      return { ...node, phase: 'starting', exit: undefined }
    case 'node-ready':
      return {
        ...node,
        phase: 'running',
        p2p: event.p2p,
        control: event.control,
        pid: event.pid,
        upSinceMs: node.upSinceMs ?? timeMs,
        height: Math.max(node.height, event.resumedHeight),
        exit: undefined,
      }
    case 'node-exited':
      return exited(node, event)
    case 'node-paused':
      return { ...node, phase: 'paused', measuredHps: 0 }
    case 'node-resumed':
      return { ...node, phase: 'running' }
    case 'node-unreachable':
      return node.phase === 'running' ? { ...node, phase: 'unreachable' } : node
    case 'node-sampled':
      return sampled(node, event, timeMs)
    default:
      return node
  }
}

type Exited = Extract<TestnetEvent, { type: 'node-exited' }>

function exited(node: NodeState, event: Exited): NodeState {
  const { code, signal, expected, lastLines } = event
  return {
    ...node,
    phase: expected ? 'stopped' : 'failed',
    pid: undefined,
    upSinceMs: undefined,
    tipSinceMs: undefined,
    peers: 0,
    peerNames: [],
    mempool: 0,
    measuredHps: 0,
    rssBytes: 0,
    hashing: { ...node.hashing, last: undefined },
    exit: { code, signal, expected, lastLines },
  }
}

type Sampled = Extract<TestnetEvent, { type: 'node-sampled' }>

function sampled(node: NodeState, event: Sampled, timeMs: number): NodeState {
  const newer = node.tip === undefined || timeMs - (node.tipSinceMs ?? 0) >= SETTLED_MS
  const moved = newer && node.tip !== event.tip
  return {
    ...node,
    // It answers, so it runs again; a paused node's last words stay unheard.
    phase: node.phase === 'unreachable' ? 'running' : node.phase,
    height: newer ? event.height : node.height,
    tip: newer ? event.tip : node.tip,
    tipSinceMs: moved ? timeMs : (node.tipSinceMs ?? timeMs),
    peers: event.peers,
    mempool: event.mempool,
    measuredHps: node.phase === 'paused' ? 0 : event.measuredHps,
    hashRateHistory: [...node.hashRateHistory.slice(1 - HISTORY), event.measuredHps],
    hashing: hashed(node.hashing, event.hashes, timeMs),
    rssBytes: event.rssBytes,
  }
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
export function applyNodeEvent(node: NodeState, event: NodeEvent, timeMs: number): NodeState {
  switch (event.type) {
    case 'node-started':
      return { ...node, upSinceMs: Math.min(timeMs, node.upSinceMs ?? timeMs) }
    case 'tip':
      return { ...node, height: event.height, tip: event.hash, tipSinceMs: timeMs }
    case 'block-mined':
      return { ...node, blocksMined: node.blocksMined + 1 }
    case 'reorg':
      return { ...node, reorgs: node.reorgs + 1 }
    case 'peer-up':
      return { ...node, peers: node.peers + 1 }
    case 'peer-down':
      return { ...node, peers: Math.max(0, node.peers - 1) }
    default:
      return node
  }
}
