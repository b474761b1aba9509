// A network that exists on paper only: it makes up the events of miners that find blocks, relay them, fork and agree,
// so that observer and screens can be tested without a node. Seeded and in its own time.

import type { NodeEvent } from '../../node/api.ts'
import type { TestnetEvent } from '../../orchestrator/observe/events.ts'
import { Observer } from '../../orchestrator/observe/observer.ts'
import type { Plan } from '../../orchestrator/spec/types.ts'

export const START_MS = 1_800_000_000_000
/** About 2^20 expected hashes. */
export const BITS = 0x1e0fffff
const GENESIS = `${'0'.repeat(32)}${'9'.repeat(32)}`

export function paperPlan(nodes = 5, hashRateHps = 200_000): Plan {
  return {
    schemaVersion: 1,
    network: 'demo',
    seed: 7,
    runtime: 'process',
    chain: {
      network: 'netsplit',
      name: 'demo',
      genesisTime: START_MS / 1000,
      blockIntervalMs: 5000,
      difficulty: { rule: 'asert', halfLifeMs: 60_000 },
      initialBits: BITS,
      powLimitBits: 0x207fffff,
      checkProofOfWork: true,
      coinbaseMaturity: 100,
      subsidySat: 5_000_000_000,
      halvingInterval: 210_000,
      maxBlockWeight: 4_000_000,
    },
    nodes: Array.from({ length: nodes }, (_, index) => ({
      name: `miners-${index + 1}`,
      group: 'miners',
      index,
      seed: index.toString(16).padStart(64, '0'),
      mining: { mode: 'real', hashRateHps, threads: 1 },
    })),
    topology: { kind: 'full', edges: [], wantedPeers: {} },
    relay: 'compact',
    blockBytes: 0,
    defaultLink: { latencyMs: 20, jitterMs: 5, bandwidthBps: 0, loss: 0, blocked: false },
    load: { txPerSecond: 5 },
    limits: { memoryBytes: 512e6, cpus: 1, pids: 128 },
    durationMs: 0,
  }
}

/** What a node says, before the host numbers it. */
type Bare<T> = T extends NodeEvent ? Omit<T, 'seq' | 'timeMs'> : never

/** An observer fed by hand, in a time that the test moves. */
export class PaperNetwork {
  readonly plan: Plan
  readonly observer: Observer
  nowMs = START_MS
  readonly #tasks: { atMs: number; task: () => void }[] = []
  readonly #sequence = new Map<string, number>()
  readonly #blocks = new Map<string, { height: number; prev: string; transactions: number }>()
  #draws = 1
  #found = 0

  /** `simulated`: its time is virtual, and no real time passes. */
  constructor(plan: Plan = paperPlan(), { simulated = false } = {}) {
    this.plan = plan
    this.observer = new Observer({
      plan,
      runtime: simulated ? 'sim' : 'process',
      clock: () => this.nowMs,
      ...(simulated && { realMs: () => 0 }),
      after: (ms, task) => this.#tasks.push({ atMs: this.nowMs + ms, task }),
    })
  }

  /** As screens see it. */
  get watched() {
    const { plan, observer } = this
    return {
      plan,
      state: () => observer.state(),
      subscribe: (listener: Parameters<Observer['subscribe']>[0]) => observer.subscribe(listener),
    }
  }

  get names(): string[] {
    return this.observer.state().nodes.map(node => node.name)
  }

  /** Moves time and runs what falls due. */
  pass(ms: number): void {
    const untilMs = this.nowMs + ms
    for (;;) {
      this.#tasks.sort((a, b) => a.atMs - b.atMs)
      const next = this.#tasks[0]
      if (!next || next.atMs > untilMs) break
      this.#tasks.shift()
      this.nowMs = Math.max(this.nowMs, next.atMs)
      next.task()
    }
    this.nowMs = untilMs
  }

  testnet(event: TestnetEvent): void {
    this.observer.observe(undefined, event)
  }

