// The propagation heatmap's figures: one column a block, one cell a step of time, as dark as the share of nodes that got
// the block in that step. Pure.

import { isDelivery, reachOf } from '../observe/propagation.ts'
import type { BlockState, Percentiles } from '../state.ts'

/** Lower bounds of the rows, ms: 1-2-5 steps. The first row takes all that is quicker. */
export const ROWS_MS = [0, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000] as const
const LEAST_ROWS = 5
/** Shades, light to dark. */
export const SHADES = 4

export interface HeatColumn {
  readonly timeMs: number
  readonly percentiles: Percentiles
  /** Nodes in each row. */
  readonly counts: readonly number[]
}

export function heatColumn(block: BlockState): HeatColumn {
  const counts: number[] = ROWS_MS.map(() => 0)
  for (const [node, ms] of Object.entries(block.receivedMs)) {
    if (!isDelivery(block, node)) continue
    const row = rowOf(ms)
    counts[row] = (counts[row] ?? 0) + 1
  }
  return { timeMs: block.firstSeenMs, percentiles: reachOf(block), counts }
}

export function rowOf(ms: number): number {
  const above = ROWS_MS.findIndex(from => from > ms)
  return above < 0 ? ROWS_MS.length - 1 : above - 1
}

/** Rows that a set of columns uses, with one to spare at each end. */
export function rowsUsed(columns: readonly HeatColumn[]): { readonly first: number; readonly count: number } {
  const used = ROWS_MS.map((_, row) => columns.some(({ counts }) => (counts[row] ?? 0) > 0))
  const [lowest, highest] = [used.indexOf(true), used.lastIndexOf(true)]
  if (lowest < 0) return { first: 0, count: ROWS_MS.length }
  const first = Math.max(0, Math.min(lowest - 1, ROWS_MS.length - LEAST_ROWS))
  const last = Math.min(ROWS_MS.length - 1, Math.max(highest + 1, first + LEAST_ROWS - 1))
  return { first, count: last - first + 1 }
}

/** Which of the SHADES a cell has; the darkest from 3/4 of the column's nodes on. */
export function shadeOf(count: number, total: number): number {
  return Math.min(SHADES - 1, Math.floor((count / total) * SHADES))
}

/** Where a time lies among the rows, counted from the quickest: logarithmic within a row as the rows are. */
export function heightOf(ms: number): number {
  const row = rowOf(ms)
  const from = Math.max(1, ROWS_MS[row] ?? 1)
  const to = ROWS_MS[row + 1] ?? from * 2
  const within = ms <= from ? 0 : Math.log(ms / from) / Math.log(to / from)
  return row + Math.min(1, within)
}
