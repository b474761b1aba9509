// How a system is shown on the page: sections of its own, and what it adds to what every network has, the tiles, the
// timeline, the picture of the network, the table of nodes and the account of one node.

import type { NodeState } from '../../observe/state.ts'
import type { SystemPages } from '../../systems/states.ts'
import type { Page } from '../page.ts'
import type { Column } from './dom.ts'
import type { Hops } from './hops.ts'
import type { Span } from './scale.ts'

export interface Tile {
  readonly name: string
  readonly value: (page: Page) => string
  readonly note: (page: Page) => string
  readonly tone?: (page: Page) => 'good' | 'warn' | 'bad' | ''
  /** Default: always. */
  readonly wanted?: (page: Page) => boolean
}

/** What a view shows in its element. */
export interface Shown {
  show(page: Page, nowMs: number, live: boolean): void
}

/** A section of the page with a heading. */
export interface PageView {
  /** Of its element. */
  readonly id: string
  readonly title: string
  /** In a window that is wide enough. */
  readonly width: 'third' | 'half' | 'whole'
  /** The section of every network that it stands before. Default: the nodes. */
  readonly before?: 'timeline' | 'nodes' | 'faults' | 'events'
  /** Default: always. */
  readonly wanted?: (page: Page) => boolean
  readonly open: (section: HTMLElement) => Shown
}

/** Paths by class name. */
export type Drawing = Readonly<Record<string, string>>

export interface Frame {
  readonly page: Page
  readonly span: Span
  /** Pixel of a time. */
  readonly x: (timeMs: number) => number
  readonly right: number
  /** Where the lane's drawing begins and ends. */
  readonly top: number
  readonly base: number
}

/** A series of the run over the axis that all lanes of the timeline share. */
export interface Lane {
  readonly name: string
  readonly heightPx: number
  readonly draw: (frame: Frame) => Drawing
  /** What the top of the lane means. */
  readonly scale?: (page: Page) => string
  /** Told for the moment that the pointer is on; undefined: the newest. */
  readonly told: (page: Page, atMs: number | undefined) => string
  /** Default: always. */
  readonly wanted?: (page: Page) => boolean
}

/** Columns of the table of nodes. They are shown after `take` has told of which. */
export interface NodeColumns {
  take(nodes: readonly NodeState[]): void
  /** Where it stands … */
  readonly standing: readonly Column<NodeState>[]
  /** … and what it does. */
  readonly doing: readonly Column<NodeState>[]
}

/** A node in the picture of the network. */
export interface Look {
  /** Nodes of one number stand together and have one colour, 1 being that of the most. */
  readonly party?: number | undefined
  /** Parties differ, so that the numbers are worth telling. */
  readonly split?: boolean
  /** From 0 to 1: how large it is among the others. */
  readonly weight: number
  /** In words: where it stands, what it does. */
  readonly standing: string
  readonly doing: string
}

/** Of one node: facts by name, and lists with their headings. */
export interface NodeAccount {
  readonly facts: readonly (readonly [name: string, value: string | undefined])[]
  readonly lists: readonly { readonly title: string; readonly items: readonly string[] }[]
}

export interface PageFace {
  readonly system: keyof SystemPages
  readonly tiles?: readonly Tile[]
  readonly views?: readonly PageView[]
  readonly lanes?: readonly Lane[]
  /** How it stands, in a word or two: the window's title and the timeline's label. */
  readonly title?: (page: Page) => string
  readonly label?: (page: Page) => string
  readonly columns?: () => NodeColumns
  /** Asked once for a page, then for each of its nodes. */
  readonly looks?: (page: Page) => (node: NodeState) => Look
  /** What signs in the picture mean; '' where there are none. */
  readonly legend?: (page: Page) => string
  readonly hops?: (before: Page, after: Page) => Hops
  readonly account?: (node: NodeState, page: Page) => NodeAccount
  /** The run as it is now, with what the page of a moment before still knew of it. */
  readonly withPast?: (now: Page, past: Page) => Page
}
