// Many real cores in one process, in virtual time, over a seeded link model. Same seed, same run, to the byte.

import { Core } from '../../node/bitcoin/core.ts'
import type { CoreOptions } from '../../node/bitcoin/options.ts'
import type { Protocol } from '../../node/bitcoin/protocol.ts'
import { withNumbers } from '../../node/core/amount.ts'
import type { Address, AnyEvent, Clock, Random } from '../../node/core/host.ts'
import { type LinkConditions, PERFECT_LINK } from '../../node/core/link.ts'
import { createRandom } from '../../node/core/random.ts'
import { LATER, type Respond } from '../../node/core/service.ts'
import { VirtualClock } from '../../orchestrator/runtime/sim/clock.ts'
import { MemoryStore, VirtualHost } from '../../orchestrator/runtime/sim/host.ts'
import { VirtualNetwork } from '../../orchestrator/runtime/sim/network.ts'

/** 2025-01-01: where virtual time begins, in ms since the Unix epoch. */
export const START_MS = Date.UTC(2025, 0, 1)
export const TEST_MAGIC = Uint8Array.of(0x6e, 0x73, 0x74, 0x01)

export interface HarnessOptions {
  readonly seed: string
  readonly nodes: number
  /** Conditions of what `from` sends to `to`; asked once a pair. `random` is the pair's own. Default: a perfect link. */
  readonly linkOf?: (from: number, to: number, random: Random) => LinkConditions
  /** The protocols of a node that starts. `random` is the node's own (not the core's); `clock` is virtual. */
  readonly protocols?: (index: number, random: Random, clock: Clock) => Protocol[]
  /** Whom a node keeps connected to. Default: the next in a ring and two more, each pair once. */
  readonly connect?: (index: number) => readonly number[]
  readonly core?: Partial<CoreOptions>
  /** Beside that, of one node. */
  readonly coreOf?: (index: number) => Partial<CoreOptions>
  /** Default: START_MS. */
  readonly startMs?: number
}

export interface LoggedEvent {
  /** Since the start of the run. */
  readonly timeMs: number
  readonly node: number
  readonly event: AnyEvent & Readonly<Record<string, unknown>>
}

export interface HarnessNode {
  readonly index: number
  readonly address: Address
  readonly core: Core
  readonly protocols: readonly Protocol[]
  readonly host: VirtualHost
  readonly store: MemoryStore
  readonly running: boolean
}

export type Harness = ReturnType<typeof createHarness>

/** The address of node `index`: 10.0.0.1:18444, … */
export function addressOf(index: number): Address {
  const number = index + 1
  return `10.${number >> 16}.${(number >> 8) & 0xff}.${number & 0xff}:18444`
}

