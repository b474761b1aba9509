// Do the nodes agree? What an adversary keeps to itself is no disagreement between the others.

import type { NetworkState } from '../../observe/state.ts'
import type { PlannedNode } from '../../spec/types.ts'
import type { BlockState } from './state.ts'

interface Standing {
  readonly planned: PlannedNode
  readonly tip: string | undefined
}

/** All honest nodes, of which there is one at least, stand on one tip. */
export function oneTip(nodes: readonly Standing[]): boolean {
  const tips = new Set(nodes.filter(({ planned }) => !planned.strategy).map(({ tip }) => tip))
  return tips.size === 1 && !tips.has(undefined)
}

/** Blocks between the highest tip of a running node and the last block that is on the chains of all; undefined: not among those kept. */
export function blocksApart({
  nodes,
  systems: {
    ledger: { blocks },
  },
}: Pick<NetworkState, 'nodes' | 'systems'>): number | undefined {
  const known = new Map(blocks.map(block => [block.hash, block]))
  // Genesis is no block of the state: all that is not known stands on it as long as nothing was forgotten.
  const wholly = blocks.every(({ height }) => height > 1) ? blocks.length === 0 : true
  const tips = nodes
    .filter(({ phase, systems }) => phase === 'running' && !systems.ledger.absent)
    .map(
      ({
        systems: {
          ledger: { tip },
        },
      }) => known.get(tip ?? ''),
    )
  const highest = Math.max(0, ...tips.map(tip => tip?.height ?? 0))
  let common = tips[0]
  for (const tip of tips) common = shared(common, tip, known)
  if (common === undefined) return wholly ? highest : undefined
  return highest - common.height
}

function shared(
  a: BlockState | undefined,
  b: BlockState | undefined,
  known: ReadonlyMap<string, BlockState>,
): BlockState | undefined {
  let [left, right] = [a, b]
  while (left && right && left !== right)
    if (left.height > right.height) left = known.get(left.prev)
    else right = known.get(right.prev)
  return left && right
}
