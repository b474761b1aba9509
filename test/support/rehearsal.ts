// A scenario from YAML in the simulator, by seed: for tests that plant a bug in the nodes' own code and wait for the check
// that must see it. What is planted stands in the test file (`vi.mock`); nothing of it is in the build.

import { rehearse } from '../../orchestrator/fuzz/rehearse.ts'
import type { CheckReport } from '../../orchestrator/run/perform.ts'
import { parseSpec } from '../../orchestrator/spec/load.ts'
import { makePlan } from '../../orchestrator/spec/plan.ts'

/** What came of each check. */
export async function rehearsed(yaml: string, seed = 1): Promise<ReadonlyMap<string, CheckReport>> {
  const spec = parseSpec(`runtime: sim\nseed: ${seed}\n${yaml}`, 'the test', {})
  const { checks } = await rehearse(makePlan(spec))
  return new Map(checks.map(check => [check.name, check]))
}

/** The first of `seeds` seeds with which the check is red, and what it says then. */
export async function firstRed(yaml: string, check: string, seeds: number): Promise<CheckReport | undefined> {
  for (let seed = 1; seed <= seeds; seed++) {
    const report = (await rehearsed(yaml, seed)).get(check)
    if (report && !report.passed) return report
  }
  return undefined
}

/** Two halves under a difficulty that reacts at once: the longer chain is often not the one with more work. */
export const UNEVEN_HALVES = `
nodes: { strong: { count: 2, share: 65% }, weak: { count: 2, share: 35% } }
topology: { kind: full }
chain: { blockInterval: 1s, difficulty: { rule: asert, halfLife: 3s } }
load: { tx: 0/s }
faults: { split: { partition: strong | weak, at: 10s, for: 10s } }
expect: { converges: {}, most-work: {}, chain: {} }
`

/** A wallet comes back and looks for its coins in the set of unspent ones. */
export const PAYING_AND_RESTARTING = `
nodes: { miners: { count: 3, share: 100% } }
topology: { kind: full }
chain: { blockInterval: 1s, maturity: 2 }
load: { tx: 5/s }
faults: { again: { restart: all, at: 15s }, later: { pause: miners-1, after: again, for: 15s } }
expect: { converges: {}, no-double-spend: {}, chain: {}, supply: {} }
`

/** Most miners make blocks smaller while payments wait; the others, cut off for a while, know nothing of it. */
export const SMALLER_BLOCKS = `
nodes: { new: { count: 2, share: 80% }, old: { count: 2, share: 20% } }
topology: { kind: full }
chain:
  blockInterval: 1s
  maturity: 2
  versionBits: { window: 6, threshold: 60% }
  deployments: { smaller: { bit: 5, start: height 6, rule: { maxBlockWeight: 4000 }, enforcedBy: [new] } }
load: { tx: 6/s }
faults: { apart: { partition: old | new, at: height 26, for: 20s } }
expect: { converges: {}, deployments: {}, rules-kept: {}, chain: {} }
`
