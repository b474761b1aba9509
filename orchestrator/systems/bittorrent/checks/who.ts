// Of whom the checks of BitTorrent are: peers that run, by what they were told and by how honest they are.

import type { Ground } from '../../../checks/check.ts'
import type { NodeState } from '../../../observe/state.ts'
import type { ContentState, HeldContent } from '../state.ts'

export interface Wanting {
  readonly node: NodeState
  readonly content: ContentState
  readonly held: HeldContent
}

/** Honest peers that run and were told to get a content, once for each content. */
export function wantingOf(ground: Ground): readonly Wanting[] {
  const { nodes, systems } = ground.state()
  return systems.bittorrent.contents.flatMap(content =>
    nodes.flatMap(node => {
      const held = node.systems.bittorrent.contents[content.content]
      return held?.role === 'wants' && node.phase === 'running' && isHonest(node)
        ? [{ node, content, held }]
        : []
    }),
  )
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
