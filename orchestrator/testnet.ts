// The running network: the one object that commands, TUI and web page talk to.

import type { LinkConditions, LinkTable } from '../node/api.ts'
import type { AddNode, RunSummary } from './api.ts'
import { Chaos, type FaultReport, type InjectOptions } from './chaos/chaos.ts'
import type { Fault } from './chaos/faults.ts'
import type { LinkChange } from './chaos/link-board.ts'
import { rosterOf } from './chaos/partition.ts'
import { EXIT, UserError } from './errors.ts'
import { EventLog } from './event-log.ts'
import { planJoin } from './join.ts'
import { Load } from './load.ts'
import { Member, type MemberContext } from './member.ts'
import { pause } from './node-client.ts'
import type { ObservedEvent, TestnetEvent } from './observe/events.ts'
import type { Observer } from './observe/observer.ts'
import type { NetworkState } from './observe/state.ts'
import { PlannedLinks } from './planned-links.ts'
import { type NodeExit, type Runtime, RuntimeError } from './runtime/runtime.ts'
import { createRandom } from './spec/random.ts'
import type { Plan, PlannedNode } from './spec/types.ts'

/** What screens and commands may do with a network; the local Testnet and the client of a remote controller both are one. */
export interface TestnetHandle {
  readonly plan: Plan
  state(): NetworkState
  /** Called with each new snapshot, at most 10 times a second; returns its end. */
  subscribe(listener: (state: NetworkState) => void): () => void
  events(after: number, signal: AbortSignal): AsyncIterable<ObservedEvent>
  rpc(node: string, method: string, params: readonly unknown[]): Promise<unknown>
  add(wish: AddNode): Promise<string>
  start(node: string): Promise<void>
  stop(node: string): Promise<void>
  kill(node: string): Promise<void>
  pause(node: string): Promise<void>
  resume(node: string): Promise<void>
  /** Breaks the network and measures that it broke; `forMs` heals it by itself. See Chaos.inject. */
  inject(fault: Fault, options?: InjectOptions): Promise<FaultReport>
  /** Ends one fault, or all, and measures that the links carry again. */
  heal(fault?: string): Promise<readonly FaultReport[]>
  logs(node: string, lines: number, follow: AbortSignal | undefined): AsyncIterable<string>
  /** Ends everything; resolves with the summary of the run. Twice is fine. */
  down(why: string): Promise<RunSummary>
}

/** A network of this process: what its life needs beyond what screens and commands may do. */
export interface OwnTestnet extends TestnetHandle {
  /** Resolves when each node has its wanted peers and all stand on one tip. When it rejects, call `down`. */
  launch(): Promise<void>
  /** Resolves when `durationMs` of the network's own time have passed (0: never); rejects when it cannot go on. */
  elapse(durationMs: number, signal: AbortSignal): Promise<void>
  /** Sends no more load and waits until all running nodes stand on one tip; false when that took longer than `timeoutMs`. */
  agree(timeoutMs: number): Promise<boolean>
  /** Ids of the faults in force. */
  readonly faults: readonly string[]
  /** Milliseconds of the network's own time, from anywhere: virtual in the simulator. */
  nowMs(): number
  /** Resolves when so much of that time has passed, or early when `signal` aborts. */
  wait(ms: number, signal?: AbortSignal): Promise<void>
  /** Ends the nodes with kill −9, for whoever does not want to wait for `down`. */
  killAll(): Promise<void>
}

export interface TestnetOptions {
  readonly makeRuntime: (onExit: (exit: NodeExit) => void) => Runtime
  readonly observer: Observer
  /** Bearer token of the nodes' HTTP. */
  readonly token: string
  /** Named in the summary. */
  readonly runDirectory: string
}

/** For the peers to find each other and to agree, once all run; grows with the size of the network. */
const STANDING_TIMEOUT_MS = 30_000
const STANDING_TIMEOUT_PER_NODE_MS = 500
const JOIN_TIMEOUT_MS = 15_000
/** The longest wait that a timer of Node takes. */
const MAX_TIMER_MS = 2 ** 31 - 1

