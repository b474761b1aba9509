// Datagrams between the nodes of a virtual network: over the link model, and over the lines that they share with connections.

import { DatagramLinks, MAX_DATAGRAM_BYTES, QUEUE_BYTES, wireBytesOf } from '../../../node/core/datagrams.ts'
import type { Address, Datagrams, Random } from '../../../node/core/host.ts'
import type { LinkConditions } from '../../../node/core/link.ts'
import type { AccessLines } from './access.ts'
import type { VirtualClock } from './clock.ts'

type Listener = (from: Address, bytes: Uint8Array) => void

interface DatagramOptions {
  readonly clock: VirtualClock
  readonly random: Random
  readonly access: AccessLines
  conditionsOf(from: Address, to: Address): LinkConditions
}

export class VirtualDatagrams {
  readonly #options: DatagramOptions
  readonly #listeners = new Map<Address, Listener>()
  readonly #links = new Map<Address, DatagramLinks>()

  constructor(options: DatagramOptions) {
    this.#options = options
  }

  at(address: Address): Datagrams {
    return {
      bind: onDatagram => {
        if (this.#listeners.has(address)) throw new Error('datagrams are bound already')
        this.#listeners.set(address, onDatagram)
      },
      send: (to, bytes) => this.#send(address, to, bytes),
    }
  }

  /** Whoever listens there does so no longer. */
  detach(address: Address): void {
    this.#listeners.delete(address)
  }

  #send(from: Address, to: Address, bytes: Uint8Array): void {
    if (bytes.length > MAX_DATAGRAM_BYTES)
      throw new Error(`a datagram has at most ${MAX_DATAGRAM_BYTES} bytes`)
    if (!this.#listeners.has(from)) throw new Error('datagrams are sent from a port that is bound')
    const { clock, conditionsOf } = this.#options
    const size = wireBytesOf(bytes)
    const nowMs = clock.now()
    const leftMs = this.#leftMs(from, to, nowMs, size)
    if (leftMs === undefined) return
    const copy = bytes.slice()
    for (const ms of this.#linksOf(from).delays(to, leftMs, size, conditionsOf(from, to)))
      clock.after(leftMs - nowMs + ms, () => this.#listeners.get(to)?.(from, copy))
  }

  /** When it is over the lines of both ends; undefined: one of them had no room for it. */
  #leftMs(from: Address, to: Address, nowMs: number, size: number): number | undefined {
    const lines = this.#options.access.between(from, to)
    if (lines.some(line => line.waitingBytes(nowMs) > QUEUE_BYTES)) return undefined
    return lines.reduce((leftMs, line) => Math.max(leftMs, line.packet(nowMs, size)), nowMs)
  }

  #linksOf(from: Address): DatagramLinks {
    const known = this.#links.get(from)
    if (known) return known
    const links = new DatagramLinks(this.#options.random.fork(from))
    this.#links.set(from, links)
    return links
  }
}
