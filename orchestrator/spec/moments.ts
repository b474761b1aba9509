// The words of a schedule: when a fault begins (`20s`, `height 20`, `tips > 1`) and how long a check may take
// (`60s after heal`). Patterns for the schema, and their reading.

import { durationRange, MAX_DURATION_MS, parseDurationMs } from './units.ts'

const TIME = String.raw`\d+(\.\d+)? ?(ms|s|m|h|d)`
const STEP = '[a-z][a-z0-9-]{0,39}'
const METRICS = ['height', 'tips', 'running', 'stale', 'reorg-depth'] as const
const OPERATORS = ['>=', '<=', '>', '<', '='] as const

/** What a condition looks at: `VALUE` in chaos/schedule.ts. */
export type Metric = (typeof METRICS)[number]
export type Operator = (typeof OPERATORS)[number]

export const AT = new RegExp(`^(${TIME}|height \\d+)$`)
export const AT_HINT = 'expected a time such as 20s, or a height such as height 20'
/** For a time in a text that AT or WITHIN accepts, which may be no time at all. */
export const NOT_TOO_LONG = (text: string) =>
  (parseDurationMs(text.split(' after ')[0] ?? '') ?? 0) <= MAX_DURATION_MS
export const TOO_LONG = durationRange(0)
export const WHEN = new RegExp(`^(${METRICS.join('|')}) ?(${OPERATORS.join('|')}) ?(\\d+)$`)
export const WHEN_HINT = `expected a condition such as tips > 1; one can ask for ${METRICS.join(', ')}`
export const WITHIN = new RegExp(`^(${TIME})( after (${STEP}))?$`)
export const WITHIN_HINT = 'expected a time such as 60s, 60s after heal, or 60s after the name of a fault'

/** After `heal` every fault has ended. */
export const HEAL = 'heal'

export type Trigger =
  /** From when the network stood. */
  | { readonly on: 'time'; readonly atMs: number }
  | { readonly on: 'state'; readonly metric: Metric; readonly operator: Operator; readonly value: number }
  /** That step has ended. */
  | { readonly on: 'step'; readonly step: string }

export interface Within {
  readonly ms: number
  /** A step's end, `heal`, or undefined: from when the network stood. */
  readonly after: string | undefined
}

/** Of a text that AT accepts. */
export function parseAt(text: string): Trigger {
  const [word, height] = text.split(' ')
  if (word === 'height') return { on: 'state', metric: 'height', operator: '>=', value: Number(height) }
  return { on: 'time', atMs: parseDurationMs(text) ?? 0 }
}

/** Of a text that WHEN accepts. */
export function parseWhen(text: string): Trigger {
  const [, metric, operator, value] = WHEN.exec(text) ?? []
  return { on: 'state', metric: metric as Metric, operator: operator as Operator, value: Number(value) }
}

/** Of a text that WITHIN accepts. */
export function parseWithin(text: string): Within {
  const [time = '', after] = text.split(' after ')
  return { ms: parseDurationMs(time) ?? 0, after }
}
