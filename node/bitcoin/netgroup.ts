// Which addresses are likely to be in one hand: a peer spreads its outbound connections, its address tables and its
// protection against eviction over network groups, so that one owner of many addresses cannot take them all.

import type { Address } from '../core/host.ts'
import { isIpv4, isUnspecified, parseAddress } from './wire/address.ts'

/** What the text of an address says. */
interface Facts {
  readonly group: string
  readonly dialable: boolean
  readonly sharedHost: boolean
}

/** Gossip asks of the same addresses over and over. Bounded, and a pure function's memory: nothing depends on it. */
const known = new Map<Address, Facts>()
const MAX_KNOWN = 10_000

/**
 * The group of an address: /16 of IPv4, /32 of IPv6, as in Core. Where a testnet lives, Core's groups would collapse to
 * one and allow one outbound connection: so on loopback each port is a group of its own (every node is 127.0.0.1), and
 * in private networks each host.
 */
export function netgroup(address: Address): string {
  return factsOf(address).group
}

/** Could be dialled and passed on: a real host with a port. Unlike Core's, it lets loopback and private networks pass. */
export function isDialable(address: Address): boolean {
  return factsOf(address).dialable
}

/** Many nodes may share the host of this address, so the host says nothing about who is there. */
export function isSharedHost(address: Address): boolean {
  return factsOf(address).sharedHost
}

/** Neither loopback nor in a private network. */
export function isPublic(address: Address): boolean {
  const ip = parseAddress(address)?.ip
  return ip !== undefined && !isLoopbackIp(ip) && !isPrivateIp(ip)
}

function factsOf(address: Address): Facts {
  let facts = known.get(address)
  if (!facts) {
    if (known.size >= MAX_KNOWN) known.clear()
    facts = workOut(address)
    known.set(address, facts)
  }
  return facts
}

function workOut(address: Address): Facts {
  const endpoint = parseAddress(address)
  if (!endpoint) return { group: address, dialable: false, sharedHost: false }
  const { ip, port } = endpoint
  const sharedHost = isLoopbackIp(ip)
  const dialable = port !== 0 && !isUnspecified(ip) && !isMulticastIp(ip)
  if (sharedHost) return { group: `loopback ${port}`, dialable, sharedHost }
  if (isPrivateIp(ip)) return { group: `private ${ip.join('.')}`, dialable, sharedHost }
  const group = isIpv4(ip) ? `ipv4 ${ip.subarray(12, 14).join('.')}` : `ipv6 ${ip.subarray(0, 4).join('.')}`
  return { group, dialable, sharedHost }
}

/** Multicast, and the reserved block above it in IPv4. */
function isMulticastIp(ip: Uint8Array): boolean {
  return isIpv4(ip) ? (ip[12] ?? 0) >= 224 : ip[0] === 0xff
}

function isLoopbackIp(ip: Uint8Array): boolean {
  return isIpv4(ip) ? ip[12] === 127 : ip.every((byte, i) => byte === (i === 15 ? 1 : 0))
}

/** RFC 1918, RFC 3927, RFC 6598; RFC 4193 and RFC 4291 for IPv6. */
function isPrivateIp(ip: Uint8Array): boolean {
  if (!isIpv4(ip)) return ((ip[0] ?? 0) & 0xfe) === 0xfc || (ip[0] === 0xfe && ((ip[1] ?? 0) & 0xc0) === 0x80)
  const [a = 0, b = 0] = ip.subarray(12)
  return (
    a === 10 ||
    (a === 172 && (b & 0xf0) === 16) ||
    (a === 192 && b === 168) ||
    (a === 169 && b === 254) ||
    (a === 100 && (b & 0xc0) === 64)
  )
}
