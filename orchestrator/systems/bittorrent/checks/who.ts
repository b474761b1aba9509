// Of whom the checks of BitTorrent are: peers that run, by what they were told and by how honest they are.

import type { Ground } from '../../../checks/check.ts'
import type { NodeState } from '../../../observe/state.ts'
import { plannedOf } from '../plan.ts'
import type { ContentState, HeldContent } from '../state.ts'

export interface Wanting {
  readonly node: NodeState
  readonly content: ContentState
  readonly held: HeldContent
}

/** Honest peers that run and are to get a content, once for each content: told already, or planned to be. */
export function wantingOf(ground: Ground): readonly Wanting[] {
  const { nodes, systems } = ground.state()
  const planned = new Map(
    plannedOf(ground.plan).content.map(({ name, for: names }) => [name, new Set(names)]),
  )
  return systems.bittorrent.contents.flatMap(content =>
    nodes.flatMap(node => {
      if (node.phase !== 'running' || !isHonest(node)) return []
      const held = node.systems.bittorrent.contents[content.content]
      if (held) return held.role === 'wants' ? [{ node, content, held }] : []
      return planned.get(content.name)?.has(node.name) ? [{ node, content, held: NOT_TOLD }] : []
    }),
  )
}

const NOT_TOLD: HeldContent = {
  ...{ role: 'wants', pieces: 0, verifiedBytes: 0, has: '', downBytes: 0, wastedBytes: 0, upBytes: 0 },
  ...{ downBps: 0, upBps: 0, connections: 0, complete: false, sinceMs: 0, completeMs: undefined },
  ...{ stuck: undefined, left: false },
}

export function isHonest({ systems }: NodeState): boolean {
  return systems.bittorrent.strategy === undefined
}

/** `peers-3 has 60 % of film`. */
export function laggingText({ node, content, held }: Wanting): string {
  const share = content.bytes === 0 ? 0 : Math.floor((100 * held.verifiedBytes) / content.bytes)
  const why = held.stuck === undefined ? '' : `, and cannot write (${held.stuck})`
  return `${node.name} has ${share} % of ${content.name || content.content.slice(0, 8)}${why}`
}
