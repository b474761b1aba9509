// The running network: the one object that commands, TUI and web page talk to.

import { availableParallelism } from 'node:os'
import type { LinkConditions, LinkTable } from '../../node/api.ts'
import { isLogged, type LogEntry, USUAL_LEVEL } from '../../node/log-level.ts'
import { onAbort } from '../aborts.ts'
import type { Machine } from '../chaos/breakable.ts'
import type { FaultKind } from '../chaos/faults.ts'
import type { LinkChange } from '../chaos/link-board.ts'
import { type JoinsFrom, portOf } from '../clients/joined.ts'
import { lookAtJoined } from '../clients/look-at-joined.ts'
import type { RunSummary } from '../control/api.ts'
import { howItEnded, remedyFor } from '../endings.ts'
import { EXIT, UserError } from '../errors.ts'
import { Lanes } from '../lanes.ts'
import { type Addresses, type Dials, type NodeExit, type Runtime, RuntimeError } from '../runtime/runtime.ts'
import { servicesOf } from '../runtime/service-parts.ts'
import { hasLights } from '../spec/light.ts'
import type { Plan, PlannedNode } from '../spec/types.ts'
import { after } from '../timers.ts'
import { type BaseOptions, BaseTestnet } from './base-testnet.ts'
import { dialsTo, plannedDials } from './dials.ts'
import type { NodeDoor } from './handle.ts'
import { HostClocks } from './host-clocks.ts'
import { LaunchProgress } from './launch-progress.ts'
import { toEach } from './link-tables.ts'
import { lineEntry, linkEntries } from './log-lines.ts'
import { Member, type MemberContext } from './member.ts'
import { pause } from './node-client.ts'
import { paceOf } from './pace.ts'

export interface TestnetOptions extends BaseOptions {
  readonly makeRuntime: (onExit: (exit: NodeExit) => void) => Runtime
  /** Bearer token of the nodes' HTTP. */
  readonly token: string
}

/** Core's name for whoever knows the password of its cookie file. */
const COOKIE_USER = '__cookie__'
/** Nodes that start at once: enough to keep every core and the engine busy. */
const LAUNCH_LANES = Math.min(96, Math.max(32, 8 * availableParallelism()))

/** A network of processes or containers, each with its own clock: ours. */
export class Testnet extends BaseTestnet<Member> {
  readonly #runtime: Runtime
  readonly #context: MemberContext
  /** Aborted when the launch cannot succeed any more, or all ends, with the reason. */
  readonly #over = new AbortController()
  /** Told whenever a member's phase, peers or tip changed. */
  readonly #onChange = new Set<() => void>()

  constructor(plan: Plan, options: TestnetOptions) {
    super(plan, options)
    this.#runtime = options.makeRuntime(exit => this.#onExit(exit))
    this.#context = {
      runtime: this.#runtime,
      token: options.token,
      pace: paceOf(plan),
      observe: event => this.observe(event),
      observeNode: (name, event) => this.observer.observe(name, event),
      ...(plan.hosts && { clocks: new HostClocks(event => this.observe(event)) }),
      countsBytes: hasLights(plan),
      onChange: () => {
        for (const told of this.#onChange) told()
      },
    }
  }

  /** Lines that were planned are measured once, as those are that faults make thinner. */
  override async launch(): Promise<void> {
    const { signal } = this.#over
    await super.launch().catch(error => {
      throw signal.aborted ? signal.reason : error // what does not stand any more is no reason: what ended it is
    })
    const lines = this.plan.nodes.flatMap(({ name, access }) => (access ? [{ node: name, ...access }] : []))
    if (lines.length === 0) return
    const { asked, measured, verified, unmeasured } = await this.measureLines(lines)
    const level = verified || unmeasured ? 'info' : 'warn'
    this.note(level, `access lines, asked: ${asked}; measured: ${measured}`)
  }

  override down(why: string, keep = false): Promise<RunSummary> {
    this.#over.abort(new UserError(EXIT.failure, `stopped while starting: ${why}`))
    return super.down(why, keep)
  }

  elapse(durationMs: number, signal: AbortSignal): Promise<void> {
    return pause(durationMs === 0 ? Number.POSITIVE_INFINITY : durationMs, signal)
  }

  nowMs(): number {
    return performance.now()
  }

  wait(ms: number, signal?: AbortSignal): Promise<void> {
    return pause(ms, signal)
  }

  logs(node: string, lines: number, follow: AbortSignal | undefined): AsyncIterable<string> {
    return this.#runtime.logs(this.node(node).name, lines, follow)
  }

