// One node of a running network through all its lives: started, watched, stopped, started again.

import type { BitcoinHealth, LedgerHealth, LinkTable, NodeEvent, NodeHealth } from '../../node/api.ts'
import type { LinkLoad } from '../chaos/breakable.ts'
import { type NodeConditions, SOUND_NODE } from '../chaos/faults.ts'
import { versionOf } from '../clients/version.ts'
import { EXIT, UserError } from '../errors.ts'
import { TimedOut } from '../machine/http.ts'
import type { TestnetEvent } from '../observe/events.ts'
import { type Addresses, type Dials, firstAddress, type NodeExit, type Runtime } from '../runtime/runtime.ts'
import type { PlannedNode } from '../spec/types.ts'
import { keptOf } from './dials.ts'
import type { HostClocks } from './host-clocks.ts'
import { introduced, resumedHeight, userAgentOf } from './introduction.ts'
import { NodeClient } from './node-client.ts'
import { NodeWatch, type WatchSink } from './node-watch.ts'
import type { Pace } from './pace.ts'
import { connectionsTold, portsTold, servicesTold } from './told-services.ts'
import { whyNotStarted } from './why-not-started.ts'

/** What a member is given by its network. */
export interface MemberContext {
  readonly runtime: Runtime
  readonly token: string
  readonly pace: Pace
  readonly observe: (event: TestnetEvent) => void
  readonly observeNode: (name: string, event: NodeEvent) => void
  /** Where the plan has hosts. */
  readonly clocks?: HostClocks | undefined
  /** What nodes receive is told: there are light clients to set it beside. */
  readonly countsBytes?: boolean
  /** Its phase, its peers or its tip changed. */
  readonly onChange: () => void
}

/** Asked again until an answer was so quick that it tells the time well, on a busy machine too. */
const CLOCK_QUESTIONS = { least: 4, most: 40 }
const QUICK_ANSWER_MS = 50
/** Of a node that has none yet, or never will. */
const NO_PEERS: BitcoinHealth['peers'] = { inbound: 0, outbound: 0 }
const NO_LEDGER: LedgerHealth = {
  height: 0,
  tip: '',
  headers: 0,
  mempool: 0,
  mining: { mode: 'off', askedHps: 0, measuredHps: 0, hashes: 0 },
}

export class Member {
  /** Set: what it is from its next life on. */
  planned: PlannedNode
  /** Where its services listen for peers; the same through all lives. */
  readonly addresses: Addresses
  /** That of its first service. */
  readonly address: string
  #dials: Dials
  readonly #context: MemberContext
  #links: LinkTable
  #conditions: NodeConditions = SOUND_NODE
  /** Those that it was told of in this life. */
  #equipped: NodeConditions = SOUND_NODE
  #phase: 'down' | 'starting' | 'running' | 'paused' = 'down'
  #client: NodeClient | undefined
  #watch: NodeWatch | undefined
  #tip: string | undefined
  #userAgent: string | undefined
  /** Connections that are up, by the node's own numbers. */
  readonly #peers = new Set<number>()
  /** Events were lost, so `#peers` is not to be trusted: the last poll's count is. */
  #polledPeers: number | undefined
  #exit: NodeExit | undefined
  /** It did not answer in time while it started: that is why we end it. */
  #silent = false
  #ended: Promise<void> = Promise.resolve()
  /** Orders are carried out one after the other. */
  #orders: Promise<unknown> = Promise.resolve()

  constructor(
    planned: PlannedNode,
    addresses: Addresses,
    dials: Dials,
    links: LinkTable,
    context: MemberContext,
  ) {
    this.planned = planned
    this.addresses = addresses
    this.address = firstAddress(addresses)
    this.#dials = dials
    this.#links = links
    this.#context = context
  }

  get name(): string {
    return this.planned.name
  }

  /** Addresses it keeps a connection to. */
  get connect(): readonly string[] {
    return keptOf(this.#dials)
  }

  get running(): boolean {
    return this.#phase === 'running'
  }

  get paused(): boolean {
    return this.#phase === 'paused'
  }

  get tip(): string | undefined {
    return this.#tip
  }

  get peers(): number {
    return this.#polledPeers ?? this.#peers.size
  }

  /** Conditions of the links that leave this node. */
  get links(): LinkTable {
    return this.#links
  }

  start(): Promise<void> {
    return this.#order(async () => {
      if (this.#phase !== 'down') throw this.#refuse('already runs', undefined)
      await this.#start()
    })
  }

