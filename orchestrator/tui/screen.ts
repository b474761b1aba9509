// The whole screen as lines: header, the panels where the layout puts them, and the line at the bottom.

import type { NetworkState } from '../observe/state.ts'
import { detailLines } from './detail.ts'
import { headerLines } from './header.ts'
import { helpLines, hintLine } from './help.ts'
import { type Layout, LEAST_COLUMNS, LEAST_ROWS, makeLayout, type Place } from './layout.ts'
import { EMPTY, fitted, type Line, line, rule } from './lines.ts'
import { listedNodes } from './panels/nodes.ts'
import type { Scene } from './panels/panel.ts'
import { amountsOf, panelKey, panelOf, panelTitle } from './panels.ts'
import { promptLine } from './prompt.ts'
import type { NodeLine } from './use-logs.ts'
import { selectedNode, type View } from './view.ts'

export interface Size {
  readonly columns: number
  readonly rows: number
}

export interface ScreenProps extends Size {
  readonly state: NetworkState
  readonly view: View
  readonly logs: readonly NodeLine[]
  readonly webAddress?: string | undefined
}

/** As many lines as the terminal has rows, none wider than its columns. */
export function screenLines(props: ScreenProps): Line[] {
  const { state, view, columns, rows } = props
  if (columns < LEAST_COLUMNS || rows < LEAST_ROWS)
    return [fitted(line(`netsplit needs ${LEAST_COLUMNS}×${LEAST_ROWS} characters`), columns)]
  const layout = layoutOf(state, view, props)
  const bottom = promptLine(view, columns) ?? hintLine(columns)
  const lines = [...headerLines(state, columns), ...bodyLines(props, layout), bottom]
  return lines.map(spans => fitted(spans, columns))
}

export function layoutOf(state: NetworkState, { zoom }: View, { columns, rows }: Size): Layout {
  return makeLayout(columns, rows, amountsOf(state), zoom)
}

function bodyLines(props: ScreenProps, layout: Layout): Line[] {
  const { state, view, columns, webAddress } = props
  const { body } = layout
  if (view.help) return filled(helpLines(columns, body, view.scrolled, webAddress), body)
  const name = selectedNode(
    view,
    listedNodes(state.nodes, view.filter).map(node => node.name),
  )
  const node = state.nodes.find(node => node.name === name)
  if (view.detail && node) return filled(detailLines(state, node, columns, body), body)
  const { marked, filter, scrolled } = view
  const scene: Scene = {
    state,
    node: name,
    marked,
    filter,
    scrolled,
    logs: props.logs,
    alone: view.zoom !== undefined,
  }
  const drawn = layout.places.map(place => ({ place, lines: panelLines(scene, place) }))
  return Array.from({ length: body }, (_, y) => {
    let across: Line = EMPTY
    for (const { place, lines } of drawn) {
      const spans = lines[y + layout.bodyY - place.y]
      if (spans) across = [...fitted(across, place.x), ...fitted(spans, place.width)]
    }
    return across
  })
}

/** A panel's lines, its title included: exactly as many as its place is high. */
function panelLines(scene: Scene, { panel, width, height }: Place): Line[] {
  const { title, note, lines } = panelOf(panel).draw(scene, width, height - 1)
  const heading = rule(title === undefined ? panelTitle(panel) : `${panelKey(panel)} ${title}`, width, note)
  return filled([heading, ...lines], height)
}

/** Exactly `height` lines. */
function filled(lines: readonly Line[], height: number): Line[] {
  return Array.from({ length: height }, (_, y) => lines[y] ?? EMPTY)
}
