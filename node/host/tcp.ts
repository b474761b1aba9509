// Connections over TCP. Numbers them, shapes what is sent, and tells the core in words how each ended.

import { createConnection, createServer, type Server, type Socket } from 'node:net'
import type { LinkTable, NodeConfig } from '../api.ts'
import type { Address, Cancel, Clock, Connections, PeerId, Random } from '../core/host.ts'
import { Link, type LinkConditions } from '../core/link.ts'
import { ConfigError } from '../errors.ts'
import { conditionsFor, isClear, Lane, type LaneOptions } from './shaper.ts'

/** A dial that no one answers fails after this long. */
const DIAL_TIMEOUT_MS = 5_000
/** What a closed connection may still take to flush its last bytes. */
const FLUSH_TIMEOUT_MS = 5_000
/** A peer that reads so little that this much piles up is closed. Protocols hold back long before. */
const MAX_BACKLOG_BYTES = 64 * 1024 * 1024
/** A SYN on the link: headers and options. */
const SYN_BYTES = 60

/** Whom the connections report to: the core. */
export interface ConnectionSink {
  onConnected(peer: PeerId, address: Address, inbound: boolean): void
  onDialFailed(address: Address, why: string): void
  onData(peer: PeerId, bytes: Uint8Array): void
  onClosed(peer: PeerId, why: string): void
}

type ListenAt = NodeConfig['listen']

export interface TcpOptions {
  readonly clock: Clock
  readonly random: Random
  readonly links: LinkTable
  /** What a link is to carry for a frame. Default: its length. */
  bytesOf?(frame: Uint8Array): number
  readonly dialTimeoutMs?: number
  /** What shapes a connection; a bench compares it with nothing. */
  readonly newLane?: typeof makeLane
  warn(message: string): void
}

/** Of a lane what its connection uses. */
export type Shaper = Pick<Lane, 'send' | 'end' | 'set' | 'drop' | 'heldBytes'>

function makeLane(options: LaneOptions, conditions: LinkConditions): Shaper {
  return new Lane(options, conditions)
}

interface Connection {
  readonly id: PeerId
  readonly socket: Socket
  readonly lane: Shaper
  /** Where the peer listens, as far as known. */
  address: Address
  /** Reported to the core as closed; only its last frames are still under way. */
  closed: boolean
}

interface Dial {
  readonly address: Address
  readonly cancelTimeout: Cancel
  cancelSyn: Cancel | undefined
  socket: Socket | undefined
}

export class TcpConnections implements Connections {
  readonly #options: TcpOptions
  readonly #connections = new Map<PeerId, Connection>()
  readonly #dials = new Set<Dial>()
  #links: LinkTable
  #server: Server | undefined
  #sink: ConnectionSink | undefined
  /** Accepted before `start`. */
  readonly #early: Socket[] = []
  #lastId = 0
  #stopped = false

  constructor(options: TcpOptions) {
    this.#options = options
    this.#links = options.links
  }

