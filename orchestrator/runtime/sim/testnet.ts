// A whole network in this process, in virtual time: the real core and ledger of every node, from the same plan as ever.
//
// What happens depends on the plan alone, to the byte of the record: no clock but the virtual one, no order but that of
// its queue. What a person at the screen does meanwhile falls at the moment that virtual time has reached.

import type { LinkConditions } from '../../../node/api.ts'
import type { Address } from '../../../node/core/host.ts'
import { createSecp256k1 } from '../../../node/host/secp.ts'
import { SharedValidation } from '../../../node/ledger/chain/chain.ts'
import { SignatureCache } from '../../../node/ledger/chain/script.ts'
import { wireBytes } from '../../../node/ledger/synthetic.ts'
import { chainParams } from '../../../node/params.ts'
import packageJson from '../../../package.json' with { type: 'json' }
import type { AddNode, RunSummary } from '../../api.ts'
import { Chaos, type FaultReport, type InjectOptions } from '../../chaos/chaos.ts'
import type { Fault } from '../../chaos/faults.ts'
import type { LinkChange } from '../../chaos/link-board.ts'
import { rosterOf } from '../../chaos/partition.ts'
import { EXIT, UserError } from '../../errors.ts'
import { EventLog } from '../../event-log.ts'
import { planJoin } from '../../join.ts'
import { Load } from '../../load.ts'
import type { ObservedEvent, TestnetEvent } from '../../observe/events.ts'
import type { Observer } from '../../observe/observer.ts'
import type { NetworkState } from '../../observe/state.ts'
import { PlannedLinks } from '../../planned-links.ts'
import { createRandom } from '../../spec/random.ts'
import type { Plan, PlannedNode } from '../../spec/types.ts'
import { type OwnTestnet, unknownNode } from '../../testnet.ts'
import { connectionLimits } from '../node-config.ts'
import type { VirtualClock } from './clock.ts'
import { TimeFlow } from './flow.ts'
import { VirtualNetwork } from './network.ts'
import { SimNode, type SimWorld } from './node.ts'

export interface SimOptions {
  /** Begins at the genesis block's time; the observer reads it too. */
  readonly clock: VirtualClock
  readonly observer: Observer
  /** Named in the summary. */
  readonly runDirectory: string
  /** Nobody looks on: as fast as the machine can. Default: only when the plan has an end. */
  readonly hurried?: boolean | undefined
}

/** Of virtual time, as in a real launch. */
const STANDING_TIMEOUT_MS = 30_000
const STANDING_TIMEOUT_PER_NODE_MS = 500
const JOIN_TIMEOUT_MS = 15_000
/** Virtual time between looks at whether something wished for has come true. */
const LOOK_MS = 10
/** Nodes are sampled once a block interval, and at most once a second. */
const LEAST_SAMPLE_MS = 1_000
/** Without an end in sight somebody is watching: a minute in a second. With one, as fast as the machine can. */
const WATCHED_SPEED = 60

export class SimTestnet implements OwnTestnet {
  readonly plan: Plan
  readonly #options: SimOptions
  readonly #clock: VirtualClock
  readonly #observer: Observer
  readonly #nodes = new Map<string, SimNode>()
  readonly #byAddress = new Map<Address, string>()
  readonly #links: PlannedLinks
  /** Links that differ from the plan now, by `from to`. */
  readonly #changed = new Map<string, LinkConditions>()
  readonly #network: VirtualNetwork
  readonly #world: SimWorld
  readonly #flow: TimeFlow
  readonly #log = new EventLog()
  readonly #load: Load
  readonly #chaos: Chaos
  #launched = false
  /** Rejects when a node's code threw what nobody caught. */
  readonly #broken: Promise<never>
  #adding: Promise<unknown> = Promise.resolve()
  #summary: RunSummary | undefined

