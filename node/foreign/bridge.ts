// All connections of other people's program: each is a pair of halves (pair.ts), the outer one on the node's own port, where
// links are, and the inner one with the program. To peers the program is whoever listens on the node's address.

import type { CoreEvent } from '../bitcoin/events.ts'
import { formatAddress, hostOf, isUnspecified, parseAddress } from '../bitcoin/wire/address.ts'
import type { Version } from '../bitcoin/wire/messages.ts'
import type { V2Crypto } from '../bitcoin/wire/v2/crypto.ts'
import type { Address, ConnectionSink, PeerId, ServiceHost } from '../core/host.ts'
import type { LinkProbe, LinkReading } from '../core/service.ts'
import type { ForeignEvent } from './events.ts'
import { HandedBlocks } from './handed.ts'
import { Pair } from './pair.ts'
import type { InnerLine, InnerReader, Program } from './program.ts'

/** So much waiting on one side, and the other is read no more, until half of it is gone. */
const FULL_BYTES = 4_000_000
const LOOK_AGAIN_MS = 20
const NO_PEER: PeerId = -1

export interface BridgeOptions {
  readonly magic: Uint8Array
  /** Where the node listens, as its peers know it. */
  readonly address: Address | undefined
  readonly program: Program
  /** Who dials may speak the encrypted transport (BIP324) as far as here. Absent: nobody does. */
  readonly v2?: V2Crypto | undefined
}

interface Connection {
  /** Of the outer half; NO_PEER until it is there. */
  id: PeerId
  address: Address
  readonly inbound: boolean
  readonly pair: Pair
  inner: InnerLine
  userAgent: string
  /** Which halves are not read, since the other is full. */
  held: { outer: boolean; inner: boolean }
  closed: boolean
}

export class Bridge implements ConnectionSink {
  readonly #options: BridgeOptions
  readonly #host: ServiceHost
  readonly #connections = new Map<PeerId, Connection>()
  /** The program wants them; the outer half is being dialled. By address, oldest first. */
  readonly #dialling = new Map<Address, Connection[]>()

  readonly #handed = new HandedBlocks(hash => this.#tell({ type: 'block-handed', hash }))

  constructor(options: BridgeOptions, host: ServiceHost) {
    this.#options = options
    this.#host = host
    options.program.onDialled((peer, line) => this.#onDialled(peer, line))
  }

  get peers(): { readonly inbound: number; readonly outbound: number } {
    const ready = this.#ready()
    const inbound = ready.filter(connection => connection.inbound).length
    return { inbound, outbound: ready.length - inbound }
  }

  readonly links: LinkProbe = {
    ping: () => {
      for (const { pair } of this.#ready()) pair.sendPing(this.#host.random.u64())
    },
    read: (): readonly LinkReading[] =>
      this.#ready().map(({ id, address, pair }) => ({
        id,
        address,
        ...pair.ping.reading(this.#host.clock.now()),
      })),
  }

