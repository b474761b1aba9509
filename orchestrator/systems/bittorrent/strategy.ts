// How the nodes of a group are dishonest in swarms, where they are: the word stands in the place of a ledger's strategies.

import type { SwarmStrategy } from '../../../node/api.ts'

/** What a spec can ask of a group (strategy: …). */
export const SWARM_STRATEGIES = ['free-rider', 'polluter', 'liar-hashes', 'slow-unchoker'] as const

export function swarmStrategyOf({ strategy }: { readonly strategy?: unknown }): SwarmStrategy | undefined {
  return SWARM_STRATEGIES.find(each => each === strategy)
}
