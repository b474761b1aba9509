// What the observer keeps of a run; snapshot.ts makes it, and the state of it.

import type { Plan } from '../spec/types.ts'
import type { Connections } from './connections.ts'
import type { Draft } from './fresh.ts'
import type { Split } from './split.ts'
import type { FaultState, HostState, LogLine, NetworkState, NodeState } from './state.ts'

export interface Folded {
  readonly plan: Plan
  readonly runtime: string
  readonly startedMs: number
  readonly phase: NetworkState['phase']
  readonly nodes: readonly NodeState[]
  /** None where the plan names none. */
  readonly hosts: readonly HostState[]
  /** Name → its index in `nodes`. */
  readonly places: ReadonlyMap<string, number>
  readonly connections: Connections
  readonly split: Split
  readonly faults: readonly FaultState[]
  readonly log: readonly LogLine[]
  /** Names of the systems that its nodes run: a newcomer runs what there is. */
  readonly runs: readonly string[]
  /** System → what it keeps. */
  readonly systems: { readonly [system: string]: unknown }
}

/** A `Folded` that its holder alone has: it, and what systems keep in it, is written in place; what that holds is not. */
export type Working = Draft<Folded>
