// One simulated node through all its lives: the real services on virtual machines over a store that outlives them.

import type { NodeEvent, NodeHealth } from '../../../node/api.ts'
import { type Composed, compose, rpcOf, type Surroundings, teller } from '../../../node/compose.ts'
import { withNumbers } from '../../../node/core/amount.ts'
import type { Address, AnyEvent, Random } from '../../../node/core/host.ts'
import { createRandom } from '../../../node/core/random.ts'
import { LATER, type Respond, RpcError, type RpcTable, type Service } from '../../../node/core/service.ts'
import { partOf } from '../../../node/core/store-part.ts'
import type { ServiceMachine, Shared } from '../../../node/kind.ts'
import { Ledger } from '../../../node/ledger/ledger.ts'
import { toldOf } from '../../../node/ledger/status.ts'
import { LightClient } from '../../../node/light/client.ts'
import type { LinkLoad } from '../../chaos/breakable.ts'
import type { NodeConditions } from '../../chaos/faults.ts'
import { EXIT, UserError } from '../../errors.ts'
import { keptOf } from '../../network/dials.ts'
import { NodeRpcError } from '../../network/node-client.ts'
import { connectionsTold, portsTold, servicesTold } from '../../network/told-services.ts'
import type { TestnetEvent } from '../../observe/events.ts'
import type { Plan, PlannedNode } from '../../spec/types.ts'
import { serviceConfigs } from '../node-config.ts'
import { type Addresses, type Dials, firstAddress } from '../runtime.ts'
import type { VirtualClock } from './clock.ts'
import { MemoryContent, type SharedBlocks } from './content.ts'
import { MemoryStore, VirtualHost } from './host.ts'
import type { VirtualNetwork } from './network.ts'
import type { Races } from './races.ts'

type BlockReceived = Extract<NodeEvent, { type: 'block-received' }>

const METHOD_NOT_FOUND = -32601

/** What all nodes of a simulation share. */
export interface SimWorld {
  readonly plan: Plan
  readonly clock: VirtualClock
  readonly network: VirtualNetwork
  readonly machine: ServiceMachine
  readonly shared: Shared
  readonly blocks: SharedBlocks
  readonly version: string
  readonly races: Races
  /** What nodes receive is told: there are light clients to set it beside. */
  readonly countsBytes: boolean
  /** Somebody outside is answered late, and goes on now: not some tasks further, as many as a slice of real time has. */
  answered(): void
  observe(event: TestnetEvent): void
  observeNode(name: string, event: NodeEvent): void
}

/** A service on a machine of its own. */
interface Placed {
  readonly service: Service
  readonly host: VirtualHost
}

/** From start to stop. */
interface Life {
  readonly parts: readonly Placed[]
  /** Undefined where no service has one. */
  readonly ledger: Ledger | undefined
  readonly light: LightClient | undefined
  /** Made when first asked for. */
  rpc: RpcTable | undefined
}

export class SimNode {
  readonly planned: PlannedNode
  readonly addresses: Addresses
  /** That of its first service. */
  readonly address: Address
  /** Addresses it keeps a connection to. */
  readonly connect: readonly Address[]
  readonly #dials: Dials
  readonly #world: SimWorld
  readonly #store = new MemoryStore()
  readonly #content: MemoryContent
  #life: Life | undefined
  #lives = 0
  #paused = false
  #clockSkewMs = 0
  #lastSeq = 0
  #peers = 0

  constructor(planned: PlannedNode, addresses: Addresses, dials: Dials, world: SimWorld) {
    this.planned = planned
    this.addresses = addresses
    this.address = firstAddress(addresses)
    this.connect = keptOf(dials)
    this.#dials = dials
    this.#world = world
    this.#content = new MemoryContent(world.blocks)
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
    return this.#life?.ledger?.chain.tip.hash
  }

  /** Connections whose handshake is done. */
  get peers(): number {
    return this.#peers
  }

  /** The ledger of its present life. */
  get heldLedger(): Ledger | undefined {
    return this.#life?.ledger
  }

