// Whom nodes are to dial, service by service: the topology's edges between nodes that both run it.

import type { Cut } from '../chaos/partition.ts'
import type { Addresses, Dials } from '../runtime/runtime.ts'
import type { Plan } from '../spec/types.ts'

/** What a node with these services dials of these peers. */
export function dialsTo(own: Addresses, peers: readonly Addresses[]): Dials {
  const toAll = (service: string) => peers.flatMap(peer => peer[service] ?? [])
  return Object.fromEntries(Object.keys(own).map(service => [service, toAll(service)]))
}

/** By the name of the node. */
export function plannedDials(
  { nodes, topology }: Pick<Plan, 'nodes' | 'topology'>,
  addressesOf: (name: string) => Addresses,
): ReadonlyMap<string, Dials> {
  const peers = new Map<string, Addresses[]>(nodes.map(({ name }) => [name, []]))
  for (const { from, to } of topology.edges) peers.get(from)?.push(addressesOf(to))
  return new Map(nodes.map(({ name }) => [name, dialsTo(addressesOf(name), peers.get(name) ?? [])]))
}

/** All addresses that a node dials. */
export function allOf(dials: Dials): readonly string[] {
  return Object.values(dials).flat()
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
