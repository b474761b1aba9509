// Addresses in six bytes each: four of an IPv4 address, two of a port (BEP 23).

import type { Address } from '../core/host.ts'

export const COMPACT_BYTES = 6
const IPV4 = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3}):(\d{1,5})$/

/** Undefined: it is none of IPv4. */
export function compactAddress(address: Address): Uint8Array | undefined {
  const [, ...words] = IPV4.exec(address) ?? []
  const [a = 256, b = 256, c = 256, d = 256, port = 65_536] = words.map(Number)
  if (Math.max(a, b, c, d) > 255 || port > 65_535) return undefined
  return Uint8Array.of(a, b, c, d, port >> 8, port & 0xff)
}

/** Those that are none of IPv4 are left out. */
export function compactAddresses(addresses: readonly Address[]): Uint8Array {
  const each = addresses.flatMap(address => compactAddress(address) ?? [])
  const all = new Uint8Array(COMPACT_BYTES * each.length)
  each.forEach((bytes, i) => {
    all.set(bytes, COMPACT_BYTES * i)
  })
  return all
}

/** What is left behind the last whole one is ignored. */
export function expandAddresses(bytes: Uint8Array, step = COMPACT_BYTES): Address[] {
  const addresses: Address[] = []
  for (let at = 0; at + step <= bytes.length; at += step) addresses.push(expandAddress(bytes, at))
  return addresses
}

export function expandAddress(bytes: Uint8Array, at: number): Address {
  const port = ((bytes[at + 4] as number) << 8) | (bytes[at + 5] as number)
  return `${bytes[at]}.${bytes[at + 1]}.${bytes[at + 2]}.${bytes[at + 3]}:${port}`
}
