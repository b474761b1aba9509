// Connections over TCP. Numbers them, shapes what is sent, and tells the core in words how each ended.

import { createServer, type Server, type Socket } from 'node:net'
import type { LinkTable } from '../api.ts'
import type { Address, Clock, ConnectionSink, Connections, PeerId, Random } from '../core/host.ts'
import type { LinkConditions } from '../core/link.ts'
import { dialTimeoutMs } from '../core/patience.ts'
import type { ListenAt } from '../core/service.ts'
import type { NodeLines } from './access.ts'
import { Inbox } from './inbox.ts'
import { bind } from './listen.ts'
import { type Link, Outbox } from './outbox.ts'
import { Outgoing } from './outgoing.ts'
import { plain } from './plain-bytes.ts'
import { conditionsFor, Lane, type LaneOptions } from './shaper.ts'
import { TcpDials } from './tcp-dials.ts'
import { joinAddress, wordsFor } from './tcp-words.ts'

/** What a closed connection may still take to flush its last bytes. */
const FLUSH_TIMEOUT_MS = 5_000
/** A peer that reads so little that this much piles up is closed. Protocols hold back long before. */
const MAX_BACKLOG_BYTES = 64 * 1024 * 1024

export interface TcpOptions {
  readonly clock: Clock
  readonly random: Random
  readonly links: LinkTable
  /** The node's own line. Default: it limits nothing. */
  readonly lines?: Pick<NodeLines, 'up' | 'down'>
  /** What a link is to carry for a frame. Default: its length. */
  bytesOf?(frame: Uint8Array): number
  /** A count of the same for what one connection receives. */
  countReceived?(): ((chunk: Uint8Array) => number) | undefined
  /** A dial that no one answers fails after this long. Default: what usual links need. */
  readonly dialTimeoutMs?: number
  /** What shapes a connection; a bench compares it with nothing. */
  readonly newLane?: typeof makeLane
  warn(message: string): void
}

function makeLane(options: LaneOptions, conditions: LinkConditions): Link {
  return new Lane(options, conditions)
}

interface Connection {
  readonly id: PeerId
  readonly socket: Socket
  readonly outbox: Outbox
  readonly inbox: Inbox
  /** Where the peer listens, as far as known. */
  address: Address
  /** Its service does not want to read. */
  held: boolean
  /** Too much waits to be delivered. */
  full: boolean
  /** Reported to the core as closed; only its last frames are still under way. */
  closed: boolean
}

export class TcpConnections implements Connections {
  readonly #options: TcpOptions
  readonly #connections = new Map<PeerId, Connection>()
  readonly #dials: TcpDials
  readonly #outgoing: Outgoing
  #links: LinkTable
  #server: Server | undefined
  #sink: ConnectionSink | undefined
  /** Accepted before `start`. */
  readonly #early: Socket[] = []
  #nextId = 0
  #stopped = false

