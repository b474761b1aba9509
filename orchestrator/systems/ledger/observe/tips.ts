// Which nodes stand together: tips numbered by how many running nodes are on them.

import type { NodeState } from '../../../observe/state.ts'

/** Where a node stands on the chain: by its ledger, or by its headers where it is a light client. */
export function standsAt({ systems: { ledger, light } }: Pick<NodeState, 'systems'>): {
  readonly height: number
  readonly tip: string | undefined
} {
  return ledger.absent && light.client ? light : ledger
}

/** Tips of running nodes → 1, 2, 3 …, the most common first, equals by hash. */
export function tipGroups(nodes: readonly NodeState[]): ReadonlyMap<string | undefined, number> {
  const counts = new Map<string | undefined, number>()
  for (const {
    phase,
    systems: {
      ledger: { tip },
    },
  } of nodes)
    if (phase === 'running' && tip !== undefined) counts.set(tip, (counts.get(tip) ?? 0) + 1)
  const order = [...counts].sort(([a, m], [b, n]) => n - m || ((a ?? '') < (b ?? '') ? -1 : 1))
  return new Map(order.map(([tip], i) => [tip, i + 1]))
}
