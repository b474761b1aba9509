// One simulation for its figures: no screen, no record, no API; measured when its time is over.

import { Observer } from '../observe/observer.ts'
import { refuseFaults } from '../run/run.ts'
import { LiveFaults } from '../run/stage.ts'
import { liveUntil, type Until } from '../run/until.ts'
import { VirtualClock } from '../runtime/sim/clock.ts'
import { SimTestnet } from '../runtime/sim/testnet.ts'
import type { Plan } from '../spec/types.ts'
import { expectedBlocks } from '../systems/ledger/observe/power.ts'

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
  readonly shares: { readonly [group: string]: GroupShares }
  /** The moment that was waited for came; true without one. */
  readonly reached: boolean
}

/** `until`: ends the run early. The plan has a duration, or the moment must come. */
export async function simulateOnce(plan: Plan, until?: Until): Promise<RunFigures> {
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
  const testnet = new SimTestnet(plan, { clock, observer, runDirectory: '', hurried: true })
  refuseFaults(plan, kind => testnet.cannot(kind))
  await testnet.launch()
  const standsMs = clock.now()
  const faults = new LiveFaults(testnet)
  faults.start()
  const never = new AbortController().signal
  let reached = true
  if (until) reached = await liveUntil(testnet, until, plan.durationMs, never)
  else await testnet.elapse(plan.durationMs, never)
  const virtualSeconds = (clock.now() - standsMs) / 1000
  await faults.stop()
  if (!until) await testnet.agree(AGREE_MS)
  const figures = { ...figuresOf(testnet, miners), seed: plan.seed, virtualSeconds, reached }
  await testnet.down('the time is over')
  const cpu = process.cpuUsage(cpuBefore)
  return { ...figures, cpuSeconds: (cpu.user + cpu.system) / 1e6 }
}

function figuresOf(
  testnet: SimTestnet,
  miners: ReadonlyMap<string, string>,
): Omit<RunFigures, 'seed' | 'virtualSeconds' | 'cpuSeconds' | 'reached'> {
  const {
    systems: {
      ledger: { totals, propagation, height },
    },
  } = testnet.state()
  const chain = chainOf(testnet)
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
    shares: sharesOf(
      testnet,
      miners,
      chain.map(({ hash }) => hash),
    ),
  }
}

/** The longest chain of a node that runs, without genesis. */
function chainOf(testnet: SimTestnet): { readonly hash: string; readonly timeSec: number }[] {
  const honest = testnet.plan.nodes.filter(node => !node.strategy).map(({ name }) => testnet.node(name))
  const chains = honest.filter(node => node.up).map(node => node.ledger.chain)
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
  const shares: { [group: string]: { -readonly [K in keyof GroupShares]: number } } = Object.create(null)
  for (const { group, mining } of testnet.plan.nodes)
    if (mining.mode !== 'off') shares[group] = { found: 0, onChain: 0, expected: 0 }
  const due = nodes.map(node => ({
    group: node.group,
    blocks: expectedBlocks(node.systems.ledger, systems.ledger),
  }))
  const all = due.reduce((sum, { blocks }) => sum + blocks, 0)
  for (const { group, blocks } of due) {
    const share = shares[group]
    if (share && all > 0) share.expected += blocks / all
  }
  const groupOf = (miner: string | undefined) => shares[groups.get(miner ?? '') ?? '']
  for (const miner of miners.values()) {
    const share = groupOf(miner)
    if (share) share.found += 1 / miners.size
  }
  for (const hash of chain) {
    const share = groupOf(miners.get(hash))
    if (share) share.onChain += 1 / chain.length
  }
  return shares
}
