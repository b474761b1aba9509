// Headers, blocks, transactions and scripts as the JSON that Bitcoin Core 28 answers with.

import { toHex } from '../../bitcoin/wire/hex.ts'
import type { ChainParams } from '../../params.ts'
import { scriptToAddress } from '../address.ts'
import type { Chain } from '../chain/chain.ts'
import { isCoinbase, isNullOutPoint, outPointKey } from '../chain/tx.ts'
import type { Block, BlockEntry, Coin, Header, OutPoint, Tx, TxIn, TxOut } from '../chain/types.ts'
import { difficultyOfBits } from '../consensus/target.ts'
import { inferDescriptor } from '../descriptor/infer.ts'
import { coins } from './arguments.ts'
import { disassemble } from './asm.ts'
import { scriptType } from './script-types.ts'

export function hex32(value: number): string {
  return (value >>> 0).toString(16).padStart(8, '0')
}

export function workHex(entry: BlockEntry): string {
  return entry.work.toString(16).padStart(64, '0')
}

/** What is asked of a chain about its headers alone: one without blocks answers it too. */
export type HeaderView = Pick<Chain, 'at' | 'entry' | 'isActive' | 'medianTimePast' | 'tip'>

/** Blocks on top of it and itself; -1 off the active chain. */
export function confirmations(chain: HeaderView, entry: BlockEntry): number {
  return chain.isActive(entry) ? chain.tip.height - entry.height + 1 : -1
}

export function headerShape(chain: HeaderView, entry: BlockEntry): Record<string, unknown> {
  const { header } = entry
  const next = chain.isActive(entry) ? chain.at(entry.height + 1) : undefined
  return {
    hash: entry.hash,
    confirmations: confirmations(chain, entry),
    height: entry.height,
    version: header.version,
    versionHex: hex32(header.version),
    merkleroot: merkleHex(header),
    time: header.time,
    mediantime: chain.medianTimePast(entry),
    nonce: header.nonce,
    bits: hex32(header.bits),
    difficulty: difficultyOfBits(header.bits),
    chainwork: workHex(entry),
    nTx: entry.transactions,
    ...(entry.parent && { previousblockhash: entry.parent.hash }),
    ...(next && { nextblockhash: next.hash }),
  }
}

/** What a block tells of its transactions: their ids, all of them, or also the coins that they spend. */
export type BlockDetail = 1 | 2 | 3

export function blockShape(
  chain: Chain,
  entry: BlockEntry,
  block: Block,
  detail: BlockDetail,
): Record<string, unknown> {
  return {
    ...headerShape(chain, entry),
    strippedsize: (block.weight - block.size) / 3,
    size: block.size,
    weight: block.weight,
    tx:
      detail === 1 ? block.transactions.map(tx => tx.txid) : detailedTransactions(chain, block, detail === 3),
  }
}

/** Fees, and the coins spent, where the block was connected once. */
function detailedTransactions(chain: Chain, block: Block, withCoins: boolean): Record<string, unknown>[] {
  const spent = new Map<string, Coin>(chain.undo(block.hash)?.spent)
  const coinOf = (point: OutPoint) => spent.get(outPointKey(point))
  return block.transactions.map(tx => ({
    ...txShape(chain.params, tx, isCoinbase(tx) ? undefined : { coinOf, withCoins }),
    hex: toHex(tx.bytes),
  }))
}

/** Where the coins are found that a transaction spends, and whether they are told one by one. */
export interface SpentCoins {
  coinOf(point: OutPoint): Coin | undefined
  readonly withCoins: boolean
}

export function txShape(params: ChainParams, tx: Tx, spent?: SpentCoins): Record<string, unknown> {
  const feeSat = spent && feeOf(tx, spent.coinOf)
  return {
    txid: tx.txid,
    hash: tx.wtxid,
    version: tx.version,
    size: tx.bytes.length,
    vsize: Math.ceil(tx.weight / 4),
    weight: tx.weight,
    locktime: tx.lockTime,
    vin: tx.inputs.map(input => inputShape(params, input, spent)),
    vout: tx.outputs.map((output, n) => outputShape(params, output, n)),
    ...(feeSat !== undefined && { fee: coins(feeSat) }),
  }
}

/** Undefined while one of the coins is unknown. */
export function feeOf(
  tx: Tx,
  coinOf: (point: OutPoint) => Pick<Coin, 'valueSat'> | undefined,
): number | undefined {
  let feeSat = 0
  for (const { previous } of tx.inputs) {
    const coin = coinOf(previous)
    if (!coin) return undefined
    feeSat += coin.valueSat
  }
  return tx.outputs.reduce((rest, output) => rest - output.valueSat, feeSat)
}

function inputShape(params: ChainParams, input: TxIn, spent?: SpentCoins): Record<string, unknown> {
  const { previous, scriptSig, sequence } = input
  const witness = input.witness.length > 0 && { txinwitness: input.witness.map(toHex) }
  if (isNullOutPoint(previous)) return { coinbase: toHex(scriptSig), ...witness, sequence }
  const coin = spent?.withCoins ? spent.coinOf(previous) : undefined
  return {
    txid: previous.txid,
    vout: previous.index,
    scriptSig: { asm: disassemble(scriptSig, true), hex: toHex(scriptSig) },
    ...witness,
    ...(coin && { prevout: coinShape(params, coin) }),
    sequence,
  }
}

function coinShape(params: ChainParams, coin: Coin): Record<string, unknown> {
  return {
    generated: coin.coinbase,
    height: coin.height,
    value: coins(coin.valueSat),
    scriptPubKey: scriptShape(params, coin.script),
  }
}

function outputShape(params: ChainParams, output: TxOut, n: number): Record<string, unknown> {
  return { value: coins(output.valueSat), n, scriptPubKey: scriptShape(params, output.script) }
}

export function scriptShape(params: ChainParams, script: Uint8Array): Record<string, unknown> {
  const address = scriptToAddress(params, script)
  return {
    asm: disassemble(script),
    desc: inferDescriptor(params, script),
    hex: toHex(script),
    ...(address !== undefined && { address }),
    type: scriptType(script),
  }
}

function merkleHex(header: Header): string {
  return toHex(header.merkleRoot.slice().reverse())
}
