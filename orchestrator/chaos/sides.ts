// What a cut splits the network into: the groups of nodes that can no longer reach each other at all. Pure.

import type { Cut, Sides } from './partition.ts'

/**
 * Groups between which every pair is cut, in one direction at least; undefined when some way round is left. Of many
 * cuts: linear in them, not in all pairs there are.
 */
export function sidesOf(nodes: readonly string[], cuts: readonly Cut[]): Sides | undefined {
  const cutFrom = new Map<string, Set<string>>(nodes.map(node => [node, new Set()]))
  for (const { from, to } of cuts) {
    cutFrom.get(from)?.add(to)
    cutFrom.get(to)?.add(from)
  }
  const left = new Set(nodes)
  const sides: string[][] = []
  for (const first of nodes) {
    if (!left.delete(first)) continue
    const side = [first]
    for (const at of side)
      for (const other of left) if (!cutFrom.get(at)?.has(other) && left.delete(other)) side.push(other)
    sides.push(nodes.filter(node => side.includes(node)))
  }
  return sides.length > 1 ? sides : undefined
}
