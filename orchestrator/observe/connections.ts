// Who is connected to whom, and who sent what: nodes speak of each other by address, people by name.

import type { CoreEvent } from '../../node/api.ts'
import type { NodeState } from './state.ts'

export interface Connections {
  /** Where nodes listen → their name. */
  readonly nameAt: ReadonlyMap<string, string>
  /** Node → its peers, by connection. */
  readonly peersOf: ReadonlyMap<string, ReadonlyMap<number, string>>
}

export function noConnections(): Connections {
  return { nameAt: new Map(), peersOf: new Map() }
}

type PeerEvent = Extract<CoreEvent, { type: 'peer-up' | 'peer-down' }>

// `inPlace`: the caller alone holds the tables, which no snapshot shows. Ten thousand nodes would else copy them a hundred
// thousand times while they connect.

/** `node` gained or lost a peer. */
export function peerChanged(
  connections: Connections,
  node: string,
  event: PeerEvent,
  inPlace: boolean,
): Connections {
  const before = connections.peersOf.get(node)
  const peers = before ? own(before, inPlace) : new Map<number, string>()
  if (event.type === 'peer-up') peers.set(event.peer, event.address)
  else peers.delete(event.peer)
  if (peers === before) return connections
  return { ...connections, peersOf: own(connections.peersOf, inPlace).set(node, peers) }
}

/** `node` is known to listen at `address`. */
export function listening(
  connections: Connections,
  node: string,
  address: string,
  inPlace: boolean,
): Connections {
  if (connections.nameAt.get(address) === node) return connections
  return { ...connections, nameAt: own(connections.nameAt, inPlace).set(address, node) }
}

/** `node` is down and has no peers any more. */
export function disconnected(connections: Connections, node: string, inPlace: boolean): Connections {
  if (!connections.peersOf.has(node)) return connections
  const peersOf = own(connections.peersOf, inPlace)
  peersOf.delete(node)
  return { ...connections, peersOf }
}

function own<K, V>(table: ReadonlyMap<K, V>, inPlace: boolean): Map<K, V> {
  return inPlace ? (table as Map<K, V>) : new Map(table)
}

/** Whom a node is connected to: nodes of the network by name, others by address. */
type Company = Pick<NodeState, 'peerNames' | 'strangers'>

/** In the order of `places`, and of their coming; the lists of `before` where they are as they were. */
export function company(
  { name: node, ...before }: Pick<NodeState, 'name'> & Company,
  { nameAt, peersOf }: Connections,
  places: ReadonlyMap<string, number>,
): Company {
  const peerNames: string[] = []
  const strangers: string[] = []
  for (const address of peersOf.get(node)?.values() ?? []) {
    const name = nameAt.get(address)
    if (name === undefined) strangers.push(address)
    else if (!peerNames.includes(name)) peerNames.push(name)
  }
  if (peerNames.length > 1) peerNames.sort((a, b) => (places.get(a) ?? 0) - (places.get(b) ?? 0))
  return {
    peerNames: same(peerNames, before.peerNames) ? before.peerNames : peerNames,
    strangers: same(strangers, before.strangers) ? before.strangers : strangers,
  }
}

function same(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((text, i) => text === b[i])
}

/** Nodes with a connection to this address. */
export function peersAt({ peersOf }: Connections, address: string): string[] {
  return [...peersOf].flatMap(([node, peers]) => ([...peers.values()].includes(address) ? [node] : []))
}
