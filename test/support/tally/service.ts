// A service for tests that is no ledger: each peer counts, keeps its count, and tells it to those who are connected to it.
// Frames are a length of 4 bytes, a kind of one, and what follows.

import { address, type Check, integer, list, listenAt, object, optional } from '../../../node/core/check.ts'
import type {
  Address,
  AnyEvent,
  Cancel,
  ConnectionSink,
  PeerId,
  ServiceHost,
} from '../../../node/core/host.ts'
import { PingTimes } from '../../../node/core/ping-times.ts'
import type {
  Json,
  LinkProbe,
  MetricReading,
  PaddingLoad,
  RpcTable,
  Service,
  ServiceConfig,
} from '../../../node/core/service.ts'
import type { ServiceKind } from '../../../node/kind.ts'

export interface TallyConfig extends ServiceConfig {
  readonly connect: readonly Address[]
  /** What a link charges for a frame at least. */
  readonly frameBytes?: number
}

const KIND = { hello: 1, count: 2, padding: 3, ping: 4, pong: 5 } as const
const REDIAL_MS = 500

const config: Check<TallyConfig> = object<TallyConfig>({
  listen: listenAt,
  connect: list(address),
  frameBytes: optional(integer(0, 1_000_000)),
})

export const tally: ServiceKind<TallyConfig> = {
  name: 'tally',
  config,
  make: (config, { address }) => new Tally(config, address),
  log: event =>
    event.type === 'tally/added'
      ? { level: 'info', text: `counted to ${(event as TallyAdded).count}` }
      : undefined,
}

export interface TallyAdded extends AnyEvent {
  readonly type: 'tally/added'
  readonly count: number
}

interface Peer {
  readonly ping: PingTimes
  /** What came of a frame that is not whole. */
  pending: Uint8Array
  /** Where it listens: known of those who were dialled, told by the others. */
  address: Address | undefined
  readonly inbound: boolean
}

export class Tally implements Service, ConnectionSink {
  readonly name = 'tally'
  readonly bodies = ['body/']
  readonly bytesOf: (frame: Uint8Array) => number
  readonly #config: TallyConfig
  readonly #address: Address | undefined
  readonly #peers = new Map<PeerId, Peer>()
  readonly #heard = new Map<Address, number>()
  readonly #redials = new Set<Cancel>()
  #host: ServiceHost | undefined
  #count = 0
  #pongs = 0
  #running = false

  constructor(config: TallyConfig, address: Address | undefined) {
    this.#config = config
    this.#address = address
    this.bytesOf = frame => Math.max(frame.length, config.frameBytes ?? 0)
  }

