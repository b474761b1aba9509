// The words of a schedule that are the same for every system: how long a check may take (`60s after heal`), and what times look like.
// Patterns for the schema, and their reading.

import { durationRange, MAX_DURATION_MS, parseDurationMs } from './units.ts'

export const TIME = String.raw`\d+(\.\d+)? ?(ms|s|m|h|d)`
const STEP = '[a-z][a-z0-9-]{0,39}'
export const OPERATORS = ['>=', '<=', '>', '<', '='] as const

export type Operator = (typeof OPERATORS)[number]

/** For a time in a text that AT or WITHIN accepts, which may be no time at all. */
export const NOT_TOO_LONG = (text: string) =>
  (parseDurationMs(text.split(' after ')[0] ?? '') ?? 0) <= MAX_DURATION_MS
export const TOO_LONG = durationRange(0)
export const WITHIN = new RegExp(`^(${TIME})( after (${STEP}))?$`)
export const WITHIN_HINT = 'expected a time such as 60s, 60s after heal, or 60s after the name of a fault'

/** After `heal` every fault has ended. */
export const HEAL = 'heal'

export type Trigger =
  /** From when the network stood. */
  | { readonly on: 'time'; readonly atMs: number }
  /** `metric`: the name of a condition (systems/conditions.ts). */
  | { readonly on: 'state'; readonly metric: string; readonly operator: Operator; readonly value: number }
  /** That step has ended. */
  | { readonly on: 'step'; readonly step: string }

export interface Within {
  readonly ms: number
  /** A step's end, `heal`, or undefined: from when the network stood. */
  readonly after: string | undefined
}

/** Of a text that WITHIN accepts. */
export function parseWithin(text: string): Within {
  const [time = '', after] = text.split(' after ')
  return { ms: parseDurationMs(time) ?? 0, after }
}
