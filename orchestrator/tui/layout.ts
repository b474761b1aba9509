// How the terminal is shared out: pure arithmetic from its size, so that it can be tested at any size.

export const LEAST_COLUMNS = 60
export const LEAST_ROWS = 14
/** From here on blocks stand beside the nodes instead of below. */
export const WIDE_COLUMNS = 150

const HEADER_ROWS = 3
const HINT_ROWS = 1
/** Title and column names. */
export const NODES_FRAME = 2
export const PANEL_FRAME = 1

export interface Layout {
  readonly columns: number
  /** Rows that the screen uses: one less than the terminal has, or every frame would clear it. */
  readonly rows: number
  readonly wide: boolean
  readonly leftColumns: number
  readonly rightColumns: number
  /** Lines between header and hint. */
  readonly body: number
  /** Lines inside the panels, frames not counted. */
  readonly nodes: number
  readonly blocks: number
  readonly events: number
}

export function makeLayout(columns: number, terminalRows: number, nodeCount: number): Layout {
  const rows = terminalRows - 1
  const body = rows - HEADER_ROWS - HINT_ROWS
  const wide = columns >= WIDE_COLUMNS
  const gap = 3
  const rightColumns = wide ? Math.max(67, Math.min(90, Math.floor((columns - gap) * 0.42))) : columns
  const leftColumns = wide ? columns - gap - rightColumns : columns
  const size = { columns, rows, wide, leftColumns, rightColumns, body }
  if (wide) {
    const nodes = Math.max(
      1,
      Math.min(nodeCount, body - NODES_FRAME - PANEL_FRAME - Math.max(4, Math.floor(body * 0.25))),
    )
    return { ...size, nodes, blocks: body - PANEL_FRAME, events: body - NODES_FRAME - nodes - PANEL_FRAME }
  }
  const free = body - NODES_FRAME - 2 * PANEL_FRAME
  const nodes = Math.max(1, Math.min(nodeCount, Math.ceil(free * 0.5)))
  const blocks = Math.ceil((free - nodes) * 0.55)
  return { ...size, nodes, blocks, events: free - nodes - blocks }
}
