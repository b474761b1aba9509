// One simulation for its figures: no screen, no record, no API; measured when its time is over.

import { setMaxListeners } from 'node:events'
import type { FaultRecord } from '../chaos/schedule.ts'
import { Observer } from '../observe/observer.ts'
import { perform } from '../run/perform.ts'
import { refuseFaults } from '../run/run.ts'
import { LiveFaults } from '../run/stage.ts'
import { liveUntil, type Until } from '../run/until.ts'
import { VirtualClock } from '../runtime/sim/clock.ts'
import { SimTestnet } from '../runtime/sim/testnet.ts'
import type { Plan } from '../spec/types.ts'
import { expectedBlocks } from '../systems/ledger/observe/power.ts'
import type { StrategyTally } from '../systems/ledger/state.ts'
import { type Row, RowCollector, type RowKind } from './rows.ts'

/** The last block may still be on its way when the time is over. */
const AGREE_MS = 60_000

/** Of the blocks found, of those on the chain, and what its share was to be while its miners ran. */
export interface GroupShares {
  readonly found: number
  readonly onChain: number
  readonly expected: number
}

/** Figures of one run; `null`: there is nothing to tell it from. */
export interface RunFigures {
  readonly seed: number
  readonly virtualSeconds: number
  readonly cpuSeconds: number
  readonly height: number
  readonly blocks: number
  readonly staleBlocks: number
  /** Stale ones of all blocks. */
  readonly staleRate: number | null
  readonly blockIntervalSeconds: number | null
  readonly propagationMs: {
    readonly p50: number | null
    readonly p90: number | null
    readonly p99: number | null
  }
  readonly reorgMaxDepth: number
  /** Strategy → word → how often its nodes told it; absent in records from before there were any. */
  readonly strategies?: { readonly [strategy: string]: { readonly [word: string]: number } }
  readonly shares: { readonly [group: string]: GroupShares }
  /** The moment that was waited for came; true without one. */
  readonly reached: boolean
}

/** What is wanted of a run. */
export interface Wish {
  /** Ends it early. The plan has a duration, or the moment must come. */
  readonly until?: Until | undefined
  /** What the plan expects is checked; without, its faults come and nobody looks. */
  readonly checks?: boolean | undefined
  /** Told one by one, beside the figures. */
  readonly rows?: RowKind | undefined
}

export interface RunOutcome {
  readonly figures: RunFigures
  /** By name; none where nothing was checked. */
  readonly failedChecks: readonly string[]
  readonly rows: readonly Row[]
}

export async function simulateOnce(plan: Plan, wish: Wish = {}): Promise<RunOutcome> {
  const cpuBefore = process.cpuUsage()
  const clock = new VirtualClock(plan.chain.genesisTime * 1000)
  const startedMs = performance.now()
  const observer = new Observer({
    plan,
    runtime: 'sim',
    clock: () => clock.now(),
    realMs: () => performance.now() - startedMs,
  })
  const miners = new Map<string, string>()
  observer.tap(({ node, event }) => {
    if (node !== undefined && event.type === 'block-mined') miners.set(event.hash, node)
  })
  const collector = new RowCollector(wish.rows ?? 'runs', observer)
  const testnet = new SimTestnet(plan, { clock, observer, runDirectory: '', hurried: true })
  refuseFaults(plan, kind => testnet.cannot(kind))
  await testnet.launch()
  const standsMs = clock.now()
  const checked = wish.checks === true && plan.expect !== undefined
  const { faults, failedChecks, reached, livedMs } = await (checked ? watched : lived)(testnet, wish)
  const chain = chainOf(testnet)
  const hashes = chain.map(({ hash }) => hash)
  const told = figuresOf(testnet, miners, chain)
  const figures = { ...told, seed: plan.seed, virtualSeconds: livedMs / 1000, reached }
  const rows = collector.rows({ plan, standsMs, chain: new Set(hashes), faults })
  await testnet.down('the time is over')
  const cpu = process.cpuUsage(cpuBefore)
  const cpuSeconds = (cpu.user + cpu.system) / 1e6
  return { figures: { ...figures, cpuSeconds }, failedChecks, rows }
}

interface Lived {
  readonly faults: readonly FaultRecord[]
  readonly failedChecks: readonly string[]
  /** The moment that was waited for came; true without one. */
  readonly reached: boolean
  readonly livedMs: number
}

/** Faults come as planned until the time is over. */
async function lived(testnet: SimTestnet, { until }: Wish): Promise<Lived> {
  const standsMs = testnet.nowMs()
  const live = new LiveFaults(testnet)
  live.start()
  const never = new AbortController().signal
  let reached = true
  if (until) reached = await liveUntil(testnet, until, testnet.plan.durationMs, never)
  else await testnet.elapse(testnet.plan.durationMs, never)
  const livedMs = testnet.nowMs() - standsMs
  const faults = await live.stop()
  if (!until) await testnet.agree(AGREE_MS)
  return { faults, failedChecks: [], reached, livedMs }
}

