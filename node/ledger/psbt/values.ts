// Values of PSBT maps that hold more than bytes: where keys come from (BIP174, BIP371), trees of scripts, transactions and coins.

import { Reader, Writer } from '../../bitcoin/wire/codec.ts'
import { fromHex, toHex } from '../../bitcoin/wire/hex.ts'
import { makeTx, readOutput, readTx, writeOutput } from '../chain/tx.ts'
import type { Tx, TxOut } from '../chain/types.ts'
import type { KeyOrigin } from '../descriptor/key-path.ts'
import type { TapLeaf } from '../descriptor/tap-tree.ts'

/** A word on why bytes are no PSBT, as Core says it. */
export class BadPsbt extends Error {}

const HASH_BYTES = 32

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
  const r = new Reader(bytes)
  const tx = makeTx(readTx(r))
  if (r.remaining > 0) throw new BadPsbt('Size of value was not the stated size')
  return tx
}

export function readCoin(bytes: Uint8Array): TxOut {
  const r = new Reader(bytes)
  const coin = readOutput(r)
  if (r.remaining > 0) throw new BadPsbt('Size of value was not the stated size')
  return coin
}

export function coinBytes(output: TxOut): Uint8Array {
  const w = new Writer()
  writeOutput(w, output)
  return w.finish()
}

export function u32Bytes(value: number): Uint8Array {
  const w = new Writer()
  w.u32(value)
  return w.finish()
}

export function readU32(bytes: Uint8Array): number {
  if (bytes.length !== 4) throw new BadPsbt('Size of value was not the stated size')
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
  const r = new Reader(bytes)
  const items = Array.from({ length: r.varint() }, () => r.bytes(r.varint()))
  if (r.remaining > 0) throw new BadPsbt('Size of value was not the stated size')
  return items
}
