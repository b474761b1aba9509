// Trackers: they tell peers of a content who else is there. Nobody's peers, asked by those who run bittorrent.

import type { System } from '../system.ts'
import { TRACKER_METRICS } from './metrics.ts'
import { observation } from './observe.ts'
import { planTracker, TRACKER, trackerConfig } from './service.ts'
import { trackerSpec } from './spec.ts'

export const tracker: System = {
  name: 'tracker',
  runs: 'tracker',
  spec: trackerSpec,
  plan: planTracker,
  services: [{ name: TRACKER, config: trackerConfig, passing: true }],
  apart: true,
  lacks: () => undefined,
  agreed: () => true,
  conditions: {},
  observation,
  narrate: () => undefined,
  metrics: TRACKER_METRICS,
  summary: ({ systems }) => systems.tracker,
  checks: [],
  expectations: {},
  settled: () => true,
  // They have nothing to differ in, and do nothing by themselves.
  differs: () => false,
  apartMs: () => 1,
  progress: ({ systems }) => systems.tracker.announces,
}
