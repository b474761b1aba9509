// Do the nodes agree? What an adversary keeps to itself is no disagreement between the others.

import type { PlannedNode } from './spec/types.ts'

interface Standing {
  readonly planned: PlannedNode
  readonly tip: string | undefined
}

/** All honest nodes, of which there is one at least, stand on one tip. */
export function oneTip(nodes: readonly Standing[]): boolean {
  const tips = new Set(nodes.filter(({ planned }) => !planned.strategy).map(({ tip }) => tip))
  return tips.size === 1 && !tips.has(undefined)
}
