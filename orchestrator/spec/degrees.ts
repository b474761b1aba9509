// A random graph in which every node has the degree that it was given: simple (no loop, no double edge) and connected. Pure.
//
// The configuration model, made simple: Havel and Hakimi lay out one graph with these degrees, which there is if Erdős and Gallai's
// condition holds, and random swaps of two edges' ends, which keep all degrees, make it any of them. Pieces are joined by swaps of
// the same kind: an edge that its piece does not need (it lies on a circle) and any edge of another piece.

import type { Random } from '../../node/core/host.ts'
import { plural } from '../format.ts'
import { type Distribution, drawFrom } from './distribution.ts'
import { type Edge, swapEnds } from './topology.ts'

/** Why no simple connected graph has these degrees; undefined: some has. */
export function whyNoGraph(degrees: readonly number[]): string | undefined {
  const count = degrees.length
  if (count < 2) return undefined
  const sum = degrees.reduce((total, degree) => total + degree, 0)
  const most = highest(degrees)
  if (most >= count)
    return `${plural(count, 'node')} cannot have ${plural(most, 'peer')} each: at most ${count - 1}`
  if (degrees.includes(0)) return 'a node without any peer is connected with nobody'
  if (sum % 2 !== 0)
    return `the degrees add up to ${sum}: it must be even, since each connection has two ends`
  if (sum < 2 * (count - 1))
    return `${plural(sum / 2, 'connection')} cannot join ${plural(count, 'node')}: at least ${count - 1} are needed`
  return isGraphical(degrees)
    ? undefined
    : 'no graph has these degrees: some have more peers than the others can be (Erdős and Gallai)'
}

function highest(degrees: readonly number[]): number {
  let most = 0
  for (const degree of degrees) most = Math.max(most, degree)
  return most
}

/** Erdős and Gallai: for each k, the k largest have no more than k (k - 1) ends among themselves and min(d, k) with each other node. */
function isGraphical(degrees: readonly number[]): boolean {
  const sorted = [...degrees].sort((a, b) => b - a)
  const count = sorted.length
  const rest = new Float64Array(count + 1)
  for (let i = count - 1; i >= 0; i--) rest[i] = (rest[i + 1] ?? 0) + (sorted[i] ?? 0)
  let left = 0
  let small = count
  for (let k = 1; k <= count; k++) {
    left += sorted[k - 1] ?? 0
    // From `small` on they have less than k.
    while (small > k && (sorted[small - 1] ?? 0) < k) small--
    const first = Math.max(small, k)
    if (left > k * (k - 1) + (first - k) * k + (rest[first] ?? 0)) return false
  }
  return true
}

/**
 * A degree for each of `count` nodes: drawn, to the nearest whole, at least 1 and at most all others. Where the sum is odd or too
 * small to connect all, nodes drawn at random get one more; what no graph can have is lowered from the top.
 */
export function drawDegrees(distribution: Distribution, count: number, random: Random): number[] {
  const degrees = Array.from({ length: count }, () =>
    Math.min(count - 1, Math.max(1, Math.round(drawFrom(distribution, random)))),
  )
  const raise = () => {
    for (;;) {
      const i = random.int(count)
      const degree = degrees[i] as number
      if (degree >= count - 1) continue
      degrees[i] = degree + 1
      return
    }
  }
  let sum = degrees.reduce((total, degree) => total + degree, 0)
  for (; count > 1 && sum < 2 * (count - 1); sum++) raise()
  if (sum % 2 !== 0 && sum < count * (count - 1)) raise()
  while (count > 2 && !isGraphical(degrees)) lowerTop(degrees)
  return degrees
}

/** Two ends less, and so still an even sum. */
function lowerTop(degrees: number[]): void {
  for (let taken = 0; taken < 2; taken++) {
    const top = degrees.indexOf(highest(degrees))
    degrees[top] = (degrees[top] ?? 0) - 1
  }
}

/** Of degrees that `whyNoGraph` has nothing against. */
export function graphOf(degrees: readonly number[], random: Random): Edge[] {
  return connected(degrees.length, swapEnds(degrees.length, havelHakimi(degrees), random), random)
}

/** The node with most ends left is joined to those who have most after it. */
function havelHakimi(degrees: readonly number[]): Edge[] {
  const edges: Edge[] = []
  const count = degrees.length
  // By ends left: who has d of them lies in bucket d.
  const buckets: number[][] = Array.from({ length: count }, () => [])
  for (const [i, degree] of degrees.entries()) buckets[degree]?.push(i)
  let top = count - 1
  for (;;) {
    while (top > 0 && buckets[top]?.length === 0) top--
    const node = buckets[top]?.pop()
    if (top === 0 || node === undefined) return edges
    const taken: [node: number, left: number][] = []
    for (let left = top, wanted = top; wanted > 0; ) {
      const other = buckets[left]?.pop()
      if (other === undefined) left--
      else {
        taken.push([other, left - 1])
        edges.push([node, other])
        wanted--
      }
    }
    for (const [other, left] of taken) buckets[left]?.push(other)
  }
}

/** Joins pieces one after the other; there are edges enough, since whoever gave the degrees saw to that. */
function connected(count: number, edges: Edge[], random: Random): Edge[] {
  const pieces = piecesOf(count, edges)
  const [first, ...others] = pieces.sort((a, b) => b.spare.length - a.spare.length)
  const spare = [...(first?.spare ?? [])]
  for (const piece of others) {
    const mine = take(spare, random)
    const own = piece.spare.length > 0 ? (piece.spare.pop() as number) : (piece.needed[0] as number)
    const [a, b] = edges[mine] as Edge
    const [c, d] = edges[own] as Edge
    edges[mine] = [a, d]
    edges[own] = [c, b]
    // One of the two new edges joins the pieces. The other is needed only where the piece lost one that it needed.
    spare.push(...piece.spare)
    if (!piece.needed.includes(own)) spare.push(own)
  }
  return edges
}

function take(list: number[], random: Random): number {
  const at = random.int(list.length)
  const last = list.pop() as number
  if (at === list.length) return last
  const taken = list[at] as number
  list[at] = last
  return taken
}

interface Piece {
  /** Edges by their index: of a tree that spans the piece, and all others. */
  readonly needed: number[]
  readonly spare: number[]
}

function piecesOf(count: number, edges: readonly Edge[]): Piece[] {
  const root = Int32Array.from({ length: count }, (_, i) => i)
  const find = (i: number): number => {
    let at = i
    while (root[at] !== at) {
      root[at] = root[root[at] as number] as number
      at = root[at] as number
    }
    return at
  }
  const spare: number[] = []
  const needed: number[] = []
  for (const [i, [a, b]] of edges.entries()) {
    const [x, y] = [find(a), find(b)]
    if (x === y) spare.push(i)
    else {
      root[x] = y
      needed.push(i)
    }
  }
  const pieces = new Map<number, Piece>()
  const pieceOf = (i: number) => {
    const at = find((edges[i] as Edge)[0])
    const piece = pieces.get(at) ?? { needed: [], spare: [] }
    pieces.set(at, piece)
    return piece
  }
  for (const i of needed) pieceOf(i).needed.push(i)
  for (const i of spare) pieceOf(i).spare.push(i)
  return [...pieces.values()]
}
