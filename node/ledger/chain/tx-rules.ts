// The rules for a transaction: those that its bytes alone decide, and those that the coins it spends decide.

import { ConsensusError } from '../../errors.ts'
import { MAX_BLOCK_WEIGHT } from '../../params.ts'
import { isMoney } from '../consensus/subsidy.ts'
import { coinText } from '../money.ts'
import { isCoinbase, isNullOutPoint, outPointKey } from './tx.ts'
import type { Coin, OutPointKey, Tx } from './types.ts'

/** Bitcoin Core's CheckTransaction: throws the first rule that the transaction breaks by itself. */
export function checkTransaction(tx: Tx): void {
  if (tx.inputs.length === 0) throw new ConsensusError('bad-txns-vin-empty', tx.txid)
  if (tx.outputs.length === 0) throw new ConsensusError('bad-txns-vout-empty', tx.txid)
  if (strippedBytes(tx) * 4 > MAX_BLOCK_WEIGHT) throw new ConsensusError('bad-txns-oversize', tx.txid)
  checkOutputs(tx)
  checkOutPoints(tx)
}

/** Size without witnesses: what old nodes see. */
export function strippedBytes(tx: Tx): number {
  return (tx.weight - tx.bytes.length) / 3
}

function checkOutputs(tx: Tx): void {
  let totalSat = 0
  for (const { valueSat } of tx.outputs) {
    if (valueSat < 0) throw new ConsensusError('bad-txns-vout-negative', tx.txid)
    if (!isMoney(valueSat)) throw new ConsensusError('bad-txns-vout-toolarge', tx.txid)
    totalSat += valueSat
    if (!isMoney(totalSat)) throw new ConsensusError('bad-txns-txouttotal-toolarge', tx.txid)
  }
}

function checkOutPoints(tx: Tx): void {
  const keys = new Set(tx.inputs.map(input => outPointKey(input.previous)))
  if (keys.size < tx.inputs.length) throw new ConsensusError('bad-txns-inputs-duplicate', tx.txid)
  if (isCoinbase(tx)) {
    const length = tx.inputs[0]?.scriptSig.length ?? 0
    if (length < 2 || length > 100) throw new ConsensusError('bad-cb-length', `${length} bytes`)
  } else if (tx.inputs.some(input => isNullOutPoint(input.previous)))
    throw new ConsensusError('bad-txns-prevout-null', tx.txid)
}

/** The coins that `tx` spends, in order; throws when one is not there. */
export function coinsOf(tx: Tx, coinAt: (key: OutPointKey) => Coin | undefined): Coin[] {
  return tx.inputs.map(({ previous }) => {
    const key = outPointKey(previous)
    const coin = coinAt(key)
    if (coin === undefined) throw new ConsensusError('bad-txns-inputs-missingorspent', key)
    return coin
  })
}

/** Bitcoin Core's CheckTxInputs for a block at `height`: the fee in satoshi, or the first rule that the amounts break. */
export function checkAmounts(
  tx: Tx,
  coins: readonly Coin[],
  height: number,
  coinbaseMaturity: number,
): number {
  let inSat = 0
  for (const coin of coins) {
    if (coin.coinbase && height - coin.height < coinbaseMaturity)
      throw new ConsensusError(
        'bad-txns-premature-spend-of-coinbase',
        `tried to spend coinbase at depth ${height - coin.height}`,
      )
    inSat += coin.valueSat
    if (!isMoney(coin.valueSat) || !isMoney(inSat))
      throw new ConsensusError('bad-txns-inputvalues-outofrange', tx.txid)
  }
  const outSat = tx.outputs.reduce((sum, output) => sum + output.valueSat, 0)
  if (inSat < outSat)
    throw new ConsensusError(
      'bad-txns-in-belowout',
      `value in (${coinText(inSat)}) < value out (${coinText(outSat)})`,
    )
  return inSat - outSat
}
