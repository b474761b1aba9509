// One simulated node through all its lives: the real core and ledger on a virtual machine whose store outlives them.

import type { NodeEvent, RelayMode } from '../../../node/api.ts'
import type { SharedFrames } from '../../../node/bitcoin/shared-frames.ts'
import { type Composed, compose, type LedgerPart } from '../../../node/compose.ts'
import type { Address, AnyEvent, Random } from '../../../node/core/host.ts'
import { createRandom } from '../../../node/core/random.ts'
import type { Service } from '../../../node/core/service.ts'
import { LATER, type Respond, RpcError } from '../../../node/core/service.ts'
import type { Ledger, LedgerServices } from '../../../node/ledger/ledger.ts'
import type { ChainParams } from '../../../node/params.ts'
import type { LinkLoad } from '../../chaos/breakable.ts'
import type { NodeConditions } from '../../chaos/faults.ts'
import { EXIT, UserError } from '../../errors.ts'
import { NodeRpcError } from '../../network/node-client.ts'
import type { TestnetEvent } from '../../observe/events.ts'
import type { PlannedNode } from '../../spec/types.ts'
import type { VirtualClock } from './clock.ts'
import { MemoryStore, VirtualHost } from './host.ts'
import type { VirtualNetwork } from './network.ts'
import type { Races } from './races.ts'

type BlockReceived = Extract<NodeEvent, { type: 'block-received' }>

const METHOD_NOT_FOUND = -32601

/** What all nodes of a simulation share. */
export interface SimWorld {
  readonly clock: VirtualClock
  readonly network: VirtualNetwork
  readonly frames: SharedFrames
  readonly params: ChainParams
  readonly relay: RelayMode
  readonly services: LedgerServices
  readonly version: string
  readonly mode: 'fixed' | 'discovered'
  readonly maxOutbound: number
  readonly races: Races
  observe(event: TestnetEvent): void
  observeNode(name: string, event: NodeEvent): void
}

/** From start to stop. */
interface Life {
  readonly host: VirtualHost
  readonly service: Service
  readonly ledger: Ledger
}

export class SimNode {
  readonly planned: PlannedNode
  readonly address: Address
  readonly connect: readonly Address[]
  readonly #maxConnections: number
  readonly #world: SimWorld
  readonly #store = new MemoryStore()
  #life: Life | undefined
  #lives = 0
  #paused = false
  #clockSkewMs = 0
  #lastSeq = 0
  #peers = 0

  constructor(
    planned: PlannedNode,
    address: Address,
    dials: { readonly connect: readonly Address[]; readonly maxConnections: number },
    world: SimWorld,
  ) {
    this.planned = planned
    this.address = address
    this.connect = dials.connect
    this.#maxConnections = dials.maxConnections
    this.#world = world
  }

  get name(): string {
    return this.planned.name
  }

  get running(): boolean {
    return this.#life !== undefined && !this.#paused
  }

  get paused(): boolean {
    return this.#paused
  }

  /** It has been started and not stopped; paused or not. */
  get up(): boolean {
    return this.#life !== undefined
  }

  get tip(): string | undefined {
    return this.#life?.ledger.chain.tip.hash
  }

  /** Connections whose handshake is done. */
  get peers(): number {
    return this.#peers
  }

  /** The ledger of its present life, for tests. */
  get ledger(): Ledger {
    return this.#alive().ledger
  }

