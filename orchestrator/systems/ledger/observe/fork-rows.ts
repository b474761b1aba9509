// The fork tree as lines of text, newest first, drawn like a commit graph: the best chain runs down the left,
// a branch leaves it above the block that it forked from.
//
//     ●    14
//     ●    13
//     │ ○  13   a branch of two blocks …
//     ● │  12
//     ├─○  12   … on top of block 11
//     ●    11

import type { BlockState } from '../state.ts'

export interface ForkRow {
  readonly block: BlockState
  readonly graph: string
  /** On the best chain; otherwise in a branch, which is `lane` columns to the right. */
  readonly lane: number
}

/** The newest `count` rows. `blocks` are in the order of the state: by height, newest last. */
export function forkRows(blocks: readonly BlockState[], count: number): ForkRow[] {
  // Branches open at their top block (drawn first) and close at their lowest.
  const open: (string | undefined)[] = []
  const rows: ForkRow[] = []
  for (const block of newestFirst(blocks).slice(0, count)) {
    if (block.active) {
      rows.push({ block, lane: 0, graph: draw('●', open) })
      continue
    }
    const lane = laneOf(open, block.hash)
    const parent = blocks.findLast(other => other.hash === block.prev)
    const sibling = parent ? open.indexOf(parent.hash) : -1
    // It leaves the best chain (or something older than what is kept), or a branch that is already drawn.
    const from = !parent || parent.active ? 0 : sibling >= 0 ? sibling + 1 : undefined
    open[lane] = from === undefined ? block.prev : undefined
    rows.push({ block, lane: lane + 1, graph: draw('│', open, { lane, from }) })
  }
  const width = Math.max(0, ...rows.map(row => row.graph.length))
  return rows.map(row => ({ ...row, graph: row.graph.padEnd(width) }))
}

function newestFirst(blocks: readonly BlockState[]): BlockState[] {
  return [...blocks].sort((a, b) => b.height - a.height || Number(b.active) - Number(a.active))
}

/** The lane that waits for this block, else the first free one. */
function laneOf(open: readonly (string | undefined)[], hash: string): number {
  const waiting = open.indexOf(hash)
  if (waiting >= 0) return waiting
  const free = open.indexOf(undefined)
  return free >= 0 ? free : open.length
}

interface Branching {
  readonly lane: number
  /** Column that its line comes from; undefined while its parent is in its own lane. */
  readonly from: number | undefined
}

function draw(first: '●' | '│', open: readonly (string | undefined)[], at?: Branching): string {
  const to = at ? at.lane + 1 : 0
  const from = at?.from ?? to
  const cells: string[] = []
  for (let column = 0; column <= Math.max(open.length, to); column++) {
    const line = column > from && column <= to ? '─' : ' '
    const passing = column === 0 ? first : open[column - 1] === undefined ? line : '│'
    const mark = at && column === to ? '○' : column === from && from < to ? '├' : passing
    cells.push(column === 0 ? mark : line + mark)
  }
  return cells.join('').trimEnd()
}
