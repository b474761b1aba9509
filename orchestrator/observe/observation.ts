// How a system takes part in observing a network: what it keeps of the events, and what it shows of that in a snapshot.

import type { Plan, PlannedNode } from '../spec/types.ts'
import type { ObservedEvent, TestnetEvent } from './events.ts'
import type { Folded, Working } from './folded.ts'
import type { Fresh } from './fresh.ts'
import type { FaultState } from './state.ts'

export type NodeAdded = Extract<TestnetEvent, { type: 'node-added' }>

/** `Kept`: what it keeps of the run; `State`, `Node`: its parts of a snapshot and of a node in it. */
export interface Observation<Kept = unknown, State = unknown, Node = unknown> {
  initial(plan: Plan): Kept
  /** The same for a holder of its own, who writes it. */
  working(kept: Kept): Kept
  /** Of a node that has done nothing yet. */
  node(node: PlannedNode | NodeAdded): Node
  /** Takes in an event, after the network has; `fresh`: see fresh.ts. */
  fold(kept: Kept, observed: ObservedEvent, network: Working, fresh: Fresh | undefined): void
  /** What the fault at this place among the network's did to it, in a sentence or two; absent: it has nothing to say of faults. */
  did?(state: State, fault: FaultState, index: number, over: boolean): string | undefined
  /** Never written to afterwards. */
  snapshot(kept: Kept, network: Folded): State
}
