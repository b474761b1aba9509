// BitTorrent as a service of a node: its contents, its connections, and what ticks.

import type { Address, Cancel, Clock, ConnectionSink, PeerId, ServiceHost } from '../core/host.ts'
import { answerMs, blockMs, handshakeTimeoutMs } from '../core/patience.ts'
import { pingAll, readAll } from '../core/ping-times.ts'
import type { Json, LinkProbe, MetricReading, PaddingLoad, RpcTable, Service } from '../core/service.ts'
import { type BanReason, Bans } from './bans.ts'
import { BlockMemo } from './block-memo.ts'
import type { Company, Patience } from './company.ts'
import { HONEST } from './conduct.ts'
import { Connections, hostOf } from './connections.ts'
import { DhtPeers, dhtMethods } from './dht-peers.ts'
import type { BittorrentEvent, BittorrentHealth } from './events.ts'
import type { BittorrentWorld, PeerFace } from './face.ts'
import { contentHealth } from './health.ts'
import { fromHex, toHex } from './hex.ts'
import { UT_METADATA } from './metadata.ts'
import { isInfoOf, parseInfo } from './metainfo/parse.ts'
import { readMetrics } from './metrics.ts'
import { NP_PING, onPing, paddingPayload, pingPayload } from './np-ping.ts'
import type { BittorrentConfig } from './options.ts'
import type { Peer } from './peer.ts'
import { UT_PEX } from './pex.ts'
import { Resume } from './resume.ts'
import { bittorrentRpc } from './rpc.ts'
import { Torrent, type Wanted } from './torrent.ts'
import { Trackers } from './trackers.ts'
import { MAX_QUEUED } from './uploads.ts'
import { encodeMessage } from './wire/encode.ts'

export type { BittorrentWorld } from './face.ts'
export type BittorrentOptions = Omit<BittorrentConfig, 'listen' | 'strategy'>

const TICK_MS = 1_000
const MAX_CONNECTIONS = 200
const UPLOAD_SLOTS = 4
const ANSWER_MS = 10_000
const BLOCK_MS = 20_000
/** New connections a tick, of all contents. */
const DIALS_AT_ONCE = 20
/** No more is dialled for a content, but for peers of the plan. */
const ENOUGH_PEERS = 40
/** Numbers of the extension messages that it understands (BEP 10). */
const EXTENSIONS: { readonly [name: string]: number } = { [UT_METADATA]: 1, [UT_PEX]: 2, [NP_PING]: 3 }

export class BittorrentService implements Service, ConnectionSink, PeerFace {
  readonly name = 'bittorrent'
  readonly bodies: readonly string[] = []
  readonly rpc: RpcTable
  readonly options: BittorrentOptions
  readonly world: BittorrentWorld
  readonly bans = new Bans()
  readonly torrents = new Map<string, Torrent>()
  /** By the first 20 bytes of either hash, in hex. */
  readonly #byHash = new Map<string, Torrent>()
  readonly #own = new Set<Address>()
  #host: ServiceHost | undefined
  #connections: Connections | undefined
  #trackers: Trackers | undefined
  #dht: DhtPeers | undefined
  #cancelTick: Cancel | undefined
  #dialsSoon = false

