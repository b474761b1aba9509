// What the ledger keeps of a run, and the part of a snapshot that is made of it.

import type { Folded } from '../../../observe/folded.ts'
import type { Draft } from '../../../observe/fresh.ts'
import { emptySeries, type Series } from '../../../observe/series.ts'
import type { Plan } from '../../../spec/types.ts'
import type { HistoryPoint, IntervalHistogram, LedgerState, ReorgState, StrategyTally } from '../state.ts'
import { type Refusals, talliesOf } from './deployments.ts'
import { type Effects, effectsOf, lentEffects, noEffects } from './effects.ts'
import { type Forks, forkTotals, noForks } from './forks.ts'
import { NO_POWER, type Power } from './power.ts'
import { cumulative, EMPTY_HISTOGRAM, type Histogram, runPropagation } from './propagation.ts'

/** Its holder alone has it: it, its forks and its counts are written in place; what they hold is not. */
export interface Kept {
  readonly plan: Plan
  readonly forks: Draft<Forks>
  intervals: IntervalHistogram
  propagation: Histogram
  history: Series<HistoryPoint>
  reorgs: readonly ReorgState[]
  strategies: readonly StrategyTally[]
  refusals: Refusals
  readonly counts: {
    reorgs: number
    reorgMaxDepth: number
    /** Arrivals that are no sample of propagation. */
    apart: number
    sent: number
    failed: number
  }
  readonly power: Power
  readonly effects: Effects
  /** How the network stood when it was told to go down: what the end of a run reports. */
  last: Standing | undefined
  /** Likewise. */
  lastDeployments: LedgerState['deployments'] | undefined
}

/** What only running nodes can tell. */
type Standing = Pick<LedgerState, 'tips' | 'refusing' | 'converged' | 'hashRate'>

export function initial(plan: Plan): Kept {
  const forks = noForks(plan.chain.blockIntervalMs)
  return {
    plan,
    forks,
    intervals: forks.older.intervals,
    propagation: EMPTY_HISTOGRAM,
    history: emptySeries(1000),
    reorgs: [],
    strategies: [],
    refusals: {},
    counts: { reorgs: 0, reorgMaxDepth: 0, apart: 0, sent: 0, failed: 0 },
    power: { ...NO_POWER },
    effects: noEffects(),
    last: undefined,
    lastDeployments: undefined,
  }
}

export function working(kept: Kept): Kept {
  return {
    ...kept,
    forks: { ...kept.forks },
    counts: { ...kept.counts },
    power: { ...kept.power },
    effects: lentEffects(kept.effects),
  }
}

/** How the running nodes stand. */
export function standing({ nodes }: Pick<Folded, 'nodes'>): Standing {
  const running = nodes.flatMap(({ phase, systems: { ledger } }) =>
    phase === 'running' && !ledger.absent ? [ledger] : [],
  )
  const tips = new Set(running.map(({ tip }) => tip))
  const known = [...tips].filter(tip => tip !== undefined)
  let askedHps = 0
  let measuredHps = 0
  let refusing = 0
  for (const node of running) {
    askedHps += node.askedHps
    measuredHps += node.measuredHps
    if (node.refused) refusing++
  }
  return {
    tips: known.length,
    refusing,
    converged: tips.size === 1 && known.length === 1 && refusing === 0,
    hashRate: { askedHps, measuredHps },
  }
}

export function snapshot(kept: Kept, network: Folded): LedgerState {
  const { plan, forks, counts } = kept
  const totals = forkTotals(forks)
  return {
    blockIntervalMs: plan.chain.blockIntervalMs,
    checkProofOfWork: plan.chain.checkProofOfWork,
    ...(plan.hashesPerBlock !== undefined && plan.chain.checkProofOfWork && { paced: true }),
    height: forks.best?.height ?? Math.max(0, ...network.nodes.map(({ systems }) => systems.ledger.height)),
    tip: forks.best?.hash,
    ...(kept.last ?? standing(network)),
    blocksPerHash: kept.power.blocksPerHash,
    blocks: forks.blocks,
    totals: {
      blocks: totals.blocks,
      staleBlocks: totals.stale,
      reorgs: counts.reorgs,
      reorgMaxDepth: counts.reorgMaxDepth,
      transactionsSent: counts.sent,
      transactionsFailed: counts.failed,
      transactionsConfirmed: totals.transactions,
    },
    propagation: runPropagation(forks.blocks, forks.older.spread),
    propagationHistogram: cumulative(kept.propagation),
    apartArrivals: counts.apart,
    history: kept.history.points,
    intervals: kept.intervals,
    reorgs: kept.reorgs,
    strategies: kept.strategies,
    deployments: kept.lastDeployments ?? talliesOf(plan, network, kept.refusals),
    effects: effectsOf(kept.effects, network.faults, forks),
  }
}
