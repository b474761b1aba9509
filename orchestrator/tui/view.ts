// Where the user is: which screen, which node, how far scrolled. A pure reducer over the actions of keys.ts.

import type { Action } from './keys.ts'

export interface View {
  readonly screen: 'overview' | 'node' | 'logs'
  readonly help: boolean
  /** Index of the selected node. */
  readonly selected: number
  /** Log lines scrolled up from the newest; 0 follows. */
  readonly scrolled: number
}

export const FIRST_VIEW: View = { screen: 'overview', help: false, selected: 0, scrolled: 0 }

/** What the reducer must know of the rest. */
export interface Extent {
  readonly nodes: number
  readonly logLines: number
  /** Lines that a page moves. */
  readonly page: number
}

export function act(view: View, action: Action, extent: Extent): View {
  if (view.help) return action === 'help' || action === 'back' ? { ...view, help: false } : view
  switch (action) {
    case 'help':
      return { ...view, help: true }
    case 'enter':
      return { ...view, screen: 'node', scrolled: 0 }
    case 'logs':
      return { ...view, screen: 'logs', scrolled: 0 }
    case 'back':
      return { ...view, screen: 'overview', scrolled: 0 }
    case 'quit':
      return view
    default:
      return view.screen === 'logs' ? scroll(view, action, extent) : select(view, action, extent)
  }
}

function select(view: View, action: Action, { nodes, page }: Extent): View {
  const steps: { [action in Action]?: number } = {
    down: 1,
    up: -1,
    'page-down': page,
    'page-up': -page,
    first: -nodes,
    last: nodes,
  }
  return { ...view, selected: clamp(view.selected + (steps[action] ?? 0), nodes - 1) }
}

function scroll(view: View, action: Action, { logLines, page }: Extent): View {
  const steps: { [action in Action]?: number } = {
    down: -1,
    up: 1,
    'page-down': -page,
    'page-up': page,
    first: logLines,
    last: -logLines,
  }
  return { ...view, scrolled: clamp(view.scrolled + (steps[action] ?? 0), logLines - page) }
}

const clamp = (value: number, most: number) => Math.max(0, Math.min(value, Math.max(0, most)))

/** First of `count` items to show in `room` lines so that `selected` is among them, in the middle where possible. */
export function windowStart(count: number, room: number, selected: number): number {
  return clamp(selected - Math.floor(room / 2), count - room)
}