  node(name: string, event: Bare<NodeEvent>, timeMs = this.nowMs): void {
    const seq = (this.#sequence.get(name) ?? 0) + 1
    this.#sequence.set(name, seq)
    // An event without its number and time, given both.
    this.observer.observe(name, { ...event, seq, timeMs } as NodeEvent)
  }

  /** All planned nodes come up and the network stands. */
  launch(): void {
    this.testnet({ type: 'network-starting', nodes: this.plan.nodes.length })
    for (const { name, index } of this.plan.nodes) {
      this.testnet({ type: 'node-starting', node: name })
      this.up(name, index)
    }
    this.testnet({ type: 'network-ready', seconds: 0.8 })
    this.sample()
  }

  up(node: string, index = 0): void {
    const [p2p, control] = [`127.0.0.1:${20_000 + index}`, `http://127.0.0.1:${30_000 + index}`]
    this.testnet({ type: 'node-ready', node, p2p, control, pid: 4000 + index, resumedHeight: 0 })
  }

  /** A second's poll of every running node. */
  sample(share = 1): void {
    for (const node of this.observer.state().nodes) {
      if (node.phase !== 'running') continue
      const measuredHps = node.systems.ledger.askedHps * share * (0.95 + 0.1 * this.float())
      const last = node.systems.ledger.hashing.last ?? { timeMs: this.nowMs - 1000, hashes: 0 }
      const hashes = last.hashes + (measuredHps * (this.nowMs - last.timeMs)) / 1000
      const tip = node.systems.ledger.tip ?? GENESIS
      const [peers, mempool, rssBytes] = [this.names.length - 1, this.int(40), 6e7 + this.int(1e7)]
      const sampled = {
        node: node.name,
        height: node.systems.ledger.height,
        tip,
        peers,
        mempool,
        measuredHps,
        hashes,
        rssBytes,
      }
      this.testnet({ type: 'node-sampled', ...sampled })
    }
  }

  /** `miner` finds a block on `prev`, and the `reach` nodes get it `delayMs` after one another. */
  block(options: { miner: string; prev?: string; reach?: readonly string[]; delayMs?: number }): string {
    const { miner, delayMs = 20 } = options
    const prev = options.prev ?? this.tipOf(miner)
    const height = (this.#blocks.get(prev)?.height ?? 0) + 1
    const hash = this.#newHash()
    const transactions = 1 + this.int(6)
    this.#blocks.set(hash, { height, prev, transactions })
    this.node(miner, { type: 'block-seen', hash, by: 'mined', from: undefined, fromAddress: undefined })
    this.#receive(miner, hash, transactions, undefined)
    this.node(miner, { type: 'block-mined', hash, height, transactions })
    const down = this.observer
      .state()
      .nodes.filter(node => node.exit)
      .map(node => node.name)
    const others = (options.reach ?? this.names).filter(name => name !== miner && !down.includes(name))
    others.forEach((name, i) => {
      this.pass(i === 0 ? delayMs : this.float() * delayMs)
      this.node(name, { type: 'block-seen', hash, by: 'inv', from: 1, fromAddress: '127.0.0.1:20000' })
      this.pass(1)
      this.#receive(name, hash, transactions, 1)
    })
    return hash
  }

  /** A block that was made before comes to a node now. */
  receive(name: string, hash: string): void {
    this.#receive(name, hash, this.#blocks.get(hash)?.transactions ?? 1, 1)
  }

  /** Payments in the blocks from genesis up to `tip`. */
  paymentsOn(tip: string): number {
    let payments = 0
    for (let at = this.#blocks.get(tip); at; at = this.#blocks.get(at.prev)) payments += at.transactions - 1
    return payments
  }

  /** Whole block at a node: connects what leads to a higher tip, as a node would. */
  #receive(name: string, hash: string, transactions: number, from: number | undefined): void {
    const { height, prev } = this.#blocks.get(hash) ?? { height: 1, prev: GENESIS }
    const header = { hash, prev, height, headerTime: Math.floor(this.nowMs / 1000), bits: BITS }
    this.node(name, { type: 'block-received', ...header, transactions, bytes: 300 * transactions, from })
    const tip = this.tipOf(name)
    if (height <= (this.#blocks.get(tip)?.height ?? 0)) return
    const { off, on, fork } = this.#paths(tip, hash)
    for (const old of off) this.node(name, { type: 'block-disconnected', ...old })
    for (const next of on) this.node(name, { type: 'block-connected', ...next })
    this.node(name, { type: 'tip', hash, height, work: height.toString(16) })
    if (off.length > 0)
      this.node(name, { type: 'reorg', from: tip, to: hash, fork, depth: off.length, height })
  }

  #paths(from: string, to: string) {
    const line = (hash: string) => {
      const path: { hash: string; height: number }[] = []
      for (let at: string | undefined = hash; at; at = this.#blocks.get(at)?.prev)
        path.push({ hash: at, height: this.#blocks.get(at)?.height ?? 0 })
      return path
    }
    const [left, right] = [line(from), line(to)]
    const common = new Set(left.map(block => block.hash))
    const fork = right.find(block => common.has(block.hash)) ?? { hash: GENESIS, height: 0 }
    return {
      off: left.filter(block => block.height > fork.height),
      on: right.filter(block => block.height > fork.height).reverse(),
      fork: fork.hash,
    }
  }

  tipOf(name: string): string {
    return this.observer.state().nodes.find(node => node.name === name)?.systems.ledger.tip ?? GENESIS
  }

  /** A number in [0, 1), always the same ones. */
  float(): number {
    this.#draws = (Math.imul(this.#draws, 1_664_525) + 1_013_904_223) >>> 0
    return this.#draws / 2 ** 32
  }

  int(below: number): number {
    return Math.floor(this.float() * below)
  }

  #newHash(): string {
    this.#found += 1
    const digits = () =>
      this.int(2 ** 32)
        .toString(16)
        .padStart(8, '0')
    return (
      `00000${digits()}${digits()}${digits()}${digits()}${digits()}`.padEnd(56, 'a') +
      this.#found.toString(16).padStart(8, '0')
    )
  }
}

/** A network of so many miners that stands. */
export function launched(nodes = 5, chain: Partial<Plan['chain']> = {}): PaperNetwork {
  const plan = paperPlan(nodes)
  const paper = new PaperNetwork({ ...plan, chain: { ...plan.chain, ...chain } })
  paper.launch()
  return paper
}
