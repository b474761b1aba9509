// All connections of this node: who is there, how to speak to them, how to let go of them.

import type { Address, Clock, Connections, PeerId } from './host.ts'
import { countTraffic, type Peer } from './peer.ts'
import type { Routes } from './routes.ts'

/** Sums over all connections there ever were. */
export interface Totals {
  sentBytes: number
  receivedBytes: number
  sentMessages: number
  receivedMessages: number
}

export class Peers {
  readonly totals: Totals = { sentBytes: 0, receivedBytes: 0, sentMessages: 0, receivedMessages: 0 }
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

  add(peer: Peer): void {
    this.#peers.set(peer.id, peer)
  }

  /** False when it was not there. */
  remove(peer: Peer): boolean {
    return this.#peers.delete(peer.id)
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
    this.totals.sentBytes += frame.length
    this.totals.sentMessages++
    this.#connections.send(peer.id, frame)
  }

  received(peer: Peer, command: string, bytes: number): void {
    countTraffic(peer.received, command, bytes, this.#clock.now())
    this.totals.receivedBytes += bytes
    this.totals.receivedMessages++
  }

  /** Closes; what belongs to the peer is put away when the host says that it is closed. */
  drop(peer: Peer, why: string): void {
    if (peer.leaving !== undefined) return
    peer.leaving = why
    peer.cancelTimer()
    this.#connections.close(peer.id)
  }
}
