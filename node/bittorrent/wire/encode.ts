// Messages as frames: a length of four bytes, a number, what it says; all numbers big-endian (BEP 3, 6, 10, 52).

import { HASH_RANGE_BYTES, IDS } from './ids.ts'
import type { HashRange, Message } from './message.ts'

const HEAD_BYTES = 5
const KEEPALIVE = new Uint8Array(4)

export function encodeMessage(message: Message): Uint8Array {
  switch (message.type) {
    case 'keepalive':
      return KEEPALIVE
    case 'have':
    case 'suggest':
    case 'allowed-fast':
      return withNumber(IDS[message.type], message.piece)
    case 'request':
    case 'cancel':
    case 'reject': {
      const frame = framed(IDS[message.type], 12)
      put(frame, HEAD_BYTES, message.piece)
      put(frame, HEAD_BYTES + 4, message.begin)
      put(frame, HEAD_BYTES + 8, message.length)
      return frame
    }
    case 'piece': {
      const frame = framed(IDS.piece, 8 + message.block.length)
      put(frame, HEAD_BYTES, message.piece)
      put(frame, HEAD_BYTES + 4, message.begin)
      frame.set(message.block, HEAD_BYTES + 8)
      return frame
    }
    case 'bitfield': {
      const frame = framed(IDS.bitfield, message.bits.length)
      frame.set(message.bits, HEAD_BYTES)
      return frame
    }
    case 'port': {
      const frame = framed(IDS.port, 2)
      frame[HEAD_BYTES] = message.port >> 8
      frame[HEAD_BYTES + 1] = message.port & 0xff
      return frame
    }
    case 'extended': {
      const frame = framed(IDS.extended, 1 + message.payload.length)
      frame[HEAD_BYTES] = message.id
      frame.set(message.payload, HEAD_BYTES + 1)
      return frame
    }
    case 'hash-request':
    case 'hash-reject':
      return withRange(IDS[message.type], message, 0)
    case 'hashes': {
      const frame = withRange(IDS.hashes, message, message.hashes.length)
      frame.set(message.hashes, HEAD_BYTES + HASH_RANGE_BYTES)
      return frame
    }
    default:
      return framed(IDS[message.type], 0)
  }
}

function withNumber(id: number, value: number): Uint8Array {
  const frame = framed(id, 4)
  put(frame, HEAD_BYTES, value)
  return frame
}

function withRange(id: number, { root, base, index, length, proofs }: HashRange, more: number): Uint8Array {
  const frame = framed(id, HASH_RANGE_BYTES + more)
  frame.set(root, HEAD_BYTES)
  put(frame, HEAD_BYTES + 32, base)
  put(frame, HEAD_BYTES + 36, index)
  put(frame, HEAD_BYTES + 40, length)
  put(frame, HEAD_BYTES + 44, proofs)
  return frame
}

function framed(id: number, bytes: number): Uint8Array {
  const frame = new Uint8Array(HEAD_BYTES + bytes)
  put(frame, 0, 1 + bytes)
  frame[4] = id
  return frame
}

function put(frame: Uint8Array, at: number, value: number): void {
  frame[at] = value >>> 24
  frame[at + 1] = value >>> 16
  frame[at + 2] = value >>> 8
  frame[at + 3] = value
}
