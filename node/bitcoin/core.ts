// The peer, knowing no ledger: it puts the rooms of node/bitcoin together and dispatches messages to the protocols above.
// Driven by the host through the on… methods; everything it does to the world goes through the host.

import type { Address, PeerId, Random } from '../core/host.ts'
import { handshakeTimeoutMs } from '../core/patience.ts'
import { type LinkProbe, type MetricReading, mergeRpc, type RpcTable } from '../core/service.ts'
import { ConsensusError, ProtocolError } from '../errors.ts'
import type { AddressManager } from './addrman.ts'
import { StoredAddressManager } from './addrman-store.ts'
import { USUAL_BAN_SECONDS } from './ban-rpc.ts'
import { BanList } from './bans.ts'
import { makeContext } from './context.ts'
import { Dials, FROM_OUTSIDE } from './dials.ts'
import { Discouragement } from './discouragement.ts'
import type { CoreEvent } from './events.ts'
import type { Host } from './frames.ts'
import { Gossip, selfOf } from './gossip.ts'
import { Handshake } from './handshake.ts'
import { InboundSlots } from './inbound.ts'
import { KeepAlive } from './keepalive.ts'
import { KeptPeers } from './kept.ts'
import { lineOf } from './line.ts'
import { readCoreMetrics } from './metrics.ts'
import { nodeRpc } from './node-rpc.ts'
import type { CoreOptions } from './options.ts'
import { OutboundSlots } from './outbound.ts'
import { Peer, type PeerOwner } from './peer.ts'
import { Peers } from './peers.ts'
import { permissionsOf } from './permissions.ts'
import type { Offence, PeerView, Protocol } from './protocol.ts'
import type { Route } from './route.ts'
import { Routes } from './routes.ts'
import { Turns } from './turns.ts'
import { canonicalAddress } from './wire/address.ts'
import type { Frame } from './wire/frame.ts'
import { NO_FRAME } from './wire/framing.ts'
import type { AddressV2, Ping, TimedAddress } from './wire/messages.ts'
import { NODE_P2P_V2 } from './wire/v2/transport.ts'

export class Core {
  readonly #options: CoreOptions
  readonly #host: Host
  readonly #protocols: readonly Protocol[]
  readonly #services: bigint
  readonly #routes: Routes
  readonly #peers: Peers
  readonly #bans: BanList
  readonly #discouragement: Discouragement
  readonly #stored: StoredAddressManager
  readonly #addresses: AddressManager
  readonly #turns: Turns
  readonly #handshake: Handshake
  readonly #keepAlive: KeepAlive
  readonly #gossip: Gossip
  readonly #dials: Dials
  readonly #kept: KeptPeers
  readonly #outbound: OutboundSlots
  readonly #inbound: InboundSlots
  readonly #counts = { misbehaviours: 0, unreadable: 0, dialFailures: 0 }
  #rpc: RpcTable | undefined
  #running = false
  /** Of every connection. */
  readonly #owner: PeerOwner = {
    lineOf: peer => lineOf(this.#host.connections, peer.id, peer),
    screen: (peer, line) => this.#host.screen?.(peer.id, line) ?? line,
    onData: (peer, bytes) => this.#onData(peer, bytes),
    send: (peer, command, payload) => this.#peers.send(peer, command, payload),
  }

