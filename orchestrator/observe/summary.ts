// The run in one small document: what `up --for T --json` prints at its end.

import type { RunSummary } from '../control/api.ts'
import type { NetworkState, NodeState } from './state.ts'

export function summarize(state: NetworkState, runDirectory: string): RunSummary {
  const { totals, propagation } = state
  return {
    schemaVersion: 1,
    network: state.network,
    runtime: state.runtime,
    seed: state.seed,
    nodes: state.nodes.length,
    seconds: Math.round(state.nowMs - state.startedMs) / 1000,
    ...(state.realMs !== undefined && { realSeconds: Math.round(state.realMs) / 1000 }),
    height: state.height,
    tips: state.tips,
    converged: state.converged,
    blocks: totals.blocks,
    staleBlocks: totals.staleBlocks,
    reorgMaxDepth: totals.reorgMaxDepth,
    hashRate: hashRateOfRun(state.nodes),
    propagation: {
      p50Ms: rounded(propagation.p50Ms),
      p90Ms: rounded(propagation.p90Ms),
      p99Ms: rounded(propagation.p99Ms),
    },
    transactions: {
      sent: totals.transactionsSent,
      failed: totals.transactionsFailed,
      confirmed: totals.transactionsConfirmed,
    },
    runDirectory,
  }
}

/** Each miner's average over the time that it was sampled, added up; asked of the same miners. */
function hashRateOfRun(nodes: readonly NodeState[]): RunSummary['hashRate'] {
  let askedHps = 0
  let measuredHps = 0
  for (const { askedHps: asked, hashing } of nodes) {
    askedHps += asked
    if (hashing.seconds > 0) measuredHps += hashing.hashes / hashing.seconds
  }
  return { askedHps, measuredHps: Math.round(measuredHps) }
}

const rounded = (ms: number | undefined) => (ms === undefined ? null : Math.round(ms * 10) / 10)
