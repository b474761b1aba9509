// What colours mean, once. Every coloured thing also says in a word or a glyph what its colour says.

import { sideLetter } from '../observe/sides.ts'
import type { NodePhase } from '../observe/state.ts'

/** Text of one kind. Terminal palette names, so that the user's theme decides what they look like. */
export interface Tone {
  readonly color?: string
  readonly bold?: boolean
  readonly dim?: boolean
  readonly inverse?: boolean
}

export const TONES = {
  plain: {},
  label: { dim: true },
  value: { bold: true },
  title: { color: 'cyan', bold: true },
  rule: { color: 'gray' },
  good: { color: 'green' },
  warn: { color: 'yellow' },
  bad: { color: 'red', bold: true },
  stale: { color: 'gray' },
  fresh: { color: 'green', bold: true },
  chart: { color: 'cyan' },
  selected: { bold: true },
  key: { color: 'cyan', bold: true },
  marked: { color: 'magenta', bold: true },
  ask: { color: 'yellow', bold: true },
  cursor: { inverse: true },
} as const satisfies Record<string, Tone>

export const PHASE_TONES: Readonly<Record<NodePhase, Tone>> = {
  planned: TONES.label,
  starting: TONES.warn,
  running: TONES.good,
  paused: TONES.warn,
  unreachable: TONES.warn,
  stopped: TONES.label,
  failed: TONES.bad,
}

export const LEVEL_TONES = { info: TONES.plain, warn: TONES.warn, error: TONES.bad } as const

const TIP_COLORS = ['green', 'yellow', 'magenta', 'blue', 'cyan', 'red'] as const

/** The colour of the n-th most common tip, from 1. */
export function tipTone(group: number | undefined): Tone {
  return group === undefined || group < 1
    ? TONES.label
    : { color: TIP_COLORS[(group - 1) % TIP_COLORS.length] }
}

const SIDE_COLORS = ['cyan', 'magenta', 'yellow', 'blue', 'green', 'red'] as const

/** Sides of a partition by their letter: `A`, `B` …; nothing while there is none. */
export function sideMark(side: number | undefined): { readonly text: string; readonly tone: Tone } {
  if (side === undefined) return { text: '', tone: TONES.label }
  const color = SIDE_COLORS[side % SIDE_COLORS.length] as string
  return { text: sideLetter(side), tone: { color, bold: true } }
}
