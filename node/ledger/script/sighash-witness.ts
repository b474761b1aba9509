// What a signature of a witness-v0 input signs (BIP143, "Specification").

import { Writer } from '../../bitcoin/wire/codec.ts'
import { hasher } from '../../hash.ts'
import { writeOutput } from '../chain/tx.ts'
import type { Tx, TxIn } from '../chain/types.ts'
import { doubleHashes } from './sighash-shared.ts'
import { sighashParts, writeOutPoint, writeScript, written } from './sighash-type.ts'

const NO_HASH = new Uint8Array(32)

/** `script`: the script code, from behind the last OP_CODESEPARATOR that was executed. */
export function segwitSighash(
  tx: Tx,
  index: number,
  script: Uint8Array,
  valueSat: number,
  type: number,
): Uint8Array {
  const { none, single, anyoneCanPay } = sighashParts(type)
  const input = tx.inputs[index] as TxIn
  const output = tx.outputs[index]
  const shared = doubleHashes(tx)
  const writer = new Writer(192)
  writer.u32(tx.version)
  writer.bytes(anyoneCanPay ? NO_HASH : shared.previous)
  writer.bytes(anyoneCanPay || single || none ? NO_HASH : shared.sequences)
  writeOutPoint(writer, input.previous)
  writeScript(writer, script)
  writer.i64(BigInt(valueSat))
  writer.u32(input.sequence)
  if (!single && !none) writer.bytes(shared.outputs)
  else writer.bytes(single && output ? hasher.sha256d(written(w => writeOutput(w, output))) : NO_HASH)
  writer.u32(tx.lockTime)
  writer.u32(type)
  return hasher.sha256d(writer.finish())
}
