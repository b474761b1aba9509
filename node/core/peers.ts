// All connections of this node: who is there, how to speak to them, how to let go of them.

import type { Address, Clock, Connections, PeerId } from './host.ts'
import { addTo, countTraffic, type Peer, type Sums } from './peer.ts'
import type { Routes } from './routes.ts'

/** What went over all connections there ever were, by command. */
export type Totals = ReadonlyMap<string, { readonly bytes: number; readonly messages: number }>

export class Peers {
  /** What went over connections that are gone. */
  readonly #gone = { sent: new Map() as Sums, received: new Map() as Sums }
  readonly #clock: Clock
  readonly #connections: Connections
  readonly #routes: Routes
  /** In the order in which they connected. */
  readonly #peers = new Map<PeerId, Peer>()

  constructor(clock: Clock, connections: Connections, routes: Routes) {
    this.#clock = clock
    this.#connections = connections
    this.#routes = routes
  }

  get totals(): { readonly sent: Totals; readonly received: Totals } {
    return { sent: this.#total('sent'), received: this.#total('received') }
  }

  add(peer: Peer): void {
    this.#peers.set(peer.id, peer)
  }

  /** False when it was not there. */
  remove(peer: Peer): boolean {
    if (!this.#peers.delete(peer.id)) return false
    for (const direction of ['sent', 'received'] as const)
      addAll(this.#gone[direction], peer[direction].byCommand)
    return true
  }

  get(id: PeerId): Peer | undefined {
    return this.#peers.get(id)
  }

  usable(id: PeerId): Peer | undefined {
    const peer = this.#peers.get(id)
    return peer?.usable ? peer : undefined
  }

  /** Everybody who is not being closed, oldest first. */
  staying(): Peer[] {
    return [...this.#peers.values()].filter(peer => peer.leaving === undefined)
  }

  /** Those whose handshake is done, oldest first. */
  ready(): Peer[] {
    return [...this.#peers.values()].filter(peer => peer.usable)
  }

  /** The oldest connection to this address. */
  at(address: Address): Peer | undefined {
    for (const peer of this.#peers.values())
      if (peer.address === address && peer.leaving === undefined) return peer
    return undefined
  }

  send(peer: Peer, command: string, payload: unknown): void {
    if (peer.leaving !== undefined) return
    const frame = this.#routes.frame(command, payload)
    countTraffic(peer.sent, command, frame.length, this.#clock.now())
    this.#connections.send(peer.id, frame)
  }

  received(peer: Peer, command: string, bytes: number): void {
    countTraffic(peer.received, command, bytes, this.#clock.now())
  }

  /** Closes; what belongs to the peer is put away when the host says that it is closed. */
  drop(peer: Peer, why: string): void {
    if (peer.leaving !== undefined) return
    peer.leaving = why
    peer.cancelTimer()
    this.#connections.close(peer.id)
  }

  /** Counted once, where it is least work: with every message, for its connection. */
  #total(direction: 'sent' | 'received'): Totals {
    const total: Sums = new Map()
    addAll(total, this.#gone[direction])
    for (const peer of this.#peers.values()) addAll(total, peer[direction].byCommand)
    return total
  }
}

function addAll(sums: Sums, more: Sums): void {
  for (const [command, { bytes, messages }] of more) addTo(sums, command, bytes, messages)
}
