// Other people's program as the peer of a node of ours: its connections are bridged onto the node's port, a spy sees what it
// does, and it is asked over its own RPC. To everybody else the node is like any other.

import type { CoreEvent } from '../bitcoin/events.ts'
import { encodeFrame } from '../bitcoin/wire/framing.ts'
import type { V2Crypto } from '../bitcoin/wire/v2/crypto.ts'
import type { Address, ConnectionSink, ServiceHost } from '../core/host.ts'
import type {
  Json,
  LinkProbe,
  MetricReading,
  PaddingLoad,
  Respond,
  RpcTable,
  Service,
} from '../core/service.ts'
import type { Ledger } from '../ledger/ledger.ts'
import type { MiningConfig } from '../ledger/mining-mode.ts'
import { Bridge } from './bridge.ts'
import { DirectConnections } from './direct.ts'
import { ForeignMiner } from './foreign-miner.ts'
import { readProgramMetrics } from './metrics.ts'
import type { Program } from './program.ts'
import { Spy } from './spy.ts'

export interface ForeignOptions {
  readonly magic: Uint8Array
  readonly userAgent: string
  /** Where the node listens, as its peers know it. */
  readonly address: Address | undefined
  readonly program: Program
  /** As the bridge's. */
  readonly v2?: V2Crypto | undefined
  /** The spy's; it does not mine. */
  readonly ledger: Ledger
  readonly mining: MiningConfig
}

interface Life {
  readonly bridge: Bridge
  readonly miner: ForeignMiner
  readonly direct: DirectConnections
  readonly links: LinkProbe
}

export class ForeignService implements Service {
  readonly name = 'bitcoin'
  readonly #options: ForeignOptions
  readonly #spy: Spy
  #life: Life | undefined

  constructor(options: ForeignOptions) {
    this.#options = options
    this.#spy = new Spy(options)
  }

  get bodies(): readonly string[] {
    return this.#spy.bodies
  }

  start(host: ServiceHost): ConnectionSink {
    const { program, mining } = this.#options
    const bridge = new Bridge(this.#options, host)
    this.#spy.start(host, () => bridge.peers.inbound + bridge.peers.outbound > 0)
    const miner = new ForeignMiner(mining, program, host, () => this.#ownAddress())
    const isOwn = (address: Address) => bridge.owns(address) || this.#spy.owns(address)
    const tell = (event: CoreEvent) => host.emit(event)
    const direct = new DirectConnections({ program, clock: host.clock, isOwn, tell })
    const links: LinkProbe = {
      ping: () => bridge.links.ping(),
      read: () => [...bridge.links.read(), ...direct.read()],
    }
    this.#life = { bridge, miner, direct, links }
    miner.start()
    direct.start()
    return bridge
  }

  stop(): void {
    this.#life?.miner.stop()
    this.#life?.direct.stop()
    this.#life?.bridge.stop()
    this.#spy.stop()
  }

  get links(): LinkProbe | undefined {
    return this.#life?.links
  }

  get rpc(): RpcTable {
    return this.#life?.miner.rpc ?? {}
  }

  #ownAddress(): string {
    return this.#options.ledger.rpc.getnewaddress?.handle([], () => {}) as string
  }

  /** Whatever is not the node's own to answer. */
  forward(method: string, params: unknown, respond: Respond, wallet: string | undefined): void {
    this.#options.program.call(method, params, respond, wallet)
  }

  status(): { readonly [key: string]: Json } {
    if (!this.#life) return {}
    const { bridge, miner } = this.#life
    const seen = this.#options.ledger.status() as { readonly [key: string]: Json }
    return {
      peers: { ...bridge.peers },
      program: this.#said(),
      ledger: { ...seen, mining: { ...miner.health() } },
    }
  }

  #said(): { readonly [key: string]: Json } {
    const { userAgent } = this.#spy
    const { resumedHeight } = this.#options.program
    return {
      ...(userAgent !== undefined && { userAgent }),
      ...(resumedHeight !== undefined && { resumedHeight }),
    }
  }

  readMetrics(): readonly MetricReading[] {
    const { ledger, program } = this.#options
    return [...ledger.readMetrics(), ...readProgramMetrics(program)]
  }

  pad(peer: Address, { frames, bytes }: PaddingLoad): void {
    const frame = encodeFrame(this.#options.magic, 'padding', new Uint8Array(bytes))
    this.#life?.bridge.pad(peer, frame, frames)
    this.#life?.bridge.ping(peer)
  }
}
