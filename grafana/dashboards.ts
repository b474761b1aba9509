// The dashboards of a network. Written to dashboards/*.json by `npm run dashboards`; a test compares and checks that
// every metric they name exists.

import type { Dashboard } from './builder.ts'
import { chaos } from './chaos.ts'
import { forks } from './forks.ts'
import { hashRate } from './hash-rate.ts'
import { internals } from './internals.ts'
import { mempool } from './mempool.ts'
import { overview } from './overview.ts'
import { peers } from './peers.ts'
import { propagation } from './propagation.ts'

/** File name → dashboard. */
export const DASHBOARDS: { readonly [file: string]: Dashboard } = {
  'overview.json': overview,
  'hash-rate.json': hashRate,
  'propagation.json': propagation,
  'forks.json': forks,
  'peers.json': peers,
  'mempool.json': mempool,
  'chaos.json': chaos,
  'internals.json': internals,
}
