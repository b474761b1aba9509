// What a runtime tells a node: the plan's part, and the place that the runtime has for it.

import type { BitcoinConfig, LinkTable, NodeConfig } from '../../node/api.ts'
import type { Plan, PlannedNode } from '../spec/types.ts'

const EVENT_BUFFER = 20_000
const MAX_OUTBOUND = 8
const USUAL_CONNECTIONS = 125

/** What only the runtime knows. */
export type NodePlace = Pick<
  NodeConfig,
  'control' | 'tokenFile' | 'dataDirectory' | 'heartbeatTimeoutMs' | 'lifeline'
> &
  Pick<BitcoinConfig, 'listen'>

/** How a node of the plan connects. */
export function connectionLimits(
  { topology }: Plan,
  name: string,
): Pick<BitcoinConfig['peers'], 'mode' | 'maxOutbound' | 'maxConnections'> {
  return {
    mode: topology.kind === 'discovered' ? 'discovered' : 'fixed',
    maxOutbound: MAX_OUTBOUND,
    maxConnections: Math.max(USUAL_CONNECTIONS, 2 * (topology.wantedPeers[name] ?? 0)),
  }
}

export function nodeConfig(
  plan: Plan,
  node: PlannedNode,
  connect: readonly string[],
  links: LinkTable,
  { listen, ...place }: NodePlace,
): NodeConfig {
  return {
    name: node.name,
    seed: node.seed,
    services: {
      bitcoin: {
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
      },
    },
    ...place,
    ephemeral: plan.keep !== true,
    links,
    eventBuffer: EVENT_BUFFER,
    ...(node.log && { log: node.log }),
  }
}
