// All RPC methods of the ledger.

import type { RpcTable } from '../../core/service.ts'
import type { LedgerParts } from '../parts.ts'
import { blockFetchingRpc } from './block-fetching.ts'
import { templateRpc } from './block-template.ts'
import { blocksRpc } from './blocks.ts'
import { chainRpc } from './chain.ts'
import { coinsRpc } from './coins.ts'
import { descriptorsRpc } from './descriptors.ts'
import { feesRpc } from './fee-estimate.ts'
import { filtersRpc } from './filters.ts'
import { mempoolRpc } from './mempool.ts'
import { miningRpc } from './mining.ts'
import { packagesRpc } from './packages.ts'
import { proofsRpc } from './proofs.ts'
import { psbtRpc } from './psbt.ts'
import { rawRpc } from './raw.ts'
import { makingRpc } from './raw-making.ts'
import { scanBlocksRpc } from './scan-blocks.ts'
import { signingRpc } from './signing.ts'
import { utilRpc } from './util.ts'
import { walletRpc } from './wallet.ts'

/** `parts` is called with each request: before the start there are none. */
export function ledgerRpc(parts: () => LedgerParts): RpcTable {
  return {
    ...blocksRpc(parts),
    ...blockFetchingRpc(parts),
    ...chainRpc(parts),
    ...coinsRpc(parts),
    ...feesRpc(parts),
    ...filtersRpc(parts),
    ...mempoolRpc(parts),
    ...miningRpc(parts),
    ...packagesRpc(parts),
    ...templateRpc(parts),
    ...proofsRpc(parts),
    ...rawRpc(parts),
    ...scanBlocksRpc(parts),
    ...makingRpc(parts),
    ...psbtRpc(parts),
    ...descriptorsRpc(parts),
    ...signingRpc(parts),
    ...utilRpc(parts),
    ...walletRpc(parts),
  }
}
