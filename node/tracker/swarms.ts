// Who takes part in what, as far as a tracker was told: peers by where they listen, each until it says that it goes or has not come
// back for two intervals. In memory alone: after a restart they come back by themselves.

import type { Random } from '../core/host.ts'
import { type Announce, type Endpoint, textOfEndpoint } from './announce.ts'

export interface Limits {
  readonly swarms: number
  /** In one of them. */
  readonly peers: number
}

export const USUAL_LIMITS: Limits = { swarms: 10_000, peers: 5_000 }

export interface SwarmPeer {
  readonly peerId: Uint8Array
  readonly at: Endpoint
  readonly isSeed: boolean
  readonly key: string | undefined
  readonly seenMs: number
}

export interface SwarmCounts {
  readonly seeds: number
  readonly leechers: number
  /** Peers that said so, ever. */
  readonly completed: number
}

class Swarm {
  /** By `host:port`; who was heard of longest ago first. */
  readonly peers = new Map<string, SwarmPeer>()
  /** Peer id → where it is. */
  readonly #places = new Map<string, string>()
  seeds = 0
  completed = 0

  /** The peer that goes by this id, wherever it was. */
  withId(peerId: Uint8Array): SwarmPeer | undefined {
    const place = this.#places.get(idOf(peerId))
    return place === undefined ? undefined : this.peers.get(place)
  }

  put(peer: SwarmPeer): void {
    const place = textOfEndpoint(peer.at)
    this.drop(place)
    this.drop(this.#places.get(idOf(peer.peerId)))
    this.peers.set(place, peer)
    this.#places.set(idOf(peer.peerId), place)
    if (peer.isSeed) this.seeds++
  }

  drop(place: string | undefined): void {
    const peer = place === undefined ? undefined : this.peers.get(place)
    if (place === undefined || !peer) return
    this.peers.delete(place)
    this.#places.delete(idOf(peer.peerId))
    if (peer.isSeed) this.seeds--
  }

  dropBefore(ms: number): void {
    for (const [place, { seenMs }] of this.peers) {
      if (seenMs >= ms) break
      this.drop(place)
    }
  }

  get counts(): SwarmCounts {
    const { seeds, completed } = this
    return { seeds, leechers: this.peers.size - seeds, completed }
  }
}

export class Swarms {
  readonly #swarms = new Map<string, Swarm>()
  readonly #random: Random
  readonly #limits: Limits
  /** Who has not come back for so long is gone. */
  readonly #lifeMs: number
  #sweptMs = 0

  constructor(random: Random, intervalMs: number, limits: Limits = USUAL_LIMITS) {
    this.#random = random
    this.#lifeMs = 2 * intervalMs
    this.#limits = limits
  }

  /** Takes note of the peer; a text: why not. `fresh`: nobody had asked for this content. */
  announce(said: Announce, nowMs: number): { readonly fresh: boolean } | string {
    this.#sweep(nowMs)
    const known = this.#swarms.get(said.infoHash)
    const swarm = known ?? new Swarm()
    swarm.dropBefore(nowMs - this.#lifeMs)
    const same = swarm.withId(said.peerId)
    if (same && same.key !== said.key && textOfEndpoint(same.at) !== textOfEndpoint(said.at))
      return 'somebody else goes by this peer_id'
    if (said.event === 'stopped') {
      swarm.drop(textOfEndpoint(said.at))
      if (same) swarm.drop(textOfEndpoint(same.at))
      return { fresh: false }
    }
    if (!known && this.#swarms.size >= this.#limits.swarms) return 'this tracker is full'
    const there = same ?? swarm.peers.get(textOfEndpoint(said.at))
    if (!there && swarm.peers.size >= this.#limits.peers) return 'this swarm is full'
    if (said.event === 'completed' && !there?.isSeed) swarm.completed++
    const { peerId, at, isSeed, key } = said
    swarm.put({ peerId, at, isSeed, key, seenMs: nowMs })
    if (!known) this.#swarms.set(said.infoHash, swarm)
    return { fresh: !known }
  }

  /** Others for whoever asked, by luck, `most` of them. Seeds want nothing of each other. */
  peersFor({ infoHash, at, isSeed }: Announce, most: number): readonly SwarmPeer[] {
    const own = textOfEndpoint(at)
    const others: SwarmPeer[] = []
    for (const [place, peer] of this.#swarms.get(infoHash)?.peers ?? [])
      if (place !== own && !(isSeed && peer.isSeed)) others.push(peer)
    const count = Math.min(most, others.length)
    for (let i = 0; i < count; i++) {
      const j = i + this.#random.int(others.length - i)
      const drawn = others[j] as SwarmPeer
      others[j] = others[i] as SwarmPeer
      others[i] = drawn
    }
    return others.slice(0, count)
  }

  counts(infoHash: string, nowMs: number): SwarmCounts {
    const swarm = this.#swarms.get(infoHash)
    swarm?.dropBefore(nowMs - this.#lifeMs)
    return swarm?.counts ?? { seeds: 0, leechers: 0, completed: 0 }
  }

  /** Those that anybody is in. */
  all(nowMs: number): ReadonlyMap<string, SwarmCounts & { readonly peers: readonly SwarmPeer[] }> {
    this.#sweepAll(nowMs)
    return new Map(
      [...this.#swarms].map(([hash, swarm]) => [hash, { ...swarm.counts, peers: [...swarm.peers.values()] }]),
    )
  }

  /** A swarm that nobody asks about any more has to go as well. */
  #sweep(nowMs: number): void {
    if (nowMs - this.#sweptMs >= this.#lifeMs / 2) this.#sweepAll(nowMs)
  }

  #sweepAll(nowMs: number): void {
    this.#sweptMs = nowMs
    for (const [hash, swarm] of this.#swarms) {
      swarm.dropBefore(nowMs - this.#lifeMs)
      if (swarm.peers.size === 0) this.#swarms.delete(hash)
    }
  }
}

function idOf(peerId: Uint8Array): string {
  return String.fromCharCode(...peerId)
}
