// How the terminal is shared out: pure arithmetic from its size, so that it can be tested at any size.

import { PANELS, type PanelId } from './panels.ts'

export const LEAST_COLUMNS = 60
export const LEAST_ROWS = 14
/** From here on the panels stand in two columns, and in three. */
export const TWO_COLUMNS = 110
export const THREE_COLUMNS = 200

const HEADER_ROWS = 3
const HINT_ROWS = 1
const GAP = 2

/** A panel's rectangle, its title included; rows and columns count from 0. */
export interface Place {
  readonly panel: PanelId
  readonly x: number
  readonly y: number
  readonly width: number
  readonly height: number
}

export interface Layout {
  readonly columns: number
  readonly rows: number
  /** Lines between header and hint. */
  readonly body: number
  readonly bodyY: number
  readonly places: readonly Place[]
}

/** What the sizes of panels depend on. */
export interface Amounts {
  readonly nodes: number
  readonly faults: number
}

/** Panels from top to bottom. */
const STACKS: readonly (readonly (readonly PanelId[])[])[] = [
  [['nodes', 'chain', 'propagation', 'faults', 'events']],
  [
    ['nodes', 'chain', 'events'],
    ['mining', 'propagation', 'faults', 'history', 'peers'],
  ],
  [
    ['nodes', 'events'],
    ['chain', 'faults', 'history', 'logs'],
    ['mining', 'propagation', 'peers'],
  ],
]
const SHARES: readonly (readonly number[])[] = [[1], [0.65, 0.35], [0.4, 0.3, 0.3]]

/** Where each panel stands; `zoom` alone where the user wants one panel only. */
export function makeLayout(columns: number, rows: number, amounts: Amounts, zoom?: PanelId): Layout {
  const body = rows - HEADER_ROWS - HINT_ROWS
  const size = { columns, rows, body, bodyY: HEADER_ROWS }
  const whole = { x: 0, y: HEADER_ROWS, width: columns, height: body }
  if (zoom !== undefined) return { ...size, places: [{ panel: zoom, ...whole }] }
  const kind = columns >= THREE_COLUMNS ? 2 : columns >= TWO_COLUMNS ? 1 : 0
  const stacks = STACKS[kind] ?? []
  const free = columns - GAP * (stacks.length - 1)
  const places: Place[] = []
  let x = 0
  stacks.forEach((panels, i) => {
    const last = i === stacks.length - 1
    const width = last ? columns - x : Math.floor(free * (SHARES[kind]?.[i] ?? 1))
    let y = HEADER_ROWS
    for (const { panel, height } of stacked(panels, body, amounts)) {
      places.push({ panel, x, y, width, height })
      y += height
    }
    x += width + GAP
  })
  return { ...size, places }
}

/** Heights of the panels that fit, by importance; together exactly `height`. */
function stacked(panels: readonly PanelId[], height: number, amounts: Amounts) {
  const wishes = panels.map(panel => {
    const { least, want, rank } = PANELS[panel]
    return { panel, rank, least: least(height, amounts), want: want(amounts) }
  })
  let left = height
  const kept = new Set<PanelId>()
  for (const { panel, least, want } of [...wishes].sort((a, b) => a.rank - b.rank)) {
    if (want === 0 || least > left) continue
    kept.add(panel)
    left -= least
  }
  const shown = wishes.filter(wish => kept.has(wish.panel)).map(wish => ({ ...wish, height: wish.least }))
  for (; left > 0; left--) {
    const wanting = shown.filter(wish => wish.height < wish.want)
    const next =
      wanting.sort((a, b) => a.height / a.want - b.height / b.want)[0] ??
      shown.filter(({ panel }) => PANELS[panel].elastic).sort((a, b) => a.height - b.height)[0] ??
      shown.at(-1)
    if (next) next.height += 1
  }
  return shown
}
