// The ledger: a chain of blocks, mined or drawn, kept by peers of Bitcoin's protocol.

import { BITCOIN } from '../p2p/peer.ts'
import type { System } from '../system.ts'
import { checks } from './checks/all.ts'
import { conditions } from './conditions.ts'
import { expectations } from './expect.ts'
import { LEDGER_METRICS } from './metrics.ts'
import { narrate } from './narrate.ts'
import { observation } from './observe/observation.ts'
import { oneTip } from './one-tip.ts'
import { payments } from './payments.ts'
import { peerWithLedger } from './peer.ts'
import { differMs, doesNotStand, lacks } from './standing.ts'
import { ledgerSummary } from './summary.ts'

export const ledger: System = {
  name: 'ledger',
  runs: 'bitcoin',
  services: [{ name: BITCOIN, config: peerWithLedger }],
  workload: payments,
  remarks: ({ nodes }) =>
    nodes.some(({ mining }) => mining.mode !== 'off') ? [] : ['nobody mines: no block will be found'],
  lacks,
  differMs,
  doesNotStand,
  agreed: oneTip,
  conditions,
  observation,
  narrate,
  metrics: LEDGER_METRICS,
  summary: ledgerSummary,
  checks,
  expectations,
  settled: ({ systems }) => systems.ledger.converged,
  differs: ({ systems }) => systems.ledger.tips > 1,
  // Longer than any block takes to cross a whole network.
  apartMs: ({ chain }) => chain.blockIntervalMs,
  progress: ({ systems }) => systems.ledger.totals.blocks,
}
