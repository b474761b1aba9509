// Numbers of the messages (BEP 3, 5, 6, 10, 52), and how long one may be: its number and all behind it.

import type { Message } from './message.ts'

export const IDS: { readonly [type in Exclude<Message['type'], 'keepalive'>]: number } = {
  choke: 0,
  unchoke: 1,
  interested: 2,
  'not-interested': 3,
  have: 4,
  bitfield: 5,
  request: 6,
  piece: 7,
  cancel: 8,
  port: 9,
  suggest: 13,
  'have-all': 14,
  'have-none': 15,
  reject: 16,
  'allowed-fast': 17,
  extended: 20,
  'hash-request': 21,
  hashes: 22,
  'hash-reject': 23,
}

/** By their number; unknown ones are undefined. */
export const TYPES: readonly (keyof typeof IDS | undefined)[] = Array.from({ length: 24 }, (_, id) =>
  (Object.keys(IDS) as (keyof typeof IDS)[]).find(type => IDS[type] === id),
)

/** Root, layer, first, how many, proofs. */
export const HASH_RANGE_BYTES = 48
/** Four million pieces. */
const MAX_BITFIELD_BYTES = 512 * 1024
/** Others ask for up to that, and so may be sent it; we ask for 16 KiB (BEP 3, BEP 52). */
export const MAX_BLOCK_BYTES = 128 * 1024
/** A piece of the info, a handshake with much in it. */
const MAX_EXTENDED_BYTES = 256 * 1024
/** 8,192 hashes and what proves them. */
const MAX_HASHES_BYTES = 32 * (8_192 + 64)
/** Of a message that nobody here knows. */
const MAX_UNKNOWN_BYTES = 64 * 1024

/** Bytes of a message of this number at most. */
export function mostBytes(id: number): number {
  switch (TYPES[id]) {
    case 'bitfield':
      return 1 + MAX_BITFIELD_BYTES
    case 'piece':
      return 9 + MAX_BLOCK_BYTES
    case 'extended':
      return 2 + MAX_EXTENDED_BYTES
    case 'hashes':
      return 1 + HASH_RANGE_BYTES + MAX_HASHES_BYTES
    case 'hash-request':
    case 'hash-reject':
      return 1 + HASH_RANGE_BYTES
    case undefined:
      return MAX_UNKNOWN_BYTES
    default:
      return 13
  }
}
