// What is kept of peers beyond what every network has: how many connections stand between them.

import type { Folded } from '../../observe/folded.ts'
import type { Observation } from '../../observe/observation.ts'

declare module '../states.ts' {
  interface SystemStates {
    readonly p2p: PeersState
  }
  interface SystemNodes {
    readonly p2p: PeersNode
  }
}

export interface PeersState {
  /** Between nodes of the network, as both ends tell of them. */
  readonly connections: number
}

/** What there is to know of a node's peers every node's state has. */
export type PeersNode = Readonly<Record<string, never>>

const NODE: PeersNode = {}

interface Kept {
  /** When it was told to go down: what the end of a run reports. */
  last: PeersState | undefined
}

export const observation: Observation<Kept, PeersState, PeersNode> = {
  initial: () => ({ last: undefined }),
  working: kept => ({ ...kept }),
  node: () => NODE,
  fold: (kept, { event }, network) => {
    if (event.type === 'network-stopping') kept.last ??= standing(network)
  },
  snapshot: ({ last }, network) => last ?? standing(network),
}

function standing({ nodes }: Pick<Folded, 'nodes'>): PeersState {
  return { connections: Math.floor(nodes.reduce((all, { peers }) => all + peers, 0) / 2) }
}
