// Where the user is: which panel, which node, what is typed, what is asked. A pure reducer; what a key sets off is the
// business of control.ts.

import type { Action } from './keys.ts'
import type { Edit } from './line-edit.ts'
import { type PanelId, panelOf } from './panels.ts'

/** The line at the bottom, while it is not the hint. */
export type Prompt =
  | { readonly kind: 'filter'; readonly edit: Edit }
  | { readonly kind: 'command'; readonly edit: Edit; readonly choices: readonly string[] }
  /** `word`: what must be typed; without one, `y` is enough. */
  | { readonly kind: 'ask'; readonly question: string; readonly word?: string; readonly typed: string }

export interface Notice {
  readonly text: string
  readonly level: 'hint' | 'info' | 'busy' | 'error'
}

export interface View {
  readonly help: boolean
  /** Everything about the selected node. */
  readonly detail: boolean
  /** The one panel that is shown alone. */
  readonly zoom: PanelId | undefined
  /** Name of the selected node; the first when undefined. */
  readonly node: string | undefined
  readonly marked: ReadonlySet<string>
  readonly filter: string
  /** Lines away from the newest, or from the top. */
  readonly scrolled: number
  readonly prompt: Prompt | undefined
  readonly notice: Notice | undefined
  /** Commands given before, newest last. */
  readonly history: readonly string[]
}

export const FIRST_VIEW: View = {
  help: false,
  detail: false,
  zoom: undefined,
  node: undefined,
  marked: new Set(),
  filter: '',
  scrolled: 0,
  prompt: undefined,
  notice: undefined,
  history: [],
}

/** What the reducer must know of the rest. */
export interface Extent {
  /** Names of the listed nodes, in order. */
  readonly nodes: readonly string[]
  /** Lines that can be scrolled through. */
  readonly lines: number
  /** Lines that a page moves. */
  readonly page: number
}

/** The selected node: still listed, or the first that is. */
export function selectedNode({ node }: View, names: readonly string[]): string | undefined {
  return node !== undefined && names.includes(node) ? node : names[0]
}

export function act(view: View, action: Action, extent: Extent): View {
  switch (action) {
    case 'help':
      return { ...view, help: !view.help, scrolled: 0 }
    case 'enter':
      return { ...view, help: false, detail: true, scrolled: 0 }
    case 'logs':
      return { ...view, help: false, detail: false, zoom: 'logs', scrolled: 0 }
    case 'back':
      return back(view)
    case 'mark':
      return mark(view, extent)
    case 'down':
    case 'up':
    case 'page-down':
    case 'page-up':
    case 'first':
    case 'last':
      return isScrolling(view) ? scroll(view, action, extent) : select(view, action, extent)
    default:
      return action.startsWith('panel-') ? zoom(view, action.slice('panel-'.length) as PanelId) : view
  }
}

function zoom(view: View, panel: PanelId): View {
  const same = view.zoom === panel && !view.help && !view.detail
  return { ...view, help: false, detail: false, zoom: same ? undefined : panel, scrolled: 0 }
}

/** One thing at a time, the last first. */
function back(view: View): View {
  if (view.help) return { ...view, help: false, scrolled: 0 }
  if (view.detail) return { ...view, detail: false, scrolled: 0 }
  if (view.zoom !== undefined) return { ...view, zoom: undefined, scrolled: 0 }
  if (view.filter !== '') return { ...view, filter: '' }
  return { ...view, marked: new Set() }
}

/** Marks and goes on to the next, so that a row of nodes is quickly marked. */
function mark(view: View, extent: Extent): View {
  const node = selectedNode(view, extent.nodes)
  if (node === undefined) return view
  const marked = new Set(view.marked)
  if (!marked.delete(node)) marked.add(node)
  return select({ ...view, marked }, 'down', extent)
}

/** Everywhere but in the list of nodes the arrows move the lines. */
function isScrolling({ help, detail, zoom }: View): boolean {
  return help || (!detail && zoom !== undefined && zoom !== 'nodes')
}

type Move = 'down' | 'up' | 'page-down' | 'page-up' | 'first' | 'last'

function step(action: Move, page: number, all: number): number {
  const steps = { down: 1, up: -1, 'page-down': page, 'page-up': -page, first: -all, last: all }
  return steps[action]
}

function select(view: View, action: Move, { nodes, page }: Extent): View {
  const at = nodes.indexOf(selectedNode(view, nodes) ?? '')
  const next = nodes[clamp(at + step(action, page, nodes.length), nodes.length - 1)]
  return next === undefined ? view : { ...view, node: next }
}

function scroll(view: View, action: Move, { lines, page }: Extent): View {
  const direction = !view.help && view.zoom !== undefined && panelOf(view.zoom).fromBottom ? -1 : 1
  const scrolled = view.scrolled + direction * step(action, page, lines)
  return { ...view, scrolled: clamp(scrolled, lines - page) }
}

const clamp = (value: number, most: number) => Math.max(0, Math.min(value, Math.max(0, most)))
