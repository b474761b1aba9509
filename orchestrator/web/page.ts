// What the page shows: the part of the network's state that a browser is sent, and how it is kept up to date there.
// The same code makes the changes on the server and applies them in the browser. Pure.

import type { BlockState, NetworkState, NodeState } from '../observe/state.ts'

/** Blocks and events that the page shows; older ones are not sent. */
const MAX_BLOCKS = 40
const MAX_LOG_LINES = 100

export interface Page {
  readonly facts: Facts
  readonly propagation: NetworkState['propagation']
  readonly propagationHistogram: NetworkState['propagationHistogram']
  readonly faults: NetworkState['faults']
  readonly nodes: readonly NodeState[]
  readonly blocks: readonly BlockState[]
  readonly log: NetworkState['log']
}

/** The small things, sent together. */
export type Facts = Pick<
  NetworkState,
  | 'network'
  | 'runtime'
  | 'seed'
  | 'startedMs'
  | 'nowMs'
  | 'blockIntervalMs'
  | 'checkProofOfWork'
  | 'phase'
  | 'height'
  | 'tip'
  | 'tips'
  | 'converged'
  | 'totals'
  | 'hashRate'
>

export function pageOf(state: NetworkState): Page {
  const { nodes, blocks, log, faults, propagation, propagationHistogram, ...facts } = state
  return {
    facts,
    propagation,
    propagationHistogram,
    faults,
    nodes,
    blocks: blocks.slice(-MAX_BLOCKS),
    log: log.slice(-MAX_LOG_LINES),
  }
}

/** What changed from one page to the next: whole small parts, and of the lists the items that are new or different. */
export interface Change {
  readonly facts: Facts
  readonly propagation?: Page['propagation']
  readonly propagationHistogram?: Page['propagationHistogram']
  readonly faults?: Page['faults']
  readonly nodes?: readonly NodeState[]
  /** `order`: the hashes shown, where they changed. */
  readonly blocks?: { readonly items: readonly BlockState[]; readonly order: readonly string[] }
  readonly log?: Page['log']
}

/** Snapshots share what did not change, so that comparing is comparing identities. */
export function difference(before: Page, after: Page): Change {
  const nodes = after.nodes.filter((node, i) => node !== before.nodes[i])
  const known = new Set(before.blocks)
  const items = after.blocks.filter(block => !known.has(block))
  const lastSeq = before.log.at(-1)?.seq ?? 0
  const log = after.log.filter(line => line.seq > lastSeq)
  const measured = after.propagationHistogram.count !== before.propagationHistogram.count
  return {
    facts: after.facts,
    ...(measured && { propagation: after.propagation, propagationHistogram: after.propagationHistogram }),
    ...(after.faults !== before.faults && { faults: after.faults }),
    ...(nodes.length > 0 && { nodes }),
    ...(items.length > 0 && { blocks: { items, order: after.blocks.map(block => block.hash) } }),
    ...(log.length > 0 && { log }),
  }
}

export function apply(page: Page, change: Change): Page {
  return {
    facts: change.facts,
    propagation: change.propagation ?? page.propagation,
    propagationHistogram: change.propagationHistogram ?? page.propagationHistogram,
    faults: change.faults ?? page.faults,
    nodes: change.nodes ? merged(page.nodes, change.nodes) : page.nodes,
    blocks: change.blocks ? reordered(page.blocks, change.blocks) : page.blocks,
    log: change.log ? [...page.log, ...change.log].slice(-MAX_LOG_LINES) : page.log,
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