  async door(node: string): Promise<NodeDoor> {
    const { name } = this.node(node)
    const url = this.state().nodes.find(each => each.name === name)?.control
    if (url === undefined) throw new UserError(EXIT.failure, `${name} does not run`, `netsplit start ${name}`)
    if (this.#runtime.door) return await this.#runtime.door(name)
    const cookieFile = this.#runtime.cookieFile?.(name)
    return { url, user: COOKIE_USER, password: this.#context.token, cookieFile }
  }

  /** Changes links, one direction each; every node concerned gets its whole table once. */
  async setLinks(changes: readonly LinkChange[]): Promise<void> {
    const tables = new Map<Member, Record<string, LinkConditions>>()
    for (const { from, to, link } of changes) {
      const member = this.node(from)
      const peers = tables.get(member) ?? { ...member.links.peers }
      for (const address of Object.values(this.node(to).addresses)) peers[address] = link
      tables.set(member, peers)
    }
    await Promise.all([...tables].map(([member, peers]) => member.setLinks({ ...member.links, peers })))
    for (const { name } of tables.keys())
      this.#noteLinks(
        name,
        changes.filter(({ from }) => from === name),
      )
    for (const { from, to, link } of changes) this.observe({ type: 'link-changed', from, to, link })
  }

  protected async linesChanged(name: string): Promise<void> {
    await Promise.all([...this.nodes].map(member => member.setLinks(this.#complete(member, member.links))))
    this.#note(name, [lineEntry(this.lines.of(name), this.links.access(name))])
  }

  /** With the lines of all who are there. */
  #complete({ name }: Pick<Member, 'name'>, links: LinkTable): LinkTable {
    return this.lines.complete(name, links, this.nodes)
  }

  #noteLinks(name: string, changes: readonly LinkChange[]): void {
    this.#note(
      name,
      linkEntries(changes, to => this.links.between(name, to)),
    )
  }

  #note(name: string, entries: readonly LogEntry[]): void {
    const level = this.node(name).planned.log ?? USUAL_LEVEL
    for (const entry of entries) if (isLogged(entry.level, level)) this.#runtime.note(name, entry)
  }

