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
  const peers = new Map(connections.peersOf.get(node))
  if (event.type === 'peer-up') peers.set(event.peer, event.address)
  else peers.delete(event.peer)
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

/** The node with the names of its peers, in the order of `places`. */
export function withPeerNames(
  node: NodeState,
  { nameAt, peersOf }: Connections,
  places: ReadonlyMap<string, number>,
): NodeState {
  const named = [...(peersOf.get(node.name)?.values() ?? [])].flatMap(address => nameAt.get(address) ?? [])
  const names = [...new Set(named)].sort((a, b) => (places.get(a) ?? 0) - (places.get(b) ?? 0))
  return names.join() === node.peerNames.join() ? node : { ...node, peerNames: names }
}

/** Nodes with a connection to this address. */
export function peersAt({ peersOf }: Connections, address: string): string[] {
  return [...peersOf].flatMap(([node, peers]) => ([...peers.values()].includes(address) ? [node] : []))
}
