// What is said of a network before anything runs: what its plan cannot bring about.

import { piecesOf } from '../observe/sides.ts'
import type { Plan } from '../spec/types.ts'
import { systemsOf } from '../systems/present.ts'

/** Nodes of a piece that are named. */
const MOST_NAMED = 4

export function remarksOn(plan: Plan): readonly string[] {
  return [...inPieces(plan), ...systemsOf(plan).flatMap(system => system.remarks?.(plan) ?? [])]
}

/** Nodes that no chain of planned connections joins will never hear of each other. */
function inPieces({ nodes, topology }: Plan): readonly string[] {
  const peers = new Map<string, string[]>()
  for (const { from, to } of topology.edges) {
    peers.set(from, [...(peers.get(from) ?? []), to])
    peers.set(to, [...(peers.get(to) ?? []), from])
  }
  const pieces = piecesOf(
    nodes.map(({ name }) => name),
    name => peers.get(name) ?? [],
  )
  if (pieces.length < 2) return []
  const named = pieces.slice(0, MOST_NAMED).map(piece => {
    const more = piece.length - MOST_NAMED
    return piece.slice(0, MOST_NAMED).join(' ') + (more > 0 ? ` and ${more} more` : '')
  })
  const rest = pieces.length > MOST_NAMED ? ' | …' : ''
  return [`the network is in ${pieces.length} pieces, which no connection joins: ${named.join(' | ')}${rest}`]
}
