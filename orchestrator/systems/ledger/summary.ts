// The ledger's part of a run's summary.

import type { NetworkState } from '../../observe/state.ts'
import { runHps } from './observe/power.ts'
import type { DeploymentTally, StrategyTally } from './state.ts'

export interface LedgerSummary {
  readonly height: number
  readonly tips: number
  readonly converged: boolean
  /** Nodes that refuse a chain with more work than theirs; absent where none does. */
  readonly refusing?: number
  readonly blocks: number
  readonly staleBlocks: number
  readonly reorgMaxDepth: number
  readonly hashRate: { readonly askedHps: number; readonly measuredHps: number }
  readonly propagation: {
    readonly p50Ms: number | null
    readonly p90Ms: number | null
    readonly p99Ms: number | null
    /** How far each can be wrong, the hosts' clocks being what they are; absent where there is one clock. */
    readonly errorMs?: number
  }
  /** What strategies told of themselves; absent where none did. */
  readonly strategies?: readonly StrategyTally[]
  /** How deployments stood at the end; absent where there are none. */
  readonly deployments?: readonly DeploymentTally[]
  readonly transactions: { readonly sent: number; readonly failed: number; readonly confirmed: number }
}

export function ledgerSummary({ nodes, nowMs, systems: { ledger } }: NetworkState): LedgerSummary {
  const { height, tips, refusing, converged, totals, propagation } = ledger
  return {
    ...{ height, tips, converged },
    ...(refusing > 0 && { refusing }),
    blocks: totals.blocks,
    staleBlocks: totals.staleBlocks,
    reorgMaxDepth: totals.reorgMaxDepth,
    hashRate: hashRateOfRun(nodes, nowMs),
    propagation: {
      p50Ms: rounded(propagation.p50Ms),
      p90Ms: rounded(propagation.p90Ms),
      p99Ms: rounded(propagation.p99Ms),
      ...(propagation.errorMs !== undefined && { errorMs: Math.ceil(propagation.errorMs * 100) / 100 }),
    },
    ...(ledger.strategies.length > 0 && { strategies: ledger.strategies }),
    ...(ledger.deployments.length > 0 && { deployments: ledger.deployments }),
    transactions: {
      sent: totals.transactionsSent,
      failed: totals.transactionsFailed,
      confirmed: totals.transactionsConfirmed,
    },
  }
}

/** Each miner's average over the run, with nothing hashed while it was down or not there yet, added up; asked of the same miners. */
function hashRateOfRun(nodes: NetworkState['nodes'], nowMs: number): LedgerSummary['hashRate'] {
  let askedHps = 0
  let measuredHps = 0
  for (const { systems } of nodes) {
    askedHps += systems.ledger.askedHps
    measuredHps += runHps(systems.ledger, nowMs)
  }
  return { askedHps, measuredHps: Math.round(measuredHps) }
}

const rounded = (ms: number | undefined) => (ms === undefined ? null : Math.round(ms * 10) / 10)
