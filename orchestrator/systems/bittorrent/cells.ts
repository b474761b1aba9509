// What the pictures of swarms are made of: which pieces a node has, and who got what from whom, each in so many cells as there is
// room for. Pure; it runs in browsers, too.

import type { NodeState } from '../../observe/state.ts'
import type { ContentState, Given, HeldContent } from './state.ts'

/** A row of the piece map. */
export interface PieceRow {
  readonly node: string
  readonly held: HeldContent
  /** Of the pieces of each cell, the share that it has: 0 to 1. */
  readonly cells: readonly number[]
}

/** Who has what of a content: seeds first, as the network has them. */
export function pieceRows(
  nodes: readonly NodeState[],
  { content, pieces }: Pick<ContentState, 'content' | 'pieces'>,
  most: number,
): readonly PieceRow[] {
  const rows = nodes.flatMap(({ name, systems }) => {
    const held = systems.bittorrent.contents[content]
    return held ? [{ node: name, held, cells: havingCells(held, pieces, most) }] : []
  })
  return rows.sort((a, b) => rankOf(a.held) - rankOf(b.held))
}

const rankOf = ({ role }: HeldContent) => (role === 'seed' ? 0 : 1)

/** At most `most` cells, each with the share of its pieces that are there. */
export function havingCells(
  held: Pick<HeldContent, 'complete' | 'has'>,
  pieces: number,
  most: number,
): readonly number[] {
  const cells = Math.max(0, Math.min(pieces, Math.floor(most)))
  if (held.complete) return new Array<number>(cells).fill(1)
  const bits = atob(held.has)
  const has = (piece: number) => ((bits.charCodeAt(piece >> 3) || 0) >> (7 - (piece & 7))) & 1
  return Array.from({ length: cells }, (_, cell) => {
    const [from, to] = spanOf(cell, pieces, cells)
    let there = 0
    for (let piece = from; piece < to; piece++) there += has(piece)
    return there / (to - from)
  })
}

/** Numbers in at most `most` cells, each the least of those that fall on it. */
export function leastCells(values: readonly number[], most: number): readonly number[] {
  const cells = Math.max(0, Math.min(values.length, Math.floor(most)))
  return Array.from({ length: cells }, (_, cell) =>
    Math.min(...values.slice(...spanOf(cell, values.length, cells))),
  )
}

function spanOf(cell: number, values: number, cells: number): [from: number, to: number] {
  return [Math.floor((cell * values) / cells), Math.floor(((cell + 1) * values) / cells)]
}

/** Who got what from whom: a row for each who got, a column for each who gave. */
export interface Matrix {
  /** A node, or the first and the last of several. */
  readonly names: readonly string[]
  /** Row by row. */
  readonly bytes: readonly number[]
  readonly most: number
}

/** At most `most` rows and columns: where there are more nodes, neighbours stand together. Strangers are the last. */
export function matrixOf(given: readonly Given[], nodes: readonly string[], most: number): Matrix {
  const involved = new Set(given.flatMap(({ from, to }) => [from, to]))
  const ours = nodes.filter(name => involved.has(name))
  const known = new Set(ours)
  const strangers = [...involved].some(name => !known.has(name))
  const cells = Math.min(ours.length, Math.max(1, Math.floor(most) - (strangers ? 1 : 0)))
  const names = Array.from({ length: cells }, (_, cell) => {
    const [from, to] = spanOf(cell, ours.length, cells)
    return to - from === 1 ? `${ours[from]}` : `${ours[from]} … ${ours[to - 1]}`
  })
  const placeOf = new Map<string, number>()
  for (let cell = 0; cell < cells; cell++) {
    const [from, to] = spanOf(cell, ours.length, cells)
    for (let at = from; at < to; at++) placeOf.set(ours[at] as string, cell)
  }
  const size = cells + (strangers ? 1 : 0)
  const bytes = new Array<number>(size * size).fill(0)
  for (const each of given) {
    const at = (placeOf.get(each.to) ?? cells) * size + (placeOf.get(each.from) ?? cells)
    bytes[at] = (bytes[at] ?? 0) + each.bytes
  }
  return {
    names: strangers ? [...names, 'others'] : names,
    bytes,
    most: bytes.reduce((a, b) => Math.max(a, b), 0),
  }
}

/** Shades of a share from 0, none, to `shades`, the darkest; whatever is more than nothing is seen. */
export function shadeOf(share: number, shades: number): number {
  return share <= 0 ? 0 : Math.max(1, Math.min(shades, Math.floor(share * shades + 1e-9)))
}