  constructor(options: TcpOptions) {
    this.#options = options
    this.#links = options.links
    const { clock, random, dialTimeoutMs: timeoutMs = dialTimeoutMs() } = options
    this.#outgoing = new Outgoing(clock, () => this.#backlogInAll())
    this.#dials = new TcpDials({
      clock,
      random,
      timeoutMs,
      conditions: address => conditionsFor(this.#links, address),
      connected: (socket, address) => this.#adopt(socket, address, false),
      failed: (address, why) => this.#sink?.onDialFailed(address, why),
    })
  }

  /** Takes the port and gives the address; connections wait until `start`. */
  async listen(at: ListenAt, key = 'listen'): Promise<Address> {
    const server = createServer({ noDelay: true }, socket => this.#accept(socket))
    this.#server = server
    const address = await bind(server, at, key)
    server.on('error', error => this.#options.warn(`accepting connections: ${error.message}`))
    return address
  }

  /** From here on the sink is told, first of the connections that came before it was there. */
  start(sink: ConnectionSink): void {
    this.#sink = sink
    for (const socket of this.#early.splice(0)) this.#accept(socket)
  }

  /** Closes everything at once and tells nobody. */
  stop(): void {
    this.#stopped = true
    this.#server?.close()
    this.drop()
    for (const socket of this.#early) socket.destroy()
  }

  /** Whoever dialled from here is gone without a word: so is all that it began. */
  drop(): void {
    this.#dials.stop()
    for (const connection of this.#connections.values()) this.#destroy(connection)
  }

  get links(): LinkTable {
    return this.#links
  }

  /** Replaces the conditions of all links; they hold at once. */
  setLinks(links: LinkTable): void {
    this.#links = links
    for (const connection of this.#connections.values()) this.#shape(connection)
    this.#dials.linksChanged()
  }

  dial(address: Address): void {
    if (!this.#stopped) this.#dials.dial(address)
  }

  send(peer: PeerId, frame: Uint8Array): void {
    const connection = this.#open(peer)
    if (!connection) return
    connection.outbox.send(frame)
    this.#outgoing.sent(frame.length)
    if (backlog(connection) > MAX_BACKLOG_BYTES) this.#lose(connection, 'send buffer full')
  }

  close(peer: PeerId): void {
    const connection = this.#open(peer)
    if (!connection) return
    this.#reportClosed(connection, 'closed here')
    connection.outbox.end()
  }

  identify(peer: PeerId, address: Address): void {
    const connection = this.#open(peer)
    if (!connection) return
    connection.address = address
    this.#shape(connection)
  }

  pad(address: Address, frameFor: (peer: PeerId) => Uint8Array | undefined, times: number): void {
    for (const connection of this.#connections.values())
      if (connection.address === address && !connection.closed)
        for (let sent = 0; sent < times; sent++) {
          const frame = frameFor(connection.id)
          if (frame) connection.outbox.send(frame)
        }
  }

  /** Closes the connections to whoever listens there, without a goodbye: the other end meets a reset (RFC 9293). */
  reset(addresses: readonly Address[]): void {
    for (const connection of [...this.#connections.values()])
      if (addresses.includes(connection.address)) {
        this.#reportClosed(connection, 'reset here')
        connection.socket.resetAndDestroy()
        this.#destroy(connection)
      }
  }

  /** A socket that is not read fills up the way to it, and the peer's own TCP waits. */
  hold(peer: PeerId, on: boolean): void {
    const connection = this.#open(peer)
    if (!connection) return
    connection.held = on
    pace(connection)
  }

  bound(peer: PeerId): Address | undefined {
    const { localAddress, localPort } = this.#open(peer)?.socket ?? {}
    return localAddress !== undefined && localPort !== undefined
      ? joinAddress(localAddress, localPort)
      : undefined
  }

  fill(peer: PeerId): number {
    return this.#outgoing.fill(this.backlogBytes(peer))
  }

  backlogBytes(peer: PeerId): number {
    const connection = this.#open(peer)
    return connection ? backlog(connection) : 0
  }

  #backlogInAll(): number {
    let bytes = 0
    for (const connection of this.#connections.values()) bytes += backlog(connection)
    return bytes
  }

  #open(peer: PeerId): Connection | undefined {
    const connection = this.#connections.get(peer)
    return connection?.closed ? undefined : connection
  }

  #accept(socket: Socket): void {
    socket.on('error', () => {})
    const { remoteAddress, remotePort } = socket
    if (this.#stopped || remoteAddress === undefined || remotePort === undefined) socket.destroy()
    else if (!this.#sink) this.#early.push(socket)
    else this.#adopt(socket, joinAddress(remoteAddress, remotePort), true)
  }

  #adopt(socket: Socket, address: Address, inbound: boolean): void {
    const id = this.#nextId++
    const { newLane = makeLane, clock, random, bytesOf, countReceived } = this.#options
    const link = newLane(
      {
        ...{ clock, random },
        ...(bytesOf && { bytesOf }),
        write: frames => write(socket, frames),
        ended: () => this.#finish(connection),
        gaveUp: () => this.#lose(connection, 'connection timed out'),
      },
      conditionsFor(this.#links, address),
    )
    const outbox = new Outbox({ clock, link, bytesOf: frame => bytesOf?.(frame) ?? frame.length })
    const inbox = new Inbox({
      deliver: bytes => !connection.closed && this.#sink?.onData(id, bytes),
      ended: () => this.#lose(connection, 'closed by peer'),
      read: on => {
        connection.full = !on
        pace(connection)
      },
      count: countReceived?.(),
    })
    const flags = { held: false, full: false, closed: false }
    const connection: Connection = { id, socket, outbox, inbox, address, ...flags }
    this.#connections.set(id, connection)
    this.#shape(connection)
    socket.on('data', (bytes: Buffer) => inbox.receive(plain(bytes)))
    socket.on('end', () => inbox.end())
    socket.on('error', error => this.#lose(connection, wordsFor(error)))
    socket.on('close', () => inbox.end())
    this.#sink?.onConnected(id, address, inbound)
  }

  /** Gives a connection its link's conditions, and its turns on the lines of both ends. */
  #shape({ address, outbox, inbox }: Connection): void {
    const { up, down } = this.#options.lines ?? {}
    outbox.set(conditionsFor(this.#links, address), up, this.#links.peerDownBps?.[address] ?? 0)
    inbox.set(down)
  }

  /** The connection is gone, whoever ended it. */
  #lose(connection: Connection, why: string): void {
    this.#reportClosed(connection, why)
    this.#destroy(connection)
  }

  #destroy(connection: Connection): void {
    connection.closed = true
    this.#connections.delete(connection.id)
    connection.outbox.drop()
    connection.inbox.drop()
    connection.socket.destroy()
  }

  /** Everything has crossed the link after a close from here. */
  #finish(connection: Connection): void {
    this.#connections.delete(connection.id)
    connection.socket.setTimeout(FLUSH_TIMEOUT_MS, () => connection.socket.destroy())
    connection.socket.destroySoon()
  }

  /** Later, so that the core is never called from within its own call. */
  #reportClosed(connection: Connection, why: string): void {
    if (connection.closed) return
    connection.closed = true
    if (!this.#stopped) queueMicrotask(() => this.#sink?.onClosed(connection.id, why))
  }
}

/** What one turn of the event loop sends goes to the system in one call: the call costs more than the message. */
function write(socket: Socket, frames: readonly Uint8Array[]): void {
  if (socket.writableCorked === 0) {
    socket.cork()
    process.nextTick(() => socket.uncork())
  }
  for (const frame of frames) socket.write(frame)
}

function backlog({ socket, outbox }: Connection): number {
  return socket.writableLength + outbox.heldBytes
}

function pace({ socket, held, full }: Connection): void {
  if (held || full) socket.pause()
  else socket.resume()
}