  constructor(plan: Plan, options: SimOptions) {
    const { clock, observer } = options
    this.plan = plan
    this.#options = options
    this.#clock = clock
    this.#observer = observer
    observer.tap(event => this.#log.append(event))
    this.#links = new PlannedLinks(plan)
    let fail: (error: unknown) => void = () => {}
    this.#broken = new Promise((_, reject) => {
      fail = reject
    })
    this.#broken.catch(() => {}) // told to whoever waits
    this.#flow = new TimeFlow(clock, {
      maxSpeed: options.hurried || plan.durationMs > 0 ? Number.POSITIVE_INFINITY : WATCHED_SPEED,
      onFailure: error => fail(error),
    })
    const { blockBytes } = plan
    this.#network = new VirtualNetwork({
      clock,
      random: createRandom(`netsplit ${plan.seed} network`),
      conditionsOf: (from, to) => this.#conditions(this.#nameAt(from), this.#nameAt(to)),
      ...(blockBytes > 0 && { bytesOf: frame => wireBytes(frame, blockBytes) }),
    })
    this.#world = this.#makeWorld()
    this.#load = new Load({
      txPerSecond: plan.load.txPerSecond,
      random: createRandom(`netsplit ${plan.seed} load`),
      nodes: () => this.#running().map(node => node.name),
      rpc: (node, method, params) => this.rpc(node, method, params),
      onSent: (node, txid) => this.#observe({ type: 'load-sent', node, txid }),
      onFailed: (node, detail) => this.#observe({ type: 'load-failed', node, detail }),
      clock: { nowMs: () => clock.now(), after: (ms, task) => this.#flow.after(ms, task) },
    })
    this.#chaos = this.#makeChaos()
  }

  /** Resolves at the moment when each node has its wanted peers and all stand on one tip; time stands still until `elapse`. */
  async launch(): Promise<void> {
    const startedMs = this.#clock.now()
    const { nodes } = this.plan
    this.#observe({ type: 'network-starting', nodes: nodes.length })
    this.#admit()
    for (const node of this.#nodes.values()) this.#clock.after(0, () => node.start())
    const timeoutMs = STANDING_TIMEOUT_MS + STANDING_TIMEOUT_PER_NODE_MS * nodes.length
    await this.#until(() => this.#obstacle() === undefined, timeoutMs)
    const obstacle = this.#obstacle()
    if (obstacle !== undefined)
      throw new UserError(EXIT.failure, `the network does not stand after ${timeoutMs / 1000} s: ${obstacle}`)
    this.#launched = true
    this.#observe({ type: 'network-ready', seconds: (this.#clock.now() - startedMs) / 1000 })
    this.#load.start()
    this.#planSamples()
  }

  async elapse(durationMs: number): Promise<void> {
    this.#flow.limit(this.#clock.now() + (durationMs > 0 ? durationMs : Number.POSITIVE_INFINITY))
    this.#flow.start()
    await Promise.race([this.#flow.arrival(), this.#broken])
  }

  async agree(timeoutMs: number): Promise<boolean> {
    this.#load.stop()
    return await this.#until(() => oneTip(this.#running()), timeoutMs)
  }

  nowMs(): number {
    return this.#clock.now()
  }

  async wait(ms: number, signal?: AbortSignal): Promise<void> {
    if (signal?.aborted) return
    const woken = new AbortController()
    const early = new Promise<void>(resolve =>
      signal?.addEventListener('abort', () => resolve(), { once: true, signal: woken.signal }),
    )
    await Promise.race([this.#flow.wait(ms), early])
    woken.abort()
  }

  state(): NetworkState {
    return this.#observer.state()
  }

  subscribe(listener: (state: NetworkState) => void): () => void {
    return this.#observer.subscribe(listener)
  }

  events(after: number, signal: AbortSignal): AsyncIterable<ObservedEvent> {
    return this.#log.after(after, signal)
  }

  async rpc(node: string, method: string, params: readonly unknown[]): Promise<unknown> {
    return await this.node(node).rpc(method, params)
  }

  add(wish: AddNode): Promise<string> {
    const added = this.#adding.then(() => this.#add(wish))
    this.#adding = added.catch(() => {})
    return added
  }

  async start(node: string): Promise<void> {
    this.#refuseWhenEnded()
    this.node(node).start()
  }

  async stop(node: string): Promise<void> {
    this.node(node).stop('term')
  }

  async kill(node: string): Promise<void> {
    this.node(node).stop('kill')
  }

  async pause(node: string): Promise<void> {
    this.node(node).pause()
  }

  async resume(node: string): Promise<void> {
    this.node(node).resume()
  }

  async inject(fault: Fault, options?: InjectOptions): Promise<FaultReport> {
    this.#refuseWhenEnded()
    return await this.#chaos.inject(fault, options)
  }

  get faults(): readonly string[] {
    return this.#chaos.faults
  }

  async heal(fault?: string): Promise<readonly FaultReport[]> {
    return await this.#chaos.heal(fault)
  }

  /** A simulated node writes no log: what it told the observer is shown instead. */
  async *logs(name: string, lines: number, follow: AbortSignal | undefined): AsyncIterable<string> {
    const { address } = this.node(name)
    yield `${name} is simulated at ${address}; its events are its log`
    const past: string[] = []
    const upTo = this.#log.last
    const signal = follow ?? new AbortController().signal
    for await (const event of this.#log.after(0, signal)) {
      if (event.node === name) past.push(asLine(event))
      if (event.seq >= upTo) break
    }
    yield* past.slice(-lines)
    if (!follow) return
    for await (const event of this.#log.after(upTo, follow)) if (event.node === name) yield asLine(event)
  }

  async setLinks(changes: readonly LinkChange[]): Promise<void> {
    for (const { from, to, link } of changes) this.#changed.set(`${from} ${to}`, link)
    this.#network.refresh()
    // A pair that has no connection has nothing to tell.
    const connected = new Set(
      this.#network.connected().map(([from, to]) => pairOf(this.#nameAt(from), this.#nameAt(to))),
    )
    for (const { from, to, link } of changes)
      if (connected.has(`${from} ${to}`)) this.#observe({ type: 'link-changed', from, to, link })
  }

  async down(why: string): Promise<RunSummary> {
    this.#summary ??= this.#end(why)
    return this.#summary
  }

  async killAll(): Promise<void> {
    this.#flow.stop()
  }

  /** Throws UserError when there is none of that name. */
  node(name: string): SimNode {
    const node = this.#nodes.get(name)
    if (!node) throw unknownNode(name, [...this.#nodes.keys()])
    return node
  }

  #end(why: string): RunSummary {
    this.#flow.stop()
    this.#load.stop()
    this.#observe({ type: 'network-stopping', why })
    for (const node of this.#nodes.values()) if (node.up) node.stop('term', why)
    return this.#observer.summary(this.#options.runDirectory)
  }

  async #add(wish: AddNode): Promise<string> {
    this.#refuseWhenEnded()
    if (!this.#launched) throw new UserError(EXIT.usage, 'the network is still starting')
    const present = [...this.#nodes.values()].map(node => node.planned)
    const running = this.#running().map(node => node.name)
    const { node, peers } = planJoin(this.plan, present, running, wish)
    this.#links.admit(node)
    const joined = this.#join(node, peers)
    const { name, group, mining } = node
    this.#observe({ type: 'node-added', node: name, group, askedHps: mining.hashRateHps })
    joined.start()
    if (!(await this.#until(() => joined.peers >= peers.length, JOIN_TIMEOUT_MS))) {
      const message = `${name} has ${joined.peers} of ${peers.length} peers after ${JOIN_TIMEOUT_MS / 1000} s`
      this.#observe({ type: 'note', level: 'warn', message })
    }
    return name
  }

  #admit(): void {
    const connect = new Map<string, string[]>(this.plan.nodes.map(({ name }) => [name, []]))
    for (const { from, to } of this.plan.topology.edges) connect.get(from)?.push(to)
    for (const node of this.plan.nodes) this.#byAddress.set(addressOf(node.index), node.name)
    for (const node of this.plan.nodes) this.#join(node, connect.get(node.name) ?? [])
  }

  #join(planned: PlannedNode, peers: readonly string[]): SimNode {
    const address = addressOf(planned.index)
    const { maxConnections } = connectionLimits(this.plan, planned.name)
    const connect = peers.map(peer => this.#nodes.get(peer)?.address ?? this.#plannedAddress(peer))
    const node = new SimNode(planned, address, { connect, maxConnections }, this.#world)
    this.#nodes.set(planned.name, node)
    this.#byAddress.set(address, planned.name)
    return node
  }

  #makeWorld(): SimWorld {
    const { plan } = this
    const { maxOutbound, mode } = connectionLimits(plan, '')
    return {
      clock: this.#clock,
      network: this.#network,
      params: chainParams(plan.chain),
      relay: plan.relay,
      services: {
        secp: createSecp256k1({ atOnce: true }),
        shared: new SharedValidation(),
        signatures: new SignatureCache(),
      },
      version: packageJson.version,
      mode,
      maxOutbound,
      observe: event => this.#observe(event),
      observeNode: (name, event) => this.#observer.observe(name, event),
    }
  }

  #makeChaos(): Chaos {
    return new Chaos({
      roster: () => rosterOf([...this.#nodes.values()].map(node => node.planned)),
      order: (node, order) => this[order](node),
      paused: () => [...this.#nodes.values()].filter(node => node.paused).map(node => node.name),
      running: () => this.#running().map(node => node.name),
      nodeAt: address => this.#byAddress.get(address),
      rpc: (node, method, params) => this.rpc(node, method, params),
      nowMs: () => this.#clock.now(),
      wait: ms => this.#flow.wait(ms),
      planned: (from, to) => this.#links.between(from, to),
      setLinks: changes => this.setLinks(changes),
      observe: event => this.#observe(event),
      slowestLinkMs: this.#links.slowestMs,
    })
  }

  #planSamples(): void {
    this.#clock.after(Math.max(LEAST_SAMPLE_MS, this.plan.chain.blockIntervalMs), () => {
      for (const node of this.#nodes.values()) node.sample()
      this.#planSamples()
    })
  }

  /** Lets time pass until `done` holds (true) or for `timeoutMs` (false). */
  async #until(done: () => boolean, timeoutMs: number): Promise<boolean> {
    const deadlineMs = this.#clock.now() + timeoutMs
    while (!done() && this.#clock.now() < deadlineMs && !this.#summary) {
      await Promise.race([this.#flow.wait(LOOK_MS), this.#broken])
    }
    return done()
  }

  /** What keeps the network from standing: the first node that lacks something. */
  #obstacle(): string | undefined {
    const { wantedPeers } = this.plan.topology
    for (const { name, peers, running } of this.#nodes.values()) {
      const wanted = wantedPeers[name] ?? 0
      if (!running) return `${name} does not run`
      if (peers < wanted) return `${name} has ${peers} of ${wanted} peers`
    }
    return oneTip([...this.#nodes.values()]) ? undefined : 'the nodes do not agree on a tip'
  }

  #conditions(from: string, to: string): LinkConditions {
    return this.#changed.get(pairOf(from, to)) ?? this.#links.between(from, to)
  }

  #nameAt(address: Address): string {
    return this.#byAddress.get(address) ?? address
  }

  #plannedAddress(name: string): Address {
    const node = this.plan.nodes.find(planned => planned.name === name)
    if (!node) throw unknownNode(name, [...this.#nodes.keys()])
    return addressOf(node.index)
  }

  #running(): SimNode[] {
    return [...this.#nodes.values()].filter(node => node.running)
  }

  #refuseWhenEnded(): void {
    if (this.#summary) throw new UserError(EXIT.failure, 'the network is going down')
  }

  #observe(event: TestnetEvent): void {
    this.#observer.observe(undefined, event)
  }
}

function oneTip(nodes: readonly SimNode[]): boolean {
  const [first] = nodes
  return first !== undefined && nodes.every(node => node.tip !== undefined && node.tip === first.tip)
}

/** 10.0.0.1 for the first; a network group of its own for every 256. */
function addressOf(index: number): Address {
  const number = index + 1
  return `10.${number >> 16}.${(number >> 8) & 0xff}.${number & 0xff}:${PORT}`
}

const PORT = 28_444
const pairOf = (from: string, to: string) => `${from} ${to}`

function asLine({ event, timeMs }: ObservedEvent): string {
  const { type, ...facts } = event
  return `${new Date(timeMs).toISOString()} ${type} ${JSON.stringify(facts)}`
}
