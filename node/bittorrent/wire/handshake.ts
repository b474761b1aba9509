// The 68 bytes that a connection begins with.

import { ProtocolError } from '../../errors.ts'
import type { Handshake } from './message.ts'

export const HANDSHAKE_BYTES = 68
const NAME = new TextEncoder().encode('\x13BitTorrent protocol')

export function encodeHandshake({ infoHash, peerId, fast, extended, dht, v2 }: Handshake): Uint8Array {
  const bytes = new Uint8Array(HANDSHAKE_BYTES)
  bytes.set(NAME)
  bytes[25] = extended ? 0x10 : 0
  bytes[27] = (fast ? 4 : 0) | (dht ? 1 : 0) | (v2 ? 0x10 : 0)
  bytes.set(infoHash, 28)
  bytes.set(peerId, 48)
  return bytes
}

export function decodeHandshake(bytes: Uint8Array): Handshake {
  if (!NAME.every((byte, at) => bytes[at] === byte)) throw new ProtocolError('handshake')
  const last = bytes[27] as number
  return {
    infoHash: bytes.slice(28, 48), peerId: bytes.slice(48, 68),
    extended: ((bytes[25] as number) & 0x10) !== 0, fast: (last & 4) !== 0, dht: (last & 1) !== 0, v2: (last & 0x10) !== 0,
  }
}
