// The ledger: a chain of blocks, mined or drawn, kept by peers of Bitcoin's protocol.

import type { System } from '../system.ts'
import { LEDGER_METRICS } from './metrics.ts'
import { narrate } from './narrate.ts'
import { observation } from './observe/observation.ts'
import { ledgerSummary } from './summary.ts'

export const ledger: System = {
  name: 'ledger',
  observation,
  narrate,
  metrics: LEDGER_METRICS,
  summary: ledgerSummary,
}
