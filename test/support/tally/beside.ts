// The services of planned nodes with the tally among them: nodes of a group named for it run it alone, those of a group named `both`
// beside their ledger, all others their ledger.

import type * as Parts from '../../../orchestrator/runtime/service-parts.ts'

/** What stands in the place of orchestrator/runtime/service-parts.ts. */
export function besideTally(own: typeof Parts): typeof Parts {
  return {
    ...own,
    keepsPeers: service => service === 'tally' || own.keepsPeers(service),
    SERVICE_NAMES: [...own.SERVICE_NAMES, 'tally'],
    servicesOf: ({ group }) =>
      group === 'both' ? ['bitcoin', 'tally'] : [group === 'tally' ? 'tally' : 'bitcoin'],
    serviceConfig: (plan, planned, service, place) =>
      service === 'tally' ? { ...place } : own.serviceConfig(plan, planned, service, place),
  }
}
