// RPC about the addresses that the node knows: how many, which, in which tables, and new ones.

import { RPC, RpcError, type RpcTable } from '../core/service.ts'
import type { AddressEntry } from './address-entry.ts'
import { networkOf, splitAddress } from './address-words.ts'
import { BUCKET_SIZE } from './addrman.ts'
import type { NodeRpcDeps } from './rpc-deps.ts'
import { canonicalAddress } from './wire/address.ts'

const NETWORKS = ['ipv4', 'ipv6', 'onion', 'i2p', 'cjdns'] as const
/** What a manually added address is said to offer: NETWORK and WITNESS. */
const USUAL_SERVICES = 9n

export function addressRpc(deps: NodeRpcDeps): RpcTable {
  return {
    getnodeaddresses: {
      params: ['count?', 'network?'],
      summary: 'Addresses known to the address manager; count 0 gives all of them.',
      handle: ([count, network]) => nodeAddresses(deps, count, network),
    },
    getaddrmaninfo: {
      params: [],
      summary: 'How many addresses are known, by network and by table.',
      handle: () => addrmanInfo(deps),
    },
    getrawaddrman: {
      params: [],
      summary: 'Both tables of the address manager, by bucket and place.',
      hidden: true,
      differs: 'source is the network group of who told of it',
      handle: () => rawAddrman(deps),
    },
    addpeeraddress: {
      params: ['address', 'port', 'tried?'],
      summary: 'Tells the address manager of an address, for tests.',
      hidden: true,
      handle: ([address, port, tried]) => addPeerAddress(deps, address, port, tried),
    },
  }
}

function nodeAddresses({ addresses }: NodeRpcDeps, count: unknown = 1, network?: unknown): unknown[] {
  if (typeof count !== 'number' || !Number.isInteger(count) || count < 0)
    throw new RpcError(RPC.invalidParameter, 'Address count out of range')
  const known = NETWORKS.some(each => each === network)
  if (network !== undefined && network !== null && !known)
    throw new RpcError(RPC.invalidParameter, `Network not recognized: ${String(network)}`)
  return addresses
    .sample(addresses.size)
    .filter(entry => typeof network !== 'string' || networkOf(entry.address) === network)
    .slice(0, count === 0 ? addresses.size : count)
    .map(entry => ({
      time: entry.time,
      services: Number(entry.services),
      ...splitAddress(entry.address),
      network: networkOf(entry.address),
    }))
}

function addrmanInfo({ addresses }: NodeRpcDeps): Record<string, unknown> {
  const all = [...addresses.entries()]
  const count = (entries: readonly Readonly<AddressEntry>[]) => {
    const tried = entries.filter(({ triedSlot }) => triedSlot !== undefined).length
    return { new: entries.length - tried, tried, total: entries.length }
  }
  return {
    ...Object.fromEntries(
      NETWORKS.map(network => [network, count(all.filter(({ address }) => networkOf(address) === network))]),
    ),
    all_networks: count(all),
  }
}

function rawAddrman({ addresses }: NodeRpcDeps): Record<string, unknown> {
  const tables: { new: Record<string, unknown>; tried: Record<string, unknown> } = { new: {}, tried: {} }
  const placeOf = (slot: number) => `${Math.floor(slot / BUCKET_SIZE)}/${slot % BUCKET_SIZE}`
  for (const entry of addresses.entries()) {
    const shape = {
      ...splitAddress(entry.address),
      network: networkOf(entry.address),
      services: Number(entry.services),
      time: entry.time,
      source: entry.sourceGroup,
    }
    for (const slot of entry.newSlots) tables.new[placeOf(slot)] = shape
    if (entry.triedSlot !== undefined) tables.tried[placeOf(entry.triedSlot)] = shape
  }
  return tables
}

/** As Core names it. */
function jsonType(value: unknown): string {
  return Array.isArray(value) ? 'array' : typeof value
}

function addPeerAddress(
  { addresses, clock }: NodeRpcDeps,
  host: unknown,
  port: unknown,
  tried: unknown = false,
): Record<string, unknown> {
  const text = String(host)
  if (typeof port !== 'number' || !Number.isInteger(port) || port < 0 || port > 0xffff)
    throw new RpcError(RPC.misc, 'JSON integer out of range')
  if (typeof (tried ?? false) !== 'boolean')
    throw new RpcError(RPC.typeError, `JSON value of type ${jsonType(tried)} is not of expected type bool`)
  const address = canonicalAddress(text.includes(':') ? `[${text}]:${port}` : `${text}:${port}`)
  if (address === undefined) return { success: false }
  const time = Math.floor(clock.now() / 1000)
  const added = addresses.add({ address, services: USUAL_SERVICES, time }, address)
  if (!added) return { success: false, error: 'failed-adding-to-new' }
  if (tried !== true) return { success: true }
  addresses.good(address)
  return addresses.get(address)?.triedSlot === undefined
    ? { success: false, error: 'failed-adding-to-tried' }
    : { success: true }
}
