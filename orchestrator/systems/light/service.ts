// A light client as a node's service: Bitcoin's peer with a client's part in the place of a ledger.

import type { BitcoinConfig } from '../../../node/api.ts'
import type { Plan, PlannedNode } from '../../spec/types.ts'
import { peerConfig } from '../p2p/peer.ts'
import type { ServicePlace } from '../service.ts'

/** Where a client finds its peers itself: as many as it compares with each other. */
const MAX_OUTBOUND = 4

export function lightPeer(plan: Plan, node: PlannedNode, place: ServicePlace): BitcoinConfig {
  const { peers, ...config } = peerConfig(plan, node, place)
  return {
    ...config,
    peers: { ...peers, maxOutbound: MAX_OUTBOUND },
    light: { chain: plan.chain, ...(plan.blockBytes > 0 && { blockBytes: plan.blockBytes }) },
  }
}
