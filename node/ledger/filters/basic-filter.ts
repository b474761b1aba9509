// The basic filter of a block (BIP158): all scripts that it pays to or spends from, but those that nobody can spend.

import { Reader, Writer } from '../../bitcoin/wire/codec.ts'
import { toHex } from '../../bitcoin/wire/hex.ts'
import { hasher } from '../../hash.ts'
import { hashBytes } from '../chain/header.ts'
import type { Block, Header } from '../chain/types.ts'
import { OP } from '../script/opcodes.ts'
import { golombMatches, golombSet } from './golomb.ts'

export const BASIC_FILTER = 0
const KEY_BYTES = 16

/** `spent`: the scripts of all coins that the block spends, in any order. */
export function basicFilter(block: Block, spent: Iterable<Uint8Array>): Uint8Array {
  const elements = new Map<string, Uint8Array>()
  const add = (script: Uint8Array) => {
    if (script.length > 0) elements.set(toHex(script), script)
  }
  for (const { outputs } of block.transactions)
    for (const { script } of outputs) if (script[0] !== OP.return) add(script)
  for (const script of spent) add(script)
  return golombSet([...elements.values()], keyOf(block.header))
}

/** Whether one of these scripts may be in the block of this filter. */
export function filterMatches(filter: Uint8Array, header: Header, scripts: readonly Uint8Array[]): boolean {
  return golombMatches(new Reader(filter), scripts, keyOf(header))
}

/** What `cfheaders` carries. 32 bytes in wire order, as all of these. */
export function filterHash(filter: Uint8Array): Uint8Array {
  return hasher.sha256d(filter).slice()
}

/** A filter's header commits to it and to all before it. */
export function filterHeader(hash: Uint8Array, previous: Uint8Array): Uint8Array {
  const writer = new Writer(64)
  writer.bytes(hash)
  writer.bytes(previous)
  return hasher.sha256d(writer.finish()).slice()
}

function keyOf({ hash }: Header): Uint8Array {
  return hashBytes(hash).subarray(0, KEY_BYTES)
}
