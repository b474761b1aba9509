// The dashboards that systems bring, in the order of the systems.

import type { SystemDashboards } from '../../grafana/builder.ts'
import { BITTORRENT_DASHBOARDS } from './bittorrent/dashboards.ts'
import { LEDGER_DASHBOARDS } from './ledger/dashboards/all.ts'
import { LIGHT_DASHBOARDS } from './light/dashboards.ts'

export const SYSTEM_DASHBOARDS: readonly SystemDashboards[] = [
  LEDGER_DASHBOARDS,
  LIGHT_DASHBOARDS,
  BITTORRENT_DASHBOARDS,
]
