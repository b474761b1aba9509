// Messages as frames: a length of four bytes, a number, what it says (BEP 3, 6, 10, 52).

import type { Message } from './message.ts'

export const IDS = {
  choke: 0, unchoke: 1, interested: 2, 'not-interested': 3, have: 4, bitfield: 5, request: 6, piece: 7, cancel: 8, port: 9,
  suggest: 13, 'have-all': 14, 'have-none': 15, reject: 16, 'allowed-fast': 17, extended: 20, 'hash-request': 21, hashes: 22, 'hash-reject': 23,
} as const

export function encodeMessage(message: Message): Uint8Array {
  switch (message.type) {
    case 'keepalive':
      return new Uint8Array(4)
    case 'have':
    case 'suggest':
    case 'allowed-fast':
      return numbers(IDS[message.type], [message.piece])
    case 'bitfield':
      return withTail(IDS.bitfield, [], message.bits)
    case 'request':
    case 'cancel':
    case 'reject':
      return numbers(IDS[message.type], [message.piece, message.begin, message.length])
    case 'piece':
      return withTail(IDS.piece, [message.piece, message.begin], message.block)
    case 'port':
      return withTail(IDS.port, [], Uint8Array.of(message.port >> 8, message.port & 255))
    case 'extended': {
      const tail = new Uint8Array(1 + message.payload.length)
      tail[0] = message.id
      tail.set(message.payload, 1)
      return withTail(IDS.extended, [], tail)
    }
    case 'hash-request':
    case 'hash-reject':
    case 'hashes': {
      const { root, base, index, length, proofs } = message
      const hashes = message.type === 'hashes' ? message.hashes : new Uint8Array(0)
      const tail = new Uint8Array(48 + hashes.length)
      const view = new DataView(tail.buffer)
      tail.set(root)
      ;[base, index, length, proofs].forEach((n, at) => view.setUint32(32 + 4 * at, n))
      tail.set(hashes, 48)
      return withTail(IDS[message.type], [], tail)
    }
    default:
      return numbers(IDS[message.type], [])
  }
}

function numbers(id: number, values: readonly number[]): Uint8Array {
  return withTail(id, values, new Uint8Array(0))
}

function withTail(id: number, values: readonly number[], tail: Uint8Array): Uint8Array {
  const frame = new Uint8Array(5 + 4 * values.length + tail.length)
  const view = new DataView(frame.buffer)
  view.setUint32(0, frame.length - 4)
  frame[4] = id
  values.forEach((value, at) => view.setUint32(5 + 4 * at, value))
  frame.set(tail, 5 + 4 * values.length)
  return frame
}
