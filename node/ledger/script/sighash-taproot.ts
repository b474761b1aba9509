// What a signature of a taproot input signs (BIP341, "Common signature message"; BIP342, "Common signature message extension").

import { Writer } from '../../bitcoin/wire/codec.ts'
import { hasher } from '../../hash.ts'
import { writeOutput } from '../chain/tx.ts'
import type { Tx, TxIn, TxOut } from '../chain/types.ts'
import { coinHashes, sharedHashes } from './sighash-shared.ts'
import { SIGHASH, writeOutPoint, writeScript, written } from './sighash-type.ts'
import { taggedHash } from './tagged.ts'

const EPOCH = Uint8Array.of(0)
/** Of the keys in tapscript that have a meaning yet. */
const KEY_VERSION = 0
/** Where no OP_CODESEPARATOR was executed. */
export const NO_CODE_SEPARATOR = 0xffffffff

export interface TaprootSpend {
  readonly tx: Tx
  readonly index: number
  /** All that the transaction spends, in order. */
  readonly coins: readonly TxOut[]
  /** The annex with its first byte, 0x50. */
  readonly annex: Uint8Array | undefined
  /** Of a spend by script: which leaf, and the last OP_CODESEPARATOR executed, counted in operations. */
  readonly leaf: { readonly hash: Uint8Array; readonly codeSeparator: number } | undefined
}

/** Undefined where BIP341 gives the type no meaning, or SINGLE has no output: then no signature is valid. */
export function taprootSighash(spend: TaprootSpend, type: number): Uint8Array | undefined {
  const { tx, index, coins, annex, leaf } = spend
  if (!isDefined(type)) return undefined
  const outputs = type === SIGHASH.default ? SIGHASH.all : type & 3
  const output = tx.outputs[index]
  if (outputs === SIGHASH.single && output === undefined) return undefined
  const writer = new Writer(256)
  writer.u8(type)
  writer.u32(tx.version)
  writer.u32(tx.lockTime)
  const shared = sharedHashes(tx)
  const alone = (type & SIGHASH.anyoneCanPay) !== 0
  if (!alone) {
    const { amounts, scripts } = coinHashes(coins)
    for (const hash of [shared.previous, amounts, scripts, shared.sequences]) writer.bytes(hash)
  }
  if (outputs === SIGHASH.all) writer.bytes(shared.outputs)
  writer.u8((leaf ? 2 : 0) + (annex ? 1 : 0))
  if (alone) writeInput(writer, tx.inputs[index] as TxIn, coins[index] as TxOut)
  else writer.u32(index)
  if (annex) writer.bytes(hasher.sha256(written(w => writeScript(w, annex))))
  if (outputs === SIGHASH.single && output) writer.bytes(hasher.sha256(written(w => writeOutput(w, output))))
  if (leaf) {
    writer.bytes(leaf.hash)
    writer.u8(KEY_VERSION)
    writer.u32(leaf.codeSeparator)
  }
  return taggedHash('TapSighash', EPOCH, writer.finish())
}

function isDefined(type: number): boolean {
  return (
    type <= SIGHASH.single || (type > SIGHASH.anyoneCanPay && type <= (SIGHASH.anyoneCanPay | SIGHASH.single))
  )
}

function writeInput(writer: Writer, { previous, sequence }: TxIn, coin: TxOut): void {
  writeOutPoint(writer, previous)
  writeOutput(writer, coin)
  writer.u32(sequence)
}