  constructor(options: CoreOptions, host: Host, protocols: readonly Protocol[]) {
    const { clock, connections, store } = host
    const random = host.random.fork('core')
    this.#options = options
    this.#host = host
    this.#protocols = protocols
    const transport = options.v2 ? NODE_P2P_V2 : 0n
    this.#services = protocols.reduce((bits, protocol) => bits | protocol.services, transport)
    this.#routes = new Routes(options.magic, protocols, host.frames)
    this.#peers = new Peers(clock, connections, this.#routes)
    this.#bans = new BanList(store, clock)
    this.#discouragement = new Discouragement(clock, this.#bans)
    this.#keepAlive = new KeepAlive(clock, random.fork('ping'), this.#peers, connections, options.timeoutMs)
    this.#stored = new StoredAddressManager(store, clock, random.fork('addresses'))
    this.#addresses = this.#stored.addresses
    this.#turns = new Turns({
      clock,
      connections,
      receive: (peer, frame) => this.#receive(peer, frame),
      fault: (peer, error) => this.#fault(peer, error),
      drop: (peer, why) => this.#peers.drop(peer, why),
    })
    this.#handshake = this.#makeHandshake()
    this.#gossip = this.#makeGossip(random.fork('gossip'))
    this.#dials = new Dials(connections, this.#peers, this.#discouragement, options.dialsV2 ?? false)
    this.#kept = new KeptPeers(clock, random.fork('reconnect'), this.#dials)
    this.#outbound = this.#makeOutboundSlots(random.fork('outbound'))
    this.#inbound = new InboundSlots(options, this.#peers, this.#kept, random.fork('eviction').bytes(32))
  }

  /** Made when first asked for: of ten thousand simulated peers few are. */
  get rpc(): RpcTable {
    this.#rpc ??= mergeRpc([this.#makeRpc(), ...this.#protocols.map(protocol => protocol.rpc)])
    return this.#rpc
  }

  start(): void {
    this.#running = true
    const misbehaving = (peer: Peer, offence: Offence) => this.#misbehaving(peer, offence)
    for (const protocol of this.#protocols)
      protocol.start(makeContext(protocol, this.#host, this.#peers, misbehaving))
    for (const address of this.#options.connect)
      this.#kept.add(canonicalAddress(address) ?? address, this.#dials.v2)
    this.#kept.start()
    if (this.#options.mode === 'discovered') this.#outbound.start()
    this.#stored.start()
  }

  /** Closes every connection and lets the protocols commit what is open. Nothing happens after it. */
  stop(): void {
    this.#running = false
    this.#kept.stop()
    this.#outbound.stop()
    for (const peer of this.#peers.staying()) {
      this.#peers.drop(peer, 'shutting down')
      this.#gone(peer, 'shutting down')
    }
    for (const protocol of this.#protocols) protocol.stop()
    this.#stored.stop()
  }

  peers(): readonly PeerView[] {
    return this.#peers.ready()
  }

  /** Over all connections there ever were. */
  readonly receivedBytes = (): number => this.#peers.receivedBytes

  /** Pings whoever listens there, though another ping may be out. */
  ping(address: Address): void {
    for (const peer of this.#peers.ready()) if (peer.address === address) this.#keepAlive.pingAnew(peer)
  }

  /** A frame to whoever listens there, so many times, as each connection has it. */
  pad(address: Address, frame: Uint8Array, times: number): void {
    this.#host.connections.pad(address, id => this.#peers.get(id)?.wire(frame), times)
  }

  /** How its connections answer pings. */
  get links(): LinkProbe {
    return { ping: () => this.#keepAlive.pingAll(), read: () => this.#keepAlive.read() }
  }

  readMetrics(): readonly MetricReading[] {
    return [
      ...readCoreMetrics(this.#peers, this.#addresses, this.#counts),
      ...this.#protocols.flatMap(protocol => protocol.readMetrics()),
    ]
  }

  // What the host tells

  onConnected(id: PeerId, address: Address, inbound: boolean): void {
    const { kind, v2 } = inbound ? FROM_OUTSIDE : this.#dials.ended(address)
    const peer = new Peer({
      id,
      address,
      kind,
      blocksOnly: this.#options.blocksOnly ?? false,
      permissions: permissionsOf(this.#options.grants ?? [], address, inbound),
      nowMs: this.#host.clock.now(),
      nonce: this.#host.random.u64(),
      magic: this.#options.magic,
      routes: this.#routes,
      frames: this.#host.frames,
      v2: v2 ? this.#options.v2 : undefined,
      owner: this.#owner,
    })
    const unwanted = this.#whyUnwanted(peer)
    this.#peers.add(peer)
    if (unwanted !== undefined) this.#peers.drop(peer, unwanted)
    else this.#handshake.begin(peer)
  }

  onDialFailed(address: Address, why: string): void {
    this.#dials.ended(address)
    if (!this.#running) return
    this.#counts.dialFailures++
    this.#emit({ type: 'dial-failed', address, why })
    this.#kept.ended(address, 0)
    this.#outbound.kick()
  }

  onData(id: PeerId, bytes: Uint8Array): void {
    const peer = this.#peers.get(id)
    if (peer) this.#onData(peer, bytes)
  }

  #onData(peer: Peer, bytes: Uint8Array): void {
    if (peer.leaving !== undefined) return
    peer.received.lastMs = this.#host.clock.now()
    this.#peers.heard(peer, bytes.length)
    this.#turns.onData(peer, bytes)
  }

  onClosed(id: PeerId, why: string): void {
    const peer = this.#peers.get(id)
    if (peer) this.#gone(peer, peer.leaving ?? why)
  }

  // Messages

  /** A damaged message is dropped and an unknown one ignored, as Core does; neither is an offence. */
  #receive(peer: Peer, frame: Frame): void {
    const route = frame.damaged === undefined ? this.#routes.get(frame.command) : undefined
    this.#peers.received(peer, route, peer.bytesOf(frame.command, frame.payload.length))
    if (!route) return
    const ready = peer.stage === 'ready'
    // Core closes a peer that sends these later (BIP155, BIP339).
    if (ready && route.handshake) this.#peers.drop(peer, `${route.command} after verack`)
    if (ready ? route.handshake : !this.#handshake.awaits(peer, route)) return
    const message = this.#routes.read(route, frame)
    if (message instanceof ProtocolError) this.#unreadable(peer, route, message)
    else if (ready) this.#dispatch(peer, route, message)
    else this.#handshake.onMessage(peer, route.command, message)
  }

  /** Not a message of this kind: passed over, as Core does, but for what says more than a message may. */
  #unreadable(peer: Peer, { command }: Route, error: ProtocolError): void {
    this.#counts.unreadable++
    if (command === 'pong') this.#keepAlive.onPong(peer, {})
    if (error.code === 'too-many') this.#fault(peer, error)
    else if (error.code === 'too-long') this.#peers.drop(peer, `${command} too long`)
  }

  #dispatch(peer: Peer, { protocol, command }: Route, payload: unknown): void {
    if (protocol !== undefined)
      this.#protocols[protocol]?.onMessage(peer, command, payload, peer.notes[protocol])
    else if (command === 'ping') this.#keepAlive.onPing(peer, payload as Ping)
    else if (command === 'pong') this.#keepAlive.onPong(peer, payload as Ping)
    else if (command === 'getaddr') this.#gossip.onGetAddr(peer)
    else if (command === 'addr') this.#gossip.onAddr(peer, payload as readonly TimedAddress[])
    else if (command === 'addrv2') this.#gossip.onAddrV2(peer, payload as readonly AddressV2[])
  }

  /** A stream that is not the protocol, or a value that breaks a rule: the peer's fault. Anything else is a bug of ours. */
  #fault(peer: Peer, error: unknown): void {
    const unfit = error instanceof ProtocolError ? NO_FRAME.get(error.code) : undefined
    if (unfit) this.#peers.drop(peer, unfit)
    else if (error instanceof ProtocolError)
      this.#misbehaving(peer, { reason: error.code, detail: error.message })
    else if (error instanceof ConsensusError)
      this.#misbehaving(peer, { reason: error.reason, detail: error.message })
    else throw error
  }

  // Life of a connection

  #whyUnwanted(peer: Peer): string | undefined {
    if (!this.#running) return 'shutting down'
    if (this.#dials.paused) return 'network inactive'
    if (!peer.inbound) return this.#peers.at(peer.address) ? 'duplicate connection' : undefined
    if (!peer.permissions.has('noban') && this.#discouragement.refusesInbound(peer.address))
      return 'discouraged'
    return this.#inbound.makeRoom() ? undefined : 'no free slot'
  }

  #onReady(peer: Peer): void {
    const { id, address, inbound, userAgent, services } = peer
    if (!inbound) {
      // What was dialled and answered is worth knowing, whoever told of it.
      this.#addresses.add({ address, services, time: Math.floor(this.#host.clock.now() / 1000) }, address)
      this.#addresses.good(address)
      this.#outbound.answered(address)
    }
    this.#emit({ type: 'peer-up', peer: id, address, inbound, userAgent })
    for (const [i, protocol] of this.#protocols.entries())
      if (peer.usable) peer.notes[i] = protocol.onPeerReady(peer)
    // Each of these sends, and a send may find that the connection is lost.
    if (peer.usable) this.#keepAlive.watch(peer)
    if (peer.usable) this.#gossip.onReady(peer)
  }

  #onFeelerAnswered(peer: Peer): void {
    this.#addresses.good(peer.address)
    this.#outbound.answered(peer.address)
    this.#peers.drop(peer, 'feeler')
  }

  #misbehaving(peer: Peer, offence: Offence): void {
    if (peer.leaving !== undefined) return
    this.#counts.misbehaviours++
    this.#emit({ type: 'misbehaviour', peer: peer.id, address: peer.address, ...offence })
    if (peer.permissions.has('noban')) return
    this.#discouragement.add(peer)
    this.#peers.drop(peer, 'misbehaviour')
  }

  #gone(peer: Peer, why: string): void {
    if (!this.#peers.remove(peer)) return
    const again = this.#running && this.#dials.again(peer)
    peer.leaving ??= why
    peer.cancelTimer()
    this.#gossip.onGone(peer)
    this.#turns.onGone(peer)
    const { id, address, inbound } = peer
    if (peer.stage === 'ready') {
      if (!inbound) this.#addresses.seen(address)
      this.#emit({ type: 'peer-down', peer: id, address, inbound, why })
      for (const protocol of this.#protocols) protocol.onPeerGone(peer)
    } else if (again) return
    else if (!inbound && peer.kind !== 'feeler' && this.#running)
      this.#emit({ type: 'dial-failed', address, why })
    const lastedMs = peer.stage === 'ready' ? this.#host.clock.now() - peer.readyMs : 0
    this.#kept.ended(address, lastedMs)
    this.#outbound.kick()
  }

  #emit(event: CoreEvent): void {
    this.#host.emit(event)
  }

  // The rooms

  #makeHandshake(): Handshake {
    const { roundTripMs, timeoutMs = handshakeTimeoutMs(roundTripMs) } = this.#options
    return new Handshake(
      {
        ...this.#options,
        timeoutMs,
        services: this.#services,
        protocols: this.#protocols,
        commands: this.#routes.handshakeCommands,
        onReady: peer => this.#onReady(peer),
        // A peer that lost its power left the old connection open here: a ping makes its successor reset it.
        onRival: older => this.#keepAlive.ping(older),
        onFeelerAnswered: peer => this.#onFeelerAnswered(peer),
      },
      this.#host,
      this.#peers,
      this.#discouragement,
    )
  }

  #makeGossip(random: Random): Gossip {
    const { listenAddress, mode } = this.#options
    return new Gossip({
      active: mode === 'discovered',
      clock: this.#host.clock,
      random,
      peers: this.#peers,
      addresses: this.#addresses,
      discouragement: this.#discouragement,
      self: selfOf(listenAddress, this.#services, this.#protocols),
      onNewAddresses: () => this.#outbound.kick(),
    })
  }

  #makeOutboundSlots(random: Random): OutboundSlots {
    return new OutboundSlots({
      clock: this.#host.clock,
      random,
      peers: this.#peers,
      addresses: this.#addresses,
      dials: this.#dials,
      slots: this.#options.maxOutbound,
      self: this.#options.listenAddress,
      askForMore: () => this.#gossip.askAgain(),
    })
  }

  #setActive(on: boolean): void {
    this.#dials.paused = !on
    if (on) this.#outbound.kick()
    else for (const peer of this.#peers.staying()) this.#peers.drop(peer, 'network inactive')
  }

  #makeRpc(): RpcTable {
    const { listenAddress, userAgent, blocksOnly = false } = this.#options
    return nodeRpc({
      clock: this.#host.clock,
      peers: this.#peers,
      gossip: this.#gossip,
      addresses: this.#addresses,
      kept: this.#kept,
      dials: this.#dials,
      keepAlive: this.#keepAlive,
      protocols: this.#protocols,
      services: this.#services,
      userAgent,
      blocksOnly,
      listenAddress,
      forgive: address => this.#discouragement.forgive(address),
      bans: this.#bans,
      banSeconds: this.#options.banSeconds ?? USUAL_BAN_SECONDS,
      setActive: on => this.#setActive(on),
      boundTo: id => this.#host.connections.bound?.(id),
    })
  }
}