export class Testnet implements OwnTestnet {
  readonly plan: Plan
  readonly #options: TestnetOptions
  readonly #runtime: Runtime
  readonly #observer: Observer
  readonly #members = new Map<string, Member>()
  readonly #links: PlannedLinks
  readonly #context: MemberContext
  readonly #log = new EventLog()
  readonly #load: Load
  readonly #chaos: Chaos
  /** Aborted when the launch cannot succeed any more, with the reason. */
  readonly #launching = new AbortController()
  readonly #ended = new AbortController()
  /** Told whenever a member's phase, peers or tip changed. */
  readonly #onChange = new Set<() => void>()
  #launched = false
  #adding: Promise<unknown> = Promise.resolve()
  #ending: Promise<RunSummary> | undefined

  constructor(plan: Plan, options: TestnetOptions) {
    this.plan = plan
    this.#options = options
    this.#observer = options.observer
    this.#observer.tap(event => this.#log.append(event))
    this.#links = new PlannedLinks(plan)
    this.#runtime = options.makeRuntime(exit => this.#onExit(exit))
    this.#context = {
      runtime: this.#runtime,
      token: options.token,
      observe: event => this.#observe(event),
      observeNode: (name, event) => this.#observer.observe(name, event),
      onChange: () => {
        for (const told of this.#onChange) told()
      },
    }
    this.#load = new Load({
      txPerSecond: plan.load.txPerSecond,
      random: createRandom(`netsplit ${plan.seed} load`),
      nodes: () => this.#running().map(member => member.name),
      rpc: (node, method, params) => this.rpc(node, method, params),
      onSent: (node, txid) => this.#observe({ type: 'load-sent', node, txid }),
      onFailed: (node, detail) => this.#observe({ type: 'load-failed', node, detail }),
    })
    this.#chaos = this.#makeChaos()
  }

  /** Starts all nodes at once; resolves when each has its wanted peers and all stand on one tip. When it rejects, call `down`. */
  async launch(): Promise<void> {
    const startedMs = performance.now()
    const { signal } = this.#launching
    const { nodes } = this.plan
    this.#observe({ type: 'network-starting', nodes: nodes.length })
    await orAbort(this.#admit(), signal)
    signal.throwIfAborted()
    await orAbort(Promise.all([...this.#members.values()].map(member => member.start())), signal)
    const timeoutMs = STANDING_TIMEOUT_MS + STANDING_TIMEOUT_PER_NODE_MS * nodes.length
    await this.#until(() => this.#obstacle() === undefined, timeoutMs, signal)
    signal.throwIfAborted()
    const obstacle = this.#obstacle()
    if (obstacle !== undefined)
      throw new UserError(EXIT.failure, `the network does not stand after ${timeoutMs / 1000} s: ${obstacle}`)
    this.#launched = true
    this.#observe({ type: 'network-ready', seconds: (performance.now() - startedMs) / 1000 })
    this.#load.start()
  }

  elapse(durationMs: number, signal: AbortSignal): Promise<void> {
    return durationMs === 0 ? new Promise(() => {}) : pause(Math.min(durationMs, MAX_TIMER_MS), signal)
  }

  nowMs(): number {
    return performance.now()
  }

  wait(ms: number, signal?: AbortSignal): Promise<void> {
    return pause(ms, signal)
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
    return await this.#member(node).rpc(method, params)
  }

  /** Newcomers join one after the other, so that each sees the names and peers of those before. */
  add(wish: AddNode): Promise<string> {
    const added = this.#adding.then(() => this.#add(wish))
    this.#adding = added.catch(() => {})
    return added
  }

  async start(node: string): Promise<void> {
    this.#refuseWhenEnding()
    await this.#member(node).start()
  }

  async stop(node: string): Promise<void> {
    await this.#member(node).stop('term')
  }

  async kill(node: string): Promise<void> {
    await this.#member(node).stop('kill')
  }

  async pause(node: string): Promise<void> {
    await this.#member(node).pause()
  }

  async resume(node: string): Promise<void> {
    await this.#member(node).resume()
  }

  async inject(fault: Fault, options?: InjectOptions): Promise<FaultReport> {
    this.#refuseWhenEnding()
    return await this.#chaos.inject(fault, options)
  }

  get faults(): readonly string[] {
    return this.#chaos.faults
  }

  async heal(fault?: string): Promise<readonly FaultReport[]> {
    return await this.#chaos.heal(fault)
  }

  logs(node: string, lines: number, follow: AbortSignal | undefined): AsyncIterable<string> {
    return this.#runtime.logs(this.#member(node).name, lines, follow)
  }

  /** Changes links, one direction each; every node concerned gets its whole table once. */
  async setLinks(changes: readonly LinkChange[]): Promise<void> {
    const tables = new Map<Member, Record<string, LinkConditions>>()
    for (const { from, to, link } of changes) {
      const member = this.#member(from)
      const peers = tables.get(member) ?? { ...member.links.peers }
      peers[this.#member(to).address] = link
      tables.set(member, peers)
    }
    const put = [...tables].map(([member, peers]) =>
      member.setLinks({ default: member.links.default, peers }),
    )
    await Promise.all(put)
    for (const { from, to, link } of changes) this.#observe({ type: 'link-changed', from, to, link })
  }

  /** Waits until all running nodes stand on one tip; false when that took longer than `timeoutMs`. */
  agree(timeoutMs: number): Promise<boolean> {
    this.#load.stop()
    return this.#until(() => oneTip(this.#running()), timeoutMs)
  }

  down(why: string): Promise<RunSummary> {
    this.#ending ??= this.#end(why)
    return this.#ending
  }

  /** Ends the nodes with kill −9, for whoever does not want to wait for `down`. */
  async killAll(): Promise<void> {
    await Promise.all([...this.#members.keys()].map(name => this.#runtime.stop(name, 'kill')))
  }

  async #end(why: string): Promise<RunSummary> {
    this.#launching.abort(new UserError(EXIT.failure, `stopped while starting: ${why}`))
    this.#ended.abort()
    this.#chaos.close()
    this.#load.stop()
    this.#observe({ type: 'network-stopping', why })
    await this.#runtime.destroy()
    await Promise.all([...this.#members.values()].map(member => member.settled()))
    return this.#observer.summary(this.#options.runDirectory)
  }

  async #add(wish: AddNode): Promise<string> {
    this.#refuseWhenEnding()
    if (!this.#launched) throw new UserError(EXIT.usage, 'the network is still starting')
    const present = [...this.#members.values()].map(member => member.planned)
    const running = this.#running().map(member => member.name)
    const { node, peers } = planJoin(this.plan, present, running, wish)
    const dialled = peers.map(peer => this.#member(peer).address)
    this.#links.admit(node)
    const address = await this.#runtime.reserve(node.name)
    const member = this.#join(node, address, dialled, this.#linksOf(node.name))
    await this.#tellLinksTo(member)
    const { name, group, mining } = node
    this.#observe({ type: 'node-added', node: name, group, askedHps: mining.hashRateHps })
    await member.start()
    if (!(await this.#until(() => member.peers >= peers.length, JOIN_TIMEOUT_MS))) {
      const message = `${name} has ${member.peers} of ${peers.length} peers after ${JOIN_TIMEOUT_MS / 1000} s`
      this.#observe({ type: 'note', level: 'warn', message })
    }
    return name
  }

  /** Gives every planned node its address, its dial list and its link table. */
  async #admit(): Promise<void> {
    const { nodes, topology } = this.plan
    const addresses = new Map<string, string>()
    const reserved = nodes.map(async ({ name }) => addresses.set(name, await this.#runtime.reserve(name)))
    await Promise.all(reserved)
    const addressOf = (name: string) => addresses.get(name) as string
    const connect = new Map<string, string[]>(nodes.map(({ name }) => [name, []]))
    const links = new Map<string, Record<string, LinkConditions>>(nodes.map(({ name }) => [name, {}]))
    for (const { from, to } of topology.edges) connect.get(from)?.push(addressOf(to))
    const shape = (from: string, to: string) =>
      Object.assign(links.get(from) ?? {}, { [addressOf(to)]: this.#links.between(from, to) })
    // Where regions say how far nodes are from each other, any two may come to connect.
    if (this.plan.regions) for (const a of nodes) for (const b of nodes) if (a !== b) shape(a.name, b.name)
    for (const { from, to } of topology.edges) {
      shape(from, to)
      shape(to, from)
    }
    for (const node of nodes) {
      const { name } = node
      this.#join(node, addressOf(name), connect.get(name) ?? [], links.get(name) ?? {})
    }
  }

  /** What a newcomer's links are like: as everybody's, but where regions say better. */
  #linksOf(name: string): LinkTable['peers'] {
    if (!this.plan.regions) return {}
    const others = [...this.#members.values()]
    return Object.fromEntries(others.map(other => [other.address, this.#links.between(name, other.name)]))
  }

  /** The others' links to a newcomer. */
  async #tellLinksTo({ name, address }: Member): Promise<void> {
    if (!this.plan.regions) return
    const tell = async (other: Member) => {
      const peers = { ...other.links.peers, [address]: this.#links.between(other.name, name) }
      await other.setLinks({ default: other.links.default, peers })
    }
    await Promise.all([...this.#members.values()].filter(other => other.name !== name).map(tell))
  }

  #join(node: PlannedNode, address: string, connect: readonly string[], peers: LinkTable['peers']): Member {
    const links = { default: this.plan.defaultLink, peers }
    const member = new Member(node, address, connect, links, this.#context)
    this.#members.set(node.name, member)
    return member
  }

  #makeChaos(): Chaos {
    return new Chaos({
      roster: () => rosterOf([...this.#members.values()].map(member => member.planned)),
      order: (node, order) => this[order](node),
      paused: () => this.#paused().map(member => member.name),
      running: () => this.#running().map(member => member.name),
      nodeAt: address => [...this.#members.values()].find(member => member.address === address)?.name,
      rpc: (node, method, params) => this.rpc(node, method, params),
      nowMs: () => performance.now(),
      wait: pause,
      planned: (from, to) => this.#links.between(from, to),
      setLinks: changes => this.setLinks(changes),
      observe: event => this.#observe(event),
      slowestLinkMs: this.#links.slowestMs,
    })
  }

  /** What keeps the network from standing: the first node that lacks something. */
  #obstacle(): string | undefined {
    const { wantedPeers } = this.plan.topology
    for (const member of this.#members.values()) {
      const wanted = wantedPeers[member.name] ?? 0
      if (!member.running) return `${member.name} does not run`
      if (member.peers < wanted) return `${member.name} has ${member.peers} of ${wanted} peers`
    }
    return oneTip([...this.#members.values()]) ? undefined : 'the nodes do not agree on a tip'
  }

  #onExit(exit: NodeExit): void {
    this.#members.get(exit.name)?.exited(exit)
    if (!exit.expected && !this.#launched) {
      const how = exit.outOfMemory ? 'out of memory' : (exit.signal ?? `exit code ${exit.code}`)
      this.#launching.abort(new RuntimeError('node-died', `${exit.name} ended (${how})`, exit.lastLines))
    }
  }

  /** Resolves with true as soon as `done` holds, with false at the deadline or when `signal` aborts. */
  #until(done: () => boolean, timeoutMs: number, signal = this.#ended.signal): Promise<boolean> {
    return new Promise(resolve => {
      const check = () => {
        if (done()) finish(true)
      }
      const giveUp = () => finish(false)
      const finish = (outcome: boolean) => {
        clearTimeout(timer)
        signal.removeEventListener('abort', giveUp)
        this.#onChange.delete(check)
        resolve(outcome)
      }
      const timer = setTimeout(giveUp, timeoutMs)
      signal.addEventListener('abort', giveUp)
      this.#onChange.add(check)
      if (signal.aborted) giveUp()
      else check()
    })
  }

  #running(): Member[] {
    return [...this.#members.values()].filter(member => member.running)
  }

  #paused(): Member[] {
    return [...this.#members.values()].filter(member => member.paused)
  }

  #member(name: string): Member {
    const member = this.#members.get(name)
    if (member) return member
    throw unknownNode(name, [...this.#members.keys()])
  }

  #refuseWhenEnding(): void {
    if (this.#ending) throw new UserError(EXIT.failure, 'the network is going down')
  }

  #observe(event: TestnetEvent): void {
    this.#observer.observe(undefined, event)
  }
}

export function unknownNode(name: string, names: readonly string[]): UserError {
  const shown = names.length > 12 ? [...names.slice(0, 12), '…'] : names
  return new UserError(EXIT.usage, `no node is named ${JSON.stringify(name)}`, `nodes: ${shown.join(', ')}`)
}

function oneTip(members: readonly Member[]): boolean {
  const tips = new Set(members.map(member => member.tip))
  return tips.size === 1 && !tips.has(undefined)
}

/** The promise's outcome, or the signal's reason if that comes first. */
function orAbort<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason)
    if (signal.aborted) abort()
    signal.addEventListener('abort', abort, { once: true })
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort))
  })
}
