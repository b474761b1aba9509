// Who has proved to be hostile, and is not dialled or let in for a day. In memory only, as in Core.

import type { Address, Clock } from '../core/host.ts'
import type { BanList } from './bans.ts'
import { isSharedHost } from './netgroup.ts'
import type { Peer } from './peer.ts'
import { hostOf } from './wire/address.ts'

const TERM_MS = 24 * 60 * 60_000
const MAX_ENTRIES = 10_000

/**
 * A host that is one node's own is discouraged as a whole. On loopback all nodes share one, so there only one address is:
 * for a peer that we dialled, the address that answered; for an inbound one, the address that it claimed, and then only
 * against others who claim it. A liar cannot keep us from dialling the peer whose name it took.
 */
export class Discouragement {
  readonly #clock: Clock
  readonly #bans: Pick<BanList, 'covers'> | undefined
  readonly #hosts = new Map<string, number>()
  readonly #dialled = new Map<Address, number>()
  readonly #claimed = new Map<Address, number>()

  /** `bans`: whom the operator keeps out. */
  constructor(clock: Clock, bans?: Pick<BanList, 'covers'>) {
    this.#clock = clock
    this.#bans = bans
  }

  add(peer: Peer): void {
    const untilMs = this.#clock.now() + TERM_MS
    if (!isSharedHost(peer.socketAddress)) remember(this.#hosts, hostOf(peer.socketAddress), untilMs)
    else if (!peer.inbound) remember(this.#dialled, peer.address, untilMs)
    // An inbound peer that claimed nothing leaves no trace: its port is gone with its connection.
    else if (peer.address !== peer.socketAddress) remember(this.#claimed, peer.address, untilMs)
  }

  /** The operator wants this one in spite of all. */
  forgive(address: Address): void {
    this.#hosts.delete(hostOf(address))
    this.#dialled.delete(address)
    this.#claimed.delete(address)
  }

  /** Not to be dialled, stored or told to others. */
  refusesDial(address: Address): boolean {
    if (this.#bans?.covers(address)) return true
    return this.#holds(this.#hosts, hostOf(address)) || this.#holds(this.#dialled, address)
  }

  /** Core lets a discouraged peer in while there is room; here it would be back in an instant, so it is refused. */
  refusesInbound(socketAddress: Address): boolean {
    return this.#bans?.covers(socketAddress) || this.#holds(this.#hosts, hostOf(socketAddress))
  }

  refusesClaim(address: Address): boolean {
    return this.#holds(this.#claimed, address) || this.#holds(this.#dialled, address)
  }

  #holds(entries: Map<string, number>, key: string): boolean {
    const untilMs = entries.get(key)
    if (untilMs === undefined) return false
    if (untilMs > this.#clock.now()) return true
    entries.delete(key)
    return false
  }
}

function remember(entries: Map<string, number>, key: string, untilMs: number): void {
  entries.delete(key)
  entries.set(key, untilMs)
  if (entries.size <= MAX_ENTRIES) return
  for (const oldest of entries.keys()) {
    entries.delete(oldest)
    return
  }
}
