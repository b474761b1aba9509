// How a system is shown in a terminal: its panels, its facts at the head of the screen and in the lines that are printed.

import type { RunSummary } from '../control/api.ts'
import type { NetworkState, NodeState } from '../observe/state.ts'
import type { SystemName } from '../systems/system.ts'
import type { Tone } from './colors.ts'
import type { Fact } from './lines.ts'
import type { Amounts, Drawn, Scene } from './panels/panel.ts'

export interface Panel {
  readonly id: string
  readonly title: string
  /** Panels are numbered in the order of these. */
  readonly place: number
  /** Of two. What has long lines stands at the left. */
  readonly column: 'left' | 'right'
  /** Panels of a column stand in the order of these. Default: `place`. */
  readonly row?: number
  /** It is there where there is room for one column only. */
  readonly narrow?: boolean
  /** Lines with the title: the least that makes sense in a column so high … */
  readonly least: (height: number, amounts: Amounts) => number
  /** … and what shows everything; 0 where there is nothing to show. */
  readonly want: (amounts: Amounts) => number
  /** How many lines it lists in all: so far one can scroll. Default: one a node. */
  readonly count?: (state: NetworkState) => number
  /** Takes what is left when all have what they want: there is always more to show. */
  readonly elastic?: boolean
  /** The lowest are kept where not all fit. */
  readonly rank: number
  /** Newest at the bottom: up is back in time. Elsewhere the newest, or the first, is at the top. */
  readonly fromBottom?: boolean
  readonly draw: (scene: Scene, width: number, room: number) => Drawn
}

export interface ShortFact extends Fact {
  /** What narrow terminals show. */
  readonly brief?: Partial<Fact>
}

/** A line of what is known of a node. */
export type FactLine = readonly [label: string, value: string, tone?: Tone]

export interface NodeDetail {
  /** Where it stands. */
  readonly standing: readonly FactLine[]
  /** What it holds, in a few words. */
  readonly holds: readonly string[]
  /** What it has done and does. */
  readonly doing: readonly FactLine[]
}

/** A column of the printed table of nodes. */
export interface NodeColumn {
  readonly title: string
  readonly align?: 'right'
  readonly text: (node: NodeState) => string
}

export interface Face {
  readonly system: SystemName
  readonly panels: readonly Panel[]
  /** In the printed table of nodes: where each stands, and what it does. */
  readonly columns?: { readonly standing: readonly NodeColumn[]; readonly doing: readonly NodeColumn[] }
  /** At the head of the screen: the second line … */
  standing(state: NetworkState): readonly ShortFact[]
  /** … and the third, behind what is wrong. */
  speed(state: NetworkState): readonly ShortFact[]
  /** Parts of the one line that says how the network stands; '' is none. */
  status(state: NetworkState): readonly string[]
  /** Lines of a run's end. */
  summary(summary: RunSummary): readonly (readonly [label: string, value: string])[]
  /** Of one node. */
  detail(state: NetworkState, node: NodeState): NodeDetail
}

export const lines = (count: number) => () => count
export const within = (least: number, value: number, most: number) => Math.max(least, Math.min(value, most))
