// A whole network in this process, in virtual time: the real core and ledger of every node, from the same plan as ever.
//
// What happens depends on the plan alone, to the byte of the record: no clock but the virtual one, no order but that of
// its queue. What a person at the screen does meanwhile falls at the moment that virtual time has reached.

import type { LinkConditions } from '../../../node/api.ts'
import type { Address } from '../../../node/core/host.ts'
import { ConfigError } from '../../../node/errors.ts'
import { openSource } from '../../../node/host/content-source.ts'
import { digests } from '../../../node/host/digests.ts'
import { createSecp256k1 } from '../../../node/host/secp.ts'
import { loadStrategy } from '../../../node/host/strategy-file.ts'
import { createV2Crypto } from '../../../node/host/v2-crypto.ts'
import type { Shared } from '../../../node/kind.ts'
import { isLogged, logText, USUAL_LEVEL } from '../../../node/log-level.ts'
import { logEntry } from '../../../node/log-lines.ts'
import type { LoadedStrategy } from '../../../node/strategy/strategy.ts'
import packageJson from '../../../package.json' with { type: 'json' }
import type { Machine } from '../../chaos/breakable.ts'
import type { FaultKind } from '../../chaos/faults.ts'
import type { LinkChange } from '../../chaos/link-board.ts'
import { IN_VIRTUAL_TIME } from '../../clients/program-said.ts'
import type { TimeOrder } from '../../control/api.ts'
import { EXIT, UserError } from '../../errors.ts'
import { type BaseOptions, BaseTestnet } from '../../network/base-testnet.ts'
import { dialsTo, plannedDials } from '../../network/dials.ts'
import { lineEntry, linkEntries } from '../../network/log-lines.ts'
import { roundTripOf } from '../../network/patience.ts'
import type { ObservedEvent } from '../../observe/events.ts'
import { hasLights } from '../../spec/light.ts'
import { createRandom } from '../../spec/random.ts'
import type { Plan, PlannedNode } from '../../spec/types.ts'
import { addressesOn } from '../node-config.ts'
import type { Addresses, Dials } from '../runtime.ts'
import { servicesOf } from '../service-parts.ts'
import type { VirtualClock } from './clock.ts'
import { SharedBlocks } from './content.ts'
import { TimeFlow } from './flow.ts'
import { VirtualNetwork } from './network.ts'
import { SimNode, type SimWorld } from './node.ts'
import { Races } from './races.ts'

export interface SimOptions extends BaseOptions {
  /** Begins at the genesis block's time; the observer reads it too. */
  readonly clock: VirtualClock
  /** Nobody looks on: as fast as the machine can. Default: only when the plan has an end. */
  readonly hurried?: boolean | undefined
  /** Whoever records it is behind: virtual time waits for that, so nothing is lost to a slow disk. Undefined: it follows. */
  readonly behind?: (() => Promise<unknown> | undefined) | undefined
}

/** Virtual time between looks at whether something wished for has come true. */
const LOOK_MS = 10
/** Nodes are sampled once a block interval, and at most once a second. */
const LEAST_SAMPLE_MS = 1_000
/** Without an end in sight somebody is watching: a minute in a second. With one, as fast as the machine can. */
const WATCHED_SPEED = 60

export class SimTestnet extends BaseTestnet<SimNode> {
  readonly #clock: VirtualClock
  /** Links that differ from the plan now, by `from to`. */
  readonly #changed = new Map<string, LinkConditions>()
  /** Code → what was loaded of it. */
  readonly #strategies = new Map<string, LoadedStrategy>()
  readonly #network: VirtualNetwork
  readonly #world: SimWorld
  readonly #flow: TimeFlow
  readonly #behind: SimOptions['behind']
  /** Rejects when a node's code threw what nobody caught. */
  readonly #broken: Promise<never>

