// A peer of Bitcoin's protocol as a node's service: it finds others, keeps them, and gossips addresses.

import type { BitcoinConfig } from '../../../node/api.ts'
import { roundTripOf } from '../../network/patience.ts'
import type { Plan, PlannedNode } from '../../spec/types.ts'
import type { ServicePlace } from '../service.ts'

const MAX_OUTBOUND = 8
const USUAL_CONNECTIONS = 125

/** The name of the service. */
export const BITCOIN = 'bitcoin'

export function peerConfig(plan: Plan, node: PlannedNode, { listen, connect }: ServicePlace): BitcoinConfig {
  const roundTripMs = roundTripOf(plan)
  return {
    ...{ listen, network: plan.network, peers: { connect, ...connectionLimits(plan, node.name) } },
    ...(roundTripMs !== undefined && { roundTripMs }),
  }
}

/** How a node of the plan connects. */
function connectionLimits(
  { topology }: Plan,
  name: string,
): Pick<BitcoinConfig['peers'], 'mode' | 'maxOutbound' | 'maxConnections'> {
  return {
    mode: topology.kind === 'discovered' ? 'discovered' : 'fixed',
    maxOutbound: MAX_OUTBOUND,
    maxConnections: Math.max(USUAL_CONNECTIONS, 2 * (topology.wantedPeers[name] ?? 0)),
  }
}