/** All nodes are started; time stands still until `advance` or `until`. */
export function createHarness(options: HarnessOptions) {
  const { nodes: count, startMs = START_MS } = options
  const random = createRandom(options.seed)
  const clock = new VirtualClock(startMs)
  const indexOf = new Map(Array.from({ length: count }, (_, index) => [addressOf(index), index]))
  const connect = options.connect ?? defaultTopology(count, random.fork('topology'))
  const links = new Links(options.linkOf ?? (() => PERFECT_LINK), random.fork('links'))
  const network = new VirtualNetwork({
    clock,
    random: random.fork('network'),
    conditionsOf: (from, to) => links.of(indexOf.get(from) ?? -1, indexOf.get(to) ?? -1),
  })
  const events: LoggedEvent[] = []
  const listeners: ((event: LoggedEvent) => void)[] = []

  const makeNode = (index: number, store: MemoryStore, life: number): HarnessNode & { running: boolean } => {
    const address = addressOf(index)
    const own = random.fork(`node ${index} life ${life}`)
    const host = new VirtualHost({
      address,
      clock,
      network,
      random: own.fork('core'),
      store,
      onEvent: event => {
        const logged = { timeMs: clock.now() - startMs, node: index, event: { ...event } }
        events.push(logged)
        for (const listener of listeners) listener(logged)
      },
    })
    const protocols = options.protocols?.(index, own.fork('protocols'), host.clock) ?? []
    const core = new Core(
      {
        magic: TEST_MAGIC,
        userAgent: '/netsplit:test/',
        listenAddress: address,
        connect: connect(index).map(addressOf),
        mode: 'fixed',
        maxOutbound: 8,
        maxConnections: 125,
        ...options.core,
        ...options.coreOf?.(index),
      },
      host,
      protocols,
    )
    host.run(core)
    core.start()
    return { index, address, core, protocols, host, store, running: true }
  }

  const lives = new Array<number>(count).fill(0)
  const nodes = lives.map((_, index) => makeNode(index, new MemoryStore(), 0))
  const node = (index: number) => {
    const found = nodes[index]
    if (!found) throw new Error(`no node ${index}`)
    return found
  }

  const harness = {
    clock,
    network,
    /** In order of index. A node that was started again is a new object in its old place. */
    nodes: nodes as readonly HarnessNode[],
    node: node as (index: number) => HarnessNode,
    /** Everything that the cores emitted, in order. */
    events: events as readonly LoggedEvent[],
    onEvent: (listener: (event: LoggedEvent) => void) => void listeners.push(listener),

    /** Milliseconds since the start. */
    elapsedMs: () => clock.now() - startMs,
    advance: (ms: number) => clock.runUntil(clock.now() + ms),
    /** Runs until the predicate holds (looked at after every task); false when it did not within `timeoutMs`. */
    until(predicate: () => boolean, timeoutMs: number): boolean {
      const deadline = clock.now() + timeoutMs
      while (!predicate()) {
        if (clock.nextMs > deadline) {
          clock.runUntil(deadline)
          return predicate()
        }
        clock.step()
      }
      return true
    },

    /** Cuts every link between different groups, at once and both ways. Nodes that no group names form one more. */
    partition(groups: readonly (readonly number[])[]): void {
      links.partition(groups)
      network.refresh()
    },
    /** Ends the partition; links that `setLink` changed stay so. */
    heal(): void {
      links.partition([])
      network.refresh()
    },
    /** Changes one direction of one link. */
    setLink(from: number, to: number, change: Partial<LinkConditions>): void {
      links.change(from, to, change)
      network.refresh()
    },

    /** Power off: no last words. */
    kill(index: number): void {
      node(index).host.off()
      node(index).running = false
    },
    /** In order: protocols stop, connections close. */
    stop(index: number): void {
      node(index).core.stop()
      harness.kill(index)
    },
    /** Starts it again on what its store holds. */
    restart(index: number): void {
      if (node(index).running) throw new Error(`node ${index} is running`)
      const life = (lives[index] ?? 0) + 1
      lives[index] = life
      nodes[index] = makeNode(index, node(index).store, life)
    },

    /** Calls a node's RPC method; a late answer is waited for in virtual time. */
    rpc(index: number, method: string, ...params: readonly unknown[]): unknown {
      return harness.rpcTo(undefined, index, method, ...params)
    },

    /** The same to a wallet of the node by its name. */
    rpcTo(wallet: string | undefined, index: number, method: string, ...params: readonly unknown[]): unknown {
      const found = node(index).core.rpc[method]
      if (!found) throw new Error(`no method ${method}`)
      let outcome: Parameters<Respond>[0] | undefined
      const keep = (late: typeof outcome) => {
        outcome = late
      }
      const answer = found.handle(params, keep, wallet)
      if (answer !== LATER) return withNumbers(answer)
      if (!harness.until(() => outcome !== undefined, 600_000) || !outcome)
        throw new Error(`${method} never answered`)
      if ('error' in outcome) throw outcome.error
      return withNumbers(outcome.result)
    },
    /** Mines `blocks` on the node's tip through its own RPC; their hashes. */
    mine(index: number, blocks = 1): readonly string[] {
      return harness.rpc(index, 'generatetoaddress', blocks, harness.rpc(index, 'getnewaddress')) as string[]
    },

    /** One line an event; equal for equal seeds, byte for byte. */
    log: () =>
      events.map(({ timeMs, node, event }) => `${timeMs} ${node} ${JSON.stringify(event)}\n`).join(''),
  }
  return harness
}

/** Conditions by pair of nodes, with changes and a partition on top. */
class Links {
  readonly #linkOf: (from: number, to: number, random: Random) => LinkConditions
  readonly #random: Random
  readonly #known = new Map<string, LinkConditions>()
  #group = new Map<number, number>()

  constructor(linkOf: (from: number, to: number, random: Random) => LinkConditions, random: Random) {
    this.#linkOf = linkOf
    this.#random = random
  }

  of(from: number, to: number): LinkConditions {
    const link = this.#base(from, to)
    const cut = this.#group.get(from) !== this.#group.get(to)
    return cut ? { ...link, blocked: true } : link
  }

  change(from: number, to: number, change: Partial<LinkConditions>): void {
    this.#known.set(`${from}>${to}`, { ...this.#base(from, to), ...change })
  }

  partition(groups: readonly (readonly number[])[]): void {
    this.#group = new Map(groups.flatMap((members, group) => members.map(member => [member, group])))
  }

  #base(from: number, to: number): LinkConditions {
    const pair = `${from}>${to}`
    let link = this.#known.get(pair)
    if (!link) {
      link = this.#linkOf(from, to, this.#random.fork(pair))
      this.#known.set(pair, link)
    }
    return link
  }
}

/** A ring, so that the network is one, and two chords a node, so that it is not a line. */
function defaultTopology(count: number, random: Random): (index: number) => readonly number[] {
  const taken = new Set<string>()
  const dials = Array.from({ length: count }, () => [] as number[])
  const add = (from: number, to: number) => {
    const pair = from < to ? `${from}-${to}` : `${to}-${from}`
    if (from === to || taken.has(pair)) return
    taken.add(pair)
    dials[from]?.push(to)
  }
  for (let index = 0; index < count; index++) add(index, (index + 1) % count)
  for (let index = 0; index < count; index++) for (let k = 0; k < 2; k++) add(index, random.int(count))
  return index => dials[index] ?? []
}
