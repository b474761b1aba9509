// A state of which a test says only what it looks at: what the ledger keeps may stand beside the rest, and is put where it belongs.

import type { NetworkState, NodeState } from '../../orchestrator/observe/state.ts'
import type { LedgerNode, LedgerState } from '../../orchestrator/systems/ledger/state.ts'

const OF_NETWORK: ReadonlySet<string> = new Set<keyof LedgerState>([
  'blockIntervalMs',
  'checkProofOfWork',
  'height',
  'tip',
  'tips',
  'refusing',
  'converged',
  'blocks',
  'totals',
  'hashRate',
  'blocksPerHash',
  'propagation',
  'propagationHistogram',
  'apartArrivals',
  'history',
  'intervals',
  'reorgs',
  'effects',
  'strategies',
  'deployments',
])

const OF_NODE: ReadonlySet<string> = new Set<keyof LedgerNode>([
  'height',
  'tip',
  'tipSinceMs',
  'refused',
  'mempool',
  'askedHps',
  'measuredHps',
  'hashRateHistory',
  'hashing',
  'blocksMined',
  'expected',
  'hashingFrom',
  'deployments',
  'reorgs',
])

type Flat<Whole, Ledger> = { readonly [Key in keyof Whole | keyof Ledger]?: unknown }

export function nodeWith(said: Flat<NodeState, LedgerNode>): NodeState {
  return placed(said, OF_NODE) as NodeState
}

/** Its nodes may be said like this, too. */
export function stateWith({
  nodes = [],
  runs = ['ledger'],
  ...said
}: Flat<NetworkState, LedgerState>): NetworkState {
  const whole = (nodes as readonly Flat<NodeState, LedgerNode>[]).map(nodeWith)
  return { ...(placed(said, OF_NETWORK) as NetworkState), nodes: whole, runs: runs as NetworkState['runs'] }
}

function placed(said: object, ofLedger: ReadonlySet<string>): unknown {
  const { systems, ...entries } = said as { readonly systems?: { readonly ledger?: object } }
  const all = Object.entries(entries)
  const ledger = Object.fromEntries(all.filter(([key]) => ofLedger.has(key)))
  const rest = Object.fromEntries(all.filter(([key]) => !ofLedger.has(key)))
  return { ...rest, systems: { ...systems, ledger: { ...systems?.ledger, ...ledger } } }
}
