// The ledger's messages: one table gives each command its payload, its codec and its largest size.
// Everything a peer can send is bounded here, before any of it is looked at.

import {
  bool,
  type Codec,
  empty,
  hash256,
  hashHex,
  list,
  type Reader,
  struct,
  u8,
  u32,
  u64,
  varbytes,
  type Writer,
} from '../bitcoin/wire/codec.ts'
import type { HashHex } from '../bitcoin/wire/hex.ts'
import type { MessageOf, MessageSpec } from '../bitcoin/wire/table.ts'
import { ProtocolError } from '../errors.ts'
import { blockCodec } from './chain/block.ts'
import { HEADER_BYTES, hashHeaders, headerCodec } from './chain/header.ts'
import { txCodec, txsCodec } from './chain/tx.ts'
import type { Block, Header, Tx } from './chain/types.ts'
import { forgivenInventory, type Inventories, inventory, MAX_INVENTORY } from './inventory.ts'

export const MAX_HEADERS = 2_000
export const MAX_LOCATOR = 101
/** From these protocol versions on peers know `sendheaders` (BIP130), `feefilter` (BIP133), compact blocks (BIP152). */
export const SENDHEADERS_VERSION = 70012
export const FEEFILTER_VERSION = 70013
export const COMPACT_BLOCKS_VERSION = 70014
/** Compact blocks number transactions with 16 bits (BIP152). */
const MAX_INDEX = 0xffff
const MAX_PAYLOAD_BYTES = 4_000_000

export { INV, type Inventories, type Inventory, MAX_INVENTORY } from './inventory.ts'

/** Blocks the asker has, newest first and ever sparser; the answer starts behind the first one we share. */
export interface Locator {
  readonly version: number
  readonly hashes: readonly HashHex[]
  /** Last block wanted; zeros: as many as fit. */
  readonly stop: HashHex
}

export interface SendCompact {
  /** Announce blocks to me by `cmpctblock`, unasked. */
  readonly highBandwidth: boolean
  /** 2: short ids are of wtxids. */
  readonly version: bigint
}

/** A block as its header, short ids of the transactions the other will have, and those it cannot have (BIP152). */
export interface CompactBlock {
  readonly header: Header
  readonly nonce: bigint
  /** 48-bit SipHashes, in block order, of all that are not prefilled. */
  readonly shortIds: readonly number[]
  readonly prefilled: readonly PrefilledTx[]
}

export interface PrefilledTx {
  /** Place in the block. */
  readonly index: number
  readonly tx: Tx
}

export interface GetBlockTxn {
  readonly hash: HashHex
  /** Places in the block, ascending. */
  readonly indexes: readonly number[]
}

export interface BlockTxn {
  readonly hash: HashHex
  readonly transactions: readonly Tx[]
}

/** Filters of these blocks, or their hashes (BIP157). */
export interface GetFilters {
  /** 0: basic. */
  readonly type: number
  /** Height of the first block. */
  readonly start: number
  /** The last one. */
  readonly stop: HashHex
}

export interface GetFilterCheckpoints {
  readonly type: number
  readonly stop: HashHex
}

export interface BlockFilter {
  readonly type: number
  readonly block: HashHex
  readonly filter: Uint8Array
}

export interface FilterHeaders {
  readonly type: number
  readonly stop: HashHex
  /** Of the filter before the first of these. 32 bytes in wire order, as all of them. */
  readonly previousHeader: Uint8Array
  readonly filterHashes: readonly Uint8Array[]
}

export interface FilterCheckpoints {
  readonly type: number
  readonly stop: HashHex
  /** Filter headers of every thousandth block. */
  readonly headers: readonly Uint8Array[]
}

export const NO_HASH: HashHex = '0'.repeat(64)

const locator = struct<Locator>({
  version: u32,
  hashes: list(hashHex, MAX_LOCATOR, 32, 'too-long'),
  stop: hashHex,
})

/** A header of `headers` is followed by a transaction count that is always zero. */
const bareHeader: Codec<Uint8Array> = {
  write: (w, bytes) => {
    w.bytes(bytes)
    w.u8(0)
  },
  read: r => {
    const bytes = r.bytes(HEADER_BYTES).slice() // a header outlives its message
    r.varint() // Core does not look at it either
    return bytes
  },
}

const bareHeaders = list(bareHeader, MAX_HEADERS, HEADER_BYTES + 1, 'too-many')

const headerRun: Codec<readonly Header[]> = {
  write: (w, headers) =>
    bareHeaders.write(
      w,
      headers.map(header => header.bytes),
    ),
  read: r => hashHeaders(bareHeaders.read(r)),
}

/** 6 bytes little-endian. */
const shortId: Codec<number> = {
  write: (w, v) => {
    w.u32(v % 0x100000000)
    w.u16(Math.floor(v / 0x100000000))
  },
  read: r => r.u32() + r.u16() * 0x100000000,
}

/** Ascending places are sent as distances: each minus the one before, minus one. */
function readPlace(r: Reader, previous: number): number {
  const place = previous + 1 + r.varint()
  if (place > MAX_INDEX) throw new ProtocolError('out-of-range', `transaction ${place} of a compact block`)
  return place
}

