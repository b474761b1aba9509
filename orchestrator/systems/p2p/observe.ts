// How the state of peers is made of what is seen of them.

import type { Folded } from '../../observe/folded.ts'
import type { Observation } from '../../observe/observation.ts'
import type { PeersNode, PeersState } from './state.ts'

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