  constructor(options: BittorrentOptions, world: BittorrentWorld) {
    this.options = options
    this.world = world
    this.rpc = { ...bittorrentRpc(this), ...dhtMethods(() => this.#dht) }
    if (world.address !== undefined) this.#own.add(world.address)
  }

  start(host: ServiceHost): ConnectionSink {
    this.#host = host
    const peerId = new Uint8Array(20)
    peerId.set(new TextEncoder().encode('-NS0170-'))
    peerId.set(host.random.bytes(12), 8)
    const { maxConnections = MAX_CONNECTIONS, pex = true, trackers: urls = [], roundTripMs } = this.options
    const { address, version } = this.world
    const userAgent = this.options.userAgent ?? `netsplit ${version}`
    const extensions = pex ? EXTENSIONS : { [UT_METADATA]: 1, [NP_PING]: 3 }
    const port = address === undefined ? undefined : Number(address.slice(hostOf(address).length + 1))
    this.#dht = this.#makeDht(host)
    this.#connections = new Connections({
      ...{ host, bans: this.bans, patience: this.patience, maxConnections, peerId },
      hello: { extensions, port, client: userAgent, maxRequests: MAX_QUEUED },
      dhtPort: this.#dht && port,
      torrentOf: infoHash => this.#byHash.get(infoHash),
      onDhtPort: (peer, at) => this.#dht?.add(`${hostOf(peer.address)}:${at}`),
      onExtension: (peer, name, payload) => this.#onExtension(peer, name, payload),
      onSelf: own => this.#isOwn(own),
    })
    this.#trackers = new Trackers({
      ...{ host, peerId, port, userAgent, roundTripMs, urls },
      onPeers: (torrent, addresses) => this.addPeers(torrent, addresses, 'tracker'),
    })
    this.#dht?.start()
    for (const content of Resume.contents(host.store)) this.#takeUp(host, content)
    this.#cancelTick = host.clock.after(TICK_MS, () => this.#tick())
    this.#dialSoon()
    return this
  }

  stop(): void {
    this.#cancelTick?.()
    for (const torrent of this.torrents.values()) torrent.stop()
    this.#trackers?.stop()
    this.#dht?.stop()
    this.#connections?.stop()
    this.#host = undefined
  }

  get host(): ServiceHost {
    if (!this.#host) throw new Error('bittorrent does not run')
    return this.#host
  }

  get connections(): Connections {
    if (!this.#connections) throw new Error('bittorrent does not run')
    return this.#connections
  }

  trackersOf(torrent: Torrent) {
    return this.#trackers?.status(torrent) ?? []
  }

  get patience(): Patience {
    const { roundTripMs } = this.options
    return {
      answerMs: answerMs(ANSWER_MS, roundTripMs),
      blockMs: blockMs(BLOCK_MS, roundTripMs),
      handshakeMs: handshakeTimeoutMs(roundTripMs),
    }
  }

  get clock(): Clock {
    return this.host.clock
  }

  get nowMs(): number {
    return this.host.clock.now()
  }

  status(): { readonly [key: string]: Json } {
    if (!this.#host || !this.#connections) return {}
    const { peers, sentBytes, receivedBytes } = this.#connections
    const contents = Array.from(this.torrents.values(), torrent => contentHealth(torrent, this.nowMs))
    const health: BittorrentHealth = {
      contents,
      connections: peers.size,
      sentBytes,
      receivedBytes,
      dhtNodes: this.#dht?.nodes ?? 0,
    }
    return { ...health } as unknown as { readonly [key: string]: Json }
  }

  readMetrics(): readonly MetricReading[] {
    return this.#host ? [...readMetrics(this), ...(this.#dht?.readMetrics() ?? [])] : []
  }

  readonly links: LinkProbe = {
    ping: () => this.#ping(() => true),
    read: () => (this.#connections && this.#host ? readAll(this.#connections.peers, this.nowMs) : []),
  }

  pad(address: Address, { frames, bytes }: PaddingLoad): void {
    const { peers } = this.connections
    const frameFor = (id: PeerId) => {
      const number = peers.get(id)?.extension(NP_PING)
      if (number === undefined) return undefined
      return encodeMessage({ type: 'extended', id: number, payload: paddingPayload(bytes) })
    }
    this.host.connections.pad(address, frameFor, frames)
    this.#ping(peer => peer.address === address)
  }

  onConnected(id: PeerId, address: Address, inbound: boolean): void {
    if (!this.#trackers?.onConnected(id, address, inbound)) this.connections.onConnected(id, address, inbound)
  }

  onDialFailed(address: Address, why: string): void {
    if (!this.#trackers?.onDialFailed(address, why)) this.connections.onDialFailed(address)
  }

  onData(id: PeerId, bytes: Uint8Array): void {
    if (!this.connections.onData(id, bytes)) this.#trackers?.onData(id, bytes)
  }

  onClosed(id: PeerId): void {
    if (!this.connections.onClosed(id)) this.#trackers?.onClosed(id)
  }

  /** A content that it has no part in yet; `have`: all of it is stored already. */
  add(
    wanted: Wanted,
    begun: { readonly info?: Uint8Array; readonly begin: (torrent: Torrent) => void },
  ): Torrent {
    const torrent = this.#make(this.host, wanted, begun.info)
    begun.begin(torrent)
    this.#trackers?.follow(torrent)
    this.#dialSoon()
    return torrent
  }

  remove(torrent: Torrent, files: boolean): void {
    this.#trackers?.leave(torrent)
    this.#dht?.leave(torrent)
    torrent.remove(files)
    this.connections.closeAllOf(torrent)
    this.torrents.delete(torrent.content)
    for (const [hash, of] of this.#byHash) if (of === torrent) this.#byHash.delete(hash)
  }

  addPeers(torrent: Torrent, addresses: readonly Address[], source: 'plan' | 'tracker' | 'dht'): void {
    torrent.addPeers(addresses, source)
    if (source === 'plan') torrent.remembered.name(addresses)
    this.#dialSoon()
  }

  /** On the port of its connections, where the host has datagrams. */
  #makeDht(host: ServiceHost): DhtPeers | undefined {
    const { dht, roundTripMs } = this.options
    const { datagrams } = host
    if (!dht || !datagrams) return undefined
    const { address } = this.world
    const onPeers = (torrent: Torrent, addresses: readonly Address[]) =>
      this.addPeers(torrent, addresses, 'dht')
    return new DhtPeers({ host, datagrams, bootstrap: dht.bootstrap, address, roundTripMs, onPeers })
  }

  #takeUp(host: ServiceHost, content: string): void {
    const resume = new Resume(host.store, content)
    const kept = resume.read()
    if (!kept) return
    const { name, trackers, whenComplete, hashes, left } = kept
    const infoHashV1 = hashes.v1 === undefined ? undefined : fromHex(hashes.v1)
    const infoHashV2 = hashes.v2 === undefined ? undefined : fromHex(hashes.v2)
    const wanted = { content, name, trackers, whenComplete, infoHashV1, infoHashV2 }
    const torrent = this.#make(host, wanted, resume.readInfo())
    const peers = resume.readPeers()
    torrent.addPeers(peers, 'plan')
    torrent.remembered.name(peers)
    torrent.takeUp(left)
    this.#trackers?.follow(torrent)
  }

  #make(host: ServiceHost, wanted: Wanted, info: Uint8Array | undefined): Torrent {
    const { content: files, shared } = this.world
    const { uploadSlots: slots = UPLOAD_SLOTS, pex = true, connect } = this.options
    if (!files) throw new Error('there is no room for content here')
    const memo = shared?.('bittorrent/blocks', () => new BlockMemo())
    const torrent = new Torrent(
      wanted,
      {
        ...{ store: host.store, files, memo, slots, pex },
        parseInfo: (bytes, trackers) => parseInfo(bytes, trackers, this.world.digests),
        isInfo: (bytes, { infoHashV1, infoHashV2 }) =>
          isInfoOf(bytes, infoHashV1, infoHashV2, this.world.digests),
        onInfo: of => {
          this.#index(of)
          this.#trackers?.follow(of)
        },
        onLeft: of => {
          this.#trackers?.leave(of)
          this.#dht?.leave(of)
          this.#connections?.closeAllOf(of)
        },
        onComplete: of => this.#trackers?.completed(of),
      },
      of => this.#companyOf(host, of),
      info,
    )
    this.torrents.set(torrent.content, torrent)
    this.#index(torrent)
    torrent.addPeers(connect, 'plan')
    return torrent
  }

  #companyOf(host: ServiceHost, torrent: Torrent): Company {
    return {
      content: torrent.content,
      clock: host.clock,
      random: host.random.fork(`content ${torrent.content}`),
      digests: this.world.digests,
      conduct: this.world.conduct ?? HONEST,
      patience: this.patience,
      get peers() {
        return torrent.peers
      },
      send: (peer, message) => this.#connections?.send(peer, message),
      sendFrame: (peer, frame) => this.#connections?.sendFrame(peer, frame),
      extend: (peer, name, payload) => this.#connections?.extend(peer, name, payload),
      ban: (peer, why, piece, block) => this.#ban(torrent, peer, why, piece, block),
      drop: (peer, why) => this.#connections?.close(peer, why),
      emit: event => host.emit(event satisfies BittorrentEvent),
    }
  }

  #index(torrent: Torrent): void {
    const { infoHashV1, infoHashV2 } = torrent.wanted
    for (const hash of [infoHashV1, infoHashV2])
      if (hash) this.#byHash.set(toHex(hash.subarray(0, 20)), torrent)
  }

  #ban(torrent: Torrent, peer: Peer, why: BanReason, piece?: number, block?: number): void {
    const { address } = peer
    if (this.bans.refuses(address, peer.peerId)) return
    this.bans.add({ address, why, timeMs: this.nowMs }, peer.listens === undefined ? peer.peerId : undefined)
    const where = { ...(piece !== undefined && { piece }), ...(block !== undefined && { block }) }
    this.host.emit({
      type: 'bittorrent/banned',
      content: torrent.content,
      address,
      why,
      ...where,
    } as BittorrentEvent)
    this.#connections?.close(peer, 'banned')
    this.#connections?.closeAt(address)
    for (const each of this.torrents.values()) each.book.forget(address)
  }

  #isOwn(address: Address): void {
    this.#own.add(address)
    for (const torrent of this.torrents.values()) torrent.book.forget(address)
  }

  #onExtension(peer: Peer, name: string, payload: Uint8Array): boolean {
    if (name !== NP_PING) return false
    const answer = onPing(peer.ping, payload, this.nowMs)
    if (answer) this.connections.extend(peer, NP_PING, answer)
    return true
  }

  #ping(isMeant: (peer: Peer) => boolean): void {
    const { connections } = this
    pingAll(
      connections.peers,
      this.nowMs,
      (id, number) => connections.extend(connections.peers.get(id) as Peer, NP_PING, pingPayload(number)),
      peer => peer.extension(NP_PING) !== undefined && isMeant(peer),
    )
  }

  #tick(): void {
    const nowMs = this.nowMs
    this.#cancelTick = this.host.clock.after(TICK_MS, () => this.#tick())
    this.connections.tick(nowMs)
    for (const torrent of this.torrents.values()) torrent.tick(nowMs)
    this.#trackers?.tick(this.torrents.values())
    this.#dht?.tick(this.torrents.values(), nowMs)
    this.#dialDue(nowMs)
  }

  /** Not before what runs now is done. */
  #dialSoon(): void {
    if (this.#dialsSoon) return
    this.#dialsSoon = true
    this.host.clock.after(0, () => {
      this.#dialsSoon = false
      if (this.#host) this.#dialDue(this.nowMs)
    })
  }

  #dialDue(nowMs: number): void {
    const { maxConnections = MAX_CONNECTIONS } = this.options
    let room = Math.min(DIALS_AT_ONCE, maxConnections - this.connections.count)
    for (const torrent of this.torrents.values()) {
      if (torrent.left) continue
      for (const known of torrent.book.due(nowMs, room)) {
        if (known.source !== 'plan' && torrent.peers.size >= ENOUGH_PEERS) break
        if (this.#own.has(known.address) || this.bans.refuses(known.address)) {
          torrent.book.forget(known.address)
          continue
        }
        known.busy = true
        room--
        this.connections.dial(torrent, known.address)
      }
    }
  }
}
