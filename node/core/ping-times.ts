// The pings of one connection: which are out, which came back, and how long that took. For every service whose wire has some.

import type { Address, PeerId } from './host.ts'
import type { LinkReading } from './service.ts'

/** Pongs remembered as awaited: whoever asks often over a silent connection must not fill the memory. */
const MAX_AWAITED = 64

/** A connection of a service that measures its pings by these. */
export interface Pinged {
  readonly address: Address
  readonly ping: PingTimes
}

/** Sends each connection that is meant its next ping, numbered from 1. */
export function pingAll<Peer extends Pinged>(
  peers: ReadonlyMap<PeerId, Peer>,
  nowMs: number,
  send: (peer: PeerId, number: number) => void,
  isMeant: (peer: Peer) => boolean = () => true,
): void {
  for (const [id, peer] of peers) {
    if (!isMeant(peer)) continue
    peer.ping.sent(BigInt(peer.ping.sentCount + 1), nowMs)
    send(id, peer.ping.sentCount)
  }
}

/** How all of them answer. */
export function readAll(peers: ReadonlyMap<PeerId, Pinged>, nowMs: number): readonly LinkReading[] {
  return Array.from(peers, ([id, { address, ping }]) => ({ id, address, ...ping.reading(nowMs) }))
}

/** Pings in their order, told by their numbers on the wire. One that was answered settles those before it. */
export class PingTimes {
  /** Made with a ping and gone with its answer: most connections await none. */
  #awaited: Map<bigint, { readonly number: number; readonly sentMs: number }> | undefined
  #newestMs = 0
  /** Pings sent, and the number of the newest that was answered: both count from 1. */
  sentCount = 0
  answeredUpTo = 0
  lastMs: number | undefined
  minMs: number | undefined

  get pending(): boolean {
    return this.answeredUpTo < this.sentCount
  }

  /** Time since the newest ping was sent, if it is unanswered; undefined when none is under way. */
  waitMs(nowMs: number): number | undefined {
    return this.pending ? nowMs - this.#newestMs : undefined
  }

  sent(nonce: bigint, nowMs: number): void {
    this.sentCount += 1
    this.#newestMs = nowMs
    this.#awaited ??= new Map()
    this.#awaited.set(nonce, { number: this.sentCount, sentMs: nowMs })
    const [oldest] = this.#awaited.keys()
    if (this.#awaited.size > MAX_AWAITED && oldest !== undefined) this.#awaited.delete(oldest)
  }

  answered(nonce: bigint, nowMs: number): void {
    const awaited = this.#awaited
    const ping = awaited?.get(nonce)
    if (!awaited || !ping) return
    for (const [other, { number }] of awaited) if (number <= ping.number) awaited.delete(other)
    if (awaited.size === 0) this.#awaited = undefined
    this.answeredUpTo = ping.number
    this.lastMs = nowMs - ping.sentMs
    this.minMs = Math.min(this.minMs ?? this.lastMs, this.lastMs)
  }

  /** Those that are out will have no answer that counts. */
  forget(): void {
    this.#awaited = undefined
    this.answeredUpTo = this.sentCount
  }

  /** The part of a LinkReading that is of the pings. */
  reading(nowMs: number): Omit<LinkReading, 'id' | 'address'> {
    const pings = { sent: this.sentCount, answered: this.answeredUpTo }
    return { roundTripMs: this.lastMs, waitMs: this.waitMs(nowMs), pings }
  }
}
