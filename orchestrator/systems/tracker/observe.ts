// How the state of trackers is made of what is seen of them.

import type { Folded } from '../../observe/folded.ts'
import type { Observation } from '../../observe/observation.ts'
import { writablePart } from '../../observe/writable.ts'
import { TRACKER } from './service.ts'
import type { TrackerNode, TrackerState } from './state.ts'

interface Kept {
  /** When it was told to go down: what the end of a run reports. */
  last: TrackerState | undefined
}

export const observation: Observation<Kept, TrackerState, TrackerNode> = {
  initial: () => ({ last: undefined }),
  working: kept => ({ ...kept }),
  node: ({ runs = [] }) => ({
    ...{ tracker: runs.includes('tracker'), swarms: 0, seeds: 0, leechers: 0 },
    ...{ announces: 0, refused: 0 },
  }),
  fold: (kept, { event }, network, fresh) => {
    if (event.type === 'network-stopping') kept.last ??= standing(network)
    if (event.type !== 'node-sampled' || !('services' in event)) return
    const said = event.services?.[TRACKER] as Partial<TrackerNode> | undefined
    const node = said && writablePart(network, event.node, 'tracker', fresh)
    if (!node) return
    const { swarms = 0, seeds = 0, leechers = 0, announces = 0, refused = 0 } = said
    Object.assign(node, { swarms, seeds, leechers, announces, refused })
  },
  snapshot: (kept, network) => kept.last ?? standing(network),
}

function standing({ nodes }: Pick<Folded, 'nodes'>): TrackerState {
  const all = nodes.filter(({ systems }) => systems.tracker.tracker)
  const running = all.filter(({ phase }) => phase === 'running').map(({ systems }) => systems.tracker)
  const sum = (of: (tracker: TrackerNode) => number) => running.reduce((total, each) => total + of(each), 0)
  return {
    trackers: all.length,
    swarms: Math.max(0, ...running.map(({ swarms }) => swarms)),
    peers: Math.max(0, ...running.map(({ seeds, leechers }) => seeds + leechers)),
    announces: sum(({ announces }) => announces),
    refused: sum(({ refused }) => refused),
  }
}
