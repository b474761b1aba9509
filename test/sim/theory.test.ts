// The simulator against what can be computed: block intervals, who finds how many blocks, and how many of them go stale.
//
// One run serves all: four unequal miners in a full mesh over links of 200 ms without jitter, a block every ten seconds
// at a difficulty that never changes. Everybody hears of a block after one link's latency, so the delay is uniform.

import { beforeAll, expect, test } from 'vitest'
import { exponentialDistance } from '../../orchestrator/research/statistics.ts'
import { simulate } from '../support/simulation.ts'

const SHARES = [0.4, 0.3, 0.2, 0.1]
const INTERVAL_MS = 10_000
const DELAY_MS = 200
const RUN_MS = 15 * 3_600_000
const SPEC = `
nodes:
${SHARES.map((share, i) => `  ${'abcd'[i]}: { share: ${share * 100}% }`).join('\n')}
chain: { blockInterval: 10s, difficulty: { rule: fixed } }
topology: { kind: full }
links: { latency: ${DELAY_MS}ms, jitter: 0ms }
load: { tx: 0/s }
`

interface Found {
  readonly atMs: number
  readonly miner: string
}

const found: Found[] = []
let stale = 0
let height = 0
let meanDelayMs = 0

beforeAll(async () => {
  const { testnet, events } = await simulate(SPEC, type => type === 'block-mined')
  await testnet.elapse(RUN_MS)
  await testnet.agree(60_000)
  const state = testnet.state()
  stale = state.systems.ledger.totals.staleBlocks
  height = state.systems.ledger.height
  meanDelayMs =
    state.systems.ledger.propagationHistogram.sumMs / state.systems.ledger.propagationHistogram.count
  for (const { timeMs, node } of events) found.push({ atMs: timeMs, miner: node?.[0] ?? '' })
  await testnet.down('measured')
}, 180_000)

test('the intervals between blocks are exponential (Kolmogorov and Smirnov, 1 %)', () => {
  const gaps = found.slice(1).map(({ atMs }, i) => atMs - (found[i] as Found).atMs)
  expect(gaps.length).toBeGreaterThan(5_000)
  expect(exponentialDistance(gaps, INTERVAL_MS)).toBeLessThan(1.628)
})

test('each miner finds its share of the blocks (99.9 % for all four together)', () => {
  const n = found.length
  for (const [i, share] of SHARES.entries()) {
    const count = found.filter(({ miner }) => miner === 'abcd'[i]).length
    // 3.7 deviations: a two-sided 0.1 % over four tests.
    expect(Math.abs(count - share * n)).toBeLessThan(3.7 * Math.sqrt(n * share * (1 - share)))
  }
})

test('blocks go stale at the rate (Δ/T)(1 − Σh²) (99.9 %)', () => {
  // A block that loses its race is fetched later, so the mean lies a little above the link's.
  expect(meanDelayMs).toBeGreaterThan(0.999 * DELAY_MS)
  expect(meanDelayMs).toBeLessThan(1.05 * DELAY_MS)
  const apart = 1 - SHARES.reduce((sum, share) => sum + share * share, 0)
  const expected = height * (DELAY_MS / INTERVAL_MS) * apart
  // Counts of rare events are Poisson: 3.3 deviations. The formula leaves out terms of Δ/T = 2 % of itself.
  expect(Math.abs(stale - expected)).toBeLessThan(3.3 * Math.sqrt(expected) + 0.02 * expected)
})
