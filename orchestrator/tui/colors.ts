// What colours mean, once. Every coloured thing also says in a word or a glyph what its colour says.

import type { NodePhase } from '../observe/state.ts'

/** Text of one kind. Terminal palette names, so that the user's theme decides what they look like. */
export interface Tone {
  readonly color?: string
  readonly bold?: boolean
  readonly dim?: boolean
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
