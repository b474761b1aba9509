// Two runs compared: tests that are right on known numbers, and that claim no difference where there is none.

import { describe, expect, it } from 'vitest'
import { compareReports } from '../../orchestrator/report/compare.ts'
import { method, sideWords, verdictWords } from '../../orchestrator/report/compare-words.ts'
import { comparePage } from '../../orchestrator/report/html/compare.ts'
import { specDifference } from '../../orchestrator/report/spec-difference.ts'
import { medianDifference, quantile, rankSumP, shareP } from '../../orchestrator/report/statistics.ts'
import { createRandom } from '../../orchestrator/spec/random.ts'
import { paperRun } from '../support/paper-run.ts'

const upTo = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, i) => from + i)

describe('the rank sum test', () => {
  // Worked by hand: U = 0, z = 49.5 / sqrt(175); and with ties, U = 14, z = 17.5 / sqrt(64 / 12 * (17 - 54 / 240)).
  it('gives known probabilities', () => {
    expect(rankSumP(upTo(1, 10), upTo(11, 20))).toBeCloseTo(0.000_182_67, 6)
    const a = [1, 2, 2, 3, 4, 5, 6, 7]
    const b = [2, 4, 5, 6, 7, 8, 9, 9]
    expect(rankSumP(a, b)).toBeCloseTo(0.064_291_6, 6)
    expect(rankSumP(a, b)).toBeCloseTo(rankSumP(b, a) as number, 12)
    expect(rankSumP(a, a)).toBeCloseTo(1, 6)
    expect(rankSumP(Array(9).fill(3), Array(9).fill(3))).toBe(1)
  })

  it('does not judge a handful', () => {
    expect(rankSumP([1, 2, 3], upTo(11, 40))).toBeUndefined()
  })

  it('claims a difference in about one of twenty comparisons that have none', () => {
    const random = createRandom('nothing to see')
    const trials = 600
    let claimed = 0
    for (let i = 0; i < trials; i++) {
      const draw = () => Array.from({ length: 25 }, () => Math.log(1 + random.int(1_000_000)))
      if ((rankSumP(draw(), draw()) ?? 1) < 0.05) claimed += 1
    }
    expect(claimed / trials).toBeGreaterThan(0.025)
    expect(claimed / trials).toBeLessThan(0.075)
  })
})

describe('the bootstrap', () => {
  it('covers a difference that is there, is the same every time, and shrinks with more samples', () => {
    const random = createRandom('bootstrap')
    const draw = (count: number, shift: number) =>
      Array.from({ length: count }, () => shift + random.int(1000))
    const [few, many] = [20, 500].map(count => medianDifference(draw(count, 0), draw(count, 300)))
    const wide = (interval: typeof few) => (interval ? interval.to - interval.from : 0)
    expect(many?.from).toBeLessThan(300)
    expect(many?.to).toBeGreaterThan(300)
    expect(many?.from).toBeGreaterThan(100)
    expect(wide(many)).toBeLessThan(wide(few))
    const [a, b] = [draw(50, 0), draw(50, 5)]
    expect(medianDifference(a, b)).toEqual(medianDifference(a, b))
  })
})

describe('shares', () => {
  it('are tested where there is enough of them', () => {
    // Pooled 0.25, z = 0.1 / sqrt(0.25 * 0.75 * 0.02) = 1.633.
    expect(shareP({ hits: 20, of: 100 }, { hits: 30, of: 100 })).toBeCloseTo(0.1025, 3)
    expect(shareP({ hits: 1, of: 100 }, { hits: 2, of: 100 })).toBeUndefined()
    expect(shareP({ hits: 0, of: 0 }, { hits: 2, of: 100 })).toBeUndefined()
  })
})

describe('quantiles', () => {
  it('are by nearest rank, of numbers and not of their spelling', () => {
    expect(quantile([100, 20, 3], 0.5)).toBe(20)
    expect(quantile([], 0.5)).toBeUndefined()
  })
})

describe('two runs', () => {
  it('differ in what was made different, and in nothing else', async () => {
    const [slow, quick] = [await paperRun({ delayMs: 80 }), await paperRun({ delayMs: 20 })]
    await Promise.all([slow.remove(), quick.remove()])
    const compared = compareReports(quick.report, slow.report)
    const row = (name: string) => compared.comparisons.find(row => row.name === name)
    const travel = row('block at 90 % of the nodes')
    expect(travel?.differs).toBe(true)
    expect(travel?.difference?.from).toBeGreaterThan(0)
    expect(travel?.b.value).toBeGreaterThan(2 * (travel?.a.value ?? 0))
    expect(row('block interval')?.a.samples).toBe(63)
    expect(row('stale blocks')).toMatchObject({ differs: false, a: { value: 2 / 66 } })
    expect(compared.unlike).toEqual([])
    const same = compareReports(quick.report, quick.report)
    expect(same.comparisons.filter(({ differs }) => differs)).toEqual([])
    expect(travel && verdictWords(travel)).toBe('differs, p < 0.001')
    expect(travel && sideWords(travel.a, 'ms')).toMatch(/^[\d.]+ ms \([\d.]+ ms … [\d.]+ ms\)$/)
    expect(method(compared)).toContain('95 %')
    const page = comparePage(compared)
    expect(page).toContain('differs, p &lt; 0.001')
    expect(/<script|NaN|undefined|Infinity/.exec(page)?.[0]).toBeUndefined()
  })
})

describe('what was asked differently', () => {
  const spec = (relay: string, more = '') =>
    `name: a\nseed: 1\nrelay: ${relay}\nlinks: { latency: 100ms${more} }\n`

  it('is said place by place', () => {
    expect(specDifference(spec('inv'), spec('compact', ', bandwidth: 1Mbit'))).toEqual([
      'relay: inv and compact',
      'links.bandwidth: nothing and 1Mbit',
    ])
    expect(specDifference(spec('inv'), spec('inv').replace('name: a', 'name: b'))).toEqual([])
  })

  it('is cut where it is much, and no reason to fail where a spec cannot be read', () => {
    const many = (value: number) =>
      upTo(1, 20)
        .map(i => `k${i}: ${value}`)
        .join('\n')
    expect(specDifference(many(1), many(2)).at(-1)).toBe('12 more places of the spec')
    expect([specDifference('{', 'a: 1'), specDifference('', 'a: 1')]).toEqual([[], []])
  })
})
