// Block intervals under each difficulty rule: exponential at a fixed one; and when the hash rate doubles, a rule that adjusts
// brings the mean back to what it should be, and one that does not leaves it at half.

import { describe, expect, test } from 'vitest'
import type { NodeEvent } from '../../node/api.ts'
import { exponentialDistance } from '../../orchestrator/research/statistics.ts'
import { simulate } from '../support/simulation.ts'
import { INTERVAL_MS } from '../support/theory.ts'

const BLOCKS = 1_500
/** Enough for each rule to find the new difficulty. */
const SETTLING = 200

/** Times between blocks of one miner, whose hash rate is twice what the network was planned for. */
async function gaps(difficulty: string, seed: number): Promise<number[]> {
  const { testnet, events } = await simulate(
    `
seed: ${seed}
nodes: { miner: { hashRate: 1MH/s }, other: { count: 1 } }
chain: { blockInterval: ${INTERVAL_MS}ms, difficulty: ${difficulty} }
topology: { kind: full }
links: { latency: 1ms, jitter: 0ms }
load: { tx: 0/s }
`,
    type => type === 'block-mined',
  )
  await testnet.add({ group: 'miner', hashRateHps: 1e6 })
  await testnet.elapse((BLOCKS + SETTLING) * INTERVAL_MS)
  await testnet.down('measured')
  const found = events.filter(
    ({ event }) => (event as Extract<NodeEvent, { type: 'block-mined' }>).height > SETTLING,
  )
  return found.slice(1).map(({ timeMs }, i) => timeMs - (found[i]?.timeMs ?? 0))
}

const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length

describe('two miners where one was planned for', () => {
  test('fixed: blocks come twice as fast, and exponentially (Kolmogorov and Smirnov, 1 %)', async () => {
    const times = await gaps('{ rule: fixed }', 31)
    expect(times.length).toBeGreaterThan(2_000)
    // 3.3 deviations of the mean of n exponential times.
    expect(Math.abs(mean(times) / (INTERVAL_MS / 2) - 1)).toBeLessThan(3.3 / Math.sqrt(times.length))
    expect(exponentialDistance(times, INTERVAL_MS / 2)).toBeLessThan(1.628)
  })

  test.each([
    ['asert', '{ rule: asert, halfLife: 10m }'],
    ['bitcoin', '{ rule: bitcoin, window: 50 }'],
  ])('%s: the mean is right again', async (rule, difficulty) => {
    const times = await gaps(difficulty, 32)
    expect(times.length).toBeGreaterThan(1_000)
    // A window of n blocks is measured with its n − 1 intervals, and the target moves with the luck of each.
    const bias = rule === 'bitcoin' ? 1 / 50 + 1 / 49 : 0
    expect(Math.abs(mean(times) / INTERVAL_MS - 1)).toBeLessThan(bias + 3.3 / Math.sqrt(times.length))
    expect(exponentialDistance(times, INTERVAL_MS / 2)).toBeGreaterThan(1.628)
  })
})
