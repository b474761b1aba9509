// All connections of this node: who is there, how to speak to them, how to let go of them.

import type { Address, Clock, Connections, PeerId } from './host.ts'
import { countTraffic, type Peer } from './peer.ts'
import type { Routes } from './routes.ts'

/** What went over all connections there ever were, by command. */
export type Totals = ReadonlyMap<string, { readonly bytes: number; readonly messages: number }>

class Sums extends Map<string, { bytes: number; messages: number }> {
  count(command: string, bytes: number): void {
    const sum = this.get(command)
    if (sum) {
      sum.bytes += bytes
      sum.messages++
    } else this.set(command, { bytes, messages: 1 })
  }
}

export class Peers {
  readonly #sent = new Sums()
  readonly #received = new Sums()
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
    return { sent: this.#sent, received: this.#received }
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
    this.#sent.count(command, frame.length)
    this.#connections.send(peer.id, frame)
  }

  received(peer: Peer, command: string, bytes: number): void {
    countTraffic(peer.received, command, bytes, this.#clock.now())
    this.#received.count(command, bytes)
  }

  /** Closes; what belongs to the peer is put away when the host says that it is closed. */
  drop(peer: Peer, why: string): void {
    if (peer.leaving !== undefined) return
    peer.leaving = why
    peer.cancelTimer()
    this.#connections.close(peer.id)
  }
}