  cannot(kind: FaultKind): string | undefined {
    const limited = kind === 'cpu' || kind === 'memory'
    if (limited && !this.#runtime.limit)
      return `the ${this.#runtime.name} runtime cannot limit a running node`
    return this.#runtime.cannot?.(kind)
  }

  protected burstBytes(bandwidthBps: number): number {
    return this.#runtime.burstBytes?.(bandwidthBps) ?? 0
  }

  protected lossFelt(): boolean {
    return this.#runtime.shape === undefined
  }

  protected readonly machine: Machine = {
    clockAheadMs: node => this.node(node).clockAheadMs(),
    burnMs: (node, cpuMs) => this.#runtime.burn?.(node, cpuMs) ?? this.node(node).burnMs(cpuMs),
    memoryBytes: async node => (await this.#runtime.limit?.(node, undefined))?.memoryBytes,
  }

  /** Ends the nodes with kill −9, for whoever does not want to wait for `down`. */
  async killAll(): Promise<void> {
    await Promise.all([...this.nodes].map(({ name }) => this.#runtime.stop(name, 'kill')))
  }

  protected after(ms: number, task: () => void): () => void {
    return after(ms, task, { idle: true })
  }

  protected async startAll(): Promise<void> {
    const { signal } = this.#over
    await orAbort(this.#admitAll(), signal)
    signal.throwIfAborted()
    await orAbort(this.#startInLanes(signal), signal)
  }

  /** A few at a time: all at once, a large network would take the machine, and none of its nodes would be up for long. */
  async #startInLanes(signal: AbortSignal): Promise<void> {
    const lanes = new Lanes(LAUNCH_LANES)
    const progress = new LaunchProgress(this.plan.nodes.length, message =>
      this.observe({ type: 'note', level: 'info', message }),
    )
    let failed = false
    const startOne = async (member: Member) => {
      if (failed || signal.aborted) return // nobody waits for it any more
      try {
        await member.start()
        progress.up()
      } catch (error) {
        failed = true
        throw error
      }
    }
    await Promise.all([...this.nodes].map(member => lanes.run(() => startOne(member))))
  }

  protected effort(): Record<string, never> {
    return {}
  }

  protected async takeDown(_why: string, keep: boolean): Promise<void> {
    // Nobody needs the last words of nodes that never stood, and a machine that is short of everything has no time for them.
    if (!this.launched) await this.killAll()
    await this.#runtime.destroy(keep)
    await Promise.all([...this.nodes].map(member => member.settled()))
  }

  protected async lookAt(from: JoinsFrom): Promise<void> {
    if (!this.#runtime.joins)
      throw new UserError(
        EXIT.environment,
        `the ${this.#runtime.name} runtime's nodes do not reach a program of this machine`,
        'start the network with --runtime process',
      )
    const other = [...this.nodes].find(({ planned }) => portOf(planned) === from.p2pPort)
    if (other) throw new UserError(EXIT.usage, `the program at port ${from.p2pPort} is ${other.name} already`)
    const [ours] = this.running().filter(({ planned }) => !planned.client)
    const height = Number((await ours?.rpc('getblockcount', [])) ?? 0)
    const hashAt = async (at: number) => await ours?.rpc('getblockhash', [at])
    const remark = await lookAtJoined(from, { height, hashAt })
    if (remark !== undefined) this.note('warn', `port ${from.p2pPort}: ${remark}`)
  }

  protected override patience(usualMs: number): number {
    return this.#context.pace.ms(usualMs)
  }

  protected async join(node: PlannedNode, peers: readonly string[]): Promise<Member> {
    const addresses = await this.#reserve(node)
    const isDialled = node.client?.isDialled === true
    const dials = dialsTo(
      addresses,
      isDialled ? [] : peers.map(peer => this.node(peer).addresses),
      [...this.nodes].map(other => other.addresses),
    )
    const all = [...this.nodes, { name: node.name, addresses }]
    const member = this.#admit(node, addresses, dials, this.#linksOf(node.name), all)
    this.#context.pace.joined()
    await this.#tellLinksTo(member)
    if (isDialled) await Promise.all(peers.map(peer => this.node(peer).dialAlso(addresses)))
    return member
  }

  /** Gives every planned node its address, its dial list and its link table. */
  async #admitAll(): Promise<void> {
    const { nodes, topology } = this.plan
    const addresses = new Map<string, Addresses>()
    await Promise.all(nodes.map(async node => addresses.set(node.name, await this.#reserve(node))))
    const addressesOf = (name: string) => addresses.get(name) as Addresses
    const dials = plannedDials(this.plan, addressesOf)
    const links = new Map<string, Record<string, LinkConditions>>(nodes.map(({ name }) => [name, {}]))
    const shape = (from: string, to: string) =>
      Object.assign(links.get(from) ?? {}, toEach(addressesOf(to), this.links.between(from, to)))
    // Where something says how far nodes are from each other, any two may come to connect.
    if (this.links.everyPair) for (const a of nodes) for (const b of nodes) if (a !== b) shape(a.name, b.name)
    for (const { from, to } of topology.edges) {
      shape(from, to)
      shape(to, from)
    }
    const all = nodes.map(({ name }) => ({ name, addresses: addressesOf(name) }))
    for (const node of nodes) {
      const { name } = node
      this.#admit(node, addressesOf(name), dials.get(name) as Dials, links.get(name) ?? {}, all)
    }
  }

  #reserve(node: PlannedNode): Promise<Addresses> {
    return this.#runtime.reserve(node.name, servicesOf(node), node.host)
  }

  /** What a newcomer's links are like: as everybody's, but where something says better. */
  #linksOf(name: string): LinkTable['peers'] {
    if (!this.links.everyPair) return {}
    const links = [...this.nodes].map(other => toEach(other.addresses, this.links.between(name, other.name)))
    return Object.assign({}, ...links)
  }

  /** The others' links to a newcomer. */
  async #tellLinksTo({ name, addresses }: Member): Promise<void> {
    const receives = this.lines.of(name).downBps > 0
    if (!this.links.everyPair && !receives) return
    const tell = async (other: Member) => {
      const link = this.links.everyPair && this.links.between(other.name, name)
      const peers = { ...other.links.peers, ...(link && toEach(addresses, link)) }
      await other.setLinks(this.#complete(other, { ...other.links, peers }))
    }
    await Promise.all([...this.nodes].filter(other => other.name !== name).map(tell))
  }

  #admit(
    node: PlannedNode,
    addresses: Addresses,
    dials: Dials,
    peers: LinkTable['peers'],
    all: Iterable<Pick<Member, 'name' | 'addresses'>>,
  ): Member {
    this.links.admit(node)
    const links = this.lines.complete(node.name, { default: this.plan.defaultLink, peers }, all)
    return this.admit(new Member(node, addresses, dials, links, this.#context))
  }

  #onExit(exit: NodeExit): void {
    this.node(exit.name).exited(exit)
    if (!exit.expected && !this.launched) {
      const what = `${exit.name} ended (${howItEnded(exit)})`
      this.#over.abort(new RuntimeError('node-died', what, exit.lastLines, remedyFor(exit)))
    }
  }

  /** Resolves with true as soon as `done` holds, with false at the deadline or when nothing can come any more. */
  protected until(done: () => boolean, timeoutMs: number): Promise<boolean> {
    const { signal } = this.#over
    return new Promise(resolve => {
      const check = () => {
        if (done()) finish(true)
      }
      const giveUp = () => finish(false)
      const finish = (outcome: boolean) => {
        cancel()
        unheard()
        this.#onChange.delete(check)
        resolve(outcome)
      }
      const cancel = after(timeoutMs, giveUp)
      const unheard = onAbort(signal, giveUp)
      this.#onChange.add(check)
      if (signal.aborted) giveUp()
      else check()
    })
  }
}

/** The promise's outcome, or the signal's reason if that comes first. */
function orAbort<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason)
    if (signal.aborted) abort()
    const unheard = onAbort(signal, abort)
    promise.then(resolve, reject).finally(unheard)
  })
}
