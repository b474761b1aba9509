// Intervals of shares and of means of things that come in runs: against published values, and against truth in simulated draws.

import { describe, expect, test } from 'vitest'
import { createRandom } from '../../node/core/random.ts'
import { estimate, estimateMean, estimateShare, wilson } from '../../orchestrator/research/statistics.ts'

describe("Wilson's interval", () => {
  // Newcombe, Statistics in Medicine 17 (1998), table I, method 3.
  test.each([
    [81, 263, 0.2553, 0.3662],
    [15, 148, 0.0624, 0.1605],
    [0, 20, 0, 0.1611],
    [1, 29, 0.0061, 0.1718],
  ])('%i of %i, as published', (hits, of, low, high) => {
    const found = wilson(hits, of)
    expect(found.low).toBeCloseTo(low, 4)
    expect(found.high).toBeCloseTo(high, 4)
  })

  test('all of them mirrors none of them, exactly', () => {
    expect(wilson(20, 20)).toEqual({ low: 1 - wilson(0, 20).high, high: 1 })
    expect(wilson(0, 7).low).toBe(0)
  })
})

describe('a share over runs', () => {
  const runs = (...pairs: [sum: number, of: number][]) => pairs.map(([sum, of]) => ({ sum, of }))

  test('of runs that are one thing each, or one run, or all alike, is a binomial', () => {
    const passed = runs([1, 1], [1, 1], [0, 1], [1, 1])
    expect(estimateShare(passed)).toMatchObject({ mean: 0.75, runs: 4, ...wilson(3, 4) })
    expect(estimateShare(runs([15, 148]))).toMatchObject({ runs: 1, deviation: null, ...wilson(15, 148) })
    expect(estimateShare(runs([0, 50], [0, 70]))).toMatchObject({ mean: 0, ...wilson(0, 120) })
    expect(estimateShare(runs([0, 0], [3, 10]))).toMatchObject({ mean: 0.3, runs: 1 })
    expect(estimateShare(runs([0, 0]))).toBeUndefined()
  })

  test('is pooled: a run with more things counts for more', () => {
    expect(estimateShare(runs([10, 100], [90, 300]))?.mean).toBe(0.25)
  })

  test('runs that differ more than chance make it wider, and never narrower than their number does', () => {
    const width = (clusters: { sum: number; of: number }[]) => {
      const { low, high } = estimateShare(clusters) ?? {}
      return (high ?? 0) - (low ?? 0)
    }
    const alike = Array.from({ length: 12 }, () => ({ sum: 30, of: 100 }))
    const unlike = Array.from({ length: 12 }, (_, i) => ({ sum: i % 2 === 0 ? 5 : 55, of: 100 }))
    const independent = wilson(360, 1200)
    expect(width(alike)).toBeGreaterThan(independent.high - independent.low)
    expect(width(alike)).toBeLessThan(1.2 * (independent.high - independent.low))
    expect(width(unlike)).toBeGreaterThan(4 * width(alike))
  })

  /** In how many of 1,000 experiments the interval holds the true share; and that of a plain binomial of all things. */
  function coverage(seed: string, share: number, spread: number): { ours: number; plain: number } {
    const random = createRandom(seed)
    const held = { ours: 0, plain: 0 }
    for (let i = 0; i < 1000; i++) {
      // Each run's own share lies so far to one side.
      const clusters = Array.from({ length: 8 }, () => {
        const own = share + (random.float() < 0.5 ? -spread : spread)
        return { sum: Array.from({ length: 60 }, () => random.float() < own).filter(Boolean).length, of: 60 }
      })
      const pooled = clusters.reduce((sum, cluster) => sum + cluster.sum, 0)
      const { low, high } = estimateShare(clusters) ?? {}
      const plain = wilson(pooled, 480)
      if ((low ?? 1) <= share && share <= (high ?? 0)) held.ours += 0.001
      if (plain.low <= share && share <= plain.high) held.plain += 0.001
    }
    return held
  }

  test.each([
    [0.3, 0, false],
    [0.02, 0, false],
    [0.3, 0.15, true],
    [0.1, 0.08, true],
  ])('95 of 100 hold a share of %f where runs differ by ±%f', (share, spread, misled) => {
    const seed = `shares ${share} ${spread}`
    const { ours, plain } = coverage(seed, share, spread)
    // Three deviations of 1,000 experiments are 0.021.
    expect(ours, `seed ${seed}`).toBeGreaterThan(0.929)
    // Who takes all things for independent is wrong much more often.
    expect(plain < 0.9, `seed ${seed}`).toBe(misled)
  })
})

describe('a mean over runs', () => {
  test('of one thing each is the mean with its usual interval', () => {
    // Student's own data (Biometrika 6, 1908): extra hours of sleep; mean 1.58, s 1.23, t(9) = 2.262.
    const sleep = [1.2, 2.4, 1.3, 1.3, 0, 1, 1.8, 0.8, 4.6, 1.4]
    const found = estimate(sleep)
    expect(found?.mean).toBeCloseTo(1.58, 10)
    expect(found?.deviation).toBeCloseTo(1.23, 2)
    expect(found?.low).toBeCloseTo(0.7001, 3)
    expect(found?.high).toBeCloseTo(2.4599, 3)
    expect(estimateMean(sleep.map(sum => ({ sum, of: 1 })))).toEqual(found)
  })

  test('of runs with different numbers of things is the mean of the things, and as sure as the runs are alike', () => {
    const alike = [
      { sum: 20, of: 2 },
      { sum: 100, of: 10 },
      { sum: 30, of: 3 },
    ]
    expect(estimateMean(alike)).toMatchObject({ mean: 10, low: 10, high: 10, runs: 3 })
    const { mean, low, high } = estimateMean([...alike, { sum: 60, of: 3 }]) ?? {}
    expect(mean).toBeCloseTo(210 / 18)
    expect(low).toBeLessThan(10)
    expect(high).toBeGreaterThan(13)
  })
})
