// The ledger's dashboards.

import type { SystemDashboards } from '../../../../grafana/builder.ts'
import { forks } from './forks.ts'
import { hashRate } from './hash-rate.ts'
import { mempool } from './mempool.ts'
import { propagation } from './propagation.ts'

export const LEDGER_DASHBOARDS: SystemDashboards = {
  'hash-rate.json': hashRate,
  'propagation.json': propagation,
  'forks.json': forks,
  'mempool.json': mempool,
}
