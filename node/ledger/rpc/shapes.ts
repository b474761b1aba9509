// Headers, blocks, transactions and scripts as the JSON that Bitcoin Core 28 answers with.

import { toHex } from '../../bitcoin/wire/hex.ts'
import type { ChainParams } from '../../params.ts'
import { scriptToAddress } from '../address.ts'
import type { Chain } from '../chain/chain.ts'
import type { Block, BlockEntry, Coin, Header, Tx, TxIn, TxOut } from '../chain/types.ts'
import { difficultyOfBits } from '../consensus/target.ts'
import { classify, type ScriptKind } from '../script/kinds.ts'
import { coins } from './arguments.ts'
import { disassemble } from './asm.ts'

export function hex32(value: number): string {
  return (value >>> 0).toString(16).padStart(8, '0')
}

export function workHex(entry: BlockEntry): string {
  return entry.work.toString(16).padStart(64, '0')
}

/** Blocks on top of it and itself; -1 off the active chain. */
export function confirmations(chain: Chain, entry: BlockEntry): number {
  return chain.isActive(entry) ? chain.tip.height - entry.height + 1 : -1
}

export function headerShape(chain: Chain, entry: BlockEntry): Record<string, unknown> {
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

/** `detail` 1: txids only; 2: whole transactions, with fees where the spent coins are known. */
export function blockShape(
  chain: Chain,
  entry: BlockEntry,
  block: Block,
  detail: 1 | 2,
): Record<string, unknown> {
  return {
    ...headerShape(chain, entry),
    strippedsize: (block.weight - block.size) / 3,
    size: block.size,
    weight: block.weight,
    tx: detail === 1 ? block.transactions.map(tx => tx.txid) : detailedTransactions(chain, block),
  }
}

function detailedTransactions(chain: Chain, block: Block): Record<string, unknown>[] {
  const spent = new Map<string, Coin>(chain.undo(block.hash)?.spent)
  return block.transactions.map((tx, index) => {
    const feeSat = index === 0 ? undefined : feeOf(tx, spent)
    return {
      ...txShape(chain.params, tx),
      ...(feeSat !== undefined && { fee: coins(feeSat) }),
      hex: toHex(tx.bytes),
    }
  })
}

function feeOf(tx: Tx, spent: ReadonlyMap<string, Coin>): number | undefined {
  let feeSat = 0
  for (const { previous } of tx.inputs) {
    const coin = spent.get(`${previous.txid}:${previous.index}`)
    if (!coin) return undefined
    feeSat += coin.valueSat
  }
  return tx.outputs.reduce((rest, output) => rest - output.valueSat, feeSat)
}

export function txShape(params: ChainParams, tx: Tx): Record<string, unknown> {
  return {
    txid: tx.txid,
    hash: tx.wtxid,
    version: tx.version,
    size: tx.bytes.length,
    vsize: Math.ceil(tx.weight / 4),
    weight: tx.weight,
    locktime: tx.lockTime,
    vin: tx.inputs.map(inputShape),
    vout: tx.outputs.map((output, n) => outputShape(params, output, n)),
  }
}

function inputShape(input: TxIn): Record<string, unknown> {
  const { previous, scriptSig, sequence } = input
  const witness = input.witness.length > 0 && { txinwitness: input.witness.map(toHex) }
  if (/^0+$/.test(previous.txid)) return { coinbase: toHex(scriptSig), ...witness, sequence }
  return {
    txid: previous.txid,
    vout: previous.index,
    scriptSig: { asm: disassemble(scriptSig), hex: toHex(scriptSig) },
    ...witness,
    sequence,
  }
}

function outputShape(params: ChainParams, output: TxOut, n: number): Record<string, unknown> {
  return { value: coins(output.valueSat), n, scriptPubKey: scriptShape(params, output.script) }
}

export function scriptShape(params: ChainParams, script: Uint8Array): Record<string, unknown> {
  const address = scriptToAddress(params, script)
  return {
    asm: disassemble(script),
    hex: toHex(script),
    ...(address !== undefined && { address }),
    type: TYPES[classify(script).kind],
  }
}

/** Core's names of what an output's script is. */
const TYPES: { readonly [kind in ScriptKind['kind']]: string } = {
  p2pk: 'pubkey',
  p2pkh: 'pubkeyhash',
  p2sh: 'scripthash',
  multisig: 'multisig',
  p2wpkh: 'witness_v0_keyhash',
  p2wsh: 'witness_v0_scripthash',
  p2tr: 'witness_v1_taproot',
  anchor: 'anchor',
  witness: 'witness_unknown',
  data: 'nulldata',
  nonstandard: 'nonstandard',
}

function merkleHex(header: Header): string {
  return toHex(header.merkleRoot.slice().reverse())
}
