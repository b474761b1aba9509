// A network on paper that can be broken: nodes with chains of made-up blocks that mine in turn and tell whom they can reach.
// Time is vitest's. `bugs` plants what real code must never do, so that tests see the right check turn red.

import { vi } from 'vitest'
import type { LinkConditions } from '../../node/api.ts'
import { Chaos } from '../../orchestrator/chaos/chaos.ts'
import { rosterOf } from '../../orchestrator/chaos/partition.ts'
import { type FaultRecord, Schedule } from '../../orchestrator/chaos/schedule.ts'
import { findCheck } from '../../orchestrator/checks/all.ts'
import type { Ground, Verdict } from '../../orchestrator/checks/check.ts'
import { UserError } from '../../orchestrator/errors.ts'
import { pause } from '../../orchestrator/network/node-client.ts'
import type { NetworkState } from '../../orchestrator/observe/state.ts'
import { parseSpec } from '../../orchestrator/spec/load.ts'
import { makePlan } from '../../orchestrator/spec/plan.ts'
import type { Plan } from '../../orchestrator/spec/types.ts'
import { breakableDouble } from './breakable-double.ts'
import { stateWith } from './partial-state.ts'

export type Bug =
  | 'heal does nothing'
  | 'partition does nothing'
  | 'restart loses a block'
  | 'nodes never agree again'

interface PaperNode {
  phase: 'running' | 'paused' | 'stopped'
  chain: readonly string[]
  resumedHeight: number | undefined
  lives: number
}

const BLOCK_MS = 500

export class FaultWorld {
  readonly plan: Plan
  readonly chaos: Chaos
  /** What its schedule told. */
  readonly notes: string[] = []
  readonly #bugs: ReadonlySet<Bug>
  readonly #nodes = new Map<string, PaperNode>()
  readonly #blocked = new Set<string>()
  #links = new Map<string, LinkConditions>()
  #turn = 0
  #blocks = 0
  #reorgs = 0

  constructor(yaml: string, bugs: readonly Bug[] = []) {
    this.plan = makePlan(parseSpec(yaml, 'the test', {}))
    this.#bugs = new Set(bugs)
    for (const { name } of this.plan.nodes)
      this.#nodes.set(name, { phase: 'running', chain: ['genesis'], resumedHeight: undefined, lives: 1 })
    const { defaultLink } = this.plan
    this.chaos = new Chaos(
      breakableDouble({
        roster: () => rosterOf(this.plan.nodes),
        running: () => this.#in('running'),
        paused: () => this.#in('paused'),
        wait: pause,
        planned: () => defaultLink,
        slowestLinkMs: 10,
        rpc: (node, method, params) => this.rpc(node, method, params),
        setLinks: async changes => {
          for (const { from, to, link } of changes) this.#set(from, to, link)
        },
        order: async (node, order) => this.#order(node, order),
      }),
    )
  }

  /** Runs the plan's faults and checks to their end, in vitest's fake time. */
  async perform(
    signal = new AbortController().signal,
  ): Promise<{ faults: FaultRecord[]; checks: Map<string, Verdict> }> {
    const mining = setInterval(() => this.#mine(), BLOCK_MS)
    const schedule = new Schedule(this.plan.faults ?? [], this.stage())
    const ground = this.ground(schedule)
    const checks = (this.plan.expect ?? []).map(
      async wish => [wish.name, await findCheck(wish.name).run(ground, wish)] as const,
    )
    const all = Promise.all([schedule.run(signal), Promise.all(checks)])
    let over = false
    void all.finally(() => {
      over = true
    })
    while (!over) await vi.advanceTimersByTimeAsync(100)
    clearInterval(mining)
    const [faults, verdicts] = await all
    return { faults, checks: new Map(verdicts) }
  }

  stage(): ConstructorParameters<typeof Schedule>[1] {
    const { chaos } = this
    return {
      get faults() {
        return chaos.faults
      },
      inject: (fault, options) => chaos.inject(fault, options),
      heal: id => chaos.heal(id),
      state: () => this.state(),
      nowMs: Date.now,
      wait: pause,
      note: (_level, message) => this.notes.push(message),
    }
  }

  ground({ moments }: Schedule): Ground {
    return {
      plan: this.plan,
      steps: this.plan.faults ?? [],
      moments,
      state: () => this.state(),
      rpc: (node, method, params) => this.rpc(node, method, params),
      resumedHeight: node => this.#node(node).resumedHeight,
      lives: node => this.#node(node).lives,
      troubles: () => [],
      descriptors: () => undefined,
      nowMs: Date.now,
      wait: pause,
    }
  }

  /** As much of a state as schedules and checks look at. */
  state(): NetworkState {
    const running = this.#in('running').map(name => this.#node(name).chain.at(-1))
    const nodes = [...this.#nodes].map(([name, { phase, chain }]) => ({
      name,
      phase,
      height: chain.length - 1,
    }))
    return stateWith({
      nodes,
      height: Math.max(...nodes.map(({ height }) => height)),
      tips: new Set(running).size,
      refusing: 0,
      totals: { blocks: this.#blocks, staleBlocks: 0, reorgMaxDepth: this.#reorgs },
    })
  }

