// What a signature signs: the digest of a transaction from the point of view of one input.
// Two algorithms: the original one for legacy inputs, and BIP143 for witness version 0.

import { hasher } from '../../hash.ts'
import { Writer } from '../../wire/codec.ts'
import { hashBytes } from './header.ts'
import { writeOutput } from './tx.ts'
import type { OutPoint, Tx, TxIn } from './types.ts'

/** The last byte of a signature: which parts of the transaction it covers. */
export const SIGHASH = { all: 1, none: 2, single: 3, anyoneCanPay: 0x80 } as const

const NO_HASH = new Uint8Array(32)
const NO_SCRIPT = new Uint8Array(0)
/** The number one as a hash: what SIGHASH_SINGLE signs when its output is not there. A bug of the first client, now a rule. */
const ONE_HASH = Uint8Array.of(1, ...new Uint8Array(31))

/** `type` as found in the signature: any byte has a meaning, only the known bits count. */
function parts(type: number) {
  const outputs = type & 0x1f
  return {
    none: outputs === SIGHASH.none,
    single: outputs === SIGHASH.single,
    anyoneCanPay: (type & SIGHASH.anyoneCanPay) !== 0,
  }
}

/** The digest that a legacy input signs. `script`: that of the spent output. */
export function legacySighash(tx: Tx, index: number, script: Uint8Array, type: number): Uint8Array {
  const { none, single, anyoneCanPay } = parts(type)
  if (single && index >= tx.outputs.length) return ONE_HASH
  const writer = new Writer(tx.bytes.length + script.length + 4)
  writer.u32(tx.version)

  writer.varint(anyoneCanPay ? 1 : tx.inputs.length)
  for (const [i, input] of tx.inputs.entries()) {
    const mine = i === index
    if (anyoneCanPay && !mine) continue
    writeOutPoint(writer, input.previous)
    writeScript(writer, mine ? script : NO_SCRIPT)
    // with NONE and SINGLE the others may still change their sequence
    writer.u32(mine || !(none || single) ? input.sequence : 0)
  }

  const count = none ? 0 : single ? index + 1 : tx.outputs.length
  writer.varint(count)
  for (const [i, output] of tx.outputs.slice(0, count).entries()) {
    if (single && i !== index) writeOutput(writer, { valueSat: -1, script: NO_SCRIPT })
    else writeOutput(writer, output)
  }

  writer.u32(tx.lockTime)
  writer.u32(type)
  return hasher.sha256d(writer.finish())
}

/** BIP143: the digest that a witness-v0 input signs. `script`: its script code. */
export function segwitSighash(
  tx: Tx,
  index: number,
  script: Uint8Array,
  valueSat: number,
  type: number,
): Uint8Array {
  const { none, single, anyoneCanPay } = parts(type)
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

function writeOutPoint(writer: Writer, { txid, index }: OutPoint): void {
  writer.bytes(hashBytes(txid))
  writer.u32(index)
}

function writeScript(writer: Writer, script: Uint8Array): void {
  writer.varint(script.length)
  writer.bytes(script)
}