  /** The same, for those who know that it has one. */
  get ledger(): Ledger {
    const { ledger } = this.#alive()
    if (!ledger) throw new Error(`${this.name} has no ledger`)
    return ledger
  }

  start(): void {
    if (this.#life) throw this.#refuse('already runs')
    const { observe, version } = this.#world
    observe({ type: 'node-starting', node: this.name })
    this.#lastSeq = 0
    this.#peers = 0
    const life = this.#makeLife(++this.#lives)
    this.#life = life
    for (const { service, host } of life.parts) host.run(service.start(host), bytesOf(service))
    const resumedHeight = life.ledger?.chain.tip.height ?? life.light?.startHeight() ?? 0
    this.#onEvent({ type: 'node-started', version, resumedHeight, kernel: 'none' } as AnyEvent)
    const place = { p2p: this.address, ...portsTold(this.addresses), control: undefined, pid: undefined }
    observe({ type: 'node-ready', node: this.name, ...place, resumedHeight })
    this.sample()
  }

  /** `term`: in order; `kill`: without last words. */
  stop(how: 'term' | 'kill', why = 'asked to'): void {
    const { parts } = this.#alive()
    if (how === 'term') {
      this.#onEvent({ type: 'node-stopping', why } as AnyEvent)
      for (const { service } of parts) service.stop()
    }
    for (const { host } of parts) host.off()
    this.#life = undefined
    this.#paused = false
    this.#peers = 0
    const end = how === 'term' ? { code: 0, signal: null } : { code: null, signal: 'SIGKILL' }
    this.#world.observe({ type: 'node-exited', node: this.name, ...end, expected: true, lastLines: [] })
  }

  /** Its machine stands still; the network goes on and keeps what is sent to it. */
  pause(): void {
    const { parts } = this.#alive()
    if (this.#paused) throw this.#refuse('is already paused')
    for (const { service } of parts) service.halt?.()
    for (const { host } of parts) host.freeze()
    this.#paused = true
    this.#world.observe({ type: 'node-paused', node: this.name })
  }

  resume(): void {
    const { parts } = this.#alive()
    if (!this.#paused) throw this.#refuse('is not paused')
    this.#paused = false
    this.#world.observe({ type: 'node-resumed', node: this.name })
    for (const { service } of parts) service.resume?.()
    for (const { host } of parts) host.thaw()
  }

  /** Sends a load there that is passed over, and right behind it a ping. */
  pad(address: Address, load: LinkLoad): void {
    if (this.running) for (const { service } of this.#life?.parts ?? []) service.pad(address, load)
  }

  /** Resets the connections to whoever listens there. */
  resetPeers(addresses: readonly Address[]): void {
    if (!this.running) return
    for (const own of Object.values(this.addresses)) this.#world.network.reset(own, addresses)
  }

  /** Its clock may be off; nothing else of its machine exists. */
  setConditions({ clockSkewMs }: NodeConditions): void {
    this.#clockSkewMs = clockSkewMs
    if (!this.#life) return
    for (const { host } of this.#life.parts) host.clock.skewMs = clockSkewMs
    this.#onEvent({ type: 'machine-set', clockSkewMs, diskFull: false } as AnyEvent)
  }

  get clockMs(): number {
    this.#alive()
    return this.#world.clock.now() + this.#clockSkewMs
  }

  /** What each service says of itself, as /health has it. */
  get services(): NodeHealth['services'] {
    return Object.fromEntries(
      (this.#life?.parts ?? []).map(({ service }) => [service.name, service.status()]),
    )
  }

  /** The same of all but Bitcoin's, which is told of by what it has. */
  #othersSay(): NodeHealth['services'] {
    const others = (this.#life?.parts ?? []).filter(({ service }) => service.name !== 'bitcoin')
    return Object.fromEntries(others.map(({ service }) => [service.name, service.status()]))
  }

  /** The answer, or a promise of it where the method takes time. Throws NodeRpcError. */
  rpc(method: string, params: readonly unknown[]): unknown {
    if (this.#paused) throw this.#refuse('is paused', `netsplit resume ${this.name}`)
    const life = this.#alive()
    life.rpc ??= rpcOf(life.parts.map(({ service }) => service))
    const { rpc } = life
    const found = Object.hasOwn(rpc, method) ? rpc[method] : undefined
    if (!found) throw new NodeRpcError(METHOD_NOT_FOUND, 'Method not found')
    let respond: Respond = () => {}
    const late = new Promise((resolve, reject) => {
      respond = outcome => {
        this.#world.answered()
        if ('error' in outcome) reject(asAnswered(outcome.error))
        else resolve(withNumbers(outcome.result))
      }
    })
    try {
      const answer = found.handle(params, outcome => respond(outcome))
      return answer === LATER ? late : withNumbers(answer)
    } catch (error) {
      throw asAnswered(error)
    }
  }

  /** Tells the observer how it stands, as a poll of /health would; the process's memory is not one node's. */
  sample(): void {
    if (!this.#life || this.#paused) return
    const { ledger } = this.#life
    const { hashes, hashRateHps } = ledger?.mining.miner?.stats() ?? { hashes: 0, hashRateHps: 0 }
    const refused = ledger?.chain.refusedAhead
    const { light, receivedBytes } = this.#world.countsBytes ? (this.services.bitcoin ?? {}) : {}
    this.#world.observe({
      type: 'node-sampled',
      node: this.name,
      height: ledger?.chain.tip.height ?? 0,
      tip: ledger?.chain.tip.hash ?? '',
      peers: this.#peers + connectionsTold(this.#othersSay()),
      mempool: ledger?.mempool.size ?? 0,
      measuredHps: hashRateHps,
      hashes,
      rssBytes: 0,
      ...(refused && { refused: { height: refused.height, tip: refused.hash } }),
      ...(light && { light }),
      ...(receivedBytes !== undefined && { receivedBytes }),
      ...(ledger && toldOf(ledger.parts.deployments)),
      ...servicesTold(this.#othersSay()),
    })
  }

  #makeLife(number: number): Life {
    const { plan } = this.#world
    const random = createRandom(this.planned.seed)
    const configs = serviceConfigs(plan, this.planned, this.#dials, name => listenAt(this.addresses[name]))
    const parts = compose(configs, this.#surroundings(random)).map(each => this.#place(each, random, number))
    const faces = parts.map(({ service }) => service.face)
    const ledger = faces.find(face => face instanceof Ledger)
    const light = faces.find(face => face instanceof LightClient)
    return { parts, ledger, light, rpc: undefined }
  }

  #place({ service, draws, keys }: Composed, random: Random, life: number): Placed {
    const { clock, network } = this.#world
    const host = new VirtualHost({
      address: this.addresses[service.name] as Address,
      clock,
      network,
      random: random.fork(`${draws} life ${life}`),
      store: partOf(this.#store, keys),
      onEvent: teller(service.name, event => this.#onEvent(event)),
    })
    host.clock.skewMs = this.#clockSkewMs
    return { service, host }
  }

  #surroundings(random: Random): Surroundings {
    const { shared, version } = this.#world
    const machine = { ...this.#world.machine, content: this.#content }
    return {
      version,
      random,
      address: name => this.addresses[name],
      machine: this.planned.strategy ? { ...machine, onRace: this.#onRace() } : machine,
      shared,
    }
  }

  #onRace(): ServiceMachine['onRace'] {
    const { strategy } = this.planned
    const gamma = strategy?.name === 'selfish' ? strategy.gamma : undefined
    const { races } = this.#world
    return gamma === undefined ? undefined : race => races.begin(race, gamma)
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

/** A link charges for what the service says; the length where it says nothing. */
function bytesOf(service: Service): ((frame: Uint8Array) => number) | undefined {
  return service.bytesOf && (frame => service.bytesOf?.(frame) ?? frame.length)
}

function listenAt(address = ''): { host: string; port: number } {
  const [host = '', port] = address.split(':')
  return { host, port: Number(port) }
}

/** The node's own refusals as they arrive over HTTP; bugs stay what they are. */
function asAnswered(error: unknown): unknown {
  return error instanceof RpcError ? new NodeRpcError(error.code, error.message) : error
}
