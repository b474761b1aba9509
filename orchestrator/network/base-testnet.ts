// What every network of this process has, whatever runs its nodes: its order of launch and end, its newcomers, its load, its
// faults and its record. A runtime's own testnet says how nodes come to be, how links change and how time passes.

import type { LinkLoad, Machine } from '../chaos/breakable.ts'
import { Chaos, type FaultReport, type InjectOptions } from '../chaos/chaos.ts'
import type { Fault, FaultKind } from '../chaos/faults.ts'
import type { LinkChange } from '../chaos/link-board.ts'
import { type Cut, rosterOf } from '../chaos/partition.ts'
import { unlessTimeStands } from '../chaos/standing-time.ts'
import { programAt } from '../clients/bypass.ts'
import type { JoinsFrom } from '../clients/joined.ts'
import { refuseForeign } from '../clients/machine.ts'
import type { ProgramSaid } from '../clients/program-said.ts'
import { upgraded } from '../clients/upgrade.ts'
import type { AddNode, RunSummary } from '../control/api.ts'
import { EXIT, UserError } from '../errors.ts'
import type { ObservedEvent, TestnetEvent } from '../observe/events.ts'
import type { Observer } from '../observe/observer.ts'
import type { NetworkState, NodeState } from '../observe/state.ts'
import { didYouMean } from '../spec/suggest.ts'
import type { Plan, PlannedNode } from '../spec/types.ts'
import { ByHand, type Order } from './by-hand.ts'
import { keptPairs } from './dials.ts'
import { EventLog } from './event-log.ts'
import type { OwnTestnet } from './handle.ts'
import { LineTable } from './link-tables.ts'
import type { NetworkNode } from './network-node.ts'
import { Newcomers } from './newcomers.ts'
import { roundTripOf } from './patience.ts'
import { PlannedLinks } from './planned-links.ts'
import { remarksOn } from './remarks.ts'
import { Shunned } from './shunned.ts'
import { agreed, untilItStands } from './standing.ts'
import { SystemWork } from './system-work.ts'

export interface BaseOptions {
  readonly observer: Observer
  /** Named in the summary. */
  readonly runDirectory: string
}

/** The last block and whatever it lacks, announced, asked for and sent over links slower than usual. */
const AGREE_ROUND_TRIPS = 4

