// Events → what the ledger keeps, one at a time.

import type { NodeEvent } from '../../../../node/api.ts'
import type { ObservedEvent, TestnetEvent } from '../../../observe/events.ts'
import type { Working } from '../../../observe/folded.ts'
import { appended, type Fresh } from '../../../observe/fresh.ts'
import { errorsOf } from '../../../observe/host-clocks.ts'
import { extended, isDue } from '../../../observe/series.ts'
import { wereApart } from '../../../observe/split.ts'
import { writablePart } from '../../../observe/writable.ts'
import type { BlockState } from '../state.ts'
import { moved, talliesOf } from './deployments.ts'
import { foldEffects } from './effects.ts'
import {
  connectedBlock,
  forkTotals,
  minedBlock,
  placeOf,
  receivedBlock,
  refusedBlock,
  rejectedBlock,
  type Sign,
  sawBlock,
  type Witness,
} from './forks.ts'
import { type Kept, standing } from './kept.ts'
import { applyNodeEvent, applyTestnetEvent } from './nodes.ts'
import { chainIntervals } from './older.ts'
import { found, rests } from './power.ts'
import { exchange, exchangeOne, samplesOf } from './propagation.ts'
import { tallied } from './strategies.ts'

const MAX_REORGS = 100

export function fold(kept: Kept, observed: ObservedEvent, network: Working, fresh: Fresh | undefined): void {
  if (observed.node === undefined) {
    foldTestnetEvent(kept, observed.event, observed.timeMs, network, fresh)
    extendHistory(kept, observed.timeMs, network)
  } else foldNodeEvent(kept, observed.node, observed.event, observed.timeMs, network, fresh)
  foldEffects(kept.effects, observed, network)
}

/** The network's own events alone move its history: their times are of one clock, and each poll is one of them. */
function extendHistory(kept: Kept, timeMs: number, network: Working): void {
  if (kept.last !== undefined || !isDue(kept.history, timeMs)) return
  const { tips, hashRate } = standing(network)
  const point = {
    timeMs,
    height: kept.forks.best?.height ?? 0,
    tips,
    measuredHps: hashRate.measuredHps,
    mempool: network.nodes.reduce((most, { systems }) => Math.max(most, systems.ledger.mempool), 0),
    staleBlocks: forkTotals(kept.forks).stale,
  }
  kept.history = extended(kept.history, point)
}

function foldTestnetEvent(
  kept: Kept,
  event: TestnetEvent,
  timeMs: number,
  network: Working,
  fresh: Fresh | undefined,
): void {
  switch (event.type) {
    case 'network-ready':
      kept.power.sinceMs = timeMs
      break
    case 'network-stopping':
      if (kept.last) break
      kept.last = standing(network)
      kept.lastDeployments = talliesOf(kept.plan, network, kept.refusals)
      for (const { name, systems } of network.nodes)
        if (systems.ledger.hashing.idleSinceMs !== undefined) {
          const node = writablePart(network, name, 'ledger', fresh)
          if (node) rests(node, timeMs, undefined)
        }
      break
    case 'node-added': {
      const node = writablePart(network, event.node, 'ledger', fresh)
      if (node) rests(node, timeMs, kept.power.sinceMs ?? timeMs)
      break
    }
    case 'load-sent':
      kept.counts.sent += 1
      break
    case 'load-failed':
      kept.counts.failed += 1
      break
    case 'node-ready':
    case 'node-exited':
    case 'node-paused':
    case 'node-resumed':
    case 'node-sampled': {
      // A node without a ledger stands on no tip.
      if (event.type === 'node-sampled' && event.tip === '') break
      const node = writablePart(network, event.node, 'ledger', fresh)
      const phase = network.nodes[network.places.get(event.node) ?? -1]?.phase
      const power = kept.last === undefined ? kept.power : undefined
      if (node) applyTestnetEvent(node, event, phase === 'paused', timeMs, power)
    }
  }
}

function foldNodeEvent(
  kept: Kept,
  name: string,
  event: NodeEvent,
  timeMs: number,
  network: Working,
  fresh: Fresh | undefined,
): void {
  switch (event.type) {
    case 'strategy':
      kept.strategies = tallied(kept.strategies, kept.plan, name, event)
      return
    case 'block-seen':
    case 'block-received':
    case 'block-connected':
    case 'block-rejected':
      foldBlockEvent(kept, network, name, event, timeMs, fresh)
      return
    case 'deployment': {
      const node = writablePart(network, name, 'ledger', fresh)
      if (node) moved(node, event)
      return
    }
    case 'tip':
    case 'block-mined':
    case 'mining-started':
    case 'hash-rate-set':
    case 'reorg': {
      const node = writablePart(network, name, 'ledger', fresh)
      const power = kept.last === undefined ? kept.power : undefined
      if (node) applyNodeEvent(node, event, timeMs, power)
    }
  }
  if (event.type === 'block-mined') {
    if (kept.last === undefined) found(kept.power)
    foldBlockEvent(kept, network, name, event, timeMs, fresh)
  } else if (event.type === 'reorg') {
    const { depth, from, to, height } = event
    kept.counts.reorgs += 1
    kept.counts.reorgMaxDepth = Math.max(kept.counts.reorgMaxDepth, depth)
    kept.reorgs = appended(kept.reorgs, { node: name, timeMs, depth, from, to, height }, MAX_REORGS)
  }
}

