// Connections to peers: dialled and taken, greeted, told apart, and read until they end. Which content one is about its handshake says.

import type { Address, Connections as HostConnections, Line, PeerId, ServiceHost } from '../core/host.ts'
import { ProtocolError } from '../errors.ts'
import type { Bans } from './bans.ts'
import type { PeerSource } from './book.ts'
import type { Patience } from './company.ts'
import { type Hello, readHello, writeHello } from './hello.ts'
import { toHex } from './hex.ts'
import { Peer } from './peer.ts'
import type { Torrent } from './torrent.ts'
import { decodeMessage } from './wire/decode.ts'
import { encodeMessage } from './wire/encode.ts'
import { Framer } from './wire/framer.ts'
import { decodeHandshake, encodeHandshake, HANDSHAKE_BYTES } from './wire/handshake.ts'
import type { Handshake, Message } from './wire/message.ts'

const KEEPALIVE_MS = 110_000
const SILENT_MS = 240_000
const EXTENSION_HANDSHAKE = 0

export interface ConnectionsGround {
  readonly host: ServiceHost
  readonly bans: Bans
  readonly patience: Patience
  readonly maxConnections: number
  /** 20 bytes. */
  readonly peerId: Uint8Array
  readonly hello: Hello
  /** It has a DHT node, on the port of the same number. */
  readonly dhtPort: number | undefined
  /** By 20 bytes in hex. */
  torrentOf(infoHash: string): Torrent | undefined
  /** `port` of a DHT node (BEP 5). */
  onDhtPort(peer: Peer, port: number): void
  /** An extension message that is of no content. */
  onExtension(peer: Peer, name: string, payload: Uint8Array): boolean
  /** Where this node listens, as one of its own connections showed. */
  onSelf(address: Address): void
}

interface Open {
  readonly peer: Peer
  readonly framer: Framer
  torrent: Torrent | undefined
  /** Of the handshake, so far as it is here. */
  head: Uint8Array | undefined
}

export class Connections {
  readonly #ground: ConnectionsGround
  readonly #host: HostConnections
  readonly #open = new Map<PeerId, Open>()
  /** Who is being dialled, and for what. */
  readonly #dials = new Map<Address, Torrent[]>()
  /** Those that shook hands. */
  readonly peers = new Map<PeerId, Peer>()
  readonly #own: string
  sentBytes = 0
  receivedBytes = 0

  constructor(ground: ConnectionsGround) {
    this.#ground = ground
    this.#host = ground.host.connections
    this.#own = toHex(ground.peerId)
  }

  /** Connections and dials. */
  get count(): number {
    return this.#open.size + this.#dials.size
  }

  dial(torrent: Torrent, address: Address): void {
    const waiting = this.#dials.get(address)
    if (waiting) waiting.push(torrent)
    else this.#dials.set(address, [torrent])
    this.#host.dial(address)
  }

