// Which nodes run the tally, in the place of orchestrator/runtime/service-parts.ts: those of a group named for it alone, those of
// a group named `both` beside their ledger.

import * as own from '../../../orchestrator/runtime/service-parts.ts'
import type { PlannedNode } from '../../../orchestrator/spec/types.ts'

export const SERVICE_NAMES: readonly string[] = [...own.SERVICE_NAMES, 'tally']

export function servicesOf({ group }: PlannedNode): readonly string[] {
  if (group === 'both') return ['bitcoin', 'tally']
  return [group === 'tally' ? 'tally' : 'bitcoin']
}

export const serviceConfig: typeof own.serviceConfig = (plan, planned, service, place) =>
  service === 'tally' ? { ...place } : own.serviceConfig(plan, planned, service, place)
