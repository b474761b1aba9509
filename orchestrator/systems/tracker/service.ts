// A tracker as a node's service.

import type { TrackerConfig } from '../../../node/api.ts'
import type { Plan, PlannedNode } from '../../spec/types.ts'
import type { ServicePlace } from '../service.ts'
import type { TrackerSpec } from './spec.ts'

/** The name of the service. */
export const TRACKER = 'tracker'

export interface PlannedTracker {
  readonly intervalMs: number
}

export const planTracker = (part: unknown): PlannedTracker => ({ intervalMs: (part as TrackerSpec).interval })

export function trackerConfig(plan: Plan, _node: PlannedNode, { listen }: ServicePlace): TrackerConfig {
  const { intervalMs } = (plan.systems?.tracker ?? {}) as Partial<PlannedTracker>
  return { listen, ...(intervalMs !== undefined && { intervalMs }) }
}
