// What a panel is given and what it gives back.

import type { NetworkState } from '../../observe/state.ts'
import { TONES } from '../colors.ts'
import { type Line, line } from '../lines.ts'
import type { NodeLine } from '../use-logs.ts'

/** What there is to show. */
export interface Scene {
  readonly state: NetworkState
  /** Name of the selected node. */
  readonly node: string | undefined
  readonly marked: ReadonlySet<string>
  /** Only what contains this is listed; '' lists all. */
  readonly filter: string
  /** Lines away from the newest, or from the top. */
  readonly scrolled: number
  /** The log of the selected node. */
  readonly logs: readonly NodeLine[]
  /** The panel has the whole screen: what is too long goes on in the next line. */
  readonly alone: boolean
}

/** What the sizes of panels depend on. */
export interface Amounts {
  readonly nodes: number
  readonly faults: number
  /** Undefined: all of them may. */
  readonly miners?: number
  /** Systems that nodes run; undefined: all that there are. */
  readonly runs?: readonly string[]
}

export interface Drawn {
  /** Beside the title, at the right. */
  readonly note?: string
  /** Replaces the panel's own title. */
  readonly title?: string
  /** At most as many as there is room for. */
  readonly lines: readonly Line[]
}

/** Does any of the words contain the filter? Upper and lower case are one. */
export function passes(filter: string, ...words: readonly (string | undefined)[]): boolean {
  if (filter === '') return true
  const wanted = filter.toLowerCase()
  return words.some(word => word?.toLowerCase().includes(wanted) === true)
}

/** What a list without a line says: that there is nothing, or that nothing is let through. */
export function emptyLine({ filter }: Pick<Scene, 'filter'>, all: number, one: string, none: string): Line {
  return line(
    all > 0 && filter !== ''
      ? ` no ${one} has ${JSON.stringify(filter)} in it; / changes the filter`
      : ` ${none}`,
    TONES.label,
  )
}

/** First of `count` items to show in `room` lines so that `selected` is among them, in the middle where possible. */
export function windowStart(count: number, room: number, selected: number): number {
  return Math.max(0, Math.min(selected - Math.floor(room / 2), count - room))
}