  async rpc(name: string, method: string, [first]: readonly unknown[]): Promise<unknown> {
    const { phase, chain } = this.#node(name)
    if (phase !== 'running') throw new UserError(2, `${name} does not run`)
    if (method === 'getblockcount') return chain.length - 1
    if (method === 'getbestblockhash') return chain.at(-1)
    if (method === 'getblockhash') return chain[Number(first)]
    if (method === 'getblockheader') return { height: chain.indexOf(String(first)) }
    if (method === 'getlinkinfo') return this.#peersOf(name)
    if (method === 'pinglinks') return null
    if (method === 'getblock' && chain.includes(String(first))) return first
    throw new Error(`${name}: ${method} ${first}`)
  }

  #peersOf(name: string) {
    const others = [...this.#nodes].filter(([other, { phase }]) => other !== name && phase !== 'stopped')
    return others.map(([other, { phase }]) => {
      const delay = (from: string, to: string) => this.#links.get(`${from} ${to}`)?.latencyMs ?? 10
      const answers = phase === 'running' && this.#reaches(name, other) && this.#reaches(other, name)
      const pingtime = (delay(name, other) + delay(other, name) + 1) / 1000
      return { addr: other, pingtime, ...(answers ? {} : { pingwait: 1 }) }
    })
  }

  #set(from: string, to: string, link: LinkConditions): void {
    this.#links = new Map(this.#links).set(`${from} ${to}`, link)
    if (link.blocked && !this.#bugs.has('partition does nothing')) this.#blocked.add(`${from} ${to}`)
    if (!link.blocked && !this.#bugs.has('heal does nothing')) this.#blocked.delete(`${from} ${to}`)
  }

  #order(name: string, order: string): void {
    const node = this.#node(name)
    const wanted = order === 'start' ? 'stopped' : order === 'resume' ? 'paused' : 'running'
    if (node.phase !== wanted) throw new UserError(2, `${name} is ${node.phase}`)
    if (order === 'pause') node.phase = 'paused'
    else if (order === 'start' || order === 'resume') node.phase = 'running'
    else node.phase = 'stopped'
    if (order !== 'start') return
    if (this.#bugs.has('restart loses a block')) node.chain = node.chain.slice(0, -1)
    node.resumedHeight = node.chain.length - 1
    node.lives += 1
  }

  /** The next node that runs finds a block, and everybody hears of what they can. */
  #mine(): void {
    const running = this.#in('running')
    const miner = running[this.#turn++ % Math.max(1, running.length)]
    if (miner === undefined) return
    const node = this.#node(miner)
    this.#blocks += 1
    node.chain = [...node.chain, `block ${this.#blocks}`]
    for (const _ of running) for (const from of running) for (const to of running) this.#tell(from, to)
  }

  #tell(from: string, to: string): void {
    const [theirs, node] = [this.#node(from).chain, this.#node(to)]
    if (from === to || !this.#reaches(from, to) || theirs.length <= node.chain.length) return
    const off = node.chain.findIndex((block, i) => block !== theirs[i])
    if (off >= 0 && this.#bugs.has('nodes never agree again')) return
    if (off >= 0) this.#reorgs = Math.max(this.#reorgs, node.chain.length - off)
    node.chain = theirs
  }

  #reaches(from: string, to: string): boolean {
    return !this.#blocked.has(`${from} ${to}`)
  }

  #in(phase: PaperNode['phase']): string[] {
    return [...this.#nodes].flatMap(([name, node]) => (node.phase === phase ? [name] : []))
  }

  #node(name: string): PaperNode {
    const node = this.#nodes.get(name)
    if (!node) throw new UserError(2, `no node is named ${name}`)
    return node
  }
}
