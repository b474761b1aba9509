// The dials under way: to whom, and what for. Who wants to dial asks here first whether an address is busy or refused.

import type { Address, Connections } from '../core/host.ts'
import type { Discouragement } from './discouragement.ts'
import { HANDSHAKE_TIMEOUT } from './handshake.ts'
import type { ConnectionKind, Peer } from './peer.ts'
import type { Peers } from './peers.ts'

export type DialKind = Exclude<ConnectionKind, 'inbound'>

export interface Dial {
  readonly kind: DialKind
  /** The encrypted transport is tried (BIP324). */
  readonly v2: boolean
}

/** Whoever dials us says by its first bytes what it speaks. */
export const FROM_OUTSIDE = { kind: 'inbound', v2: true } as const
const UNKNOWN: Dial = { kind: 'manual', v2: false }

export class Dials {
  readonly #connections: Connections
  readonly #peers: Peers
  readonly #discouragement: Discouragement
  readonly #underWay = new Map<Address, Dial>()
  /** The encrypted transport is tried first, where nothing else is said. */
  readonly v2: boolean
  /** Nobody is dialled. */
  paused = false

  constructor(connections: Connections, peers: Peers, discouragement: Discouragement, v2: boolean) {
    this.v2 = v2
    this.#connections = connections
    this.#peers = peers
    this.#discouragement = discouragement
  }

  dial(address: Address, kind: DialKind, v2: boolean): void {
    this.#underWay.set(address, { kind, v2 })
    this.#connections.dial(address)
  }

  /** The operator wants it, whatever stands against it. */
  byHand(address: Address, v2: boolean): void {
    this.#discouragement.forgive(address)
    this.as(address, 'manual', v2)
  }

  /** Once, for this. */
  as(address: Address, kind: DialKind, v2: boolean): void {
    if (!this.paused && !this.busy(address)) this.dial(address, kind, v2)
  }

  /** It was answered, or it failed. What it was for. */
  ended(address: Address): Dial {
    const dial = this.#underWay.get(address) ?? UNKNOWN
    this.#underWay.delete(address)
    return dial
  }

  /**
   * A connection of ours is gone. Whoever speaks v1 alone hangs up on a key, or takes it for the start of something: it is dialled
   * once more, as it likes (BIP324). False: it was not that.
   */
  again({ address, kind, leaving = HANDSHAKE_TIMEOUT, v2 }: Peer): boolean {
    if (kind === 'inbound' || !v2?.unanswered || leaving !== HANDSHAKE_TIMEOUT) return false
    if (this.paused || this.busy(address)) return false
    this.dial(address, kind, false)
    return true
  }

  /** Connected already, or being dialled. */
  busy(address: Address): boolean {
    return this.#underWay.has(address) || this.#peers.at(address) !== undefined
  }

  /** Discouraged or banned: not to be dialled for now. */
  refused(address: Address): boolean {
    return this.paused || this.#discouragement.refusesDial(address)
  }

  /** The addresses that are being dialled for an outbound slot. */
  forSlots(): Address[] {
    return [...this.#underWay].filter(([, { kind }]) => kind === 'outbound').map(([address]) => address)
  }
}