type BlockEvent = Extract<
  NodeEvent,
  { type: 'block-seen' | 'block-received' | 'block-connected' | 'block-mined' | 'block-rejected' }
>

/** Changes the forks by what `name` tells of a block, and what is told of them by what changed in that block. */
function foldBlockEvent(
  kept: Kept,
  network: Working,
  name: string,
  event: BlockEvent,
  timeMs: number,
  fresh: Fresh | undefined,
): void {
  const { forks } = kept
  const at = placeOf(forks, event.hash)
  const before = forks.blocks[at]
  if (event.type === 'block-connected' && before?.connected) return // nearly always
  // Read now: the block may be written in place.
  const bestHash = forks.best?.hash
  const firstSeenMs = before?.firstSeenMs
  const wasMs = before?.receivedMs[name]
  const wasApart = before?.apart[name] !== undefined
  const errors = errorsOf(network)
  tellForks([kept, network], { hash: event.hash, at, node: name, timeMs, errors }, event, fresh)
  const after = forks.blocks[before ? at : placeOf(forks, event.hash)]
  if (event.type === 'block-rejected') countRefusal(kept, before, event)
  const shifted = firstSeenMs !== after?.firstSeenMs
  if (shifted || forks.best?.hash !== bestHash) countIntervals(kept)
  if (!after) return
  const isMs = after.receivedMs[name]
  const isApart = after.apart[name] !== undefined
  if (isApart && !wasApart) kept.counts.apart += 1
  const inPlace = fresh !== undefined // no snapshot holds it
  if (shifted || before?.miner !== after.miner) {
    const gone = before ? samplesOf(before) : []
    kept.propagation = exchange(kept.propagation, gone, samplesOf(after), inPlace)
  } else if (isMs !== wasMs && name !== after.miner) {
    // Nobody's sample but its own can have changed.
    const sample = isApart ? undefined : isMs
    kept.propagation = exchangeOne(kept.propagation, wasApart ? undefined : wasMs, sample, inPlace)
  }
}

function tellForks(
  [kept, network]: readonly [Kept, Working],
  sign: Sign,
  event: BlockEvent,
  fresh: Fresh | undefined,
): void {
  const { forks } = kept
  switch (event.type) {
    case 'block-seen':
      sawBlock(forks, sign, event.by === 'mined', fresh)
      break
    case 'block-received':
      receivedBlock(forks, sign, event, new Beholder(network, event.fromAddress), fresh)
      break
    case 'block-connected':
      connectedBlock(forks, sign, fresh)
      break
    case 'block-mined':
      minedBlock(forks, sign, fresh)
      break
    case 'block-rejected':
      if (event.deployment === undefined) rejectedBlock(forks, sign, event.reason, fresh)
      else refusedBlock(forks, sign, event.deployment, fresh)
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

  /** A node that was told to be down or paused, or that is not there yet, waits for no block. */
  running(timeMs: number): number {
    let running = 0
    for (const { phase, upSinceMs, systems } of this.#state.nodes)
      if (upSinceMs !== undefined && upSinceMs <= timeMs && phase !== 'paused' && !systems.ledger.absent)
        running += 1
    return running
  }

  apart(origin: string | undefined, node: string, fromMs: number, toMs: number): boolean {
    return wereApart(this.#state.split, origin, node, fromMs, toMs)
  }
}

/** Once a block, of those that the state knows. */
function countRefusal(
  kept: Kept,
  before: BlockState | undefined,
  { deployment }: Extract<NodeEvent, { type: 'block-rejected' }>,
): void {
  if (deployment === undefined || !before || before.against !== undefined) return
  kept.refusals = { ...kept.refusals, [deployment]: (kept.refusals[deployment] ?? 0) + 1 }
}

/** The best chain's, when it may have changed. */
function countIntervals(kept: Kept): void {
  const { forks, intervals } = kept
  const after = chainIntervals(forks.older, forks.blocks)
  if (after.count !== intervals.count || after.sumMs !== intervals.sumMs) kept.intervals = after
}
