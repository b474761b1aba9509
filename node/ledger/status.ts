// What a ledger says of itself in its node's status.

import type { LedgerHealth } from '../api.ts'
import type { DeploymentWatch } from './deployment-watch.ts'
import type { LedgerParts } from './parts.ts'

export function ledgerStatus(
  { deployments, env, mining }: LedgerParts,
  { mode, hashRateHps }: Pick<LedgerHealth['mining'], 'mode'> & { readonly hashRateHps: number },
): LedgerHealth {
  const { tip, bestHeader, refusedAhead } = env.chain
  const askedHps = mining.rateHps ?? hashRateHps
  const { hashes, hashRateHps: measuredHps } = mining.miner?.stats() ?? { hashes: 0, hashRateHps: 0 }
  return {
    height: tip.height,
    tip: tip.hash,
    headers: bestHeader.height,
    mempool: env.mempool.size,
    // A chain with more work than ours that is refused here: peers may be on it.
    ...(refusedAhead && { refused: { height: refusedAhead.height, tip: refusedAhead.hash } }),
    ...toldOf(deployments),
    mining: { mode, askedHps, measuredHps, hashes },
  }
}

/** Nothing where there are none. */
export function toldOf(watch: DeploymentWatch): Pick<LedgerHealth, 'deployments'> {
  const deployments = watch.standing()
  return deployments.length > 0 ? { deployments } : {}
}
