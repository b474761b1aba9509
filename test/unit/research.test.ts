// The statistics and the formulas, against numbers that stand in books and papers.

import { describe, expect, test } from 'vitest'
import { createRandom } from '../../node/core/random.ts'
import {
  doubleSpendChance,
  leastSwarmTime,
  selfishRevenue,
  staleRate,
} from '../../orchestrator/research/formulas.ts'
import { estimate, exponentialDistance, studentT975 } from '../../orchestrator/research/statistics.ts'
import { runsCsv, runsLines, summarizeRuns } from '../../orchestrator/research/summary.ts'

test("Student's t, as tables have it", () => {
  const table = { 1: 12.706, 2: 4.303, 3: 3.182, 4: 2.776, 5: 2.571, 10: 2.228, 31: 2.04, 100: 1.984 }
  for (const [freedom, t] of Object.entries(table))
    expect(Math.abs(studentT975(Number(freedom)) / t - 1)).toBeLessThan(0.005)
  for (const [freedom, t] of [
    [10, 2.228139],
    [20, 2.085963],
    [30, 2.042272],
  ] as const)
    expect(studentT975(freedom)).toBeCloseTo(t, 4)
})

test('95 of 100 intervals hold the true mean', () => {
  const random = createRandom('intervals')
  let holds = 0
  for (let i = 0; i < 2000; i++) {
    const samples = Array.from({ length: 8 }, () => random.float() + random.float() + random.float())
    const { low, high } = estimate(samples) ?? { low: 0, high: 0 }
    if (low !== null && high !== null && low <= 1.5 && 1.5 <= high) holds++
  }
  // 1,900 expected; five deviations of a binomial are 49.
  expect(Math.abs(holds - 1900)).toBeLessThan(49)
})

test('one sample has neither spread nor interval, none has no estimate', () => {
  expect(estimate([3])).toEqual({ mean: 3, low: null, high: null, deviation: null, runs: 1 })
  expect(estimate([])).toBeUndefined()
})

test("Kolmogorov and Smirnov's distance tells exponential samples from others", () => {
  const random = createRandom('samples')
  const draws = Array.from({ length: 2000 }, () => random.float())
  expect(
    exponentialDistance(
      draws.map(u => -Math.log(1 - u) * 5),
      5,
    ),
  ).toBeLessThan(1.628)
  expect(
    exponentialDistance(
      draws.map(u => u * 10),
      5,
    ),
  ).toBeGreaterThan(5)
})

describe('formulas', () => {
  test('selfish mining pays above a third without any γ, above a quarter with half of it, and always with all of it', () => {
    const pays = (alpha: number, gamma: number) => selfishRevenue(alpha, gamma) > alpha
    expect([pays(0.333, 0), pays(0.334, 0)]).toEqual([false, true])
    expect([pays(0.249, 0.5), pays(0.251, 0.5)]).toEqual([false, true])
    expect(pays(0.01, 1)).toBe(true)
  })

  test("double spends, as in Rosenfeld's table 1", () => {
    const table: [q: number, z: number, percent: number][] = [
      [0.02, 1, 4],
      [0.1, 1, 20],
      [0.1, 2, 5.6],
      [0.1, 6, 0.059],
      [0.3, 2, 43.2],
      [0.3, 6, 15.645],
      [0.4, 10, 37.218],
    ]
    for (const [q, z, percent] of table)
      expect(Math.abs(100 * doubleSpendChance(q, z) - percent)).toBeLessThan(0.01)
    expect(doubleSpendChance(0.5, 6)).toBe(1)
    expect(doubleSpendChance(0.3, 0)).toBe(1)
  })

  test('one miner alone loses nothing', () => {
    expect(staleRate(2_000, 600_000, [1])).toBe(0)
    expect(staleRate(6_000, 600_000, [0.5, 0.5])).toBeCloseTo(0.005)
  })
})

test('an interval stays within what a figure can be', () => {
  expect(estimate([1, 50])?.low).toBeLessThan(0)
  expect(estimate([1, 50], { least: 0, most: 60 })).toMatchObject({ mean: 25.5, low: 0, high: 60 })
})

describe('many runs', () => {
  const run = (seed: number, staleRate: number | null, reached = true) => ({
    seed,
    virtualSeconds: 10,
    cpuSeconds: 1,
    height: 4 * seed,
    blocks: 5,
    staleBlocks: 1,
    staleRate,
    blockIntervalSeconds: 2,
    propagationMs: { p50: 1, p90: 2, p99: null },
    reorgMaxDepth: 1,
    strategies: {},
    shares: { miners: { found: 1, onChain: 1, expected: 1 } },
    reached,
  })
  const network = { network: 'n', nodes: 2, asked: 3 }

  test('the document is in the order of seeds and keeps what failed', () => {
    const failed = { seed: 3, message: 'broke' }
    const document = summarizeRuns(network, [run(2, 0.2), run(1, null)], [failed])
    expect(document.asked).toBe(3)
    expect(document.runs.map(({ seed }) => seed)).toEqual([1, 2])
    expect(document.errors).toEqual([failed])
    expect(document.estimates.height).toMatchObject({ mean: 6, low: 0, runs: 2 })
    // One block in five: Wilson's interval of that.
    expect(document.estimates.staleRate).toMatchObject({ mean: 0.2, low: expect.closeTo(0.0362, 4), runs: 1 })
    expect(document.estimates).not.toHaveProperty(['propagation99Ms'])
  })

  test('the table says what each figure is, how many told it, and what went wrong', () => {
    const errors = [4, 5].map(seed => ({ seed, message: 'broke' }))
    const lines = runsLines(
      summarizeRuns({ ...network, asked: 5 }, [run(1, null), run(2, 0.2), run(3, 0.2, false)], errors),
      'tips > 1',
    )
    expect(lines[0]).toBe('n: 2 nodes, 3 of 5 runs')
    const starting = (words: string) => lines.find(line => line.trim().startsWith(words)) ?? ''
    expect(starting('stale blocks, of all')).toMatch(/ 20 % {2}0\.24 % … 96\.3 % {2,}from 2 runs$/)
    expect(starting('50 % of the nodes have a block within')).toMatch(/ 1 ms {2}1 ms … 1 ms$/)
    expect(starting('tips > 1')).toBe('  tips > 1 never came in 1 run: seed 3')
    expect(starting('seeds 4')).toBe('  seeds 4, 5 failed: broke')
    const [, , one] = runsLines(summarizeRuns({ ...network, asked: 1 }, [run(1, 0.2)], []))
    expect(one).toMatch(/^ {2}height of the chain +4\.0 {2}–$/)
  })

  test('as a table for other tools: a line a run, nothing where nothing is known', () => {
    const lines = runsCsv([run(1, null), run(2, 0.25)]).split('\r\n')
    expect(lines).toEqual([
      'seed,height,blockIntervalSeconds,staleRate,propagation50Ms,propagation90Ms,propagation99Ms,reorgMaxDepth,share.miners.found,share.miners.expected,share.miners.onChain,virtualSeconds,cpuSeconds,reached',
      '1,4,2,,1,2,,1,1,1,1,10,1,true',
      '2,8,2,0.25,1,2,,1,1,1,1,10,1,true',
      '',
    ])
  })
})

test('the least time of a swarm: whole files double each time, parts flow', () => {
  expect([1, 2, 3, 4, 7, 8].map(peers => leastSwarmTime(peers, 1))).toEqual([1, 2, 2, 3, 3, 4])
  expect(leastSwarmTime(7, 8)).toBe(1.25)
  expect(leastSwarmTime(1000, 1e6)).toBeCloseTo(1, 4)
})
