// Frames as messages.

import { ProtocolError } from '../../errors.ts'
import { IDS } from './encode.ts'
import type { Message } from './message.ts'

const NAMES = new Map<number, string>(Object.entries(IDS).map(([name, id]) => [id, name]))

export function decodeMessage(frame: Uint8Array): Message {
  if (frame.length === 0) return { type: 'keepalive' }
  const type = NAMES.get(frame[0] as number)
  const view = new DataView(frame.buffer, frame.byteOffset, frame.length)
  const rest = frame.length - 1
  const exactly = (bytes: number) => {
    if (rest !== bytes) throw new ProtocolError('malformed', type)
  }
  const atLeast = (bytes: number) => {
    if (rest < bytes) throw new ProtocolError('truncated', type)
  }
  switch (type) {
    case 'choke':
    case 'unchoke':
    case 'interested':
    case 'not-interested':
    case 'have-all':
    case 'have-none':
      exactly(0)
      return { type }
    case 'have':
    case 'suggest':
    case 'allowed-fast':
      exactly(4)
      return { type, piece: view.getUint32(1) }
    case 'bitfield':
      return { type, bits: frame.subarray(1) }
    case 'request':
    case 'cancel':
    case 'reject':
      exactly(12)
      return { type, piece: view.getUint32(1), begin: view.getUint32(5), length: view.getUint32(9) }
    case 'piece':
      atLeast(8)
      return { type, piece: view.getUint32(1), begin: view.getUint32(5), block: frame.subarray(9) }
    case 'port':
      exactly(2)
      return { type, port: view.getUint16(1) }
    case 'extended':
      atLeast(1)
      return { type, id: frame[1] as number, payload: frame.subarray(2) }
    case 'hash-request':
    case 'hash-reject':
    case 'hashes': {
      if (type === 'hashes') atLeast(48)
      else exactly(48)
      const range = {
        root: frame.subarray(1, 33),
        base: view.getUint32(33), index: view.getUint32(37), length: view.getUint32(41), proofs: view.getUint32(45),
      }
      return type === 'hashes' ? { type, ...range, hashes: frame.subarray(49) } : { type, ...range }
    }
    default:
      return { type: 'keepalive' }
  }
}
