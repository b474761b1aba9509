// A system's part of what a node runs: a service, or more of one that another system has, too.

import type { BitcoinConfig } from '../../node/api.ts'
import type { Plan, PlannedNode } from '../spec/types.ts'

/** Where a service listens, and whom it is to dial. */
export interface ServicePlace {
  readonly listen: BitcoinConfig['listen']
  readonly connect: readonly string[]
  /** Where the services that it reaches are, by their names: a few nodes of each. Absent: it reaches none. */
  readonly reach?: { readonly [service: string]: readonly string[] }
}

export interface ServicePart {
  /** Of the service. */
  readonly name: string
  /** Services of whatever nodes that it is told of beside its own peers, such as a tracker. */
  readonly reaches?: readonly string[]
  /** Its connections come and go with what there is to do: nobody waits for those of the topology. */
  readonly passing?: true
  /** What of its part of /health is told of in samples. Absent: all. */
  seen?(status: object): object
  /** The service's configuration, or a part of it. */
  config(plan: Plan, node: PlannedNode, place: ServicePlace): object
}
