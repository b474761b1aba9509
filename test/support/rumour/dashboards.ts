// The rumours in Grafana, in the place of orchestrator/systems/dashboards.ts.

import type { SystemDashboards } from '../../../grafana/builder.ts'
import { NETWORK, stat } from '../../../grafana/parts.ts'
import { SYSTEM_DASHBOARDS as OWN } from '../../../orchestrator/systems/dashboards.ts'

const begun = stat({
  ...{ title: 'Rumours', description: 'Begun so far.', unit: 'none', width: 6 },
  queries: [{ expr: `netsplit_network_rumours_total${NETWORK}` }],
})

const RUMOUR_DASHBOARDS: SystemDashboards = {
  'rumours.json': {
    ...{ uid: 'netsplit-rumours', title: 'Rumours', description: 'How many there are.' },
    rows: [{ title: 'Now', height: 4, panels: [begun] }],
  },
}

export const SYSTEM_DASHBOARDS: readonly SystemDashboards[] = [...OWN, RUMOUR_DASHBOARDS]
