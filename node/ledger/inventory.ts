// Inventories: what a peer has or wants, by hash. A long one is read entry by entry, as they are looked at: most of a flood is
// not, and 50,000 hashes as text are 13 ms and 6 MB.

import { type Codec, list, struct, u32 } from '../bitcoin/wire/codec.ts'
import { type HashHex, hashToHex, hexToHash } from '../bitcoin/wire/hex.ts'
import { ProtocolError } from '../errors.ts'

export const MAX_INVENTORY = 50_000
const ENTRY_BYTES = 36
/** An inventory of more bytes is a long one. */
const LONG_BYTES = 1_000 * ENTRY_BYTES

/** What an inventory entry names. The witness flag asks for the serialization with witnesses (BIP144). */
export const INV = {
  tx: 1,
  block: 2,
  compactBlock: 4,
  wtx: 5,
  witnessTx: 0x40000001,
  witnessBlock: 0x40000002,
} as const

export interface Inventory {
  readonly type: number
  readonly hash: HashHex
}

/** 32 bytes on the wire, display hex here. */
export const hashHex: Codec<HashHex> = {
  write: (w, v) => w.bytes(hexToHash(v) ?? new Uint8Array(32)),
  read: r => hashToHex(r.bytes(32)),
}

const short = list(struct<Inventory>({ type: u32, hash: hashHex }), MAX_INVENTORY, ENTRY_BYTES)

export const inventory: Codec<readonly Inventory[]> = {
  write: short.write,
  read(r) {
    if (r.remaining <= LONG_BYTES) return short.read(r)
    const count = r.varint()
    if (count > MAX_INVENTORY)
      throw new ProtocolError('out-of-range', `${count} items, at most ${MAX_INVENTORY}`)
    if (count * ENTRY_BYTES > r.remaining) throw new ProtocolError('truncated', `${count} items announced`)
    const bytes = r.bytes(count * ENTRY_BYTES)
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
    const items: Inventory[] = []
    for (let at = 0; at < bytes.length; at += ENTRY_BYTES)
      items.push(new Entry(bytes, view.getUint32(at, true), at))
    return items
  },
}

class Entry implements Inventory {
  readonly type: number
  readonly bytes: Uint8Array
  readonly at: number

  constructor(bytes: Uint8Array, type: number, at: number) {
    this.bytes = bytes
    this.type = type
    this.at = at
  }

  get hash(): HashHex {
    return hashToHex(this.bytes.subarray(this.at + 4, this.at + ENTRY_BYTES))
  }
}
