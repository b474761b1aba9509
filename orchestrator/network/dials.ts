// Whom nodes are to dial, service by service: the topology's edges between nodes that both run it; and where those are that a service
// reaches beside them.

import type { Cut } from '../chaos/partition.ts'
import type { Addresses, Dials } from '../runtime/runtime.ts'
import { keepsPeers, reachedBy } from '../runtime/service-parts.ts'
import type { Plan } from '../spec/types.ts'

/** Of a service that others reach, they are told of so many. */
const MOST_REACHED = 3

/** What a node with these services dials of these peers, and whom of everybody it reaches. */
export function dialsTo(own: Addresses, peers: readonly Addresses[], everybody: Iterable<Addresses>): Dials {
  const services = Object.keys(own)
  const toAll = (service: string) => peers.flatMap(peer => peer[service] ?? [])
  const reached = services.flatMap(service => reachedBy(service))
  return {
    connect: Object.fromEntries(services.map(service => [service, toAll(service)])),
    reach: Object.fromEntries(reached.map(service => [service, fewOf(service, own, everybody)])),
  }
}

function fewOf(service: string, own: Addresses, everybody: Iterable<Addresses>): string[] {
  const few: string[] = []
  for (const { [service]: address } of everybody) {
    if (address === undefined || address === own[service]) continue
    few.push(address)
    if (few.length === MOST_REACHED) break
  }
  return few
}

/** By the name of the node. */
export function plannedDials(
  { nodes, topology }: Pick<Plan, 'nodes' | 'topology'>,
  addressesOf: (name: string) => Addresses,
): ReadonlyMap<string, Dials> {
  const peers = new Map<string, Addresses[]>(nodes.map(({ name }) => [name, []]))
  for (const { from, to } of topology.edges) peers.get(from)?.push(addressesOf(to))
  const all = nodes.map(({ name }) => addressesOf(name))
  return new Map(nodes.map(({ name }) => [name, dialsTo(addressesOf(name), peers.get(name) ?? [], all)]))
}

/** All addresses that a node keeps a connection to. */
export function keptOf({ connect = {} }: Dials): readonly string[] {
  return Object.entries(connect).flatMap(([service, addresses]) => (keepsPeers(service) ? addresses : []))
}

/** The connections that nodes dial again when they are lost; `shuns`: they do not any more. */
export function keptPairs(
  nodes: Iterable<{ readonly name: string; readonly connect: readonly string[] }>,
  nameAt: (address: string) => string | undefined,
  shuns: (node: string, address: string) => boolean = () => false,
): Cut[] {
  return [...nodes].flatMap(({ name, connect }) => {
    const dialled = connect.filter(address => !shuns(name, address))
    const peers = new Set(dialled.flatMap(address => nameAt(address) ?? []))
    return Array.from(peers, to => ({ from: name, to }))
  })
}
