// The dials under way: to whom, and what for. Who wants to dial asks here first whether an address is busy or refused.

import type { Address, Connections } from '../core/host.ts'
import type { Discouragement } from './discouragement.ts'
import type { ConnectionKind } from './peer.ts'
import type { Peers } from './peers.ts'

export type DialKind = Exclude<ConnectionKind, 'inbound'>

export class Dials {
  readonly #connections: Connections
  readonly #peers: Peers
  readonly #discouragement: Discouragement
  readonly #underWay = new Map<Address, DialKind>()
  /** Nobody is dialled. */
  paused = false

  constructor(connections: Connections, peers: Peers, discouragement: Discouragement) {
    this.#connections = connections
    this.#peers = peers
    this.#discouragement = discouragement
  }

  dial(address: Address, kind: DialKind): void {
    this.#underWay.set(address, kind)
    this.#connections.dial(address)
  }

  /** The operator wants it, whatever stands against it. */
  byHand(address: Address): void {
    this.#discouragement.forgive(address)
    if (!this.paused && !this.busy(address)) this.dial(address, 'manual')
  }

  /** Once, for this. */
  as(address: Address, kind: DialKind): void {
    if (!this.paused && !this.busy(address)) this.dial(address, kind)
  }

  /** It was answered, or it failed. What it was for. */
  ended(address: Address): DialKind {
    const kind = this.#underWay.get(address) ?? 'manual'
    this.#underWay.delete(address)
    return kind
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
    return [...this.#underWay].filter(([, kind]) => kind === 'outbound').map(([address]) => address)
  }
}
