// What is said of a network before anything runs: what its plan cannot bring about.

import { piecesOf } from '../observe/sides.ts'
import { isLight } from '../spec/light.ts'
import { isPlaced } from '../spec/runs.ts'
import { topologyRemark } from '../spec/topology-file.ts'
import type { Plan } from '../spec/types.ts'
import { systemsOf } from '../systems/present.ts'

/** Nodes of a piece that are named. */
const MOST_NAMED = 4

export function remarksOn(plan: Plan): readonly string[] {
  return [
    ...ofFile(plan),
    ...inPieces(plan),
    ...systemsOf(plan).flatMap(system => system.remarks?.(plan) ?? []),
  ]
}

/** Whatever is not as its file has it. */
function ofFile({ topology: { source } }: Plan): readonly string[] {
  if (!source || (source.by === 'names' && source.loops + source.doubled === 0)) return []
  return [topologyRemark(source)]
}

/** Nodes that no chain of planned connections joins will never hear of each other. Who is nobody's peer by design is no piece. */
function inPieces({ nodes, topology }: Plan): readonly string[] {
  const peers = new Map<string, string[]>()
  for (const { from, to } of topology.edges) {
    for (const [end, other] of [
      [from, to],
      [to, from],
    ] as const) {
      const known = peers.get(end)
      if (known) known.push(other)
      else peers.set(end, [other])
    }
  }
  const pieces = piecesOf(
    nodes.filter(node => isPlaced(node) || isLight(node) || peers.has(node.name)).map(({ name }) => name),
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
