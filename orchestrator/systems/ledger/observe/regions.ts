// Who hears of blocks when, over the blocks that the state still holds: by region, and who is first.

import type { NetworkState } from '../../../observe/state.ts'
import { isDelivery, nearestRank } from './propagation.ts'

export interface RegionPropagation {
  readonly region: string | undefined
  /** Undefined before the first delivery. */
  readonly p50Ms: number | undefined
}

/** Half of the deliveries to nodes of each region took at most so long; the miner's own block is no delivery, nor what came after a cut or a pause. */
export function propagationByRegion({
  nodes,
  systems: {
    ledger: { blocks },
  },
}: Pick<NetworkState, 'nodes' | 'systems'>): RegionPropagation[] {
  const regionOf = new Map(nodes.map(({ name, region }) => [name, region]))
  const samples = new Map<string | undefined, number[]>(nodes.map(({ region }) => [region, []]))
  for (const block of blocks)
    for (const [node, ms] of Object.entries(block.receivedMs))
      if (isDelivery(block, node)) samples.get(regionOf.get(node))?.push(ms)
  return [...samples].map(([region, times]) => ({ region, p50Ms: nearestRank(times, 0.5) }))
}

/** Of the blocks that others found: the share that each node heard of before all others but the miner. */
export function firstSeenShares({
  nodes,
  systems: {
    ledger: { blocks },
  },
}: Pick<NetworkState, 'nodes' | 'systems'>): { readonly node: string; readonly share: number }[] {
  const firsts = new Map<string, number>()
  for (const { seenMs, miner } of blocks) {
    let first: string | undefined
    for (const [node, ms] of Object.entries(seenMs))
      if (node !== miner && (first === undefined || ms < (seenMs[first] ?? 0))) first = node
    if (first !== undefined) firsts.set(first, (firsts.get(first) ?? 0) + 1)
  }
  return nodes.map(({ name }) => {
    const others = blocks.filter(block => block.miner !== name).length
    return { node: name, share: others === 0 ? 0 : (firsts.get(name) ?? 0) / others }
  })
}
