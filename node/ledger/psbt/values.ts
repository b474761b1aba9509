// Values of PSBT maps that hold more than bytes: where keys come from (BIP174, BIP371), trees of scripts, transactions and coins.

import { Reader, Writer } from '../../bitcoin/wire/codec.ts'
import { fromHex, toHex } from '../../bitcoin/wire/hex.ts'
import { makeTx, readOutput, readTx, writeOutput } from '../chain/tx.ts'
import type { Tx, TxOut } from '../chain/types.ts'
import type { KeyOrigin } from '../descriptor/key-path.ts'
import type { TapLeaf } from '../descriptor/tap-tree.ts'

/** A word on why bytes are no PSBT, as Core says it. */
export class BadPsbt extends Error {}

export function demand(holds: boolean, words: string): void {
  if (!holds) throw new BadPsbt(words)
}

const WRONG_SIZE = 'Size of value was not the stated size'
const HASH_BYTES = 32

/** What takes all of the bytes. */
export function readWhole<T>(bytes: Uint8Array, read: (r: Reader) => T): T {
  const r = new Reader(bytes)
  const value = read(r)
  demand(r.remaining === 0, WRONG_SIZE)
  return value
}

export function hexBytes(hex: string): Uint8Array {
  const bytes = fromHex(hex)
  if (!bytes) throw new Error(`a key of a PSBT is no hex: ${hex}`)
  return bytes
}

export function readOrigin(bytes: Uint8Array): KeyOrigin {
  if (bytes.length === 0 || bytes.length % 4 !== 0) throw new BadPsbt('Invalid length for HD key path')
  const r = new Reader(bytes)
  const fingerprint = r.bytes(4)
  const path: number[] = []
  while (r.remaining > 0) path.push(r.u32())
  return { fingerprint, path }
}

export function originBytes({ fingerprint, path }: KeyOrigin): Uint8Array {
  const w = new Writer()
  w.bytes(fingerprint)
  for (const number of path) w.u32(number)
  return w.finish()
}

export interface LeafOrigin {
  /** Of the leaves that the key stands in, in hex. */
  readonly leaves: readonly string[]
  readonly origin: KeyOrigin
}

export function readLeafOrigin(bytes: Uint8Array): LeafOrigin {
  const r = new Reader(bytes)
  const leaves = Array.from({ length: r.varint() }, () => toHex(r.bytes(HASH_BYTES)))
  return { leaves, origin: readOrigin(r.bytes(r.remaining)) }
}

export function leafOriginBytes({ leaves, origin }: LeafOrigin): Uint8Array {
  const w = new Writer()
  w.varint(leaves.length)
  for (const hash of [...leaves].sort()) w.bytes(hexBytes(hash))
  w.bytes(originBytes(origin))
  return w.finish()
}

export function readTree(bytes: Uint8Array): TapLeaf[] {
  const r = new Reader(bytes)
  const leaves: TapLeaf[] = []
  while (r.remaining > 0) leaves.push({ depth: r.u8(), version: r.u8(), script: r.bytes(r.varint()) })
  return leaves
}

export function treeBytes(leaves: readonly TapLeaf[]): Uint8Array {
  const w = new Writer()
  for (const { depth, version, script } of leaves) {
    w.u8(depth)
    w.u8(version)
    w.varint(script.length)
    w.bytes(script)
  }
  return w.finish()
}

export function readWholeTx(bytes: Uint8Array): Tx {
  return readWhole(bytes, r => makeTx(readTx(r)))
}

export function readCoin(bytes: Uint8Array): TxOut {
  return readWhole(bytes, readOutput)
}

export function coinBytes(output: TxOut): Uint8Array {
  const w = new Writer()
  writeOutput(w, output)
  return w.finish()
}

export function readU32(bytes: Uint8Array): number {
  demand(bytes.length === 4, WRONG_SIZE)
  return new Reader(bytes).u32()
}

export function witnessBytes(items: readonly Uint8Array[]): Uint8Array {
  const w = new Writer()
  w.varint(items.length)
  for (const item of items) {
    w.varint(item.length)
    w.bytes(item)
  }
  return w.finish()
}

export function witnessItems(bytes: Uint8Array): Uint8Array[] {
  return readWhole(bytes, r => Array.from({ length: r.varint() }, () => r.bytes(r.varint())))
}
