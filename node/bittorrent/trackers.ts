// The trackers of all contents: each is told of each content by each of its hashes, and its peers come into that content's book.

import type { Address, PeerId, ServiceHost } from '../core/host.ts'
import { BLOCK_BYTES } from './metainfo/metainfo.ts'
import type { Torrent } from './torrent.ts'
import { TrackerClient, type TrackerStatus } from './tracker-client.ts'

/** With fewer peers than this more are asked for, as often as the trackers allow. */
const FEW_PEERS = 4
const MAX_TRACKERS = 20

export interface TrackersGround {
  readonly host: ServiceHost
  readonly peerId: Uint8Array
  /** Undefined: nobody can dial this node, and no tracker is told of it. */
  readonly port: number | undefined
  readonly userAgent: string
  readonly roundTripMs: number | undefined
  /** For every content. */
  readonly urls: readonly string[]
  onPeers(torrent: Torrent, addresses: readonly Address[]): void
}

export class Trackers {
  readonly #ground: TrackersGround
  /** By content; there by URL and hash. */
  readonly #clients = new Map<string, Map<string, TrackerClient>>()
  /** Those that take leave: what they hear of their connections is theirs until it is done. */
  readonly #leaving = new Set<TrackerClient>()

  constructor(ground: TrackersGround) {
    this.#ground = ground
  }

  /** It takes part; called again when more is known of it. */
  follow(torrent: Torrent): void {
    const { port, urls } = this.#ground
    if (port === undefined || torrent.left) return
    const { infoHashV1, infoHashV2, trackers } = torrent.wanted
    const clients = this.#clients.get(torrent.content) ?? new Map<string, TrackerClient>()
    this.#clients.set(torrent.content, clients)
    for (const url of new Set([...urls, ...trackers].slice(0, MAX_TRACKERS)))
      for (const [name, hash] of [['v1', infoHashV1] as const, ['v2', infoHashV2] as const]) {
        const key = `${name} ${url}`
        if (!hash || clients.has(key)) continue
        const client = this.#make(torrent, url, hash.subarray(0, 20), port)
        clients.set(key, client)
        client.start()
      }
  }

  completed({ content }: Torrent): void {
    for (const client of this.#of(content)) client.completed()
  }

  leave({ content }: Torrent): void {
    for (const client of this.#of(content)) {
      client.stop()
      this.#leaving.add(client)
    }
    this.#clients.delete(content)
  }

  stop(): void {
    for (const client of this.#all()) client.stop()
  }

  tick(torrents: Iterable<Torrent>): void {
    for (const client of this.#leaving) if (client.isIdle) this.#leaving.delete(client)
    for (const torrent of torrents)
      if (!torrent.left && !torrent.complete && torrent.peers.size < FEW_PEERS)
        for (const client of this.#of(torrent.content)) client.again()
  }

  status({ content }: Torrent): readonly TrackerStatus[] {
    return Array.from(this.#of(content), client => client.status())
  }

  onConnected(peer: PeerId, address: Address, inbound: boolean): boolean {
    return !inbound && this.#some(client => client.onConnected(peer, address, inbound))
  }

  onDialFailed(address: Address, why: string): boolean {
    return this.#some(client => client.onDialFailed(address, why))
  }

  onData(peer: PeerId, bytes: Uint8Array): boolean {
    return this.#some(client => client.onData(peer, bytes))
  }

  onClosed(peer: PeerId): boolean {
    return this.#some(client => client.onClosed(peer))
  }

  #make(torrent: Torrent, url: string, infoHash: Uint8Array, port: number): TrackerClient {
    const { host, peerId, userAgent, roundTripMs, onPeers } = this.#ground
    const { clock, connections } = host
    return new TrackerClient(
      { url, infoHash, peerId, port, userAgent, roundTripMs },
      {
        ...{ clock, connections, random: host.random.fork(`tracker ${url} ${torrent.content}`) },
        amounts: () => amountsOf(torrent),
        onPeers: addresses => onPeers(torrent, addresses),
      },
    )
  }

  #of(content: string): Iterable<TrackerClient> {
    return this.#clients.get(content)?.values() ?? []
  }

  *#all(): Iterable<TrackerClient> {
    for (const clients of this.#clients.values()) yield* clients.values()
    yield* this.#leaving
  }

  #some(takes: (client: TrackerClient) => boolean): boolean {
    for (const client of this.#all()) if (takes(client)) return true
    return false
  }
}

/** `left` is not 0 before the info is there, of which nobody knows how much it is. */
function amountsOf({ sharing, meta, complete }: Torrent) {
  const left = complete ? 0 : (meta?.contentBytes ?? BLOCK_BYTES) - (sharing?.verifiedBytes ?? 0)
  return { uploaded: sharing?.uploads.upBytes ?? 0, downloaded: sharing?.requests.downBytes ?? 0, left }
}
