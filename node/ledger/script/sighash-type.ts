// The last byte of a signature: which parts of the transaction it covers. And what all digests write alike.

import { Writer } from '../../bitcoin/wire/codec.ts'
import { hashBytes } from '../chain/header.ts'
import type { OutPoint } from '../chain/types.ts'

export const SIGHASH = { default: 0, all: 1, none: 2, single: 3, anyoneCanPay: 0x80 } as const

/** `type` as found in the signature: before taproot any byte has a meaning, only the known bits count. */
export function sighashParts(type: number) {
  const outputs = type & 0x1f
  return {
    none: outputs === SIGHASH.none,
    single: outputs === SIGHASH.single,
    anyoneCanPay: (type & SIGHASH.anyoneCanPay) !== 0,
  }
}

export function writeOutPoint(writer: Writer, { txid, index }: OutPoint): void {
  writer.bytes(hashBytes(txid))
  writer.u32(index)
}

export function writeScript(writer: Writer, script: Uint8Array): void {
  writer.varint(script.length)
  writer.bytes(script)
}

export function written(write: (writer: Writer) => void): Uint8Array {
  const writer = new Writer()
  write(writer)
  return writer.finish()
}