  start(): void {
    if (this.#life) throw this.#refuse('already runs')
    const { observe, version } = this.#world
    observe({ type: 'node-starting', node: this.name })
    this.#lastSeq = 0
    this.#peers = 0
    const life = this.#makeLife(++this.#lives)
    this.#life = life
    life.host.run(life.service.start(life.host))
    const resumedHeight = life.ledger.chain.tip.height
    this.#onEvent({ type: 'node-started', version, resumedHeight, kernel: 'none' } as AnyEvent)
    const place = { p2p: this.address, control: undefined, pid: undefined }
    observe({ type: 'node-ready', node: this.name, ...place, resumedHeight })
    this.sample()
  }

  /** `term`: in order; `kill`: without last words. */
  stop(how: 'term' | 'kill', why = 'asked to'): void {
    const { service, host } = this.#alive()
    if (how === 'term') {
      this.#onEvent({ type: 'node-stopping', why } as AnyEvent)
      service.stop()
    }
    host.off()
    this.#life = undefined
    this.#paused = false
    this.#peers = 0
    const end = how === 'term' ? { code: 0, signal: null } : { code: null, signal: 'SIGKILL' }
    this.#world.observe({ type: 'node-exited', node: this.name, ...end, expected: true, lastLines: [] })
  }

  /** Its machine stands still; the network goes on and keeps what is sent to it. */
  pause(): void {
    const { host, ledger } = this.#alive()
    if (this.#paused) throw this.#refuse('is already paused')
    ledger.mining.miner?.idle()
    host.freeze()
    this.#paused = true
    this.#world.observe({ type: 'node-paused', node: this.name })
  }

  resume(): void {
    const { host, ledger } = this.#alive()
    if (!this.#paused) throw this.#refuse('is not paused')
    this.#paused = false
    this.#world.observe({ type: 'node-resumed', node: this.name })
    ledger.mining.renew()
    host.thaw()
  }

  /** Sends a load there that is passed over, and right behind it a ping. */
  pad(address: Address, load: LinkLoad): void {
    if (this.running) this.#life?.service.pad(address, load)
  }

  /** Resets the connections to whoever listens there. */
  resetPeers(addresses: readonly Address[]): void {
    if (this.running) this.#world.network.reset(this.address, addresses)
  }

  /** Its clock may be off; nothing else of its machine exists. */
  setConditions({ clockSkewMs }: NodeConditions): void {
    this.#clockSkewMs = clockSkewMs
    if (!this.#life) return
    this.#life.host.clock.skewMs = clockSkewMs
    this.#onEvent({ type: 'machine-set', clockSkewMs, diskFull: false } as AnyEvent)
  }

  get clockMs(): number {
    return this.#alive().host.clock.now()
  }

  /** The answer, or a promise of it where the method takes time. Throws NodeRpcError. */
  rpc(method: string, params: readonly unknown[]): unknown {
    if (this.#paused) throw this.#refuse('is paused', `netsplit resume ${this.name}`)
    const { rpc } = this.#alive().service
    const found = Object.hasOwn(rpc, method) ? rpc[method] : undefined
    if (!found) throw new NodeRpcError(METHOD_NOT_FOUND, 'Method not found')
    let respond: Respond = () => {}
    const late = new Promise((resolve, reject) => {
      respond = outcome => ('error' in outcome ? reject(asAnswered(outcome.error)) : resolve(outcome.result))
    })
    try {
      const answer = found.handle(params, outcome => respond(outcome))
      return answer === LATER ? late : answer
    } catch (error) {
      throw asAnswered(error)
    }
  }

  /** Tells the observer how it stands, as a poll of /health would; the process's memory is not one node's. */
  sample(): void {
    if (!this.#life || this.#paused) return
    const { chain, mempool, mining } = this.#life.ledger
    const { hashes, hashRateHps } = mining.miner?.stats() ?? { hashes: 0, hashRateHps: 0 }
    this.#world.observe({
      type: 'node-sampled',
      node: this.name,
      height: chain.tip.height,
      tip: chain.tip.hash,
      peers: this.#peers,
      mempool: mempool.size,
      measuredHps: hashRateHps,
      hashes,
      rssBytes: 0,
    })
  }

  #makeLife(number: number): Life {
    const { clock, network, frames } = this.#world
    const random = createRandom(this.planned.seed)
    const host = new VirtualHost({
      address: this.address,
      clock,
      network,
      random: random.fork(`core life ${number}`),
      store: this.#store,
      frames,
      onEvent: event => this.#onEvent(event),
    })
    host.clock.skewMs = this.#clockSkewMs
    return { host, ...this.#compose(random) }
  }

  #compose(random: Random): Composed<Ledger> {
    const { params, relay, services, version, mode, maxOutbound } = this.#world
    const { mining } = this.planned
    const peers = { connect: this.connect, mode, maxOutbound, maxConnections: this.#maxConnections }
    const strategy = this.#strategy()
    return compose({
      version,
      random,
      listenAddress: this.address,
      network: '',
      peers,
      ledger: { params, mining, relay, strategy, services },
    })
  }

  #strategy(): LedgerPart['strategy'] {
    const { strategy } = this.planned
    if (!strategy) return undefined
    const { name, gamma } = strategy
    const { races } = this.#world
    return { name, onRace: gamma === undefined ? undefined : race => races.begin(race, gamma) }
  }

  #onEvent(event: AnyEvent): void {
    if (event.type === 'peer-up') this.#peers++
    else if (event.type === 'peer-down') this.#peers--
    else if (event.type === 'block-received') this.#world.races.received(this, (event as BlockReceived).hash)
    const numbered = { ...event, seq: ++this.#lastSeq, timeMs: this.#world.clock.now() }
    this.#world.observeNode(this.name, numbered as NodeEvent)
  }

  #alive(): Life {
    if (!this.#life) throw this.#refuse('does not run', `netsplit start ${this.name}`)
    return this.#life
  }

  #refuse(why: string, hint?: string): UserError {
    return new UserError(EXIT.usage, `${this.name} ${why}`, hint)
  }
}

/** The node's own refusals as they arrive over HTTP; bugs stay what they are. */
function asAnswered(error: unknown): unknown {
  return error instanceof RpcError ? new NodeRpcError(error.code, error.message) : error
}
