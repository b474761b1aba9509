// BitTorrent: contents that come to many peers at once, each from the others.

import type { NetworkState } from '../../observe/state.ts'
import type { System } from '../system.ts'
import { TRACKER } from '../tracker/service.ts'
import { CHECKS, EXPECTATIONS } from './checks/all.ts'
import { CONDITIONS } from './conditions.ts'
import { BITTORRENT_METRICS } from './metrics.ts'
import { missesAcross } from './missing.ts'
import { narrate } from './narrate.ts'
import { observation } from './observe.ts'
import { ORDERS } from './orders.ts'
import { planBittorrent } from './plan.ts'
import { reportedOf } from './reported.ts'
import { bittorrentProblems } from './rules.ts'
import { BITTORRENT, bittorrentConfig } from './service.ts'
import { type BittorrentSpec, bittorrentSpec } from './spec.ts'
import { summaryOf } from './summary.ts'
import { sampledHealth } from './told.ts'
import { shareContents } from './workload.ts'

const RUNS = 'bittorrent'

/** Everybody who runs has what it was told to get. */
function settled({ nodes }: NetworkState): boolean {
  return nodes.every(
    ({ phase, systems }) =>
      phase !== 'running' ||
      Object.values(systems.bittorrent.contents).every(({ complete, left }) => complete || left),
  )
}

export const bittorrent: System = {
  name: 'bittorrent',
  runs: RUNS,
  spec: bittorrentSpec,
  problems: (part, { nodes, runtime }) =>
    bittorrentProblems(
      part as BittorrentSpec,
      nodes,
      nodes.filter(({ runs }) => runs.includes(RUNS)),
      runtime,
    ),
  plan: planBittorrent,
  services: [
    {
      ...{ name: BITTORRENT, config: bittorrentConfig, seen: sampledHealth },
      // Peers connect over a content, and need each other no more when both have it.
      passing: true,
      reaches: [TRACKER, BITTORRENT],
    },
  ],
  workload: shareContents,
  orders: ORDERS,
  lacks: () => undefined,
  agreed: (_nodes, state) => settled(state()),
  conditions: CONDITIONS,
  observation,
  narrate,
  metrics: BITTORRENT_METRICS,
  summary: summaryOf,
  reported: reportedOf,
  checks: CHECKS,
  expectations: EXPECTATIONS,
  settled,
  differs: missesAcross,
  // A peer across a cut has nothing to give from one moment to the next; where nothing is cut this is never so.
  apartMs: () => 1_000,
  progress: ({ systems }) => systems.bittorrent.verifiedBytes,
}
