// All RPC methods of the ledger.

import type { RpcTable } from '../../core/service.ts'
import type { LedgerParts } from '../parts.ts'
import { chainRpc } from './chain.ts'
import { mempoolRpc } from './mempool.ts'
import { miningRpc } from './mining.ts'
import { proofsRpc } from './proofs.ts'
import { rawRpc } from './raw.ts'
import { walletRpc } from './wallet.ts'

/** `parts` is called with each request: before the start there are none. */
export function ledgerRpc(parts: () => LedgerParts): RpcTable {
  return {
    ...chainRpc(parts),
    ...mempoolRpc(parts),
    ...miningRpc(parts),
    ...proofsRpc(parts),
    ...rawRpc(parts),
    ...walletRpc(parts),
  }
}
