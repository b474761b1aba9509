// What can be had of the newest block, transaction by transaction: peers that put it together ask for what they lack.

import type { HashHex } from '../bitcoin/wire/hex.ts'
import type { Block, Tx } from './chain/types.ts'

/** Made when first asked for, and once for all peers of one process. */
const indexes = new WeakMap<Block, ReadonlyMap<HashHex, Tx>>()

/** By its txid or its wtxid. */
export function transactionIn(block: Block, hash: HashHex): Tx | undefined {
  let index = indexes.get(block)
  if (!index) {
    index = new Map(block.transactions.flatMap(tx => [[tx.txid, tx] as const, [tx.wtxid, tx] as const]))
    indexes.set(block, index)
  }
  return index.get(hash)
}
