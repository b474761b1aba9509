// What a condition is: a number of the state that a schedule or a stop can wait for.

import type { ObservedEvent } from '../observe/events.ts'
import type { NetworkState } from '../observe/state.ts'

type AnyObserved = ObservedEvent['event']

export interface Condition {
  value(state: NetworkState): number
  /** Types of the events that can change it: it is looked at right behind them. */
  readonly changedBy: ReadonlySet<string>
  /** False: this event cannot have brought it to `wanted`; a snapshot of a large network costs far more than a look at the event. */
  readonly mayReach?: (event: AnyObserved, wanted: number) => boolean
  /** It only grows, and can be asked for by its number alone (`at: height 20`). */
  readonly counts?: true
}

/** Events by which nodes come and go. */
export const PHASE_EVENTS: ReadonlySet<string> = new Set([
  'node-ready',
  'node-exited',
  'node-paused',
  'node-resumed',
  'node-unreachable',
  'node-sampled',
])
