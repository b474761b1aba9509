// The inbound slots: when all are taken, a newcomer gets the one of a peer that may be let go.

import { candidateOf, selectForEviction } from './eviction.ts'
import type { KeptPeers } from './kept.ts'
import { type KeyedHash, keyedHash } from './keyed-hash.ts'
import type { CoreOptions } from './options.ts'
import type { Peers } from './peers.ts'

export class InboundSlots {
  readonly #options: CoreOptions
  readonly #peers: Peers
  readonly #kept: KeptPeers
  readonly #groupHash: KeyedHash

  /** `key`: 32 bytes, this node's own. */
  constructor(options: CoreOptions, peers: Peers, kept: KeptPeers, key: Uint8Array) {
    this.#options = options
    this.#peers = peers
    this.#kept = kept
    this.#groupHash = keyedHash(key)
  }

  /** True if a slot is free for a newcomer, if need be by closing another peer. */
  makeRoom(): boolean {
    const inbound = this.#peers.staying().filter(peer => peer.inbound)
    if (inbound.length < this.#slots) return true
    const evictable = inbound.filter(peer => !peer.permissions.has('noban'))
    const id = selectForEviction(evictable.map(peer => candidateOf(peer, this.#groupHash)))
    const victim = id === undefined ? undefined : this.#peers.get(id)
    if (victim) this.#peers.drop(victim, 'evicted')
    return victim !== undefined
  }

  /** What the connections that are opened from here leave. */
  get #slots(): number {
    const { mode, maxConnections, maxOutbound } = this.#options
    return maxConnections - (mode === 'discovered' ? maxOutbound : this.#kept.addresses().length)
  }
}
