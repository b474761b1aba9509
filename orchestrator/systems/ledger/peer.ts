// A peer with a ledger, as a node's service.

import type { BitcoinConfig } from '../../../node/api.ts'
import type { Plan, PlannedNode } from '../../spec/types.ts'
import { peerConfig } from '../p2p/peer.ts'
import type { ServicePlace } from '../service.ts'

export function peerWithLedger(plan: Plan, node: PlannedNode, place: ServicePlace): BitcoinConfig {
  return {
    ...peerConfig(plan, node, place),
    ledger: {
      chain: plan.chain,
      mining: node.mining,
      relay: plan.relay,
      ...(node.strategy && { strategy: node.strategy.name }),
      blockBytes: plan.blockBytes,
      ...(plan.validationMsPerKb !== undefined && { validationMsPerKb: plan.validationMsPerKb }),
    },
  }
}