  stop(how: 'term' | 'kill'): Promise<void> {
    return this.#order(async () => {
      if (this.#phase === 'down') throw this.#refuse('does not run', `netsplit start ${this.name}`)
      await this.#context.runtime.stop(this.name, how)
      await this.#ended
    })
  }

  pause(): Promise<void> {
    return this.#order(async () => {
      if (this.#phase !== 'running')
        throw this.#refuse(this.#phase === 'paused' ? 'is already paused' : 'does not run')
      if (this.#watch) this.#watch.suspended = true
      await this.#context.runtime.freeze(this.name, true)
      this.#enter('paused')
      this.#context.observe({ type: 'node-paused', node: this.name })
    })
  }

  resume(): Promise<void> {
    return this.#order(async () => {
      if (this.#phase !== 'paused') throw this.#refuse('is not paused')
      await this.#context.runtime.freeze(this.name, false)
      await this.#client?.setLinks(await this.#shape())
      await this.#equip()
      if (this.#watch) this.#watch.suspended = false
      this.#enter('running')
      this.#context.observe({ type: 'node-resumed', node: this.name })
    })
  }

  async rpc(method: string, params: readonly unknown[]): Promise<unknown> {
    if (this.#phase === 'paused') throw this.#refuse('is paused', `netsplit resume ${this.name}`)
    return await this.#present().rpc(method, params)
  }

  /** The table that holds from now on, in this life and the next ones. */
  setLinks(links: LinkTable): Promise<void> {
    return this.#order(async () => {
      this.#links = links
      const rest = await this.#shape()
      if (this.#phase !== 'paused') await this.#client?.setLinks(rest) // a frozen node gets them when it goes on
    })
  }

  /** It keeps a connection to this peer from now on, in this life and the next ones. */
  async dialAlso(addresses: Addresses): Promise<void> {
    const { connect = {} } = this.#dials
    const { bitcoin = [] } = connect
    const { bitcoin: address } = addresses
    if (address === undefined || bitcoin.includes(address)) return
    this.#dials = { ...this.#dials, connect: { ...connect, bitcoin: [...bitcoin, address] } }
    if (this.running) await this.rpc('addnode', [address, 'add'])
  }

  /** Sends a load there that is passed over, and right behind it a ping. */
  async pad(address: string, load: LinkLoad): Promise<void> {
    await this.#present().pad(address, load)
  }

  /** Resets the connections to whoever listens on these addresses. */
  async resetPeers(addresses: readonly string[]): Promise<void> {
    if (this.running) await this.#client?.reset(addresses)
  }

  /** The machine that it has from now on, in this life and the next ones. */
  setConditions(conditions: NodeConditions): Promise<void> {
    return this.#order(async () => {
      this.#conditions = conditions
      if (this.#phase !== 'paused') await this.#equip() // a frozen node gets them when it goes on
    })
  }

  /** How far its clock is ahead of ours, by the quickest of a few answers; what it took is halved out (as NTP does, RFC 5905). */
  async clockAheadMs(): Promise<number> {
    let best = { tookMs: Number.POSITIVE_INFINITY, aheadMs: 0 }
    const { least, most } = CLOCK_QUESTIONS
    for (let asked = 0; asked < most && (asked < least || best.tookMs > QUICK_ANSWER_MS); asked++) {
      const askedMs = Date.now()
      const { timeMs } = await this.#present().machine()
      const tookMs = Date.now() - askedMs
      if (tookMs < best.tookMs) best = { tookMs, aheadMs: timeMs - askedMs - tookMs / 2 }
    }
    return best.aheadMs
  }

  async burnMs(cpuMs: number): Promise<number> {
    return await this.#present().burn(cpuMs)
  }

  /** Tells node and runtime what is new. */
  async #equip(): Promise<void> {
    const client = this.#client
    if (!client) return
    const before = this.#equipped
    const { clockSkewMs, diskFull, cpus, memoryBytes } = this.#conditions
    this.#equipped = this.#conditions
    if (cpus !== before.cpus || memoryBytes !== before.memoryBytes)
      await this.#context.runtime.limit?.(this.name, { cpus, memoryBytes })
    if (clockSkewMs === before.clockSkewMs && diskFull === before.diskFull) return
    await client.setMachine({ clockSkewMs, diskFull }).catch(error => {
      // With a full disk it ends, and may do so before it has answered.
      if (!diskFull) throw error
    })
  }

  #present(): NodeClient {
    if (!this.#client) throw this.#refuse('does not run', `netsplit start ${this.name}`)
    return this.#client
  }

  /** The runtime takes its part of the links below the node; the rest is the node's own. */
  async #shape(): Promise<LinkTable> {
    return (await this.#context.runtime.shape?.(this.name, this.#links)) ?? this.#links
  }

  /** The runtime says that the process has gone. */
  exited(exit: NodeExit): void {
    const watch = this.#watch
    this.#watch = undefined
    this.#client = undefined
    this.#exit = exit
    this.#enter('down')
    const full = this.#conditions.diskFull // then it cannot but end
    this.#ended = (async () => {
      await watch?.finish()
      const { name: node, ...end } = exit
      const cause = end.cause ?? (this.#silent ? 'silent' : undefined)
      const expected = exit.expected || full
      this.#context.observe({ type: 'node-exited', node, ...end, ...(cause && { cause }), expected })
    })()
  }

  /** Resolves when everything about its last exit has been said. */
  async settled(): Promise<void> {
    await this.#ended
  }

  async #start(): Promise<void> {
    const { runtime, token, pace, observe } = this.#context
    await this.#ended // the last words of its life before
    this.#exit = undefined
    this.#silent = false
    this.#tip = undefined
    this.#peers.clear()
    this.#polledPeers = undefined
    this.#equipped = SOUND_NODE
    this.#enter('starting')
    observe({ type: 'node-starting', node: this.name })
    try {
      const endpoint = await runtime.start(this.planned, this.#dials, this.#links)
      const health = await this.#open(endpoint.control, token)
      const rest = await this.#shape()
      if (rest !== this.#links) await this.#client?.setLinks(rest) // so far it did all of it
      await this.#equip()
      const said = await introduced(this.planned, health, () => this.#present().health(), pace)
      if (this.#hasEnded()) throw new Error('it ended meanwhile')
      const { control, pid } = endpoint
      observe({
        type: 'node-ready',
        node: this.name,
        p2p: this.address,
        ...portsTold(this.addresses),
        control,
        pid,
        resumedHeight: resumedHeight(health) ?? 0,
      })
      this.#enter('running')
      this.#onHealth(said)
    } catch (error) {
      this.#silent = error instanceof TimedOut
      if (!this.#exit) await runtime.stop(this.name, 'kill').catch(() => {})
      await this.#ended
      this.#enter('down')
      throw whyNotStarted(this.name, error, this.#exit)
    }
  }

  /** Its life may end while it is still being told how to live it. */
  #hasEnded(): boolean {
    return this.#exit !== undefined
  }

  async #open(control: string, token: string): Promise<NodeHealth> {
    this.#client = new NodeClient(control, token, this.#context.pace)
    const sink: WatchSink = {
      onEvent: event => this.#onEvent(event),
      onHealth: health => this.#onHealth(health),
      onUnreachable: detail => this.#context.observe({ type: 'node-unreachable', node: this.name, detail }),
    }
    this.#watch = new NodeWatch(this.#client, sink, this.#context.clocks?.of(this.planned))
    return await this.#watch.open()
  }

  #onEvent(event: NodeEvent): void {
    this.#context.observeNode(this.name, event)
    if (event.type === 'peer-up') this.#peers.add(event.peer)
    else if (event.type === 'peer-down') this.#peers.delete(event.peer)
    else if (event.type === 'tip') this.#tip = event.hash
    else if (event.type === 'events-lost') this.#distrust()
    else return
    this.#context.onChange()
  }

  #onHealth(health: NodeHealth): void {
    const { services, rssBytes, groupBytes } = health
    if (groupBytes !== undefined) this.#context.runtime.saw?.(this.name, groupBytes)
    this.#onSaid(userAgentOf(health))
    const { peers = NO_PEERS, ledger = NO_LEDGER, light, receivedBytes } = services.bitcoin ?? {}
    this.#tip ??= ledger.tip
    if (this.#polledPeers !== undefined) this.#polledPeers = peers.inbound + peers.outbound
    this.#context.observe({
      type: 'node-sampled',
      node: this.name,
      height: ledger.height,
      tip: ledger.tip,
      // As its events count them, which may be newer: screens must not jump between two counts.
      peers: this.peers + connectionsTold(services),
      mempool: ledger.mempool,
      measuredHps: ledger.mining.measuredHps,
      hashes: ledger.mining.hashes,
      rssBytes,
      ...(groupBytes !== undefined && { groupBytes }),
      ...(ledger.refused && { refused: ledger.refused }),
      ...(light && { light }),
      ...(this.#context.countsBytes && { receivedBytes }),
      ...(ledger.deployments && { deployments: ledger.deployments }),
      ...servicesTold(services),
    })
    this.#context.onChange()
  }

  #onSaid(userAgent: string | undefined): void {
    if (userAgent === undefined || userAgent === this.#userAgent) return
    this.#userAgent = userAgent
    const version = versionOf(userAgent, this.planned.client?.agent)
    this.#context.observe({ type: 'program-said', node: this.name, userAgent, version })
  }

  /** What the lost events would have said is known again with the next poll. */
  #distrust(): void {
    this.#polledPeers = this.#peers.size
    this.#tip = undefined
  }

  #enter(phase: 'down' | 'starting' | 'running' | 'paused'): void {
    this.#phase = phase
    this.#context.onChange()
  }

  #order<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#orders.then(work)
    this.#orders = done.catch(() => {})
    return done
  }

  #refuse(why: string, hint?: string): UserError {
    return new UserError(EXIT.usage, `${this.name} ${why}`, hint)
  }
}
