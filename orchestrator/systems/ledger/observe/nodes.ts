// What the network's events say of single nodes' ledgers: tip, mempool, hash rate. Written into a part of a node that is the
// caller's own.

import type { NodeEvent } from '../../../../node/api.ts'
import type { TestnetEvent } from '../../../observe/events.ts'
import { appended, type Draft } from '../../../observe/fresh.ts'
import type { LedgerNode } from '../state.ts'
import { asks, begins, ceases, type Power } from './power.ts'

/** Samples kept for the sparkline. */
const HISTORY = 60
/** A sample's tip counts when no `tip` event came this long: a poll may be older than the events around it. */
const SETTLED_MS = 1000

/** `absent`: it runs none. */
export function newNode(askedHps: number, absent: boolean): LedgerNode {
  return {
    ...(absent && { absent: true }),
    height: 0,
    tip: undefined,
    tipSinceMs: undefined,
    mempool: 0,
    askedHps,
    measuredHps: 0,
    hashRateHistory: [],
    hashing: { hashes: 0, seconds: 0, idleSeconds: 0, idleSinceMs: undefined, last: undefined },
    blocksMined: 0,
    expected: 0,
    hashingFrom: undefined,
    reorgs: 0,
  }
}

type Told = Extract<
  TestnetEvent,
  { type: 'node-ready' | 'node-exited' | 'node-paused' | 'node-resumed' | 'node-sampled' }
>

/** Folds what the testnet says about this node; what it says of hash power counts until the network goes down. */
export function applyTestnetEvent(
  node: Draft<LedgerNode>,
  event: Told,
  isPaused: boolean,
  timeMs: number,
  power: Power | undefined,
): void {
  switch (event.type) {
    case 'node-ready':
      node.height = Math.max(node.height, event.resumedHeight)
      if (power) begins(node, power, timeMs)
      break
    case 'node-exited':
      node.tipSinceMs = undefined
      node.mempool = 0
      if (node.refused) node.refused = undefined
      node.measuredHps = 0
      if (power) ceases(node, power, timeMs)
      break
    case 'node-paused':
      node.measuredHps = 0
      if (power) ceases(node, power, timeMs)
      break
    case 'node-resumed':
      if (power) begins(node, power, timeMs)
      break
    case 'node-sampled':
      sampled(node, event, isPaused, timeMs)
      if (power && !isPaused) node.hashing = hashed(node.hashing, event.hashes, timeMs)
  }
}

type Sampled = Extract<TestnetEvent, { type: 'node-sampled' }>

/** A paused node's last words say nothing of what it does. */
function sampled(node: Draft<LedgerNode>, event: Sampled, isPaused: boolean, timeMs: number): void {
  if (node.tip === undefined || timeMs - (node.tipSinceMs ?? 0) >= SETTLED_MS) {
    if (node.tip !== event.tip) node.tipSinceMs = timeMs
    node.height = event.height
    node.tip = event.tip
  }
  node.tipSinceMs ??= timeMs
  node.mempool = event.mempool
  if (node.refused?.tip !== event.refused?.tip) node.refused = event.refused
  if (event.deployments) node.deployments = event.deployments
  node.measuredHps = isPaused ? 0 : event.measuredHps
  node.hashRateHistory = appended(node.hashRateHistory, event.measuredHps, HISTORY)
}

/** Adds what was hashed since the last sample; a smaller count means another life of the process. */
function hashed(before: LedgerNode['hashing'], hashes: number, timeMs: number): LedgerNode['hashing'] {
  const last = { timeMs, hashes }
  const from = before.last
  if (!from || hashes < from.hashes || timeMs <= from.timeMs) return { ...before, last }
  return {
    ...before,
    hashes: before.hashes + hashes - from.hashes,
    seconds: before.seconds + (timeMs - from.timeMs) / 1000,
    last,
  }
}

/** Folds what the node says about itself. */
export function applyNodeEvent(
  node: Draft<LedgerNode>,
  event: Extract<NodeEvent, { type: 'tip' | 'block-mined' | 'reorg' | 'mining-started' | 'hash-rate-set' }>,
  timeMs: number,
  power: Power | undefined,
): void {
  switch (event.type) {
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
    case 'mining-started':
    case 'hash-rate-set':
      asks(node, power, event.hashRateHps)
  }
}
