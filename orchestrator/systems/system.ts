// What the orchestrator knows of a system: a kind of service that nodes run, in all that netsplit does with it. Everything that
// stands here is pure but the workload. What draws (panels of the terminal, views of the page, sections of the report) is in lists
// of its own beside, so that nothing loads what it does not show.

import type { Check } from '../checks/check.ts'
import type { ObservedEvent } from '../observe/events.ts'
import type { NetworkMetric } from '../observe/metrics.ts'
import type { Observation } from '../observe/observation.ts'
import type { NetworkState } from '../observe/state.ts'
import type { Told } from '../observe/told.ts'
import type { Expectation } from '../spec/expectation.ts'
import type { Plan } from '../spec/types.ts'
import type { Condition } from './condition.ts'
import type { SystemNodes, SystemStates } from './states.ts'

/** Of a system that has a part in the state of networks. */
export type SystemName = keyof SystemStates & keyof SystemNodes

export interface System {
  /** Its part of states, summaries and reports goes by this name. */
  readonly name: SystemName

  // What is seen of it

  readonly observation: Observation
  /** An event in a line for people; undefined: not worth one, or of no concern. */
  narrate(event: ObservedEvent['event']): Told | undefined
  /** Of the network as a whole. */
  readonly metrics: readonly NetworkMetric[]
  /** Its part of a run's summary. */
  summary(state: NetworkState): object

  // What is waited for

  /** By the name that `when: …` and `--until …` use. */
  readonly conditions: { readonly [name: string]: Condition }

  // What is checked

  readonly checks: readonly Check[]
  /** How a spec asks for each of them. */
  readonly expectations: { readonly [check: string]: Expectation }
  /** The nodes have come to what they come to when nothing disturbs them. */
  settled(state: NetworkState): boolean
  /** Nodes that were split would be seen to differ like this … */
  differs(state: NetworkState): boolean
  /** … and do so for a moment anyhow; a split that provoked something makes them for so long. */
  apartMs(plan: Plan): number
  /** Rises while nodes do their work. */
  progress(state: NetworkState): number
}
