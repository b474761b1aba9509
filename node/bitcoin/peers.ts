// All connections of this node: who is there, how to speak to them, how to let go of them.

import type { Address, Clock, Connections, PeerId } from '../core/host.ts'
import type { Peer } from './peer.ts'
import type { Route } from './route.ts'
import { OTHER, type Routes } from './routes.ts'
import { Traffic } from './traffic.ts'
import { HEADER_BYTES } from './wire/framing.ts'

/** What went over all connections there ever were, by command. */
export type Totals = ReadonlyMap<string, { readonly bytes: number; readonly messages: number }>

export class Peers {
  /** What went over connections that are gone. */
  readonly #gone: { readonly sent: Traffic; readonly received: Traffic }
  /** That came over all connections there ever were. */
  heardBytes = 0
  readonly #clock: Clock
  readonly #connections: Connections
  readonly #routes: Routes
  /** In the order in which they connected. */
  readonly #peers = new Map<PeerId, Peer>()

  constructor(clock: Clock, connections: Connections, routes: Routes) {
    this.#clock = clock
    this.#connections = connections
    this.#routes = routes
    this.#gone = { sent: this.#noTraffic(), received: this.#noTraffic() }
  }

  get totals(): { readonly sent: Totals; readonly received: Totals } {
    return { sent: this.#total('sent'), received: this.#total('received') }
  }

  get receivedBytes(): number {
    return [...this.totals.received.values()].reduce((sum, { bytes }) => sum + bytes, 0)
  }

  /** What is of no message included. */
  get sentBytes(): number {
    let bytes = this.#gone.sent.bytes
    for (const { sent } of this.#peers.values()) bytes += sent.bytes
    return bytes
  }

  add(peer: Peer): void {
    this.#peers.set(peer.id, peer)
  }

  /** False when it was not there. */
  remove(peer: Peer): boolean {
    if (!this.#peers.delete(peer.id)) return false
    for (const direction of ['sent', 'received'] as const) this.#gone[direction].add(peer[direction])
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
    const route = this.#routes.of(command)
    const frame = this.#routes.frame(route, payload)
    peer.sent.lastMs = this.#clock.now()
    peer.sent.count(route.place, peer.bytesOf(command, frame.length - HEADER_BYTES))
    peer.line.send(frame)
  }

  /** A message of whatever command, as it is. */
  sendRaw(peer: Peer, command: string, payload: Uint8Array): void {
    if (peer.leaving !== undefined) return
    const frame = this.#routes.rawFrame(command, payload)
    peer.sent.lastMs = this.#clock.now()
    peer.sent.count(this.#routes.get(command)?.place ?? OTHER, peer.bytesOf(command, payload.length))
    peer.line.send(frame)
  }

  /** Bytes came, be they a message or a part of one. */
  heard(peer: Peer, bytes: number): void {
    peer.heardBytes += bytes
    this.heardBytes += bytes
  }

  /** `route`: undefined for a command that no table has. */
  received(peer: Peer, route: Route | undefined, bytes: number): void {
    peer.received.count(route?.place ?? OTHER, bytes)
  }

  /** What went over a connection, by command. */
  by(traffic: Traffic): Totals {
    return traffic.by(this.#routes.commands)
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
    const total = this.#noTraffic()
    total.add(this.#gone[direction])
    for (const peer of this.#peers.values()) total.add(peer[direction])
    return this.by(total)
  }

  #noTraffic(): Traffic {
    return new Traffic(this.#routes.commands.length, 0)
  }
}
