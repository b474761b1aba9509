// Addresses as RPC tells them: host and port apart, and the network that they are of.

import type { Address } from '../core/host.ts'
import { isPublic } from './netgroup.ts'
import { hostOf } from './wire/address.ts'

export function splitAddress(address: Address): { address: string; port: number } {
  const host = hostOf(address)
  return { address: host.replace(/^\[|\]$/g, ''), port: Number(address.slice(host.length + 1)) }
}

export function networkOf(address: Address): 'ipv4' | 'ipv6' {
  return address.startsWith('[') ? 'ipv6' : 'ipv4'
}

/** As `networkOf`, of the other end of a connection: of hosts that nobody else can reach Core names no network. */
export function networkOfPeer(address: Address): ReturnType<typeof networkOf> | 'not_publicly_routable' {
  return isPublic(address) ? networkOf(address) : 'not_publicly_routable'
}
