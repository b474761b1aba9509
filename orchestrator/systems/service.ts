// A system's part of what a node runs: a service, or more of one that another system has, too.

import type { BitcoinConfig } from '../../node/api.ts'
import type { Plan, PlannedNode } from '../spec/types.ts'

/** Where a service listens, and whom it is to dial. */
export interface ServicePlace {
  readonly listen: BitcoinConfig['listen']
  readonly connect: readonly string[]
}

export interface ServicePart {
  /** Of the service. */
  readonly name: string
  /** The service's configuration, or a part of it. */
  config(plan: Plan, node: PlannedNode, place: ServicePlace): object
}
