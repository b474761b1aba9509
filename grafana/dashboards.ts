// The dashboards of a network: what is told of every network, and what its systems bring. Written to dashboards/*.json by
// `npm run dashboards`; a test compares and checks that every metric they name exists.

import { SYSTEM_DASHBOARDS } from '../orchestrator/systems/dashboards.ts'
import type { Dashboard } from './builder.ts'
import { chaos } from './chaos.ts'
import { internals } from './internals.ts'
import { overview } from './overview.ts'
import { peers } from './peers.ts'

/** File name → dashboard. */
export const DASHBOARDS: { readonly [file: string]: Dashboard } = {
  'overview.json': overview,
  ...Object.assign({}, ...SYSTEM_DASHBOARDS),
  'peers.json': peers,
  'chaos.json': chaos,
  'internals.json': internals,
}
