// The sides of the partitions in force: who is on them, and the pieces into which a side has fallen. Pure.

import type { NodeState } from './state.ts'

/** `A`, `B` …; after `Z` they begin anew. */
export function sideLetter(side: number): string {
  return String.fromCharCode(65 + (side % 26))
}

export interface Side<Node> {
  /** From 0. */
  readonly side: number
  readonly nodes: readonly Node[]
}

/** In their order; none while nothing splits the network. Nodes that do not run are on none. */
export function sidesOf<Node extends Pick<NodeState, 'side' | 'phase'>>(
  nodes: readonly Node[],
): readonly Side<Node>[] {
  const sides = new Map<number, Node[]>()
  for (const node of nodes)
    if (node.side !== undefined && node.phase === 'running')
      sides.set(node.side, [...(sides.get(node.side) ?? []), node])
  return [...sides].sort(([a], [b]) => a - b).map(([side, nodes]) => ({ side, nodes }))
}

/** The names in groups of which each hangs together by these neighbours; the largest first, equals in the order of the names. Neighbours know of each other. */
export function piecesOf(
  names: readonly string[],
  neighbours: (name: string) => readonly string[],
): readonly (readonly string[])[] {
  const left = new Set(names)
  const pieces: string[][] = []
  for (const first of names) {
    if (!left.delete(first)) continue
    const piece = [first]
    for (const name of piece) for (const other of neighbours(name)) if (left.delete(other)) piece.push(other)
    pieces.push(piece)
  }
  const at = new Map(names.map((name, i) => [name, i]))
  const place = (name: string) => at.get(name) ?? 0
  for (const piece of pieces) piece.sort((a, b) => place(a) - place(b))
  return pieces.sort((a, b) => b.length - a.length)
}

/** Sides whose nodes do not all hang together: `side A in 2 pieces: miners-2 alone`. */
export function brokenSides(
  nodes: readonly Pick<NodeState, 'name' | 'side' | 'phase' | 'peerNames'>[],
): readonly string[] {
  return sidesOf(nodes).flatMap(({ side, nodes }) => {
    // A connection that one end alone tells of joins both.
    const peers = new Map(nodes.map(({ name, peerNames }) => [name, [...peerNames]]))
    for (const { name, peerNames } of nodes) for (const peer of peerNames) peers.get(peer)?.push(name)
    const pieces = piecesOf([...peers.keys()], name => peers.get(name) ?? [])
    return pieces.length < 2 ? [] : [`side ${sideLetter(side)} in ${pieces.length} pieces${lone(pieces)}`]
  })
}

const MOST_NAMED = 3

function lone(pieces: readonly (readonly string[])[]): string {
  const alone = pieces.slice(1).filter(piece => piece.length === 1)
  const named = alone.slice(0, MOST_NAMED).flat().join(', ')
  const more = alone.length - MOST_NAMED
  return alone.length === 0 ? '' : `: ${named}${more > 0 ? ` and ${more} more` : ''} alone`
}
