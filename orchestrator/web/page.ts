// What the page shows: the part of the network's state that a browser is sent, and how it is kept up to date there.
// The same code makes the changes on the server and applies them in the browser. Pure.

import type { NetworkState, NodeState } from '../observe/state.ts'
import type { BlockState, LedgerState } from '../systems/ledger/state.ts'
import { moved, type WindowChange, windowChange } from './window.ts'

/** Blocks that the page shows; of a large network fewer, because each carries its times at every node. */
const MAX_BLOCKS = 120
const LEAST_BLOCKS = 30
const MAX_BLOCK_TIMES = 12_000
const MAX_LOG_LINES = 200

/** Two nodes that the plan connects. */
export type Edge = readonly [from: string, to: string]

export interface Page {
  readonly facts: Facts
  readonly propagation: LedgerState['propagation']
  readonly propagationHistogram: LedgerState['propagationHistogram']
  readonly intervals: LedgerState['intervals']
  readonly faults: NetworkState['faults']
  readonly links: NetworkState['links']
  /** As planned; connections that grew by themselves stand in the nodes' `peerNames`. */
  readonly edges: readonly Edge[]
  readonly nodes: readonly NodeState[]
  readonly blocks: readonly BlockState[]
  readonly history: LedgerState['history']
  readonly reorgs: LedgerState['reorgs']
  readonly log: NetworkState['log']
}

/** The small things, sent together. */
export type Facts = Pick<
  NetworkState,
  'network' | 'runtime' | 'seed' | 'startedMs' | 'nowMs' | 'realMs' | 'time' | 'phase'
> &
  Pick<
    LedgerState,
    'blockIntervalMs' | 'checkProofOfWork' | 'height' | 'tip' | 'tips' | 'converged' | 'totals' | 'hashRate'
  >

export function pageOf(state: NetworkState, edges: readonly Edge[] = []): Page {
  const most = Math.floor(MAX_BLOCK_TIMES / Math.max(1, state.nodes.length))
  const { ledger } = state.systems
  return {
    facts: factsOf(state),
    propagation: ledger.propagation,
    propagationHistogram: ledger.propagationHistogram,
    intervals: ledger.intervals,
    faults: state.faults,
    links: state.links,
    edges,
    nodes: state.nodes,
    blocks: ledger.blocks.slice(-Math.max(LEAST_BLOCKS, Math.min(MAX_BLOCKS, most))).map(slim),
    history: ledger.history,
    reorgs: ledger.reorgs,
    log: state.log.slice(-MAX_LOG_LINES),
  }
}

function factsOf(state: NetworkState): Facts {
  const { network, runtime, seed, startedMs, nowMs, realMs, time, phase } = state
  const { blockIntervalMs, checkProofOfWork } = state.systems.ledger
  const { height, tip, tips, converged, totals, hashRate } = state.systems.ledger
  return {
    ...{ network, runtime, seed, startedMs, nowMs, blockIntervalMs, checkProofOfWork },
    ...(realMs !== undefined && { realMs }),
    ...(time !== undefined && { time }),
    ...{ phase, height, tip, tips, converged, totals, hashRate },
  }
}

/** One object a block as long as it does not change, so that what changed is seen by identity. */
const slimmed = new WeakMap<BlockState, BlockState>()

/** A block without the half that the page does not show: when its announcements came. */
function slim(block: BlockState): BlockState {
  const known = slimmed.get(block)
  if (known) return known
  const made = { ...block, seenMs: {} }
  slimmed.set(block, made)
  return made
}

/** What changed from one page to the next: whole small parts, and of the lists the items that are new or different. */
export interface Change {
  readonly facts: Facts
  readonly propagation?: Page['propagation']
  readonly propagationHistogram?: Page['propagationHistogram']
  readonly intervals?: Page['intervals']
  readonly faults?: Page['faults']
  readonly links?: Page['links']
  readonly nodes?: readonly NodeState[]
  /** `order`: the hashes shown, where they changed. */
  readonly blocks?: { readonly items: readonly BlockState[]; readonly order: readonly string[] }
  readonly history?: WindowChange<Page['history'][number]>
  readonly reorgs?: WindowChange<Page['reorgs'][number]>
  readonly log?: WindowChange<Page['log'][number]>
}

/** Snapshots share what did not change, so that comparing is comparing identities. */
export function difference(before: Page, after: Page): Change {
  const nodes = after.nodes.filter((node, i) => node !== before.nodes[i])
  const known = new Set(before.blocks)
  const items = after.blocks.filter(block => !known.has(block))
  const measured =
    after.propagationHistogram.count !== before.propagationHistogram.count ||
    after.propagationHistogram.sumMs !== before.propagationHistogram.sumMs
  const lists = {
    history: windowChange(before.history, after.history),
    reorgs: windowChange(before.reorgs, after.reorgs),
    log: windowChange(before.log, after.log),
  }
  return {
    facts: after.facts,
    ...(measured && { propagation: after.propagation, propagationHistogram: after.propagationHistogram }),
    ...(after.intervals !== before.intervals && { intervals: after.intervals }),
    ...(after.faults !== before.faults && { faults: after.faults }),
    ...(after.links !== before.links && { links: after.links }),
    ...(nodes.length > 0 && { nodes }),
    ...((items.length > 0 || after.blocks.length !== before.blocks.length) && {
      blocks: { items, order: after.blocks.map(block => block.hash) },
    }),
    ...(lists.history && { history: lists.history }),
    ...(lists.reorgs && { reorgs: lists.reorgs }),
    ...(lists.log && { log: lists.log }),
  }
}

export function apply(page: Page, change: Change): Page {
  return {
    facts: change.facts,
    propagation: change.propagation ?? page.propagation,
    propagationHistogram: change.propagationHistogram ?? page.propagationHistogram,
    intervals: change.intervals ?? page.intervals,
    faults: change.faults ?? page.faults,
    links: change.links ?? page.links,
    edges: page.edges,
    nodes: change.nodes ? merged(page.nodes, change.nodes) : page.nodes,
    blocks: change.blocks ? reordered(page.blocks, change.blocks) : page.blocks,
    history: moved(page.history, change.history),
    reorgs: moved(page.reorgs, change.reorgs),
    log: moved(page.log, change.log),
  }
}

function merged(nodes: readonly NodeState[], changed: readonly NodeState[]): NodeState[] {
  const byName = new Map(nodes.map(node => [node.name, node]))
  for (const node of changed) byName.set(node.name, node)
  return [...byName.values()]
}

function reordered(blocks: readonly BlockState[], change: NonNullable<Change['blocks']>): BlockState[] {
  const byHash = new Map([...blocks, ...change.items].map(block => [block.hash, block]))
  return change.order.flatMap(hash => byHash.get(hash) ?? [])
}
