// The services of planned nodes: which ones a node runs, and each one's part of its configuration.

import type { BitcoinConfig, ServiceConfigs } from '../../node/api.ts'
import type { Plan, PlannedNode } from '../spec/types.ts'

/** Where a service listens, and whom it is to dial. */
export interface ServicePlace {
  readonly listen: BitcoinConfig['listen']
  readonly connect: readonly string[]
}

export interface ServicePart {
  readonly name: string
  config(plan: Plan, node: PlannedNode, place: ServicePlace): NonNullable<ServiceConfigs[string]>
}

const MAX_OUTBOUND = 8
const USUAL_CONNECTIONS = 125

const bitcoin: ServicePart = {
  name: 'bitcoin',
  config: (plan, node, { listen, connect }) => ({
    listen,
    network: plan.network,
    peers: { connect, ...connectionLimits(plan, node.name) },
    ledger: {
      chain: plan.chain,
      mining: node.mining,
      relay: plan.relay,
      ...(node.strategy && { strategy: node.strategy.name }),
      blockBytes: plan.blockBytes,
    },
  }),
}

/** Where a machine is the node's own, each has the same port everywhere: that of the first, and those behind it. */
export const PARTS: readonly ServicePart[] = [bitcoin]

/** What a node runs. */
export function servicesOf(_plan: Plan, _node: PlannedNode): readonly string[] {
  return ['bitcoin']
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