export abstract class BaseTestnet<Node extends NetworkNode> implements OwnTestnet {
  readonly plan: Plan
  protected readonly observer: Observer
  protected readonly links: PlannedLinks
  protected readonly lines = new LineTable(name => this.links.access(name))
  protected readonly log = new EventLog()
  readonly #runDirectory: string
  readonly #nodes = new Map<string, Node>()
  readonly #byAddress = new Map<string, Node>()
  readonly #work: SystemWork
  readonly #chaos: Chaos
  readonly #byHand = new ByHand({
    carryOut: (order, node) => this.#order(order, node),
    observe: event => this.observe(event),
  })
  readonly #shunned = new Shunned()
  #launched = false
  readonly #newcomers: Newcomers<Node>
  #ending: Promise<RunSummary> | undefined

  constructor(plan: Plan, { observer, runDirectory }: BaseOptions) {
    this.plan = plan
    this.observer = observer
    this.#runDirectory = runDirectory
    observer.tap(event => this.log.append(event))
    this.links = new PlannedLinks(plan)
    this.#work = this.#makeWork()
    this.#chaos = this.#makeChaos()
    this.#newcomers = this.#makeNewcomers()
    observer.tap(event => this.#tellChaos(event))
    observer.tap(event => this.#byHand.heard(event))
    observer.tap(event => this.#shunned.heard(event))
  }

  // Of each runtime its own

  abstract nowMs(): number
  abstract wait(ms: number, signal?: AbortSignal): Promise<void>
  abstract elapse(durationMs: number, signal: AbortSignal): Promise<void>
  abstract logs(node: string, lines: number, follow: AbortSignal | undefined): AsyncIterable<string>
  abstract killAll(): Promise<void>
  abstract setLinks(changes: readonly LinkChange[]): Promise<void>
  /** Aborted while time stands by order; absent: it never does. */
  protected standing?(): AbortSignal
  /** Why it cannot have faults of this kind; undefined: it can. */
  abstract cannot(kind: FaultKind): string | undefined
  protected abstract readonly machine: Machine
  /** A node has another line to the network now. */
  protected abstract linesChanged(node: string): Promise<void>
  /** So much a link of this bandwidth lets through at once, before its rate is felt. */
  protected abstract burstBytes(bandwidthBps: number): number
  /** A lost frame is felt as its retransmission; not so where a real TCP hides it. */
  protected abstract lossFelt(): boolean
  /** Runs a task once, so much of the network's own time from now; returns what cancels it. */
  protected abstract after(ms: number, task: () => void): () => void
  /** Admits all planned nodes and starts them. */
  protected abstract startAll(): Promise<void>
  /** Throws UserError where this program, which runs already, cannot be a node. */
  protected abstract lookAt(from: JoinsFrom): Promise<void>
  /** Admits a newcomer that dials the peers named, or that these dial. */
  protected abstract join(node: PlannedNode, peers: readonly string[]): Promise<Node>
  /** Resolves with true as soon as `done` holds, with false after `timeoutMs` or when the network ends. */
  protected abstract until(done: () => boolean, timeoutMs: number): Promise<boolean>
  /** Ends all nodes and removes what belongs to them; with `keep`, all but their data. */
  protected abstract takeDown(why: string, keep: boolean): void | Promise<void>
  /** What it took, as far as the runtime knows. */
  protected abstract effort(): Pick<RunSummary, 'simulatedEvents'>

  // Life

  /** Starts all nodes at once; resolves when no system lacks anything. When it rejects, call `down`. */
  async launch(): Promise<void> {
    const startedMs = this.nowMs()
    const { nodes } = this.plan
    this.observe({ type: 'network-starting', nodes: nodes.length })
    for (const remark of remarksOn(this.plan)) this.note('warn', remark)
    await this.startAll()
    await untilItStands({
      plan: this.plan,
      nodes: () => [...this.#nodes.values()],
      state: () => this.state(),
      nowMs: () => this.nowMs(),
      until: (done, timeoutMs) => this.until(done, timeoutMs),
      note: message => this.note('info', message),
    })
    this.#launched = true
    this.observe({ type: 'network-ready', seconds: (this.nowMs() - startedMs) / 1000 })
    this.#work.start()
  }

  protected measureLines: Chaos['measureLines'] = lines => this.#chaos.measureLines(lines)

  agree(timeoutMs: number): Promise<boolean> {
    this.#work.stop()
    const slowMs = AGREE_ROUND_TRIPS * (roundTripOf(this.plan) ?? 0)
    return this.until(() => agreed(this.plan, this.running(), () => this.state()), timeoutMs + slowMs)
  }

  down(why: string, keep = false): Promise<RunSummary> {
    this.#ending ??= this.#end(why, keep)
    return this.#ending
  }

  get grown(): Plan {
    return this.#newcomers.grown
  }

  // What is seen

  state(): NetworkState {
    return this.observer.state()
  }

  subscribe(listener: (state: NetworkState) => void): () => void {
    return this.observer.subscribe(listener)
  }

  tap(listener: (event: ObservedEvent) => void): () => void {
    for (const event of this.log.held()) listener(event)
    return this.observer.tap(listener)
  }

  events(after: number, signal: AbortSignal): AsyncIterable<ObservedEvent> {
    return this.log.after(after, signal)
  }

  // Orders

  async rpc(node: string, method: string, params: readonly unknown[]): Promise<unknown> {
    return await this.node(node).rpc(method, params)
  }

  async ask(system: string, order: string, params: object): Promise<object> {
    this.#refuseWhenEnding()
    return await this.#work.ask(system, order, params)
  }

  add(wish: AddNode): Promise<string> {
    return this.#newcomers.add(wish, () => {
      this.#refuseWhenEnding()
      if (!this.#launched) throw new UserError(EXIT.usage, 'the network is still starting')
    })
  }

  start = (node: string) => this.#byHand.give('start', node)
  stop = (node: string) => this.#byHand.give('stop', node)
  kill = (node: string) => this.#byHand.give('kill', node)
  pause = (node: string) => this.#byHand.give('pause', node)
  resume = (node: string) => this.#byHand.give('resume', node)

  async inject(fault: Fault, options?: InjectOptions): Promise<FaultReport> {
    this.#refuseWhenEnding()
    return await this.#chaos.inject(fault, options)
  }

  get faults(): readonly string[] {
    return [...this.#chaos.faults, ...this.#byHand.faults]
  }

  async heal(fault?: string, signal?: AbortSignal): Promise<readonly FaultReport[]> {
    const byHand = await this.#byHand.heal(fault)
    return byHand && fault !== undefined
      ? byHand
      : [...(await this.#chaos.heal(fault, signal)), ...(byHand ?? [])]
  }

  note(level: 'info' | 'warn', message: string): void {
    this.observe({ type: 'note', level, message })
  }

  // For the runtime's own part

  /** Throws UserError when there is none of that name. */
  node(name: string): Node {
    const node = this.#nodes.get(name)
    if (node) return node
    const names = [...this.#nodes.keys()]
    const shown = names.length > 12 ? [...names.slice(0, 12), '…'] : names
    throw new UserError(
      EXIT.usage,
      `no node is named ${JSON.stringify(name)}`,
      didYouMean(name, names) ?? `nodes: ${shown.join(', ')}`,
    )
  }

  protected get nodes(): Iterable<Node> {
    return this.#nodes.values()
  }

  protected nodeAt(address: string): Node | undefined {
    return this.#byAddress.get(address)
  }

  protected admit(node: Node): Node {
    this.#nodes.set(node.name, node)
    for (const address of Object.values(node.addresses)) this.#byAddress.set(address, node)
    return node
  }

  protected running(): Node[] {
    return [...this.#nodes.values()].filter(node => node.running)
  }

  protected get launched(): boolean {
    return this.#launched
  }

  protected get ending(): boolean {
    return this.#ending !== undefined
  }

  protected observe(event: TestnetEvent): void {
    this.observer.observe(undefined, event)
  }

  async #order(order: Order, name: string): Promise<void> {
    if (order === 'start') this.#refuseWhenEnding()
    const node = this.node(name)
    if (order === 'stop' || order === 'kill') await node.stop(order === 'stop' ? 'term' : 'kill')
    else await node[order]()
  }

  async #end(why: string, keep: boolean): Promise<RunSummary> {
    this.#chaos.close()
    this.#work.stop()
    this.observe({ type: 'network-stopping', why })
    await this.takeDown(why, keep)
    return { ...this.observer.summary(this.#runDirectory), ...this.effort() }
  }

  /** What may end a fault in force. */
  #tellChaos({ node, event }: ObservedEvent): void {
    if (event.type === 'node-ready' || event.type === 'node-resumed') this.#chaos.changed([event.node])
    if (node === undefined) return
    if (event.type === 'peer-up') this.#chaos.changed([node])
    // Of the network's own one less is no way round more.
    if (event.type === 'peer-down' && !this.nodeAt(event.address)) this.#chaos.changed([node])
  }

  #makeWork(): SystemWork {
    return new SystemWork({
      plan: this.plan,
      running: () => this.running(),
      planned: name => this.node(name).planned,
      rpc: (node, method, params) => this.rpc(node, method, params),
      observe: event => this.observe(event),
      clock: { nowMs: () => this.nowMs(), after: (ms, task) => this.after(ms, task) },
      state: () => this.state(),
    })
  }

  /** What is waited so long for usually is waited so long for here. */
  protected patience(usualMs: number): number {
    return usualMs
  }

  #makeNewcomers(): Newcomers<Node> {
    return new Newcomers<Node>({
      plan: this.plan,
      nodes: () => [...this.#nodes.values()],
      chaos: this.#chaos,
      lookAt: from => this.lookAt(from),
      join: (planned, peers) => {
        this.links.admit(planned)
        return this.join(planned, peers)
      },
      observe: event => this.observe(event),
      until: (done, timeoutMs) => this.until(done, timeoutMs),
      patience: usualMs => this.patience(usualMs),
      await: (met, name) =>
        unlessTimeStands(
          this.standing?.(),
          met,
          () => undefined,
          error => this.observe({ type: 'note', level: 'error', message: `${name}: ${error.message}` }),
        ),
    })
  }

  #makeChaos(): Chaos {
    return new Chaos({
      roster: () => rosterOf([...this.#nodes.values()].map(node => node.planned)),
      order: (node, order) => this.#order(order, node),
      become: (node, to) => this.#become(this.node(node), to),
      says: name => saidBy(this.state().nodes.find(node => node.name === name)),
      paused: () => [...this.#nodes.values()].filter(node => node.paused).map(node => node.name),
      running: () => this.running().map(node => node.name),
      nodeAt: address => this.nodeAt(address)?.name,
      programAt: address => programAt(address, this.#nodes.values()),
      rpc: (node, method, params) => this.rpc(node, method, params),
      nowMs: () => this.nowMs(),
      wait: (ms, signal) => this.wait(ms, signal),
      planned: (from, to) => this.links.between(from, to),
      setLinks: changes => this.setLinks(changes),
      kept: () =>
        keptPairs(
          this.#nodes.values(),
          address => this.nodeAt(address)?.name,
          (node, address) => this.#shunned.has(node, address),
        ),
      cannot: kind => this.cannot(kind),
      seed: this.plan.seed,
      pad: (from, to, load) => this.#pad(this.node(from), this.node(to), load),
      burstBytes: bandwidthBps => this.burstBytes(bandwidthBps),
      lossFelt: () => this.lossFelt(),
      reset: pairs => this.#reset(pairs),
      setNode: async (node, conditions) => {
        refuseForeign(this.node(node).planned, conditions)
        await this.node(node).setConditions(conditions)
        if (!this.lines.narrow(node, conditions)) return
        await this.linesChanged(node)
        this.observe({ type: 'line-changed', node, line: this.lines.of(node) })
      },
      machine: {
        clockAheadMs: node => this.machine.clockAheadMs(node),
        burnMs: (node, cpuMs) => this.machine.burnMs(node, cpuMs),
        memoryBytes: node => this.machine.memoryBytes(node),
      },
      ...(this.standing && { standing: () => this.standing?.() as AbortSignal }),
      observe: event => this.observe(event),
      slowestLinkMs: this.links.slowestMs,
      lineOf: node => this.lines.of(node),
    })
  }

  #become(node: Node, to: ProgramSaid): () => void {
    const before = node.planned
    node.planned = upgraded(before, to, this.plan.runtime)
    return () => {
      node.planned = before
    }
  }

  /** Over whatever connections there are to any of its services. */
  async #pad(from: Node, { addresses }: Node, load: LinkLoad): Promise<void> {
    await Promise.all(Object.values(addresses).map(address => from.pad(address, load)))
  }

  async #reset(pairs: readonly Cut[]): Promise<void> {
    const peers = new Map<string, string[]>()
    for (const { from, to } of pairs)
      peers.set(from, [...(peers.get(from) ?? []), ...Object.values(this.node(to).addresses)])
    await Promise.all([...peers].map(([from, addresses]) => this.node(from).resetPeers(addresses)))
  }

  #refuseWhenEnding(): void {
    if (this.#ending) throw new UserError(EXIT.failure, 'the network is going down')
  }
}

function saidBy(node: NodeState | undefined) {
  const { version, userAgent = version } = node ?? {}
  return version === undefined || userAgent === undefined ? undefined : { version, whole: userAgent }
}