function writePlace(w: Writer, place: number, previous: number): void {
  w.varint(place - previous - 1)
}

function ascending<T>(
  placeOf: (item: T) => number,
  make: (place: number, r: Reader) => T,
  writeRest: (w: Writer, item: T) => void,
): Codec<readonly T[]> {
  return {
    write: (w, items) => {
      let previous = -1
      w.varint(items.length)
      for (const item of items) {
        writePlace(w, placeOf(item), previous)
        writeRest(w, item)
        previous = placeOf(item)
      }
    },
    read: r => {
      const count = r.varint()
      if (count > r.remaining) throw new ProtocolError('truncated', `${count} items announced`)
      const items: T[] = []
      let previous = -1
      for (let i = 0; i < count; i++) {
        previous = readPlace(r, previous)
        items.push(make(previous, r))
      }
      return items
    },
  }
}

const indexes = ascending<number>(
  place => place,
  place => place,
  () => {},
)

const prefilled = ascending<PrefilledTx>(
  item => item.index,
  (index, r) => ({ index, tx: txCodec.read(r) }),
  (w, item) => txCodec.write(w, item.tx),
)

const compactBlock = struct<CompactBlock>({
  header: headerCodec,
  nonce: u64,
  shortIds: list(shortId, MAX_INDEX + 1, 6),
  prefilled,
})

const getFilters = struct<GetFilters>({ type: u8, start: u32, stop: hashHex })
const MAX_FILTER_HASHES = 2_000

function spec<T>(codec: Codec<T>, maxBytes: number): MessageSpec<T> {
  return { codec, maxBytes }
}

const INVENTORY_BYTES = 3 + 36 * MAX_INVENTORY
const LOCATOR_BYTES = 4 + 1 + 32 * MAX_LOCATOR + 32

export const LEDGER_MESSAGES = {
  getheaders: spec<Locator>(locator, LOCATOR_BYTES),
  getblocks: spec<Locator>(locator, LOCATOR_BYTES),
  headers: spec<readonly Header[]>(headerRun, 3 + (HEADER_BYTES + 1) * MAX_HEADERS),
  inv: spec<Inventories>(inventory, INVENTORY_BYTES),
  getdata: spec<Inventories>(inventory, INVENTORY_BYTES),
  notfound: spec<Inventories>(forgivenInventory, INVENTORY_BYTES),
  block: spec<Block>(blockCodec, MAX_PAYLOAD_BYTES),
  tx: spec<Tx>(txCodec, MAX_PAYLOAD_BYTES),
  sendheaders: spec<null>(empty, 0),
  sendcmpct: spec<SendCompact>(struct<SendCompact>({ highBandwidth: bool, version: u64 }), 9),
  cmpctblock: spec<CompactBlock>(compactBlock, MAX_PAYLOAD_BYTES),
  getblocktxn: spec<GetBlockTxn>(
    struct<GetBlockTxn>({ hash: hashHex, indexes }),
    32 + 3 + 3 * (MAX_INDEX + 1),
  ),
  blocktxn: spec<BlockTxn>(
    struct<BlockTxn>({ hash: hashHex, transactions: txsCodec(MAX_INDEX + 1) }),
    MAX_PAYLOAD_BYTES,
  ),
  /** Satoshi per 1,000 virtual bytes (BIP133). */
  feefilter: spec<bigint>(u64, 8),
  mempool: spec<null>(empty, 0),
  /** Of BIP37, which is not served. */
  filterload: spec<null>(empty, 0),
  filteradd: spec<null>(empty, 0),
  filterclear: spec<null>(empty, 0),
  getcfilters: spec<GetFilters>(getFilters, 37),
  cfilter: spec<BlockFilter>(
    struct<BlockFilter>({ type: u8, block: hashHex, filter: varbytes(MAX_PAYLOAD_BYTES) }),
    MAX_PAYLOAD_BYTES,
  ),
  getcfheaders: spec<GetFilters>(getFilters, 37),
  cfheaders: spec<FilterHeaders>(
    struct<FilterHeaders>({
      type: u8,
      stop: hashHex,
      previousHeader: hash256,
      filterHashes: list(hash256, MAX_FILTER_HASHES, 32),
    }),
    1 + 32 + 32 + 3 + 32 * MAX_FILTER_HASHES,
  ),
  getcfcheckpt: spec<GetFilterCheckpoints>(struct<GetFilterCheckpoints>({ type: u8, stop: hashHex }), 33),
  cfcheckpt: spec<FilterCheckpoints>(
    struct<FilterCheckpoints>({ type: u8, stop: hashHex, headers: list(hash256, 100_000, 32) }),
    MAX_PAYLOAD_BYTES,
  ),
  /** Between `version` and `verack`: transactions are announced by wtxid (BIP339). */
  wtxidrelay: spec<null>(empty, 0),
} as const

export type LedgerMessage = MessageOf<typeof LEDGER_MESSAGES>
export type LedgerCommand = LedgerMessage['command']
export type PayloadOf<C extends LedgerCommand> = Extract<LedgerMessage, { command: C }>['payload']
