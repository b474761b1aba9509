// Peers that were announced to a DHT node, by info-hash: each for half an hour, and no more than there is room for.

import type { Random } from '../../core/host.ts'

const LIFE_MS = 1_800_000
const MAX_HASHES = 2_000
const MAX_PEERS = 500
/** Given in an answer: they fit into a packet. */
const GIVEN = 50

export class PeerStore {
  readonly #random: Random
  /** Hex → address → when it was announced; who was heard of longest ago first, in both. */
  readonly #hashes = new Map<string, Map<string, number>>()

  constructor(random: Random) {
    this.#random = random
  }

  get hashes(): number {
    return this.#hashes.size
  }

  /** Where there is no room, whoever was heard of longest ago goes. */
  add(infoHash: string, address: string, nowMs: number): void {
    const peers = this.#hashes.get(infoHash) ?? new Map<string, number>()
    peers.delete(address)
    dropOldest(peers, MAX_PEERS - 1)
    peers.set(address, nowMs)
    this.#hashes.delete(infoHash)
    dropOldest(this.#hashes, MAX_HASHES - 1)
    this.#hashes.set(infoHash, peers)
  }

  get(infoHash: string, nowMs: number): readonly string[] {
    this.expire(nowMs)
    const addresses = [...(this.#hashes.get(infoHash)?.keys() ?? [])]
    for (let i = 0; i < Math.min(GIVEN, addresses.length); i++) {
      const j = i + this.#random.int(addresses.length - i)
      const drawn = addresses[j] as string
      addresses[j] = addresses[i] as string
      addresses[i] = drawn
    }
    return addresses.slice(0, GIVEN)
  }

  expire(nowMs: number): void {
    for (const [infoHash, peers] of this.#hashes) {
      for (const [address, announcedMs] of peers) {
        if (announcedMs + LIFE_MS > nowMs) break
        peers.delete(address)
      }
      if (peers.size === 0) this.#hashes.delete(infoHash)
    }
  }
}

function dropOldest(map: Map<string, unknown>, most: number): void {
  for (const [key] of map) {
    if (map.size <= most) return
    map.delete(key)
  }
}
