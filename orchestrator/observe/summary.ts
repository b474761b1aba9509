// The run in one small document: what `up --for T --json` prints at its end.

import type { RunSummary } from '../control/api.ts'
import { ledgerSummary } from '../systems/ledger/summary.ts'
import { systemsIn } from '../systems/present.ts'
import type { NetworkState } from './state.ts'

export function summarize(state: NetworkState, runDirectory: string): RunSummary {
  return {
    schemaVersion: 1,
    network: state.network,
    runtime: state.runtime,
    seed: state.seed,
    nodes: state.nodes.length,
    seconds: Math.round(state.nowMs - state.startedMs) / 1000,
    ...(state.realMs !== undefined && { realSeconds: Math.round(state.realMs) / 1000 }),
    // Where readers of documents from before there were systems look for it.
    ...ledgerSummary(state),
    runDirectory,
    systems: Object.fromEntries(systemsIn(state).map(({ name, summary }) => [name, summary(state)])),
  }
}
