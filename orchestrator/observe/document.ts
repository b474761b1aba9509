// The state as a document for programs: what was there before there were systems stands where it stood, and each system that nodes
// run has its part below `systems`.

import type { NetworkState } from './state.ts'

export function documentOf({ nodes, systems, ...state }: NetworkState): object {
  const there = (parts: object) =>
    Object.fromEntries(Object.entries(parts).filter(([name]) => state.runs.includes(name)))
  return {
    ...state,
    ...systems.ledger,
    nodes: nodes.map(({ systems, ...node }) => ({ ...node, ...systems.ledger, systems: there(systems) })),
    systems: there(systems),
  }
}
