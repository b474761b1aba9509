// Who connects to whom: pure functions from node count and generator to edges of node indices.

import type { Random } from '../../node/core/host.ts'

/** `[from, to]`: the first dials the second. */
export type Edge = readonly [number, number]

export function ring(count: number): Edge[] {
  if (count < 2) return []
  if (count === 2) return [[0, 1]]
  return Array.from({ length: count }, (_, i) => [i, (i + 1) % count] as const)
}

export function star(count: number, center: number): Edge[] {
  return indices(count)
    .filter(i => i !== center)
    .map(i => [i, center] as const)
}

export function full(count: number): Edge[] {
  return indices(count).flatMap(i => indices(i).map(j => [i, j] as const))
}

/**
 * A connected random graph in which every node has `degree` neighbours, for even `count × degree` and `degree < count`.
 * Starts from a ring lattice and swaps the ends of random pairs of edges, which keeps every degree; swaps that would
 * make a loop or a double edge are skipped. Repeats until the result is connected (for degree ≥ 2 nearly always at once).
 */
export function randomRegular(count: number, degree: number, random: Random): Edge[] {
  if (degree === 0) return []
  for (;;) {
    const edges = swapEnds(count, lattice(count, degree), random)
    if (degree === 1 || isConnected(count, edges)) return edges
  }
}

/** The degree that a random-regular network has when its spec names none. */
export function defaultDegree(count: number): number {
  return Math.min(4, count - 1)
}

function lattice(count: number, degree: number): Edge[] {
  const edges: Edge[] = []
  for (let step = 1; step <= Math.floor(degree / 2); step++)
    for (const i of indices(count)) edges.push([i, (i + step) % count])
  if (degree % 2 === 1) for (const i of indices(count / 2)) edges.push([i, i + count / 2])
  return edges
}

/** Random swaps of two edges' ends: every node keeps its degree, and no loop or double edge comes to be. */
export function swapEnds(count: number, edges: Edge[], random: Random): Edge[] {
  // A number: with strings this takes seconds among ten thousand nodes.
  const key = (a: number, b: number) => (a < b ? a * count + b : b * count + a)
  const present = new Set(edges.map(([a, b]) => key(a, b)))
  for (let round = 0; round < edges.length * 10; round++) {
    const i = random.int(edges.length)
    const j = random.int(edges.length)
    const [a, b] = edges[i] as Edge
    const [c, d] = edges[j] as Edge
    if (a === d || b === c || i === j || present.has(key(a, d)) || present.has(key(c, b))) continue
    present.delete(key(a, b))
    present.delete(key(c, d))
    present.add(key(a, d))
    present.add(key(c, b))
    edges[i] = [a, d]
    edges[j] = [c, b]
  }
  return edges
}

export function isConnected(count: number, edges: readonly Edge[]): boolean {
  const neighbours = indices(count).map(() => [] as number[])
  for (const [a, b] of edges) {
    neighbours[a]?.push(b)
    neighbours[b]?.push(a)
  }
  const reached = new Set([0])
  for (const node of reached) for (const next of neighbours[node] ?? []) reached.add(next)
  return reached.size === count
}

function indices(count: number): number[] {
  return Array.from({ length: count }, (_, i) => i)
}
