// A peer with a ledger, as a node's service.

import type { BitcoinConfig, StrategyConfig } from '../../../node/api.ts'
import type { Plan, PlannedNode, PlannedStrategy } from '../../spec/types.ts'
import { peerConfig } from '../p2p/peer.ts'
import type { ServicePlace } from '../service.ts'
import { versionBitsOf } from './deployments.ts'

export function peerWithLedger(plan: Plan, node: PlannedNode, place: ServicePlace): BitcoinConfig {
  return {
    ...peerConfig(plan, node, place),
    ...(node.client && { client: node.client.launch }),
    ledger: {
      chain: plan.chain,
      mining: { ...node.mining, ...(plan.hashesPerBlock && { hashesPerBlock: plan.hashesPerBlock }) },
      relay: plan.relay,
      ...(plan.blockFilters && { blockFilters: true }),
      ...(plan.versionBits && { versionBits: versionBitsOf(plan.versionBits, node) }),
      ...(node.strategy && { strategy: strategyConfig(node.strategy) }),
      blockBytes: plan.blockBytes,
      ...(plan.validationMsPerKb !== undefined && { validationMsPerKb: plan.validationMsPerKb }),
    },
  }
}

/** Without what only the simulator or the record knows of. */
function strategyConfig(strategy: PlannedStrategy): StrategyConfig {
  if (strategy.name === 'selfish') return { name: 'selfish' }
  if (strategy.name === 'double-spend' || strategy.name === 'liar') return strategy
  const { name, file, code, options = {} } = strategy
  return { name, file, code, options }
}
