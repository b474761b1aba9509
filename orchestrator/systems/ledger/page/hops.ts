// What way blocks took between two looks at the network: from whom each node had them. Pure.

import type { Hop, Hops } from '../../../web/client/hops.ts'
import type { Page } from '../../../web/page.ts'
import type { BlockState } from '../state.ts'

/** Older blocks are history: nodes that catch up get whole chains at once. */
const NEWEST = 3

/** The deliveries in `after` that `before` did not know. */
export function newHops(before: Page, after: Page): Hops {
  const known = new Map(before.systems.ledger.blocks.map(block => [block.hash, block]))
  const hops: Hop[] = []
  const mined: string[] = []
  for (const block of after.systems.ledger.blocks.slice(-NEWEST)) {
    const was = known.get(block.hash)
    if (was === block) continue
    if (!was && block.miner !== undefined) mined.push(block.miner)
    for (const [to, from] of Object.entries(block.sources))
      if (was?.sources[to] === undefined) hops.push({ from, to, depth: depthOf(block, to) })
  }
  return { hops, mined }
}

function depthOf({ sources }: BlockState, node: string): number {
  let depth = -1
  for (let at: string | undefined = node; at !== undefined && depth < 30; at = sources[at]) depth++
  return Math.max(0, depth - 1)
}
