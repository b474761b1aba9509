// Transactions of several spenders: each input one of them, all good, or one of them wrong.

import { toHex } from '../../node/bitcoin/wire/hex.ts'
import type { Random } from '../../node/core/host.ts'
import { makeTx } from '../../node/ledger/chain/tx.ts'
import type { OutPoint, Tx, TxOut } from '../../node/ledger/chain/types.ts'
import type { Spend, Spender } from './taproot-spenders.ts'

export interface Batch {
  readonly spenders: readonly Spender[]
  /** Signed by nobody yet. */
  readonly tx: Tx
  readonly coins: readonly TxOut[]
}

/** `points`: where the coins are; undefined: anywhere. */
export function drawBatch(
  random: Random,
  spenders: readonly Spender[],
  { points, valueSat = 100_000 }: { readonly points?: readonly OutPoint[]; readonly valueSat?: number } = {},
): Batch {
  const inputs = spenders.map((_, i) => ({
    previous: points?.[i] ?? { txid: toHex(random.bytes(32)), index: random.int(4) },
    scriptSig: new Uint8Array(0),
    sequence: points ? 0xffffffff - random.int(2) : random.int(2 ** 32),
    witness: [],
  }))
  const outputs = Array.from({ length: 1 + random.int(3) }, () => ({
    valueSat: 10_000 + random.int(1000),
    script: Uint8Array.of(0x51, 0x20, ...random.bytes(32)),
  }))
  const tx = makeTx({ version: 1 + random.int(2), inputs, outputs, lockTime: 0 })
  return { spenders, tx, coins: spenders.map(({ script }) => ({ valueSat, script })) }
}

/** The transaction with every input as it should be, but for the one at `wrong`; undefined where one of them cannot be. */
export function spentBy({ spenders, tx, coins }: Batch, random: Random, wrong?: number): Tx | undefined {
  const spends: Spend[] = []
  for (const [index, spender] of spenders.entries()) {
    const make = index === wrong ? spender.bad : spender.good
    if (!make) return undefined
    spends.push(make({ tx, index, coins, random }))
  }
  const inputs = tx.inputs.map((input, i) => ({ ...input, ...spends[i] }))
  return makeTx({ ...tx, inputs })
}
