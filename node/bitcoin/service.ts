// Bitcoin's peer as a service of a node: a core with its protocols, made when its life begins.

import type { Address, ConnectionSink, ServiceHost } from '../core/host.ts'
import type { Json, LinkProbe, MetricReading, PaddingLoad, RpcTable, Service } from '../core/service.ts'
import { Core } from './core.ts'
import type { FrameStore, Host } from './frames.ts'
import type { CoreOptions } from './options.ts'
import type { Protocol } from './protocol.ts'
import { encodeFrame } from './wire/framing.ts'

export interface BitcoinExtras extends Pick<Service, 'face' | 'bytesOf' | 'countReceived'> {
  /** Where peers of one process hand each other frames by reference. */
  readonly frames?: FrameStore | undefined
}

export class BitcoinService implements Service {
  readonly name = 'bitcoin'
  readonly face: unknown
  readonly bytesOf?: (frame: Uint8Array) => number
  readonly countReceived?: () => (chunk: Uint8Array) => number
  readonly bodies: readonly string[]
  readonly #options: CoreOptions
  readonly #protocols: readonly Protocol[]
  readonly #frames: FrameStore | undefined
  #core: Core | undefined

  constructor(
    options: CoreOptions,
    protocols: readonly Protocol[],
    { face, frames, bytesOf, countReceived }: BitcoinExtras = {},
  ) {
    this.#options = options
    this.face = face
    this.#frames = frames
    if (bytesOf) this.bytesOf = bytesOf
    if (countReceived) this.countReceived = countReceived
    this.#protocols = protocols
    this.bodies = protocols.flatMap(({ bodies = [] }) => bodies)
  }

  get links(): LinkProbe | undefined {
    return this.#core?.links
  }

  get rpc(): RpcTable {
    return this.#core?.rpc ?? {}
  }

  start(host: ServiceHost): ConnectionSink {
    this.#core = new Core(this.#options, this.#frames ? sharing(host, this.#frames) : host, this.#protocols)
    this.#core.start()
    return this.#core
  }

  stop(): void {
    this.#core?.stop()
  }

  status(): { readonly [key: string]: Json } {
    if (!this.#core) return {}
    const peers = this.#core.peers()
    const inbound = peers.filter(peer => peer.inbound).length
    const parts = this.#protocols.flatMap(({ name, status }) => (status ? [[name, status()] as const] : []))
    return {
      peers: { inbound, outbound: peers.length - inbound },
      receivedBytes: this.#core.receivedBytes(),
      ...Object.fromEntries(parts),
    }
  }

  readMetrics(): readonly MetricReading[] {
    return this.#core?.readMetrics() ?? []
  }

  /** Peers pass over a command that they do not know; the ping behind it they answer. */
  pad(peer: Address, { frames, bytes }: PaddingLoad): void {
    const frame = encodeFrame(this.#options.magic, 'padding', new Uint8Array(bytes))
    this.#core?.pad(peer, frame, frames)
    this.#core?.ping(peer)
  }

  halt(): void {
    for (const protocol of this.#protocols) protocol.halt?.()
  }

  resume(): void {
    for (const protocol of this.#protocols) protocol.resume?.()
  }
}

function sharing(host: ServiceHost, frames: FrameStore): Host {
  const { clock, random, connections, store } = host
  return { clock, random, connections, store, frames, emit: event => host.emit(event) }
}
