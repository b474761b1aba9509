// Whom the operator keeps out (Core's ban list): hosts and subnets, each until its time is up. Kept in the store.

import type { Address, Clock, Store } from '../core/host.ts'
import { splitAddress } from './address-words.ts'
import { formatAddress, isIpv4, parseAddress } from './wire/address.ts'

const KEY = 'bans'
/** Bytes in front of an IPv4 address in the form of IPv6. */
const MAPPED_BITS = 96

/** A host (all bits) or a subnet, by its one text: `1.2.3.0/24`. */
export interface Subnet {
  readonly text: string
  readonly ip: Uint8Array
  /** Of 128. */
  readonly bits: number
}

/** Times in seconds since the epoch. */
export interface Ban {
  readonly created: number
  readonly until: number
}

/** `1.2.3.4`, `1.2.3.0/24`, `1.2.3.0/255.255.255.0`, `2001:db8::/32`; undefined for what is none. */
export function parseSubnet(text: string): Subnet | undefined {
  const [host = '', mask, more] = text.split('/')
  const ip = ipOf(host)
  if (!ip || more !== undefined) return undefined
  const extra = isIpv4(ip) ? MAPPED_BITS : 0
  const own = mask === undefined ? 128 - extra : maskBits(mask, 128 - extra)
  if (own === undefined) return undefined
  const bits = own + extra
  const cut = ip.map((byte, i) => byte & maskAt(i, bits))
  const { address: name } = splitAddress(formatAddress({ ip: cut, port: 0 }))
  return { text: `${name}/${own}`, ip: cut, bits }
}

function ipOf(host: string): Uint8Array | undefined {
  return parseAddress(host.includes(':') ? `[${host}]:0` : `${host}:0`)?.ip
}

function maskBits(mask: string, most: number): number | undefined {
  if (/^\d{1,3}$/.test(mask)) return Number(mask) <= most ? Number(mask) : undefined
  const bytes = ipOf(mask)
  if (!bytes) return undefined
  const digits = [...bytes.subarray(16 - most / 8)].map(byte => byte.toString(2).padStart(8, '0')).join('')
  return /^1*0*$/.test(digits) ? digits.lastIndexOf('1') + 1 : undefined
}

interface KeptBan extends Ban {
  readonly subnet: Subnet
}

export class BanList {
  readonly #store: Store
  readonly #clock: Clock
  #bans: Map<string, KeptBan> | undefined

  constructor(store: Store, clock: Clock) {
    this.#store = store
    this.#clock = clock
  }

  /** Those whose time is not up, in order of their texts. */
  list(): readonly (readonly [text: string, ban: Ban])[] {
    return [...this.#current()].sort(([a], [b]) => (a < b ? -1 : 1))
  }

  has({ text }: Subnet): boolean {
    return this.#current().has(text)
  }

  add(subnet: Subnet, until: number): void {
    this.#current().set(subnet.text, { subnet, created: this.#now(), until })
    this.#keep()
  }

  /** False when it was not there. */
  remove({ text }: Subnet): boolean {
    const there = this.#current().delete(text)
    if (there) this.#keep()
    return there
  }

  clear(): void {
    this.#current().clear()
    this.#keep()
  }

  /** Whether this address is in one of them. */
  covers(address: Address): boolean {
    const bans = this.#bans ?? this.#current()
    if (bans.size === 0) return false
    const ip = parseAddress(address)?.ip
    return ip !== undefined && this.#has(bans, ip)
  }

  /** Whether this host is in one of them. */
  coversHost({ ip }: Subnet): boolean {
    return this.#has(this.#current(), ip)
  }

  #has(bans: ReadonlyMap<string, KeptBan>, ip: Uint8Array): boolean {
    const now = this.#now()
    return [...bans.values()].some(({ subnet, until }) => until > now && isIn(ip, subnet))
  }

  #current(): Map<string, KeptBan> {
    this.#bans ??= this.#load()
    for (const [text, { until }] of this.#bans) if (until <= this.#now()) this.#bans.delete(text)
    return this.#bans
  }

  #load(): Map<string, KeptBan> {
    const bytes = this.#store.get(KEY)
    const stored: readonly [string, Ban][] = bytes ? JSON.parse(new TextDecoder().decode(bytes)) : []
    return new Map(
      stored.flatMap(([text, ban]) => {
        const subnet = parseSubnet(text)
        return subnet ? [[text, { ...ban, subnet }] as const] : []
      }),
    )
  }

  #keep(): void {
    const stored = [...this.#current()].map(([text, { created, until }]) => [text, { created, until }])
    this.#store.commit([{ put: KEY, value: new TextEncoder().encode(JSON.stringify(stored)) }])
  }

  #now(): number {
    return Math.floor(this.#clock.now() / 1000)
  }
}

export function isIn(ip: Uint8Array, subnet: Subnet): boolean {
  return subnet.ip.every((byte, i) => ((ip[i] ?? 0) & maskAt(i, subnet.bits)) === byte)
}

/** Which bits of its byte at this place count in a subnet of so many. */
function maskAt(i: number, bits: number): number {
  return (0xff << Math.max(0, Math.min(8, 8 * (i + 1) - bits))) & 0xff
}
