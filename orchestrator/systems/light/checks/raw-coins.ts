// What scripts hold on a chain, worked out from raw blocks: nothing here is shared with nodes, full ones or light.

import { readTransactions } from '../../ledger/checks/raw-chain.ts'

export interface RawHoldings {
  /** Unspent outputs to these scripts, in satoshi. */
  readonly sat: bigint
  /** Transactions that pay to them or spend from them → height. */
  readonly transactions: ReadonlyMap<string, number>
}

/** `blocks`: from genesis on; `scripts`: hex. */
export function holdingsOf(blocks: readonly Buffer[], scripts: ReadonlySet<string>): RawHoldings {
  const unspent = new Map<string, bigint>()
  const transactions = new Map<string, number>()
  for (const [height, block] of blocks.entries())
    for (const { txid, inputs, outputs, scripts: paid } of readTransactions(block, height)) {
      for (const outpoint of inputs) if (unspent.delete(outpoint)) transactions.set(txid, height)
      for (const [n, script] of paid.entries()) {
        if (!scripts.has(script.toString('hex'))) continue
        unspent.set(`${txid}:${n}`, outputs[n] ?? 0n)
        transactions.set(txid, height)
      }
    }
  const sat = [...unspent.values()].reduce((sum, each) => sum + each, 0n)
  return { sat, transactions }
}
