// A BitTorrent peer as a node's service: what it is set to by the plan.

import type { BittorrentConfig } from '../../../node/api.ts'
import { roundTripOf } from '../../network/patience.ts'
import type { Plan, PlannedNode } from '../../spec/types.ts'
import type { ServicePlace } from '../service.ts'
import { TRACKER } from '../tracker/service.ts'
import { plannedOf } from './plan.ts'

/** The name of the service. */
export const BITTORRENT = 'bittorrent'

export function bittorrentConfig(
  plan: Plan,
  { swarm }: PlannedNode,
  { listen, connect, reach = {} }: ServicePlace,
): BittorrentConfig {
  const { dht, pex, slots } = plannedOf(plan)
  const roundTripMs = roundTripOf(plan)
  const trackers = (reach[TRACKER] ?? []).map(address => `http://${address}/announce`)
  const bootstrap = [...new Set([...(reach[BITTORRENT] ?? []), ...connect])]
  return {
    ...{ listen, connect },
    ...(trackers.length > 0 && { trackers }),
    ...(dht && { dht: { bootstrap } }),
    ...(!pex && { pex }),
    uploadSlots: slots,
    ...(swarm !== undefined && { strategy: swarm }),
    ...(roundTripMs !== undefined && { roundTripMs }),
  }
}
