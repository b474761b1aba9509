// What the orchestrator knows of a system: a kind of service that nodes run, in all that netsplit does with it. Everything that
// stands here is pure but the workload. What draws (panels of the terminal, views of the page, sections of the report) is in lists
// of its own beside, so that nothing loads what it does not show.

import type { z } from 'zod'
import type { Check } from '../checks/check.ts'
import type { UserError } from '../errors.ts'
import type { ObservedEvent } from '../observe/events.ts'
import type { NetworkMetric } from '../observe/metrics.ts'
import type { Observation } from '../observe/observation.ts'
import type { NetworkState } from '../observe/state.ts'
import type { Told } from '../observe/told.ts'
import type { Expectation } from '../spec/expectation.ts'
import type { Plan, PlannedNode } from '../spec/types.ts'
import type { Condition } from './condition.ts'
import type { ServicePart } from './service.ts'
import type { StandingNode } from './standing.ts'
import type { SystemNodes, SystemStates } from './states.ts'
import type { Workload, WorkloadStage } from './workload.ts'

/** Of a system that has a part in the state of networks. */
export type SystemName = keyof SystemStates & keyof SystemNodes

/** What a spec says of the network beside a system's own part. */
export interface SpecNetwork {
  /** All, with the words for what each runs. */
  readonly nodes: readonly {
    readonly name: string
    readonly group: string
    readonly runs: readonly string[]
  }[]
  readonly runtime: string | undefined
}

/** Resolves with what came of it, as JSON. `params`: as they came, not checked. */
export type Order = (
  stage: WorkloadStage,
  params: { readonly [name: string]: unknown },
  state: () => NetworkState,
) => Promise<object>

export interface System {
  /** Its part of states, summaries and reports goes by this name. */
  readonly name: SystemName
  /** What a spec calls it (`runs: bitcoin`). */
  readonly runs: string

  // What a spec says of it

  /** What stands below its name at the top of a spec; absent: nothing of its own does. */
  readonly spec?: z.ZodType
  /** What is wrong with that, which no single field can see; `path` begins below its name. */
  problems?(
    part: unknown,
    network: SpecNetwork,
  ): readonly { readonly path: readonly (string | number)[]; readonly message: string }[]
  /** Its part of the plan, made of its part of the spec and of the nodes that run it; pure. */
  plan?(part: unknown, nodes: readonly PlannedNode[]): object

  // What nodes are made of

  readonly services: readonly ServicePart[]
  /** Nodes that run this alone are nobody's peers: they have no place in the topology, and are asked when they are needed. */
  readonly apart?: true
  /** What it makes them do; absent: nothing. */
  workload?(stage: WorkloadStage): Workload

  /** What people can have it do while the network lives, by the words of its orders. Rejects with UserError where that cannot be. */
  readonly orders?: { readonly [order: string]: Order }

  /** What is worth knowing of a plan before anything runs, in sentences without a full stop. */
  remarks?(plan: Plan): readonly string[]

  // What is waited for

  /** What keeps a network with these nodes of its own from standing, in words. */
  lacks(plan: Plan, nodes: readonly StandingNode[], state: () => NetworkState): string | undefined
  /** Nodes of its own that have all their peers differ for no longer than this, but for once in a thousand million launches. */
  differMs?(plan: Plan): number
  /** Why that is so, where it knows better than that it took too long. */
  doesNotStand?(plan: Plan, message: string): UserError
  /** These nodes of its own have come to what they come to when nothing more is asked of them. */
  agreed(nodes: readonly StandingNode[], state: () => NetworkState): boolean
  /** By the name that `when: …` and `--until …` use. */
  readonly conditions: { readonly [name: string]: Condition }

  // What is seen of it

  readonly observation: Observation
  /** An event in a line for people; undefined: not worth one, or of no concern. */
  narrate(event: ObservedEvent['event']): Told | undefined
  /** Of the network as a whole. */
  readonly metrics: readonly NetworkMetric[]
  /** Its part of a run's summary. */
  summary(state: NetworkState): object
  /** What its part of the report draws beside that; of a bounded size. */
  reported?(state: NetworkState): object

  // What is checked

  readonly checks: readonly Check[]
  /** How a spec asks for each of them. */
  readonly expectations: { readonly [check: string]: Expectation }
  /** As `agreed`, by the network's own account. */
  settled(state: NetworkState): boolean
  /** Nodes that were split would be seen to differ like this … */
  differs(state: NetworkState, plan: Plan): boolean
  /** … and do so for a moment anyhow; a split that provoked something makes them for so long. */
  apartMs(plan: Plan): number
  /** Rises while nodes do their work. */
  progress(state: NetworkState): number
}