/** As a scenario: until all is checked. */
async function watched(testnet: SimTestnet): Promise<Lived> {
  const standsMs = testnet.nowMs()
  const over = new AbortController()
  setMaxListeners(0, over.signal)
  try {
    const nobody = { say: () => {}, signal: new AbortController().signal }
    const { faults, checks } = await perform(testnet, nobody, over.signal)
    const failedChecks = checks.flatMap(({ name, passed }) => (passed ? [] : [name]))
    return { faults, failedChecks, reached: true, livedMs: testnet.nowMs() - standsMs }
  } finally {
    over.abort()
  }
}

function figuresOf(
  testnet: SimTestnet,
  miners: ReadonlyMap<string, string>,
  chain: readonly ChainBlock[],
): Omit<RunFigures, 'seed' | 'virtualSeconds' | 'cpuSeconds' | 'reached'> {
  const {
    systems: {
      ledger: { totals, propagation, height },
    },
  } = testnet.state()
  return {
    height,
    blocks: totals.blocks,
    staleBlocks: totals.staleBlocks,
    staleRate: totals.blocks > 0 ? totals.staleBlocks / totals.blocks : null,
    blockIntervalSeconds: intervalSeconds(chain.map(({ timeSec }) => timeSec)),
    propagationMs: {
      p50: propagation.p50Ms ?? null,
      p90: propagation.p90Ms ?? null,
      p99: propagation.p99Ms ?? null,
    },
    reorgMaxDepth: totals.reorgMaxDepth,
    strategies: wordsOf(testnet.state().systems.ledger.strategies),
    shares: sharesOf(
      testnet,
      miners,
      chain.map(({ hash }) => hash),
    ),
  }
}

interface ChainBlock {
  readonly hash: string
  readonly timeSec: number
}

/** The longest chain of a node that runs, without genesis. */
function chainOf(testnet: SimTestnet): ChainBlock[] {
  const honest = testnet.plan.nodes.filter(node => !node.strategy).map(({ name }) => testnet.node(name))
  const chains = honest.flatMap(node => node.heldLedger?.chain ?? [])
  const [best] = chains.sort((a, b) => b.tip.height - a.tip.height)
  if (!best) return []
  return Array.from({ length: best.tip.height }, (_, i) => {
    const entry = best.at(i + 1)
    return { hash: entry?.hash ?? '', timeSec: entry?.header.time ?? 0 }
  })
}

function intervalSeconds(times: readonly number[]): number | null {
  const [first] = times
  const last = times.at(-1)
  return first === undefined || last === undefined || times.length < 2
    ? null
    : (last - first) / (times.length - 1)
}

function sharesOf(
  testnet: SimTestnet,
  miners: ReadonlyMap<string, string>,
  chain: readonly string[],
): RunFigures['shares'] {
  const { nodes, systems } = testnet.state()
  const groups = new Map(nodes.map(({ name, group }) => [name, group]))
  const counts: { [group: string]: { -readonly [K in keyof GroupShares]: number } } = Object.create(null)
  for (const { group, mining } of testnet.plan.nodes)
    if (mining.mode !== 'off') counts[group] = { found: 0, onChain: 0, expected: 0 }
  for (const node of nodes) {
    const count = counts[node.group]
    if (count) count.expected += expectedBlocks(node.systems.ledger, systems.ledger)
  }
  const due = nodes.reduce((sum, node) => sum + expectedBlocks(node.systems.ledger, systems.ledger), 0)
  const groupOf = (miner: string | undefined) => counts[groups.get(miner ?? '') ?? '']
  for (const miner of miners.values()) {
    const count = groupOf(miner)
    if (count) count.found += 1
  }
  for (const hash of chain) {
    const count = groupOf(miners.get(hash))
    if (count) count.onChain += 1
  }
  const share = (count: number, of: number) => (of > 0 ? count / of : 0)
  return Object.fromEntries(
    Object.entries(counts).map(([group, { found, onChain, expected }]) => [
      group,
      {
        found: share(found, miners.size),
        onChain: share(onChain, chain.length),
        expected: share(expected, due),
      },
    ]),
  )
}

function wordsOf(tallies: readonly StrategyTally[]): RunFigures['strategies'] {
  const strategies: { [strategy: string]: { [word: string]: number } } = Object.create(null)
  for (const { strategy, words } of tallies) {
    strategies[strategy] ??= {}
    const sums = strategies[strategy]
    for (const [word, count] of Object.entries(words)) sums[word] = (sums[word] ?? 0) + count
  }
  return strategies
}
