// What systems look at when they say whether a network stands.

import type { Plan, PlannedNode } from '../spec/types.ts'

export interface StandingNode {
  readonly planned: PlannedNode
  readonly name: string
  readonly running: boolean
  /** Connections between peers of Bitcoin's protocol whose handshake is done. */
  readonly peers: number
  /** Of its ledger. */
  readonly tip: string | undefined
}

/** The first node that lacks peers, in words. */
export function lacksPeers(plan: Plan, nodes: readonly StandingNode[]): string | undefined {
  for (const { name, peers } of nodes) {
    const wanted = plan.topology.wantedPeers[name] ?? 0
    if (peers < wanted) return `${name} has ${peers} of ${wanted} peers`
  }
  return undefined
}
