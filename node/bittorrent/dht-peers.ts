// What a peer makes of the distributed hash table: it announces each of its contents there, by each of its hashes, soon after it has
// joined and again as long as it takes part; and whoever it finds comes into that content's book.

import type { Address, Datagrams, ServiceHost } from '../core/host.ts'
import {
  type Json,
  LATER,
  type MetricReading,
  type Respond,
  RPC,
  RpcError,
  type RpcTable,
} from '../core/service.ts'
import { Dht } from './dht/dht.ts'
import { fromHex } from './hex.ts'
import type { Torrent } from './torrent.ts'

/** After one announcement comes the next; the last of these again and again. Others may have come right after the first. */
const AGAIN_MS = [5_000, 30_000, 120_000, 300_000] as const

/** Given by one look-up: who names thousands must not fill the memory. */
const MAX_FOUND = 1_000

export interface DhtPeersGround {
  readonly host: ServiceHost
  readonly datagrams: Datagrams
  readonly bootstrap: readonly Address[]
  readonly address: Address | undefined
  readonly roundTripMs: number | undefined
  onPeers(torrent: Torrent, addresses: readonly Address[]): void
}

interface Due {
  count: number
  atMs: number
}

export class DhtPeers {
  readonly #ground: DhtPeersGround
  readonly #dht: Dht
  /** Undefined: nobody can dial this node, and it is not announced. */
  readonly #port: number | undefined
  readonly #due = new Map<string, Due>()

  constructor(ground: DhtPeersGround) {
    const { host, datagrams, bootstrap, address, roundTripMs } = ground
    this.#ground = ground
    this.#port = address === undefined ? undefined : Number(address.slice(address.lastIndexOf(':') + 1))
    const { clock, store } = host
    const random = host.random.fork('dht')
    this.#dht = new Dht({ datagrams, clock, random, store, bootstrap, address, roundTripMs })
  }

  get nodes(): number {
    return this.#dht.nodes
  }

  start(): void {
    this.#dht.start()
  }

  stop(): void {
    this.#dht.stop()
  }

  /** A peer of some content says that it is a node as well. */
  add(address: Address): void {
    this.#dht.add(address)
  }

  leave({ content }: Torrent): void {
    this.#due.delete(content)
  }

  tick(torrents: Iterable<Torrent>, nowMs: number): void {
    if (this.nodes === 0) return
    for (const torrent of torrents) {
      const due = this.#due.get(torrent.content) ?? { count: 0, atMs: nowMs }
      if (torrent.left || torrent.isPrivate || due.atMs > nowMs) continue
      const waitMs = AGAIN_MS[Math.min(due.count, AGAIN_MS.length - 1)] as number
      this.#due.set(torrent.content, { count: due.count + 1, atMs: nowMs + waitMs })
      this.#announce(torrent)
    }
  }

  #announce(torrent: Torrent): void {
    const { infoHashV1, infoHashV2 } = torrent.wanted
    const onPeers = (addresses: readonly Address[]) => this.#ground.onPeers(torrent, addresses)
    for (const hash of [infoHashV1, infoHashV2?.subarray(0, 20)])
      if (!hash) continue
      else if (this.#port === undefined) this.#dht.lookup(hash, onPeers)
      else this.#dht.announce(hash, this.#port, onPeers)
  }

  /** Whom the table has under this hash, when nobody nearer to it is left to be asked. */
  find(infoHash: Uint8Array, respond: Respond): void {
    const peers = new Set<Address>()
    const onPeers = (addresses: readonly Address[]) => {
      for (const address of addresses) if (peers.size < MAX_FOUND) peers.add(address)
    }
    this.#dht.lookup(infoHash, onPeers, ({ hops, asked, closest }) => {
      const nodes = closest.map(({ address }) => address)
      respond({ result: { peers: [...peers].sort(), hops, asked, nodes } })
    })
  }

  status(): { readonly [key: string]: Json } {
    return { ...this.#dht.status() }
  }

  readMetrics(): readonly MetricReading[] {
    const { nodes, hashes, lookups, queries } = this.#dht.status()
    const asked = {
      name: 'netsplit_dht_queries_total',
      help: 'Questions of the hash table.',
      kind: 'counter',
    } as const
    return [
      {
        name: 'netsplit_dht_nodes',
        help: 'Nodes of the hash table that answer.',
        kind: 'gauge',
        value: nodes,
      },
      {
        name: 'netsplit_dht_hashes',
        help: 'Contents that peers announced here.',
        kind: 'gauge',
        value: hashes,
      },
      { name: 'netsplit_dht_lookups_total', help: 'Look-ups done.', kind: 'counter', value: lookups },
      { ...asked, labels: { outcome: 'answered' }, value: queries.sent - queries.unanswered },
      { ...asked, labels: { outcome: 'unanswered' }, value: queries.unanswered },
      { ...asked, labels: { outcome: 'received' }, value: queries.received },
      { ...asked, labels: { outcome: 'passed_over' }, value: queries.passedOver },
    ]
  }
}

/** `of`: undefined where it takes no part. */
export function dhtMethods(of: () => DhtPeers | undefined): RpcTable {
  return {
    getdht: {
      params: [],
      summary: 'How the node takes part in the distributed hash table; null: it does not.',
      handle: () => of()?.status() ?? null,
    },
    dhtlookup: {
      params: ['infohash'],
      summary:
        'Peers that the distributed hash table has under an info-hash, and in how many hops they were found.',
      handle: ([said], respond) => {
        const infoHash = typeof said === 'string' ? fromHex(said) : undefined
        // Of version 2's the table goes by the first twenty bytes.
        if (infoHash?.length !== 20 && infoHash?.length !== 32)
          throw new RpcError(RPC.invalidParameter, 'infohash must be 40 or 64 digits of hex')
        const dht = of()
        if (!dht) throw new RpcError(RPC.misc, 'this node takes no part in the distributed hash table')
        dht.find(infoHash.subarray(0, 20), respond)
        return LATER
      },
    },
  }
}