  onConnected(id: PeerId, address: Address, inbound: boolean): void {
    const nowMs = this.#nowMs
    const torrent = inbound ? undefined : this.#dialled(address)
    const source: PeerSource = torrent?.book.at(address)?.source ?? 'inbound'
    const line = this.#host.line?.(id) ?? this.#lineOf(id)
    const peer = new Peer(id, line, address, source, inbound, nowMs)
    const open: Open = { peer, framer: new Framer(), torrent, head: new Uint8Array(0) }
    this.#open.set(id, open)
    line.reader = { onData: bytes => this.#read(open, bytes) }
    const full = inbound && this.#open.size > this.#ground.maxConnections
    if (full || (!inbound && (!torrent || torrent.left))) this.close(peer, 'no room')
    else if (torrent) this.#greet(peer, torrent, torrent.wanted.infoHashV1 ?? torrent.wanted.infoHashV2)
  }

  onDialFailed(address: Address): boolean {
    const torrent = this.#dialled(address)
    torrent?.book.failed(address, this.#nowMs)
    return torrent !== undefined
  }

  /** False: the connection is none of these. */
  onData(id: PeerId, bytes: Uint8Array): boolean {
    const open = this.#open.get(id)
    if (open) this.#read(open, bytes)
    return open !== undefined
  }

  onClosed(id: PeerId): boolean {
    const open = this.#open.get(id)
    if (open) this.#gone(open)
    return open !== undefined
  }

  send(peer: Peer, message: Message): void {
    this.sendFrame(peer, encodeMessage(message))
  }

  sendFrame(peer: Peer, frame: Uint8Array): void {
    if (peer.closing) return
    this.sentBytes += frame.length
    peer.write(frame, this.#nowMs)
  }

  extend(peer: Peer, name: string, payload: Uint8Array): void {
    const id = peer.extension(name)
    if (id !== undefined) this.send(peer, { type: 'extended', id, payload })
  }

  /** From here on it is neither heard nor written to. */
  close(peer: Peer, _why: string): void {
    const open = this.#open.get(peer.id)
    if (!open || peer.closing) return
    peer.closing = true
    this.#gone(open)
    this.#host.close(peer.id)
  }

  closeAllOf(torrent: Torrent): void {
    for (const { peer, torrent: of } of [...this.#open.values()]) if (of === torrent) this.close(peer, 'left')
  }

  /** Everything that it is connected with under this address. */
  closeAt(address: Address): void {
    for (const { peer } of [...this.#open.values()]) if (peer.address === address) this.close(peer, 'banned')
  }

  stop(): void {
    for (const { peer } of [...this.#open.values()]) this.close(peer, 'stopped')
  }

  tick(nowMs: number): void {
    const { handshakeMs } = this.#ground.patience
    for (const { peer } of [...this.#open.values()])
      if (!peer.shook) {
        if (nowMs - peer.openedMs > handshakeMs) this.close(peer, 'handshake timeout')
      } else if (nowMs - peer.heardMs > SILENT_MS) this.close(peer, 'silent')
      else if (nowMs - peer.sentMs > KEEPALIVE_MS) this.send(peer, { type: 'keepalive' })
  }

  #dialled(address: Address): Torrent | undefined {
    const waiting = this.#dials.get(address)
    const torrent = waiting?.shift()
    if (waiting?.length === 0) this.#dials.delete(address)
    return torrent
  }

  #gone(open: Open): void {
    const { peer, torrent } = open
    this.#open.delete(peer.id)
    this.peers.delete(peer.id)
    peer.closing = true
    if (!torrent) return
    torrent.onGone(peer)
    if (peer.listens === undefined || isConnected(torrent, peer.listens)) return
    if (peer.shook) torrent.book.ended(peer.listens, this.#nowMs)
    else torrent.book.failed(peer.listens, this.#nowMs)
  }

  #read(open: Open, bytes: Uint8Array): void {
    const { peer } = open
    this.receivedBytes += bytes.length
    peer.heardMs = this.#nowMs
    if (peer.closing) return
    try {
      const rest = open.head ? this.#readHead(open, bytes) : bytes
      if (rest.length > 0) this.#readFrames(open, rest)
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error
      // No lie is proved by what cannot be read; somebody's program may be at fault, and is dialled again, later each time.
      if (open.torrent && peer.listens !== undefined) open.torrent.book.failed(peer.listens, this.#nowMs)
      peer.shook = false
      this.close(peer, error.message)
    }
  }

  #readFrames({ framer, peer, torrent }: Open, bytes: Uint8Array): void {
    framer.push(bytes)
    for (let frame = framer.next(); frame && !peer.closing; frame = framer.next())
      this.#onFrame(peer, torrent, frame)
  }

  #onFrame(peer: Peer, torrent: Torrent | undefined, frame: Uint8Array): void {
    const message = decodeMessage(frame)
    if (torrent && message) this.#hear(peer, torrent, message)
  }

  /** What is behind the handshake. */
  #readHead(open: Open, bytes: Uint8Array): Uint8Array {
    const head = joined(open.head as Uint8Array, bytes)
    open.head = head
    if (head.length < HANDSHAKE_BYTES) return new Uint8Array(0)
    open.head = undefined
    this.#onHandshake(open, decodeHandshake(head.subarray(0, HANDSHAKE_BYTES)))
    return open.peer.closing ? new Uint8Array(0) : head.subarray(HANDSHAKE_BYTES)
  }

  #onHandshake(open: Open, handshake: Handshake): void {
    const { peer } = open
    const infoHash = toHex(handshake.infoHash)
    const torrent = this.#ground.torrentOf(infoHash)
    peer.peerId = toHex(handshake.peerId)
    if (peer.peerId === this.#own) {
      if (!peer.inbound) this.#ground.onSelf(peer.seen)
      this.close(peer, 'this is oneself')
      return
    }
    const unknown = !torrent || torrent.left || (open.torrent && open.torrent !== torrent)
    if (unknown || this.#ground.bans.refuses(peer.address, peer.peerId) || !this.#isTheOne(peer, torrent)) {
      this.close(peer, 'not wanted')
      return
    }
    peer.fast = handshake.fast
    peer.dht = handshake.dht
    open.torrent = torrent
    this.#shakeHands(peer, torrent, handshake)
  }

  #shakeHands(peer: Peer, torrent: Torrent, handshake: Handshake): void {
    const { infoHashV1, infoHashV2 } = torrent.wanted
    const isV2 = infoHashV2 !== undefined && startsWith(infoHashV2, handshake.infoHash)
    // A hybrid is greeted by its old name, and answered by its new one by those who know both (BEP 52).
    peer.v2 = infoHashV2 !== undefined && (isV2 || (peer.inbound && handshake.v2))
    if (peer.inbound) this.#greet(peer, torrent, peer.v2 ? infoHashV2 : infoHashV1)
    peer.shook = true
    this.peers.set(peer.id, peer)
    if (peer.listens !== undefined) torrent.book.connected(peer.listens)
    const { hello, dhtPort } = this.#ground
    if (handshake.extended)
      this.send(peer, { type: 'extended', id: EXTENSION_HANDSHAKE, payload: writeHello(hello, torrent) })
    torrent.onPeer(peer)
    if (peer.dht && dhtPort !== undefined) this.send(peer, { type: 'port', port: dhtPort })
  }

  #greet(peer: Peer, { wanted: { infoHashV2 } }: Torrent, infoHash: Uint8Array | undefined): void {
    const { peerId, dhtPort } = this.#ground
    if (!infoHash) return
    const bits = { fast: true, extended: true, dht: dhtPort !== undefined, v2: infoHashV2 !== undefined }
    this.sendFrame(peer, encodeHandshake({ infoHash: infoHash.subarray(0, 20), peerId, ...bits }))
  }

  /** Of two connections to one peer both ends keep that which the one with the greater id dialled; of two that one end dialled, the first. */
  #isTheOne(peer: Peer, torrent: Torrent): boolean {
    for (const other of torrent.peers.values()) {
      if (other.peerId !== peer.peerId || other.closing) continue
      if (peer.listens !== undefined && !other.listens) this.#listensAt(other, peer.listens, torrent)
      const dialledHere = this.#own > peer.peerId
      if (other.inbound === peer.inbound || other.inbound !== dialledHere) return false
      this.close(other, 'there is another')
    }
    return true
  }

  #hear(peer: Peer, torrent: Torrent, message: Message): void {
    if (message.type === 'extended') this.#onExtended(peer, torrent, message.id, message.payload)
    else if (message.type === 'port') this.#ground.onDhtPort(peer, message.port)
    else if (message.type !== 'keepalive') torrent.onMessage(peer, message)
  }

  #onExtended(peer: Peer, torrent: Torrent, id: number, payload: Uint8Array): void {
    if (id === EXTENSION_HANDSHAKE) {
      const { listensPort } = readHello(peer, payload)
      if (listensPort !== undefined && peer.inbound && !peer.listens)
        this.#listensAt(peer, `${hostOf(peer.seen)}:${listensPort}`, torrent)
      if (!peer.closing) torrent.onExtensions()
      return
    }
    const { extensions } = this.#ground.hello
    const name = Object.keys(extensions).find(each => extensions[each] === id)
    if (name !== undefined && !this.#ground.onExtension(peer, name, payload))
      torrent.onExtension(peer, name, payload)
  }

  #listensAt(peer: Peer, address: Address, torrent: Torrent): void {
    if (isAnothers(torrent, peer, address)) return
    if (this.#ground.bans.refuses(address)) {
      this.close(peer, 'banned')
      return
    }
    peer.listens = address
    this.#host.identify(peer.id, address)
    torrent.book.add(address, 'inbound', this.#nowMs)
    torrent.book.connected(address)
    const { source } = torrent.book.at(address) ?? {}
    if (source) peer.source = source
  }

  #lineOf(id: PeerId): Line {
    const host = this.#host
    return {
      send: frame => host.send(id, frame),
      get backlogBytes() {
        return host.backlogBytes(id)
      },
      reader: undefined,
    }
  }

  get #nowMs(): number {
    return this.#ground.host.clock.now()
  }
}

/** Over another connection. */
function isConnected({ peers }: Torrent, address: Address): boolean {
  for (const { listens } of peers.values()) if (listens === address) return true
  return false
}

/** Somebody else was dialled there: on one machine, whose peers share a host, it could otherwise be had banned by whoever names it. */
function isAnothers({ peers }: Torrent, { peerId }: Peer, address: Address): boolean {
  for (const other of peers.values())
    if (!other.inbound && other.listens === address && other.peerId !== peerId) return true
  return false
}

export function hostOf(address: Address): string {
  return address.slice(0, address.lastIndexOf(':'))
}

function startsWith(hash: Uint8Array, with20: Uint8Array): boolean {
  return with20.every((byte, at) => byte === hash[at])
}

function joined(a: Uint8Array, b: Uint8Array): Uint8Array {
  if (a.length === 0) return b
  const both = new Uint8Array(a.length + b.length)
  both.set(a)
  both.set(b, a.length)
  return both
}
