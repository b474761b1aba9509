// Frames as messages. Byte strings are views of the frame.

import { ProtocolError } from '../../errors.ts'
import { HASH_RANGE_BYTES, TYPES } from './ids.ts'
import type { Message } from './message.ts'

/** `frame`: without its length. Undefined: a message that is not known here, and is none of our business. Throws ProtocolError. */
export function decodeMessage(frame: Uint8Array): Message | undefined {
  if (frame.length === 0) return { type: 'keepalive' }
  const type = TYPES[frame[0] as number]
  switch (type) {
    case undefined:
      return undefined
    case 'have':
    case 'suggest':
    case 'allowed-fast':
      exactly(frame, 4, type)
      return { type, piece: number(frame, 1) }
    case 'bitfield':
      return { type, bits: frame.subarray(1) }
    case 'request':
    case 'cancel':
    case 'reject':
      exactly(frame, 12, type)
      return { type, piece: number(frame, 1), begin: number(frame, 5), length: number(frame, 9) }
    case 'piece':
      atLeast(frame, 8, type)
      return { type, piece: number(frame, 1), begin: number(frame, 5), block: frame.subarray(9) }
    case 'port':
      exactly(frame, 2, type)
      return { type, port: ((frame[1] as number) << 8) | (frame[2] as number) }
    case 'extended':
      atLeast(frame, 1, type)
      return { type, id: frame[1] as number, payload: frame.subarray(2) }
    case 'hash-request':
    case 'hash-reject':
      exactly(frame, HASH_RANGE_BYTES, type)
      return { type, ...rangeOf(frame) }
    case 'hashes': {
      atLeast(frame, HASH_RANGE_BYTES, type)
      const hashes = frame.subarray(1 + HASH_RANGE_BYTES)
      if (hashes.length % 32 !== 0) throw new ProtocolError('malformed', 'hashes: a part of a hash')
      return { type, ...rangeOf(frame), hashes }
    }
    default:
      exactly(frame, 0, type)
      return { type }
  }
}

function rangeOf(frame: Uint8Array) {
  return {
    root: frame.subarray(1, 33),
    base: number(frame, 33),
    index: number(frame, 37),
    length: number(frame, 41),
    proofs: number(frame, 45),
  }
}

function number(frame: Uint8Array, at: number): number {
  const high = ((frame[at] as number) << 24) | ((frame[at + 1] as number) << 16)
  return (high | ((frame[at + 2] as number) << 8) | (frame[at + 3] as number)) >>> 0
}

function exactly(frame: Uint8Array, bytes: number, type: string): void {
  atLeast(frame, bytes, type)
  if (frame.length - 1 > bytes) throw new ProtocolError('trailing-bytes', type)
}

function atLeast(frame: Uint8Array, bytes: number, type: string): void {
  if (frame.length - 1 < bytes) throw new ProtocolError('truncated', type)
}
