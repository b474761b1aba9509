// Nodes of the distributed hash table in virtual time, without anything else of a peer.

import { Dht } from '../../node/bittorrent/dht/dht.ts'
import type { Store } from '../../node/core/host.ts'
import { type LinkConditions, PERFECT_LINK } from '../../node/core/link.ts'
import { createRandom } from '../../node/core/random.ts'
import { VirtualClock } from '../../orchestrator/runtime/sim/clock.ts'
import { VirtualNetwork } from '../../orchestrator/runtime/sim/network.ts'
import { NOW_MS } from './chain.ts'

export const EARTHLY: LinkConditions = { ...PERFECT_LINK, latencyMs: 40 }

export class DhtWorld {
  readonly clock = new VirtualClock(NOW_MS)
  readonly random = createRandom('dht')
  /** Of a link, by its two ends. */
  conditions: (from: string, to: string) => LinkConditions = () => EARTHLY
  readonly network = new VirtualNetwork({
    clock: this.clock,
    random: this.random.fork('network'),
    conditionsOf: (from, to) => this.conditions(from, to),
  })

  addressOf(index: number): string {
    return `10.0.${index >> 8}.${index & 0xff}:6881`
  }

  node(index: number, bootstrap: readonly number[], store?: Store): Dht {
    const address = this.addressOf(index)
    return new Dht({
      datagrams: this.network.datagrams.at(address),
      clock: this.clock,
      random: this.random.fork(address),
      bootstrap: bootstrap.map(each => this.addressOf(each)),
      ...{ address, store },
    })
  }

  /** Each knows one of those before it, and comes a second after it. */
  grow(count: number, everyMs = 1_000): Dht[] {
    const draws = this.random.fork('growth')
    return Array.from({ length: count }, (_, index) => {
      const node = this.node(index, index === 0 ? [] : [draws.int(index)])
      node.start()
      this.advance(everyMs)
      return node
    })
  }

  /** Peers that one node finds, and in how many hops. */
  find(node: Dht, infoHash: Uint8Array): { readonly peers: readonly string[]; readonly hops: number } {
    const peers = new Set<string>()
    let hops = -1
    const onPeers = (found: readonly string[]) => {
      for (const peer of found) peers.add(peer)
    }
    node.lookup(infoHash, onPeers, found => {
      hops = found.hops
    })
    while (hops < 0 && this.clock.step()) {}
    return { peers: [...peers].sort(), hops }
  }

  advance(ms: number): void {
    this.clock.runUntil(this.clock.now() + ms)
  }
}
