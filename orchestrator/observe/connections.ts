// Who is connected to whom, and who sent what: nodes speak of each other by address, people by name.

import type { CoreEvent } from '../../node/api.ts'
import type { NodeState } from './state.ts'

export interface Connections {
  /** Where nodes listen → their name. */
  readonly nameAt: ReadonlyMap<string, string>
  /** Node → its peers, by connection. */
  readonly peersOf: ReadonlyMap<string, ReadonlyMap<number, string>>
}

export const NO_CONNECTIONS: Connections = { nameAt: new Map(), peersOf: new Map() }

type PeerEvent = Extract<CoreEvent, { type: 'peer-up' | 'peer-down' }>

/** `node` gained or lost a peer. */
export function peerChanged(connections: Connections, node: string, event: PeerEvent): Connections {
  const peers = new Map(connections.peersOf.get(node))
  if (event.type === 'peer-up') peers.set(event.peer, event.address)
  else peers.delete(event.peer)
  return { ...connections, peersOf: new Map(connections.peersOf).set(node, peers) }
}

/** `node` is known to listen at `address`. */
export function listening(connections: Connections, node: string, address: string): Connections {
  if (connections.nameAt.get(address) === node) return connections
  return { ...connections, nameAt: new Map(connections.nameAt).set(address, node) }
}

/** `node` is down and has no peers any more. */
export function disconnected(connections: Connections, node: string): Connections {
  if (!connections.peersOf.has(node)) return connections
  const peersOf = new Map(connections.peersOf)
  peersOf.delete(node)
  return { ...connections, peersOf }
}

/** The nodes with the names of their peers, those of `changed` alone where it is given. */
export function withPeerNames(
  nodes: readonly NodeState[],
  { nameAt, peersOf }: Connections,
  changed?: string,
): readonly NodeState[] {
  const order = new Map(nodes.map(({ name }, i) => [name, i]))
  return nodes.map(node => {
    if (changed !== undefined && node.name !== changed) return node
    const named = [...(peersOf.get(node.name)?.values() ?? [])].flatMap(address => nameAt.get(address) ?? [])
    const names = [...new Set(named)].sort((a, b) => (order.get(a) ?? 0) - (order.get(b) ?? 0))
    return names.join() === node.peerNames.join() ? node : { ...node, peerNames: names }
  })
}
