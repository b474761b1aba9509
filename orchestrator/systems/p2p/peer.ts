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
  const { transport = plan.transport } = node
  const peers = { connect, ...connectionLimits(plan, node.name), ...(transport && { transport }) }
  return {
    ...{ listen, network: plan.network, peers },
    ...(roundTripMs !== undefined && { roundTripMs }),
  }
}

/** Edges of each node, light clients and all. */
const DEGREES = new WeakMap<Plan['topology'], ReadonlyMap<string, number>>()

function degreesOf(topology: Plan['topology']): ReadonlyMap<string, number> {
  const known = DEGREES.get(topology)
  if (known) return known
  const degrees = new Map(Object.entries(topology.wantedPeers))
  const edges = new Map<string, number>()
  for (const { from, to } of topology.edges)
    for (const end of [from, to]) edges.set(end, (edges.get(end) ?? 0) + 1)
  for (const [name, count] of edges) degrees.set(name, Math.max(count, degrees.get(name) ?? 0))
  DEGREES.set(topology, degrees)
  return degrees
}

/** How a node of the plan connects. */
function connectionLimits(
  { topology }: Plan,
  name: string,
): Pick<BitcoinConfig['peers'], 'mode' | 'maxOutbound' | 'maxConnections'> {
  return {
    mode: topology.kind === 'discovered' ? 'discovered' : 'fixed',
    maxOutbound: MAX_OUTBOUND,
    maxConnections: Math.max(USUAL_CONNECTIONS, 2 * (degreesOf(topology).get(name) ?? 0)),
  }
}
