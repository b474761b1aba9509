// Subnets for networks of our own: looked for among what the engine and the machine use, never left to the engine's
// default pools, which run out after some thirty networks.

import { readFileSync } from 'node:fs'
import { networkInterfaces } from 'node:os'

/** 10.192.0.0/10: 4096 subnets of 1022 addresses, away from the pools that engines, clouds and home routers use. */
const RANGE = parse4('10.192.0.0')
export const PREFIX_BITS = 22
const RANGE_SIZE = 2 ** (32 - 10)
export const SIZE = 2 ** (32 - PREFIX_BITS)
/** The network's own address, the engine's gateway, and the broadcast address. */
const RESERVED = 3
export const MAX_HOSTS = SIZE - RESERVED

export interface Subnet {
  /** First address as a number. */
  readonly base: number
  readonly size: number
  /** So many of its first addresses are an engine's to give; absent: none but its own. */
  readonly kept?: number
}

/** Free subnets from the `start`-th on, each once. Two owners that begin at different places rarely meet. */
export function* freeSubnets(used: readonly Subnet[], start: number, size = SIZE): Generator<Subnet> {
  const subnets = RANGE_SIZE / size
  for (let i = 0; i < subnets; i++) {
    const subnet = { base: RANGE + ((start + i) % subnets) * size, size }
    if (!used.some(other => overlap(subnet, other))) yield subnet
  }
}

/** The address of the `index`-th node. */
export function hostAddress({ base, size, kept = 0 }: Subnet, index: number): string {
  const room = size - RESERVED - kept
  if (index >= room) throw new RangeError(`a network has room for ${room} nodes`)
  return format4(base + 2 + kept + index)
}

export function gatewayAddress({ base }: Subnet): string {
  return format4(base + 1)
}

export function formatSubnet({ base, size }: Subnet): string {
  return `${format4(base)}/${32 - Math.log2(size)}`
}

/** `10.0.0.0/8`; undefined for what is not IPv4. */
export function parseSubnet(text: string): Subnet | undefined {
  const match = /^(\d+\.\d+\.\d+\.\d+)\/(\d+)$/.exec(text)
  if (!match) return undefined
  const size = 2 ** (32 - Number(match[2]))
  const address = parse4(match[1] ?? '')
  return { base: address - (address % size), size }
}

export function overlap(a: Subnet, b: Subnet): boolean {
  return a.base < b.base + b.size && b.base < a.base + a.size
}

/** What this machine's interfaces and routes lead to. */
export function machineSubnets(): Subnet[] {
  const interfaces = Object.values(networkInterfaces()).flatMap(all => all ?? [])
  return [...interfaces.flatMap(({ cidr }) => (cidr ? [cidr] : [])), ...routes()].flatMap(
    cidr => parseSubnet(cidr) ?? [],
  )
}

/** Linux tells its routes as little-endian hexadecimal numbers; the default route leads everywhere and says nothing. */
function routes(): string[] {
  let table: string
  try {
    table = readFileSync('/proc/net/route', 'utf8')
  } catch {
    return []
  }
  return table
    .trim()
    .split('\n')
    .slice(1)
    .flatMap(line => {
      const [, destination = '', , , , , , mask = ''] = line.split('\t')
      const bits = littleEndian(mask).toString(2).replaceAll('0', '').length
      return bits === 0 ? [] : [`${format4(littleEndian(destination))}/${bits}`]
    })
}

function littleEndian(hex: string): number {
  return Buffer.from(hex.padStart(8, '0'), 'hex').readUInt32LE()
}

function parse4(text: string): number {
  return text.split('.').reduce((sum, part) => sum * 256 + Number(part), 0)
}

function format4(address: number): string {
  return [24, 16, 8, 0].map(shift => Math.floor(address / 2 ** shift) % 256).join('.')
}
