// What the orchestrator knows of a system: a kind of service that nodes run, in all that netsplit does with it. Everything that
// stands here is pure but the workload; what draws (panels of the terminal, views of the page, sections of the report) is in lists of
// its own beside, so that nothing loads what it does not show.

import type { ObservedEvent } from '../observe/events.ts'
import type { NetworkMetric } from '../observe/metrics.ts'
import type { Observation } from '../observe/observation.ts'
import type { NetworkState } from '../observe/state.ts'
import type { Told } from '../observe/told.ts'
import type { SystemNodes, SystemStates } from './states.ts'

/** Of a system that has a part in the state of networks. */
export type SystemName = keyof SystemStates & keyof SystemNodes

export interface System {
  /** Its part of states, summaries and reports goes by this name. */
  readonly name: SystemName
  readonly observation: Observation
  /** An event in a line for people; undefined: not worth one, or of no concern. */
  narrate(event: ObservedEvent['event']): Told | undefined
  /** Of the network as a whole. */
  readonly metrics: readonly NetworkMetric[]
  /** Its part of a run's summary. */
  summary(state: NetworkState): object
}
