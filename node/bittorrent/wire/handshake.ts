// The 68 bytes that a connection begins with: the protocol's name, reserved bits, whose content, who (BEP 3, 5, 6, 10, 52).

import { ProtocolError } from '../../errors.ts'
import type { Handshake } from './message.ts'

export const HANDSHAKE_BYTES = 68
/** Its length before it. */
const NAME = new TextEncoder().encode('\x13BitTorrent protocol')
const [EXTENDED_AT, OTHERS_AT, INFO_HASH_AT, PEER_ID_AT] = [25, 27, 28, 48]
const EXTENDED = 0x10
const [DHT, FAST, V2] = [0x01, 0x04, 0x10]

export function encodeHandshake({ infoHash, peerId, fast, extended, dht, v2 }: Handshake): Uint8Array {
  const bytes = new Uint8Array(HANDSHAKE_BYTES)
  bytes.set(NAME)
  bytes[EXTENDED_AT] = extended ? EXTENDED : 0
  bytes[OTHERS_AT] = (fast ? FAST : 0) | (dht ? DHT : 0) | (v2 ? V2 : 0)
  bytes.set(infoHash, INFO_HASH_AT)
  bytes.set(peerId, PEER_ID_AT)
  return bytes
}

/** The first 68 bytes, whatever comes behind them. Throws ProtocolError. */
export function decodeHandshake(bytes: Uint8Array): Handshake {
  if (!isHandshake(bytes)) throw new ProtocolError('handshake', 'it speaks something else')
  if (bytes.length < HANDSHAKE_BYTES) throw new ProtocolError('truncated', 'handshake')
  const others = bytes[OTHERS_AT] as number
  return {
    infoHash: bytes.slice(INFO_HASH_AT, PEER_ID_AT),
    peerId: bytes.slice(PEER_ID_AT, HANDSHAKE_BYTES),
    extended: ((bytes[EXTENDED_AT] as number) & EXTENDED) !== 0,
    fast: (others & FAST) !== 0,
    dht: (others & DHT) !== 0,
    v2: (others & V2) !== 0,
  }
}

/** As far as these bytes go they begin one. */
export function isHandshake(bytes: Uint8Array): boolean {
  const length = Math.min(bytes.length, NAME.length)
  for (let at = 0; at < length; at++) if (bytes[at] !== NAME[at]) return false
  return true
}
