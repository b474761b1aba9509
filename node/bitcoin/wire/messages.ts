// The base messages that every peer speaks, whatever protocols run over its connections: handshake, ping, addresses.

import { type Endpoint, isIpv4, mapIpv4 } from './address.ts'
import {
  bool,
  type Codec,
  compactU64,
  empty,
  fixed,
  i32,
  i64,
  list,
  type Reader,
  struct,
  u8,
  u16be,
  u32,
  u64,
  varbytes,
  varstring,
} from './codec.ts'
import type { MessageTable } from './table.ts'

export const PROTOCOL_VERSION = 70016
/** From here on a peer knows `wtxidrelay` and `sendaddrv2` (BIP339, BIP155). */
export const HANDSHAKE_MESSAGES_VERSION = 70016
/** Pings carry a nonce, and are answered, above it (BIP31). */
export const UNANSWERED_PING_VERSION = 60000
/** Core's MIN_PEER_PROTO_VERSION. */
export const MIN_PROTOCOL_VERSION = 31800
export const MAX_USER_AGENT_BYTES = 256
export const MAX_ADDRESSES = 1000

/** A peer's address without a time, as `version` carries it. */
export interface NetAddress extends Endpoint {
  readonly services: bigint
}

/** An entry of `addr`. */
export interface TimedAddress extends NetAddress {
  /** Seconds since the epoch: when it was last heard of. */
  readonly time: number
}

/** An entry of `addrv2` (BIP155). */
export interface AddressV2 {
  readonly time: number
  readonly services: bigint
  /** 1 IPv4, 2 IPv6; others are passed over. */
  readonly network: number
  readonly bytes: Uint8Array
  readonly port: number
}

export interface Version {
  readonly version: number
  readonly services: bigint
  /** Seconds since the epoch. */
  readonly time: bigint
  readonly addrRecv: NetAddress
  /** Where the sender listens. */
  readonly addrFrom: NetAddress
  /** Tells a peer that it talks to itself. */
  readonly nonce: bigint
  readonly userAgent: string
  readonly startHeight: number
  /** Wants transactions announced (BIP37). */
  readonly relay: boolean
}

export interface Ping {
  readonly nonce: bigint
}

const netAddress: Codec<NetAddress> = struct<NetAddress>({ services: u64, ip: fixed(16), port: u16be })

const timedAddress: Codec<TimedAddress> = struct<TimedAddress>({
  time: u32,
  services: u64,
  ip: fixed(16),
  port: u16be,
})

/** BIP155: no address is longer than 512 bytes, whatever its network. */
const addressV2: Codec<AddressV2> = struct<AddressV2>({
  time: u32,
  services: compactU64,
  network: u8,
  bytes: varbytes(512),
  port: u16be,
})

const userAgent = varstring(MAX_USER_AGENT_BYTES)
const NO_ADDRESS: NetAddress = { services: 0n, ip: new Uint8Array(16), port: 0 }

/** Old peers end their `version` after any of the later fields; Core fills in these values. */
const version: Codec<Version> = {
  write: struct<Version>({
    version: i32,
    services: u64,
    time: i64,
    addrRecv: netAddress,
    addrFrom: netAddress,
    nonce: u64,
    userAgent,
    startHeight: i32,
    relay: bool,
  }).write,
  read: r => ({
    version: r.i32(),
    services: r.u64(),
    time: r.i64(),
    addrRecv: netAddress.read(r),
    addrFrom: optional(r, netAddress, NO_ADDRESS),
    nonce: optional(r, u64, 0n),
    userAgent: optional(r, userAgent, ''),
    startHeight: optional(r, i32, 0),
    relay: optional(r, bool, true),
  }),
}

function optional<T>(reader: Reader, codec: Codec<T>, absent: T): T {
  return reader.remaining > 0 ? codec.read(reader) : absent
}

/** Small messages may grow: fields that a later protocol version appends are passed over. */
const SMALL = 1024

export const baseMessages = {
  version: { codec: version, maxBytes: SMALL },
  verack: { codec: empty, maxBytes: SMALL },
  ping: { codec: struct<Ping>({ nonce: u64 }), maxBytes: SMALL },
  pong: { codec: struct<Ping>({ nonce: u64 }), maxBytes: SMALL },
  getaddr: { codec: empty, maxBytes: SMALL },
  sendaddrv2: { codec: empty, maxBytes: SMALL },
  addr: { codec: list(timedAddress, MAX_ADDRESSES, 30, 'too-many'), maxBytes: 3 + MAX_ADDRESSES * 30 },
  addrv2: {
    codec: list(addressV2, MAX_ADDRESSES, 9, 'too-many'),
    maxBytes: 3 + MAX_ADDRESSES * (4 + 9 + 1 + 3 + 512 + 2),
  },
} satisfies MessageTable

/** BIP155 network numbers and their lengths. */
const NETWORK_IPV4 = 1
const NETWORK_IPV6 = 2

/** An `addrv2` entry as an endpoint; undefined for networks that cannot be dialled here or a wrong length. */
export function fromAddressV2({ network, bytes, port }: AddressV2): Endpoint | undefined {
  if (network === NETWORK_IPV4 && bytes.length === 4) {
    const ip = mapIpv4(bytes)
    return ip && { ip, port }
  }
  // BIP155: an IPv4 address must not come dressed as an IPv6 one.
  if (network === NETWORK_IPV6 && bytes.length === 16 && !isIpv4(bytes)) return { ip: bytes, port }
  return undefined
}

export function toAddressV2({ time, services, ip, port }: TimedAddress): AddressV2 {
  return isIpv4(ip)
    ? { time, services, network: NETWORK_IPV4, bytes: ip.subarray(12), port }
    : { time, services, network: NETWORK_IPV6, bytes: ip, port }
}
