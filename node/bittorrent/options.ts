// What a BitTorrent peer is set to. Sizes in bytes, times in ms, rates in bytes per second; addresses are `host:port`.

import type { Address } from '../core/host.ts'
import type { ServiceConfig } from '../core/service.ts'

/** How a peer is dishonest or, for tests of the checks, at fault. The first four a spec can ask for. */
export type SwarmStrategy =
  /** Takes and never gives: unchokes nobody. */
  | 'free-rider'
  /** Serves blocks that are not what was asked for. */
  | 'polluter'
  /** Answers hash requests with hashes that do not prove what they claim. */
  | 'liar-hashes'
  /** Unchokes one peer and serves it a block at a time, slowly. */
  | 'slow-unchoker'
  /** Planted faults: each breaks one rule that a check is to notice. */
  | 'accepts-unverified'
  | 'no-optimistic'
  | 'sequential'
  | 'forgets'

export interface BittorrentConfig extends ServiceConfig {
  /** Dialled for every content, and again with back-off: peers that are known from elsewhere, such as a plan. */
  readonly connect: readonly Address[]
  /** `http://host:port/announce` each (BEP 3). Default: none. */
  readonly trackers?: readonly string[]
  /** Distributed hash table (BEP 5) on the UDP port of the same number; `bootstrap`: who is asked first. Absent: none. */
  readonly dht?: { readonly bootstrap: readonly Address[] }
  /** Peers tell each other of peers (BEP 11). Default: they do. */
  readonly pex?: boolean
  /** Of all contents together. Default: 200. */
  readonly maxConnections?: number
  /** Peers unchoked for what they give, a content; one more is unchoked by luck (BEP 3). Default: 4. */
  readonly uploadSlots?: number
  readonly strategy?: SwarmStrategy
  /** Seeds its own node id, peer id and draws; absent: the node's generator. */
  readonly userAgent?: string
  /** The slowest round trip over its network's links, where they are slower than usual: its waits follow from it. */
  readonly roundTripMs?: number
}

/** What a peer does when it has all. `ms`: seeds for so long, then leaves. */
export type WhenComplete = 'seed' | 'leave' | { readonly ms: number }

/** An HTTP tracker (BEP 3, 23, 48), a service of its own. */
export interface TrackerConfig extends ServiceConfig {
  /** How often peers are asked to come back. Default: 60 s. */
  readonly intervalMs?: number
  /** Peers given in an answer at most. Default: 50. */
  readonly maxPeers?: number
}