  readonly rpc: RpcTable = {
    tallyadd: { params: [], summary: 'Counts one further, and tells everybody.', handle: () => this.#add() },
    tallystatus: { params: [], summary: 'How it stands.', handle: () => this.status() },
    tallybody: {
      params: [],
      summary: 'What was kept with the last count.',
      handle: () => this.#host?.store.get('body/last')?.length ?? 0,
    },
  }

  start(host: ServiceHost): ConnectionSink {
    this.#host = host
    this.#running = true
    for (const [, value] of host.store.scan('count')) this.#count = numberIn(value)
    for (const peer of this.#config.connect) host.connections.dial(peer)
    return this
  }

  stop(): void {
    this.#running = false
    for (const cancel of this.#redials) cancel()
    for (const id of this.#peers.keys()) this.#host?.connections.close(id)
  }

  status(): { readonly [key: string]: Json } {
    const heard = Object.fromEntries([...this.#heard].sort())
    return { count: this.#count, peers: this.#peers.size, pongs: this.#pongs, heard }
  }

  readMetrics(): readonly MetricReading[] {
    const help = 'How far it has counted.'
    return [{ name: 'netsplit_tally_count', help, kind: 'gauge', value: this.#count }]
  }

  pad(peer: Address, { frames, bytes }: PaddingLoad): void {
    const frame = frameOf(KIND.padding, new Uint8Array(bytes))
    this.#host?.connections.pad(peer, () => frame, frames)
    for (const [id, each] of this.#peers) if (each.address === peer) this.#ping(id, each)
  }

  readonly links: LinkProbe = {
    ping: () => {
      for (const [id, peer] of this.#peers) this.#ping(id, peer)
    },
    read: () =>
      [...this.#peers].flatMap(([id, { address, ping }]) =>
        address === undefined ? [] : [{ id, address, ...ping.reading(this.#nowMs()) }],
      ),
  }

  onConnected(id: PeerId, address: Address, inbound: boolean): void {
    this.#peers.set(id, {
      ...{ pending: new Uint8Array(0), address: inbound ? undefined : address, inbound },
      ping: new PingTimes(),
    })
    this.#send(id, KIND.hello, new TextEncoder().encode(this.#address ?? ''))
    this.#send(id, KIND.count, bytesOf(this.#count))
  }

  onDialFailed(address: Address): void {
    this.#redial(address)
  }

  onClosed(id: PeerId): void {
    const peer = this.#peers.get(id)
    this.#peers.delete(id)
    if (peer?.address !== undefined && !peer.inbound) this.#redial(peer.address)
  }

  onData(id: PeerId, bytes: Uint8Array): void {
    const peer = this.#peers.get(id)
    if (!peer) return
    let rest = joined(peer.pending, bytes)
    while (rest.length >= 4 && rest.length >= 4 + numberIn(rest)) {
      const end = 4 + numberIn(rest)
      this.#onFrame(id, peer, rest[4], rest.slice(5, end))
      rest = rest.slice(end)
    }
    peer.pending = rest
  }

  #onFrame(id: PeerId, peer: Peer, kind: number | undefined, payload: Uint8Array): void {
    if (kind === KIND.hello) {
      peer.address = new TextDecoder().decode(payload)
      this.#host?.connections.identify(id, peer.address)
    } else if (kind === KIND.count && peer.address !== undefined) {
      this.#heard.set(peer.address, numberIn(payload))
      this.#tell({ type: 'tally/heard', from: peer.address, count: numberIn(payload) })
    } else if (kind === KIND.ping) this.#send(id, KIND.pong, payload)
    else if (kind === KIND.pong) this.#onPong(peer, numberIn(payload))
  }

  #ping(id: PeerId, { ping }: Peer): void {
    const number = ping.sentCount + 1
    ping.sent(BigInt(number), this.#nowMs())
    this.#send(id, KIND.ping, bytesOf(number))
  }

  #onPong({ ping }: Peer, number: number): void {
    this.#pongs++
    ping.answered(BigInt(number), this.#nowMs())
  }

  #nowMs(): number {
    return this.#host?.clock.now() ?? 0
  }

  #add(): number {
    this.#count++
    const body = { put: 'body/last', value: new Uint8Array(1_000 * this.#count) }
    this.#host?.store.commit([{ put: 'count', value: bytesOf(this.#count) }, body])
    this.#tell({ type: 'tally/added', count: this.#count })
    for (const id of this.#peers.keys()) this.#send(id, KIND.count, bytesOf(this.#count))
    return this.#count
  }

  #redial(address: Address): void {
    if (!this.#running || !this.#host) return
    const { clock, connections } = this.#host
    const cancel = clock.after(REDIAL_MS, () => {
      this.#redials.delete(cancel)
      connections.dial(address)
    })
    this.#redials.add(cancel)
  }

  #send(id: PeerId, kind: number, payload: Uint8Array = new Uint8Array(0)): void {
    this.#host?.connections.send(id, frameOf(kind, payload))
  }

  #tell(event: AnyEvent & { readonly [key: string]: Json }): void {
    this.#host?.emit(event)
  }
}

function frameOf(kind: number, payload: Uint8Array): Uint8Array {
  return joined(bytesOf(1 + payload.length), Uint8Array.of(kind), payload)
}

function joined(...parts: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from(parts.flatMap(part => [...part]))
}

function bytesOf(number: number): Uint8Array {
  return Uint8Array.of(number >>> 24, number >>> 16, number >>> 8, number)
}

function numberIn(bytes: Uint8Array): number {
  return new DataView(bytes.buffer, bytes.byteOffset).getUint32(0)
}
