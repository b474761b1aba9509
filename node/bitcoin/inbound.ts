// The inbound slots: when all are taken, a newcomer gets the one of a peer that may be let go.

import { candidateOf, selectForEviction } from './eviction.ts'
import { type KeyedHash, keyedHash } from './keyed-hash.ts'
import type { Peers } from './peers.ts'

export class InboundSlots {
  readonly #peers: Peers
  readonly #groupHash: KeyedHash

  /** `key`: 32 bytes, this node's own. */
  constructor(peers: Peers, key: Uint8Array) {
    this.#peers = peers
    this.#groupHash = keyedHash(key)
  }

  /** True if one of so many slots is free for a newcomer, if need be by closing another peer. */
  makeRoom(slots: number): boolean {
    const inbound = this.#peers.staying().filter(peer => peer.inbound)
    if (inbound.length < slots) return true
    const evictable = inbound.filter(peer => !peer.permissions.has('noban'))
    const id = selectForEviction(evictable.map(peer => candidateOf(peer, this.#groupHash)))
    const victim = id === undefined ? undefined : this.#peers.get(id)
    if (victim) this.#peers.drop(victim, 'evicted')
    return victim !== undefined
  }
}
