// What a split keeps from peers: pieces that nodes of the other sides have, and they lack.

import type { NetworkState, NodeState } from '../../observe/state.ts'
import { lacksOf } from './pieces.ts'

/** Somebody who runs lacks a piece that is to be had on another side alone, or there as well: it would come from there. */
export function missesAcross({ nodes, systems }: NetworkState): boolean {
  const split = nodes.filter(({ phase, side }) => phase === 'running' && side !== undefined)
  if (split.length === 0) return false
  return systems.bittorrent.contents.some(({ content, pieces }) => {
    const held = (node: NodeState) => node.systems.bittorrent.contents[content]
    const beyond = new Map<number | undefined, NonNullable<ReturnType<typeof held>>[]>()
    const havingOn = (side: number | undefined) => {
      const known = beyond.get(side)
      if (known) return known
      const there = split.flatMap(node => (node.side === side ? [] : (held(node) ?? [])))
      const having = there.filter(({ left }) => !left)
      beyond.set(side, having)
      return having
    }
    return split.some(node => {
      const mine = held(node)
      return mine !== undefined && !mine.left && lacksOf(pieces, mine, havingOn(node.side))
    })
  })
}
