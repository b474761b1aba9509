// The way that one block took through the network: who sent it to whom, and when it was there. Pure.

import type { BlockState } from '../systems/ledger/state.ts'

export interface Travel {
  readonly hash: string
  readonly height: number
  readonly miner: string | undefined
  readonly bytes: number
  readonly transactions: number
  readonly p50Ms: number
  readonly p90Ms: number
  readonly allMs: number
  /** How far each of its times can be wrong, where nodes have clocks of their own. */
  readonly errorMs?: number | undefined
  /** Depth first, children by arrival: each node after the one that sent it the block. */
  readonly hops: readonly Hop[]
}

export interface Hop {
  readonly node: string
  /** Undefined for the miner, and where nobody knows. */
  readonly from: string | undefined
  /** 0 for the miner. */
  readonly depth: number
  readonly atMs: number
  /** A partition or a pause stood between. */
  readonly apart: boolean
}

export function travelOf(
  block: BlockState,
  times: Pick<Travel, 'p50Ms' | 'p90Ms' | 'allMs' | 'errorMs'>,
): Travel {
  const { hash, height, miner, bytes, transactions, receivedMs, sources, apart } = block
  const children = new Map<string | undefined, string[]>()
  const byArrival = Object.keys(receivedMs).sort((a, b) => (receivedMs[a] ?? 0) - (receivedMs[b] ?? 0))
  for (const node of byArrival) {
    const source = sources[node]
    // Whoever had it of somebody that never had it stands at the root.
    const parent = source !== undefined && receivedMs[source] !== undefined ? source : undefined
    children.set(parent, [...(children.get(parent) ?? []), node])
  }
  const hops: Hop[] = []
  const told = new Set<string>()
  const tell = (node: string, from: string | undefined, depth: number) => {
    if (told.has(node)) return
    told.add(node)
    hops.push({ node, from, depth, atMs: receivedMs[node] ?? 0, apart: apart[node] !== undefined })
    for (const child of children.get(node) ?? []) tell(child, node, depth + 1)
  }
  for (const root of children.get(undefined) ?? []) tell(root, undefined, 0)
  for (const node of byArrival) tell(node, sources[node], 1) // a ring of senders has no root
  return { hash, height, miner, bytes, transactions, ...times, hops }
}
