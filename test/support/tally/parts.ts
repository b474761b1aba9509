// Which nodes run the tally, in the place of orchestrator/runtime/service-parts.ts: those of a group named for it alone, those of
// a group named `both` beside their ledger.

import { PARTS as OWN, type ServicePart } from '../../../orchestrator/runtime/service-parts.ts'
import type { Plan, PlannedNode } from '../../../orchestrator/spec/types.ts'

export type { ServicePart, ServicePlace } from '../../../orchestrator/runtime/service-parts.ts'

const tally: ServicePart = { name: 'tally', config: (_plan, _node, place) => ({ ...place }) }

export const PARTS: readonly ServicePart[] = [...OWN, tally]

export function servicesOf(_plan: Plan, { group }: PlannedNode): readonly string[] {
  if (group === 'both') return ['bitcoin', 'tally']
  return [group === 'tally' ? 'tally' : 'bitcoin']
}