  /** This is the program's name for one of its connections with us. */
  owns(address: Address): boolean {
    if (this.#options.program.relays.includes(address)) return true
    return [...this.#connections.values()].some(({ inner }) => inner.here === address)
  }

  ping(address: Address): void {
    for (const connection of this.#ready())
      if (connection.address === address) connection.pair.sendPing(this.#host.random.u64())
  }

  /** A frame to whoever listens there, so many times, as each connection has it. */
  pad(address: Address, frame: Uint8Array, times: number): void {
    this.#host.connections.pad(address, id => this.#connections.get(id)?.pair.wire(frame), times)
  }

  stop(): void {
    for (const connection of [...this.#connections.values()]) this.#end(connection, 'shutting down')
  }

  // The outer halves

  onConnected(id: PeerId, address: Address, inbound: boolean): void {
    if (inbound) this.#accept(id, address)
    else this.#dialled(id, address)
  }

  onDialFailed(address: Address, why: string): void {
    this.#tell({ type: 'dial-failed', address, why })
    const connection = this.#dialling.get(address)?.shift()
    if (!connection) return
    connection.closed = true
    connection.inner.close()
  }

  onData(id: PeerId, bytes: Uint8Array): void {
    const connection = this.#connections.get(id)
    if (!connection || connection.closed) return
    connection.pair.takeFromPeer(bytes)
    this.#balance(connection)
  }

  onClosed(id: PeerId, why: string): void {
    const connection = this.#connections.get(id)
    if (connection) this.#end(connection, why)
  }

  // The inner halves

  #accept(id: PeerId, address: Address): void {
    const connection = this.#make(address, true)
    this.#admit(connection, id)
    connection.inner = this.#options.program.dial(this.#reader(connection))
  }

  #onDialled(peer: Address, line: InnerLine): InnerReader {
    const connection = this.#make(peer, false)
    connection.inner = line
    // What it says is kept from us by its own socket until somebody is there to hear it.
    line.hold(true)
    connection.held.inner = true
    this.#dialling.set(peer, [...(this.#dialling.get(peer) ?? []), connection])
    this.#host.connections.dial(peer)
    return this.#reader(connection)
  }

  #dialled(id: PeerId, address: Address): void {
    const connection = this.#dialling.get(address)?.shift()
    if (!connection || connection.closed) {
      this.#host.connections.close(id)
      return
    }
    this.#host.connections.identify(id, address)
    this.#admit(connection, id)
    connection.held.inner = false
    connection.inner.hold(false)
  }

  #reader(connection: Connection): InnerReader {
    return {
      onData: bytes => {
        if (connection.closed || connection.id === NO_PEER) return
        connection.pair.takeFromProgram(bytes)
        this.#balance(connection)
      },
      onClosed: why => this.#end(connection, why),
    }
  }

  #make(address: Address, inbound: boolean): Connection {
    const { magic, v2 } = this.#options
    const pair = new Pair({
      magic,
      ...(inbound && { v2 }),
      toPeer: bytes => this.#host.connections.send(connection.id, bytes),
      toProgram: bytes => connection.inner.send(bytes),
      introduce: version => this.#introduce(version),
      onHanded: frame => this.#handed.handed(frame),
      onVersion: version => this.#greet(connection, version),
      onReady: () => {
        const { id: peer, userAgent, address } = connection
        this.#tell({ type: 'peer-up', peer, address, inbound, userAgent })
        // As our own peers do: who comes up while others are being measured has a time, too.
        pair.sendPing(this.#host.random.u64())
      },
      onBroken: why => this.#end(connection, why),
      nowMs: () => this.#host.clock.now(),
    })
    const held = { outer: false, inner: false }
    const connection: Connection = {
      ...{ id: NO_PEER, address, inbound, pair, inner: NOBODY, userAgent: '', held, closed: false },
    }
    return connection
  }

  #admit(connection: Connection, id: PeerId): void {
    connection.id = id
    this.#connections.set(id, connection)
  }

  /** Who dials us says where it listens, as far as its own host goes: so that the link to it is known. */
  #greet(connection: Connection, { addrFrom, userAgent }: Version): void {
    connection.userAgent = userAgent
    if (!connection.inbound || addrFrom.port === 0) return
    const host = hostOf(connection.address)
    const claimed = isUnspecified(addrFrom.ip) ? `${host}:${addrFrom.port}` : formatAddress(addrFrom)
    if (hostOf(claimed) !== host) return
    connection.address = claimed
    this.#host.connections.identify(connection.id, claimed)
  }

  /** Where the program listens nobody can reach it; where the node does, they can. */
  #introduce(version: Version): Version {
    const { address } = this.#options
    const ours = address === undefined ? undefined : parseAddress(address)
    return ours ? { ...version, addrFrom: { services: version.services, ...ours } } : version
  }

  #end(connection: Connection, why: string): void {
    if (connection.closed) return
    connection.closed = true
    connection.inner.close()
    const { id: peer, address, inbound, pair } = connection
    if (peer === NO_PEER) return
    this.#connections.delete(peer)
    this.#host.connections.close(peer)
    if (pair.ready) this.#tell({ type: 'peer-down', peer, address, inbound, why })
  }

  #tell(event: CoreEvent | ForeignEvent): void {
    this.#host.emit(event)
  }

  #ready(): Connection[] {
    return [...this.#connections.values()].filter(({ pair }) => pair.ready)
  }

  /** Whoever sends faster than the other side takes it waits in its own socket. */
  #balance(connection: Connection): void {
    if (connection.closed) return
    const { held, id, inner } = connection
    const toPeer = this.#host.connections.backlogBytes(id)
    const limit = (isHeld: boolean) => (isHeld ? FULL_BYTES / 2 : FULL_BYTES)
    const holdInner = toPeer > limit(held.inner)
    const holdOuter = inner.backlogBytes > limit(held.outer)
    if (holdInner !== held.inner) inner.hold(holdInner)
    if (holdOuter !== held.outer) this.#host.connections.hold?.(id, holdOuter)
    const waits = held.inner || held.outer
    connection.held = { inner: holdInner, outer: holdOuter }
    if ((holdInner || holdOuter) && !waits) this.#lookAgain(connection)
  }

  #lookAgain(connection: Connection): void {
    this.#host.clock.after(LOOK_AGAIN_MS, () => {
      this.#balance(connection)
      if (!connection.closed && (connection.held.inner || connection.held.outer)) this.#lookAgain(connection)
    })
  }
}

const NOBODY: InnerLine = {
  ...{ send: () => {}, close: () => {}, hold: () => {} },
  ...{ backlogBytes: 0, here: undefined },
}
