// What a runtime tells a node: the plan's part, and the place that the runtime has for it.

import type { LinkTable, NodeConfig } from '../../node/api.ts'
import type { Plan, PlannedNode } from '../spec/types.ts'

const EVENT_BUFFER = 20_000
const MAX_OUTBOUND = 8
const USUAL_CONNECTIONS = 125

/** What only the runtime knows. */
export type NodePlace = Pick<
  NodeConfig,
  'listen' | 'control' | 'tokenFile' | 'dataDirectory' | 'heartbeatTimeoutMs' | 'lifeline'
>

/** How a node of the plan connects. */
export function connectionLimits(
  { topology }: Plan,
  name: string,
): Pick<NodeConfig['peers'], 'mode' | 'maxOutbound' | 'maxConnections'> {
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
  place: NodePlace,
): NodeConfig {
  return {
    name: node.name,
    seed: node.seed,
    chain: plan.chain,
    ...place,
    ephemeral: plan.keep !== true,
    peers: { connect, ...connectionLimits(plan, node.name) },
    mining: node.mining,
    relay: plan.relay,
    ...(node.strategy && { strategy: node.strategy.name }),
    blockBytes: plan.blockBytes,
    links,
    eventBuffer: EVENT_BUFFER,
    ...(node.log && { log: node.log }),
  }
}
