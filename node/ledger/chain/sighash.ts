// What a signature of a witness-v0 input signs (BIP143), and the kinds of signatures. Legacy inputs: legacy-sighash.ts.

import { Writer } from '../../bitcoin/wire/codec.ts'
import { hasher } from '../../hash.ts'
import { hashBytes } from './header.ts'
import { writeOutput } from './tx.ts'
import type { OutPoint, Tx, TxIn } from './types.ts'

/** The last byte of a signature: which parts of the transaction it covers. */
export const SIGHASH = { all: 1, none: 2, single: 3, anyoneCanPay: 0x80 } as const

const NO_HASH = new Uint8Array(32)

/** `type` as found in the signature: any byte has a meaning, only the known bits count. */
export function sighashParts(type: number) {
  const outputs = type & 0x1f
  return {
    none: outputs === SIGHASH.none,
    single: outputs === SIGHASH.single,
    anyoneCanPay: (type & SIGHASH.anyoneCanPay) !== 0,
  }
}

/** BIP143: the digest that a witness-v0 input signs. `script`: its script code. */
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
  const shared = sharedHashes(tx)
  const writer = new Writer(192)
  writer.u32(tx.version)
  writer.bytes(anyoneCanPay ? NO_HASH : shared.previous)
  writer.bytes(anyoneCanPay || single || none ? NO_HASH : shared.sequences)
  writeOutPoint(writer, input.previous)
  writeScript(writer, script)
  writer.i64(BigInt(valueSat))
  writer.u32(input.sequence)
  if (!single && !none) writer.bytes(shared.outputs)
  else writer.bytes(single && output ? digest(w => writeOutput(w, output)) : NO_HASH)
  writer.u32(tx.lockTime)
  writer.u32(type)
  return hasher.sha256d(writer.finish())
}

interface SharedHashes {
  readonly previous: Uint8Array
  readonly sequences: Uint8Array
  readonly outputs: Uint8Array
}

/** Equal for all inputs of a transaction: remembered, so that n inputs cost n hashes and not n². */
const known = new WeakMap<Tx, SharedHashes>()

function sharedHashes(tx: Tx): SharedHashes {
  let hashes = known.get(tx)
  if (hashes === undefined) {
    hashes = {
      previous: digest(w => {
        for (const input of tx.inputs) writeOutPoint(w, input.previous)
      }),
      sequences: digest(w => {
        for (const input of tx.inputs) w.u32(input.sequence)
      }),
      outputs: digest(w => {
        for (const output of tx.outputs) writeOutput(w, output)
      }),
    }
    known.set(tx, hashes)
  }
  return hashes
}

function digest(write: (writer: Writer) => void): Uint8Array {
  const writer = new Writer()
  write(writer)
  return hasher.sha256d(writer.finish())
}

export function writeOutPoint(writer: Writer, { txid, index }: OutPoint): void {
  writer.bytes(hashBytes(txid))
  writer.u32(index)
}

function writeScript(writer: Writer, script: Uint8Array): void {
  writer.varint(script.length)
  writer.bytes(script)
}
