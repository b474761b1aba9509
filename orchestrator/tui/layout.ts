// How the terminal is shared out: pure arithmetic from its size, so that it can be tested at any size.

import type { Panel } from './face.ts'
import type { Amounts } from './panels/panel.ts'
import { type PanelId, panelOf, panelsOf } from './panels.ts'

export const LEAST_COLUMNS = 60
export const LEAST_ROWS = 14
/**
 * From here on the panels stand in two columns. There is no third at any width: what it took would be missing in the others,
 * and a panel that shows less in a wider terminal surprises.
 */
export const TWO_COLUMNS = 120
/** Of the left one: what one column has in a terminal of 80, so that its panels lose nothing. */
const LEAST_LEFT = 80
const LEFT_SHARE = 0.65

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

/** Where each panel stands; `zoom` alone where the user wants one panel only. */
export function makeLayout(columns: number, rows: number, amounts: Amounts, zoom?: PanelId): Layout {
  const body = rows - HEADER_ROWS - HINT_ROWS
  const size = { columns, rows, body, bodyY: HEADER_ROWS }
  const whole = { x: 0, y: HEADER_ROWS, width: columns, height: body }
  if (zoom !== undefined) return { ...size, places: [{ panel: zoom, ...whole }] }
  if (columns < TWO_COLUMNS)
    return {
      ...size,
      places: placed(
        panelsOf(amounts).filter(({ narrow }) => narrow),
        whole,
        amounts,
      ),
    }
  const left = Math.max(LEAST_LEFT, Math.floor((columns - GAP) * LEFT_SHARE))
  const right = { ...whole, x: left + GAP, width: columns - left - GAP }
  const inColumn = (column: Panel['column']) =>
    panelsOf(amounts)
      .filter(panel => panel.column === column)
      .sort((a, b) => (a.row ?? a.place) - (b.row ?? b.place))
  const places = [
    ...placed(inColumn('left'), { ...whole, width: left }, amounts),
    ...placed(inColumn('right'), right, amounts),
  ]
  return { ...size, places }
}

type Area = Omit<Place, 'panel'>

/** Panels one below the other, which together fill the area. */
function placed(panels: readonly Panel[], area: Area, amounts: Amounts): Place[] {
  let y = area.y
  return stacked(panels, area.height, amounts).map(({ panel, height }) => {
    const place = { ...area, panel, y, height }
    y += height
    return place
  })
}

/** Heights of the panels that fit, by importance; together exactly `height`. */
function stacked(panels: readonly Panel[], height: number, amounts: Amounts) {
  const wishes = panels.map(({ id, least, want, rank }) => ({
    ...{ panel: id, rank },
    least: least(height, amounts),
    want: want(amounts),
  }))
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
      shown.filter(({ panel }) => panelOf(panel).elastic).sort((a, b) => a.height - b.height)[0] ??
      shown.at(-1)
    if (next) next.height += 1
  }
  return shown
}