  /** Takes the port and gives the address; connections wait until `start`. */
  async listen(at: ListenAt): Promise<Address> {
    const server = createServer({ noDelay: true }, socket => this.#accept(socket))
    this.#server = server
    const address = await bind(server, at, 'listen')
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
    for (const dial of [...this.#dials]) this.#endDial(dial)
    for (const connection of this.#connections.values()) this.#destroy(connection)
    for (const socket of this.#early) socket.destroy()
  }

  get links(): LinkTable {
    return this.#links
  }

  /** Replaces the conditions of all links; they hold at once. */
  setLinks(links: LinkTable): void {
    this.#links = links
    for (const { lane, address } of this.#connections.values()) lane.set(conditionsFor(links, address))
    for (const dial of this.#dials) if (!dial.socket) this.#sendSyn(dial)
  }

  dial(address: Address): void {
    if (this.#stopped) return
    const dial: Dial = {
      address,
      cancelTimeout: this.#options.clock.after(this.#options.dialTimeoutMs ?? DIAL_TIMEOUT_MS, () =>
        this.#failDial(dial, 'timeout'),
      ),
      cancelSyn: undefined,
      socket: undefined,
    }
    this.#dials.add(dial)
    this.#sendSyn(dial)
  }

  send(peer: PeerId, frame: Uint8Array): void {
    const connection = this.#open(peer)
    if (!connection) return
    connection.lane.send(frame)
    if (backlog(connection) > MAX_BACKLOG_BYTES) this.#lose(connection, 'send buffer full')
  }

  close(peer: PeerId): void {
    const connection = this.#open(peer)
    if (!connection) return
    this.#reportClosed(connection, 'closed here')
    connection.lane.end()
  }

  identify(peer: PeerId, address: Address): void {
    const connection = this.#open(peer)
    if (!connection) return
    connection.address = address
    connection.lane.set(conditionsFor(this.#links, address))
  }

  /** Sends a frame so many times to whoever listens there, past the core. */
  pad(address: Address, frame: Uint8Array, times: number): void {
    for (const connection of this.#connections.values())
      if (connection.address === address && !connection.closed)
        for (let sent = 0; sent < times; sent++) connection.lane.send(frame)
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

  backlogBytes(peer: PeerId): number {
    const connection = this.#open(peer)
    return connection ? backlog(connection) : 0
  }

  #open(peer: PeerId): Connection | undefined {
    const connection = this.#connections.get(peer)
    return connection?.closed ? undefined : connection
  }

  /** The dial's first packet crosses the link like any other; over a blocked one it waits for the dial's timeout. */
  #sendSyn(dial: Dial): void {
    dial.cancelSyn?.()
    dial.cancelSyn = undefined
    const conditions = conditionsFor(this.#links, dial.address)
    const { clock, random } = this.#options
    const nowMs = clock.now()
    const atMs = isClear(conditions) ? nowMs : new Link(conditions, random).arrival(nowMs, SYN_BYTES)
    if (atMs <= nowMs) this.#connect(dial)
    else if (atMs !== Number.POSITIVE_INFINITY)
      dial.cancelSyn = clock.after(atMs - nowMs, () => this.#connect(dial))
  }

  #connect(dial: Dial): void {
    const { host, port } = splitAddress(dial.address)
    if (port === 0 || port > 65_535) {
      queueMicrotask(() => this.#failDial(dial, 'no such port'))
      return
    }
    const socket = createConnection({ host, port, noDelay: true })
    dial.socket = socket
    socket.once('error', error => this.#failDial(dial, wordsFor(error)))
    socket.once('connect', () => {
      this.#endDial(dial, socket)
      socket.removeAllListeners('error')
      this.#adopt(socket, dial.address, false)
    })
  }

  #failDial(dial: Dial, why: string): void {
    this.#endDial(dial)
    this.#sink?.onDialFailed(dial.address, why)
  }

  #endDial(dial: Dial, keep?: Socket): void {
    this.#dials.delete(dial)
    dial.cancelTimeout()
    dial.cancelSyn?.()
    if (dial.socket === keep) return
    dial.socket?.on('error', ignore)
    dial.socket?.destroy()
  }

  #accept(socket: Socket): void {
    socket.on('error', ignore)
    const { remoteAddress, remotePort } = socket
    if (this.#stopped || remoteAddress === undefined || remotePort === undefined) socket.destroy()
    else if (!this.#sink) this.#early.push(socket)
    else this.#adopt(socket, joinAddress(remoteAddress, remotePort), true)
  }

  #adopt(socket: Socket, address: Address, inbound: boolean): void {
    const id = ++this.#lastId
    const { newLane = makeLane } = this.#options
    const lane = newLane(
      {
        clock: this.#options.clock,
        random: this.#options.random,
        ...(this.#options.bytesOf && { bytesOf: this.#options.bytesOf }),
        write: frames => write(socket, frames),
        ended: () => this.#finish(connection),
        gaveUp: () => this.#lose(connection, 'connection timed out'),
      },
      conditionsFor(this.#links, address),
    )
    const connection: Connection = { id, socket, lane, address, closed: false }
    this.#connections.set(id, connection)
    socket.on('data', (bytes: Buffer) => {
      // A plain view: Buffer's slice() shares memory where everything else expects a copy.
      if (!connection.closed)
        this.#sink?.onData(id, new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length))
    })
    socket.on('end', () => this.#lose(connection, 'closed by peer'))
    socket.on('error', error => this.#lose(connection, wordsFor(error)))
    socket.on('close', () => this.#lose(connection, 'closed by peer'))
    this.#sink?.onConnected(id, address, inbound)
  }

  /** The connection is gone, whoever ended it. */
  #lose(connection: Connection, why: string): void {
    this.#reportClosed(connection, why)
    this.#destroy(connection)
  }

  #destroy(connection: Connection): void {
    connection.closed = true
    this.#connections.delete(connection.id)
    connection.lane.drop()
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

/** Listens on a TCP or HTTP server; a port that cannot be had is the user's to change. `key` names it in the configuration. */
export function bind(server: Server, at: ListenAt, key: string): Promise<Address> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => reject(bindError(error, at, key)))
    const { host, port, fd } = at
    server.listen(fd === undefined ? { host: bare(host), port } : { fd }, () => {
      server.removeAllListeners('error')
      const bound = server.address()
      if (bound === null || typeof bound === 'string') throw new Error('a TCP server has an address')
      resolve(joinAddress(bound.address, bound.port))
    })
  })
}

function bindError(error: NodeJS.ErrnoException, at: ListenAt, key: string): ConfigError {
  const where = `${key}: ${at.host}:${at.port}`
  switch (error.code) {
    case 'EADDRINUSE':
      return new ConfigError(
        'port-in-use',
        `${where} is already in use; stop what listens there, choose another port, or 0 for a free one`,
      )
    case 'EACCES':
      return new ConfigError('bad-config', `${where} may not be taken by this user; choose a port above 1023`)
    default:
      return new ConfigError('bad-config', `${where} cannot be listened on: ${error.message}`)
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

function backlog({ socket, lane }: Connection): number {
  return socket.writableLength + lane.heldBytes
}

/** IPv6 stands in brackets; an IPv4 address mapped into IPv6 is shown as what it is. */
function joinAddress(host: string, port: number): Address {
  const plain = host.replace(/^::ffff:(?=\d+\.)/i, '')
  return plain.includes(':') ? `[${plain}]:${port}` : `${plain}:${port}`
}

function splitAddress(address: Address): { host: string; port: number } {
  const colon = address.lastIndexOf(':')
  return { host: bare(address.slice(0, colon)), port: Number(address.slice(colon + 1)) }
}

/** Without the brackets of IPv6. */
function bare(host: string): string {
  return host.replace(/^\[|\]$/g, '')
}

function ignore(): void {}

const WORDS: { readonly [code: string]: string } = {
  ECONNREFUSED: 'refused',
  ECONNRESET: 'reset by peer',
  EPIPE: 'closed by peer',
  ETIMEDOUT: 'timeout',
  EHOSTUNREACH: 'host unreachable',
  ENETUNREACH: 'network unreachable',
  ENOTFOUND: 'unknown host name',
  EAI_AGAIN: 'unknown host name',
  EADDRNOTAVAIL: 'no free local port',
  EMFILE: 'too many open files',
}

function wordsFor(error: NodeJS.ErrnoException): string {
  return WORDS[error.code ?? ''] ?? error.message
}