  constructor(plan: Plan, options: SimOptions) {
    super(plan, options)
    const { clock, behind } = options
    this.#clock = clock
    this.#behind = behind
    let fail: (error: unknown) => void = () => {}
    this.#broken = new Promise((_, reject) => {
      fail = reject
    })
    this.#broken.catch(() => {}) // told to whoever waits
    const slowed = !options.hurried && plan.durationMs === 0
    if (slowed) options.observer.slowed(WATCHED_SPEED)
    this.#flow = new TimeFlow(clock, {
      maxSpeed: slowed ? WATCHED_SPEED : Number.POSITIVE_INFINITY,
      behind,
      onFailure: error => fail(error),
    })
    this.#network = new VirtualNetwork({
      clock,
      random: createRandom(`netsplit ${plan.seed} network`),
      roundTripMs: roundTripOf(plan),
      conditionsOf: (from, to) => this.#conditions(this.#nameAt(from), this.#nameAt(to)),
      accessOf: address => {
        const node = this.nodeAt(address)
        return node && this.lines.of(node.name)
      },
    })
    this.#world = this.#makeWorld()
  }

  /** Resolves at the moment when the network stands; time stands still until `elapse`. */
  override async launch(): Promise<void> {
    await super.launch()
    this.#planSamples()
  }

  /** Time stands again when `signal` aborts. */
  async elapse(durationMs: number, signal?: AbortSignal): Promise<void> {
    this.#flow.limit(this.#clock.now() + (durationMs > 0 ? durationMs : Number.POSITIVE_INFINITY))
    this.#flow.start()
    const stand = () => this.#flow.stand()
    if (signal?.aborted) stand()
    signal?.addEventListener('abort', stand, { once: true })
    await Promise.race([this.#flow.arrival(), this.#broken])
    signal?.removeEventListener('abort', stand)
  }

  async steer({ time, count = 1 }: TimeOrder): Promise<void> {
    if (time === 'go') this.#flow.go()
    else this.#flow.pause()
    this.observer.steered(time === 'go' ? 'flows' : 'stands')
    if (time === 'go' || time === 'pause') return
    const wanted = time === 'block' ? 'block-mined' : undefined
    let left = count
    const untap = this.observer.tap(({ event }) => {
      if (wanted === undefined || event.type === wanted) left--
    })
    await this.#flow.step(() => left <= 0).finally(untap)
  }

  nowMs(): number {
    return this.#clock.now()
  }

  wait(ms: number, signal?: AbortSignal): Promise<void> {
    return this.#flow.wait(ms, signal)
  }

  /** A simulated node writes no log: what it told the observer makes the lines that a real one writes. */
  async *logs(name: string, lines: number, follow: AbortSignal | undefined): AsyncIterable<string> {
    const { address } = this.node(name)
    yield `${name} is simulated at ${address}; its events are its log`
    const past: string[] = []
    const upTo = this.log.last
    const signal = follow ?? new AbortController().signal
    for await (const event of this.log.after(0, signal)) {
      const line = this.#lineOf(name, event)
      if (line !== undefined) past.push(line)
      if (event.seq >= upTo) break
    }
    yield* past.slice(-lines)
    if (!follow) return
    for await (const event of this.log.after(upTo, follow)) {
      const line = this.#lineOf(name, event)
      if (line !== undefined) yield line
    }
  }

  /** What the event says in the log of this node. */
  #lineOf(name: string, { node, event, timeMs }: ObservedEvent): string | undefined {
    const level = this.node(name).planned.log ?? USUAL_LEVEL
    if (node !== undefined) {
      const entry = node === name ? logEntry(event, level) : undefined
      return entry && logText(timeMs, entry)
    }
    const [entry] =
      event.type === 'link-changed' && event.from === name
        ? linkEntries([event], to => this.links.between(name, to))
        : event.type === 'line-changed' && event.node === name
          ? [lineEntry(event.line, this.links.access(name))]
          : []
    return entry && isLogged(entry.level, level) ? logText(timeMs, entry) : undefined
  }

  async setLinks(changes: readonly LinkChange[]): Promise<void> {
    for (const { from, to, link } of changes) this.#changed.set(pairOf(from, to), link)
    this.#network.refresh()
    // A pair that has no connection has nothing to tell.
    const connected = new Set(
      this.#network.connected().map(([from, to]) => pairOf(this.#nameAt(from), this.#nameAt(to))),
    )
    for (const { from, to, link } of changes)
      if (connected.has(pairOf(from, to))) this.observe({ type: 'link-changed', from, to, link })
  }

  protected async linesChanged(): Promise<void> {
    this.#network.refresh()
  }

  cannot(kind: FaultKind): string | undefined {
    if (kind === 'upgrade') return IN_VIRTUAL_TIME
    const missing = NOT_SIMULATED[kind]
    return missing && `simulated nodes have no ${missing} of their own; use --runtime process or docker`
  }

  protected override standing(): AbortSignal {
    return this.#flow.held
  }

  protected burstBytes(): number {
    return 0
  }

  protected lossFelt(): boolean {
    return true
  }

  protected readonly machine: Machine = {
    clockAheadMs: async node => this.node(node).clockMs - this.#clock.now(),
    burnMs: async () => 0,
    memoryBytes: async () => undefined,
  }

  async killAll(): Promise<void> {
    this.#flow.stop()
  }

  protected after(ms: number, task: () => void): () => void {
    return this.#flow.after(ms, task)
  }

  protected async startAll(): Promise<void> {
    const { nodes } = this.plan
    await this.#loadStrategies()
    const addresses = new Map(nodes.map(node => [node.name, this.#addressesOf(node)]))
    const dials = plannedDials(this.plan, name => addresses.get(name) as Addresses)
    for (const node of nodes)
      this.#admit(node, addresses.get(node.name) as Addresses, dials.get(node.name) as Dials)
    for (const node of this.nodes) this.#clock.after(0, () => node.start())
  }

  /** Of a file once, for all its nodes. */
  async #loadStrategies(): Promise<void> {
    for (const { strategy } of this.plan.nodes) {
      if (strategy?.name !== 'file' || this.#strategies.has(strategy.code)) continue
      const { name, file, code, options = {} } = strategy
      try {
        this.#strategies.set(code, await loadStrategy({ name, file, code, options }))
      } catch (error) {
        throw error instanceof ConfigError ? new UserError(EXIT.usage, error.message) : error
      }
    }
  }

  protected async lookAt(): Promise<void> {
    throw new UserError(
      EXIT.environment,
      'virtual time is for our own code: a program lives in real time',
      'start the network with --runtime process',
    )
  }

  protected async join(node: PlannedNode, peers: readonly string[]): Promise<SimNode> {
    const addresses = this.#addressesOf(node)
    const dialled = peers.map(peer => this.node(peer).addresses)
    const all = [...this.nodes].map(other => other.addresses)
    return this.#admit(node, addresses, dialsTo(addresses, dialled, all))
  }

  /** Lets time pass until `done` holds, for `timeoutMs` at most. */
  protected async until(done: () => boolean, timeoutMs: number): Promise<boolean> {
    const deadlineMs = this.#clock.now() + timeoutMs
    while (!done() && this.#clock.now() < deadlineMs && !this.ending)
      await Promise.race([this.#flow.wait(LOOK_MS), this.#broken])
    return done()
  }

  protected async takeDown(why: string): Promise<void> {
    this.#flow.stop()
    for (const node of this.nodes) {
      if (node.up) node.stop('term', why)
      const behind = this.#behind?.()
      if (behind) await behind
    }
  }

  protected effort(): { simulatedEvents: number } {
    return { simulatedEvents: this.#clock.ran }
  }

  #admit(planned: PlannedNode, addresses: Addresses, dials: Dials): SimNode {
    return this.admit(new SimNode(planned, addresses, dials, this.#world))
  }

  #addressesOf(node: PlannedNode): Addresses {
    return addressesOn(ipOf(node.index), PORT, servicesOf(node))
  }

  #makeWorld(): SimWorld {
    const { plan } = this
    const secp = createSecp256k1({ atOnce: true })
    return {
      plan,
      clock: this.#clock,
      network: this.#network,
      machine: {
        ...{ secp: () => secp, strategy: config => this.#strategies.get(config.code) as LoadedStrategy },
        // Its secrets are drawn from the seed as all else is.
        v2Crypto: random => createV2Crypto(count => random.bytes(count)),
        ...{ digests, openSource },
      },
      shared: sharing(),
      blocks: new SharedBlocks(),
      countsBytes: hasLights(plan),
      races: new Races(this.#clock, createRandom(`netsplit ${plan.seed} races`), () => this.nodes),
      version: packageJson.version,
      answered: () => this.#flow.heed(),
      observe: event => this.observe(event),
      observeNode: (name, event) => this.observer.observe(name, event),
    }
  }

  #planSamples(): void {
    this.#clock.after(Math.max(LEAST_SAMPLE_MS, this.plan.chain.blockIntervalMs), () => {
      for (const node of this.nodes) node.sample()
      this.#planSamples()
    })
  }

  #conditions(from: string, to: string): LinkConditions {
    return this.#changed.get(pairOf(from, to)) ?? this.links.between(from, to)
  }

  #nameAt(address: Address): string {
    return this.nodeAt(address)?.name ?? address
  }
}

/** What the machine of a simulated node lacks. */
const NOT_SIMULATED: { readonly [kind in FaultKind]?: string } = {
  'disk-full': 'disk',
  cpu: 'processor',
  memory: 'memory',
}

/** 10.0.0.1 for the first; a network group of its own for every 256. */
function ipOf(index: number): string {
  const number = index + 1
  return `10.${number >> 16}.${(number >> 8) & 0xff}.${number & 0xff}`
}

/** What all nodes have in common, by the key that they ask with. */
function sharing(): Shared {
  const things = new Map<string, unknown>()
  return <T>(key: string, make: () => T) => {
    if (!things.has(key)) things.set(key, make())
    return things.get(key) as T
  }
}

/** Of the first service; the others' follow. */
const PORT = 28_444
const pairOf = (from: string, to: string) => `${from} ${to}`
