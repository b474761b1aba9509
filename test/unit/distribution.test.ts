// Distributions: means, quantiles and limits of what is drawn, held against their formulas with a stated confidence.

import { describe, expect, it } from 'vitest'
import {
  type Distribution,
  distributionProblems,
  drawFrom,
  makeDistribution,
  meanOf,
  quantileOf,
  type WrittenDistribution,
} from '../../orchestrator/spec/distribution.ts'
import { createRandom } from '../../orchestrator/spec/random.ts'

const BOUNDS = { least: 0, most: 60_000, unit: 1 }
const made = (written: WrittenDistribution, text?: string, unit = 1): Distribution =>
  makeDistribution(written, { ...BOUNDS, unit }, text)
const DRAWS = 200_000
/** A sound generator fails one such test in 1.7 million; the seed is fixed. */
const FIVE_SIGMA = 5

function drawn(distribution: Distribution, mean?: number): number[] {
  const random = createRandom('distribution 1')
  return Array.from({ length: DRAWS }, () => drawFrom(distribution, random, mean)).sort((a, b) => a - b)
}

/** The share of draws below the quantile of `u` is u, within five standard deviations of a binomial. */
function expectQuantiles(values: readonly number[], quantile: (u: number) => number): void {
  for (const u of [0.01, 0.1, 0.25, 0.5, 0.75, 0.9, 0.99, 0.999]) {
    const below = values.filter(value => value <= quantile(u)).length / values.length
    expect(Math.abs(below - u), `quantile ${u}`).toBeLessThan(
      FIVE_SIGMA * Math.sqrt((u * (1 - u)) / values.length),
    )
  }
}

function expectMean(values: readonly number[], mean: number, sd: number): void {
  const found = values.reduce((sum, value) => sum + value, 0) / values.length
  expect(Math.abs(found - mean)).toBeLessThan((FIVE_SIGMA * sd) / Math.sqrt(values.length))
}

describe('what is drawn', () => {
  it('of pareto 5 has the mean asked for, begins at four fifths of it, and falls as the fifth power', () => {
    const values = drawn(made({ mean: 80, shape: 'pareto 5' }))
    expectMean(values, 80, Math.sqrt((64 ** 2 * 5) / (4 ** 2 * 3)))
    expectQuantiles(values, u => 64 * (1 - u) ** (-1 / 5))
    expect(values[0]).toBeGreaterThanOrEqual(64)
  })

  it('of lognormal has the mean asked for, and the deviation of its logarithm, or its own', () => {
    for (const written of [
      { mean: 80, shape: 'lognormal 0.5' },
      { mean: 80, sd: 80 * Math.sqrt(Math.expm1(0.25)), shape: 'lognormal' },
    ]) {
      const values = drawn(made(written))
      const sd = 80 * Math.sqrt(Math.expm1(0.25))
      expectMean(values, 80, sd)
      const normal: { readonly [u: number]: number } = {
        0.1: -1.2815515655,
        0.5: 0,
        0.9: 1.2815515655,
        0.99: 2.326347874,
      }
      for (const [u, z] of Object.entries(normal)) {
        const below = values.filter(value => value <= 80 * Math.exp(0.5 * z - 0.125)).length / DRAWS
        expect(Math.abs(below - Number(u))).toBeLessThan(
          FIVE_SIGMA * Math.sqrt((Number(u) * (1 - Number(u))) / DRAWS),
        )
      }
    }
  })

  it('of exponential is without memory', () => {
    const values = drawn(made({ mean: 80, shape: 'exponential' }))
    expectMean(values, 80, 80)
    expectQuantiles(values, u => -80 * Math.log(1 - u))
  })

  it('of uniform is even from least to most, or to twice the mean', () => {
    const values = drawn(made({ shape: 'uniform', least: 20, most: 100 }))
    expectMean(values, 60, 80 / Math.sqrt(12))
    expectQuantiles(values, u => 20 + 80 * u)
    expectQuantiles(drawn(made({ shape: 'uniform', mean: 60 })), u => 120 * u)
  })

  it('of a file is one of its values, each as often; of round trips half', () => {
    const values = drawn(made({ from: 'rtt.csv' }, '100\n20\n20\n400\n', 0.5))
    expect([...new Set(values)]).toEqual([10, 50, 200])
    for (const [value, share] of [
      [10, 0.5],
      [50, 0.25],
      [200, 0.25],
    ] as const) {
      const found = values.filter(each => each === value).length / DRAWS
      expect(Math.abs(found - share)).toBeLessThan(FIVE_SIGMA * Math.sqrt((share * (1 - share)) / DRAWS))
    }
  })

  it('becomes the limit that it is beyond, and the rest stays as it is', () => {
    const free = drawn(made({ mean: 80, shape: 'exponential' }))
    const cut = drawn(made({ mean: 80, shape: 'exponential', least: 20, most: 200 }))
    expect(cut).toEqual(free.map(value => Math.min(200, Math.max(20, value))))
  })

  it('without a mean of its own has that of its table', () => {
    const own = drawn(made({ mean: 80, shape: 'pareto 5' }))
    expect(drawn(made({ shape: 'pareto 5' }), 80)).toEqual(own)
    expect(drawn(made({ shape: 'uniform' }), 0)).toEqual(own.map(() => 0))
  })

  it('of whatever shape takes two numbers of the generator', () => {
    for (const shape of ['pareto 5', 'lognormal 1', 'exponential', 'uniform']) {
      const random = createRandom('two')
      drawFrom(made({ mean: 5, shape }), random)
      const same = createRandom('two')
      same.float()
      same.float()
      expect(random.float(), shape).toBe(same.float())
    }
  })
})

it('knows its mean and what a draw hardly exceeds', () => {
  expect(meanOf(made({ mean: 80, shape: 'pareto 5' }))).toBe(80)
  expect(meanOf(made({ shape: 'uniform', least: 20, most: 100 }))).toBe(60)
  expect(meanOf(made({ from: 'a' }, '1\n2\n6'))).toBe(3)
  expect(meanOf(made({ shape: 'pareto 5' }))).toBeUndefined()
  for (const shape of ['pareto 5', 'lognormal 0.5', 'exponential', 'uniform']) {
    const distribution = made({ mean: 80, shape })
    const beyond = drawn(distribution).filter(value => value > quantileOf(distribution, 1 - 1e-4)).length
    expect(beyond, shape).toBeLessThanOrEqual(DRAWS * 1e-4 + FIVE_SIGMA * Math.sqrt(DRAWS * 1e-4))
  }
  expect(quantileOf(made({ shape: 'pareto 5', most: 90 }), 1 - 1e-9, 80)).toBe(90)
})

describe('a distribution that cannot be', () => {
  it.each<[WrittenDistribution, bare: boolean, key: string | undefined, message: RegExp]>([
    [{}, false, undefined, /give a shape/],
    [{ mean: 5 }, false, undefined, /give a shape/],
    [{ shape: 'pareto 5' }, false, 'shape', /give a mean above 0/],
    [{ shape: 'pareto 5', mean: 0 }, false, 'mean', /give a mean above 0/],
    [{ shape: 'pareto 1', mean: 5 }, false, 'shape', /exponent above 1/],
    [{ shape: 'pareto', mean: 5 }, false, 'shape', /exponent above 1/],
    [{ shape: 'lognormal', mean: 5 }, false, 'shape', /deviation of its logarithm/],
    [{ shape: 'lognormal 1', mean: 5, sd: 2 }, false, 'sd', /only lognormal without a number/],
    [{ shape: 'exponential 2', mean: 5 }, false, 'shape', /exponential has no number/],
    [{ shape: 'uniform', least: 2 }, false, 'shape', /least and most, or a mean/],
    [{ shape: 'uniform', least: 3, most: 2 }, false, 'most', /most is below least/],
    [{ from: 'a.csv', mean: 2 }, false, 'mean', /leave this out/],
    [{ from: 'a.csv' }, true, 'from', /the table has the means already/],
    [{ shape: 'pareto 5', mean: 5 }, true, 'mean', /the table has the means/],
    [{ shape: 'pareto 5', mean: 5, column: 'x' }, false, 'column', /only a file has columns/],
  ])('%j', (written, bare, key, message) => {
    const [problem] = distributionProblems(written, { bare })
    expect(problem?.message).toMatch(message)
    expect(problem?.path).toEqual(key === undefined ? [] : [key])
  })

  it.each<[text: string, column: string | undefined, message: RegExp]>([
    ['', undefined, /^f.csv: there is nothing in it/],
    ['rtt\n', undefined, /there is no value in it/],
    ['1\nNaN\n', undefined, /^f.csv:2: "NaN" is no number/],
    ['1\n-3\n', undefined, /^f.csv:2: -3 is out of range/],
    ['1\n60001\n', undefined, /^f.csv:2: 60001 is out of range/],
    ['a,b\n1,2', undefined, /it has 2 columns: say which by column/],
    ['a,b\n1,2', 'c', /there is no column c: columns are a, b/],
    ['1,2', 'c', /there is no column c: it has no header/],
    ['a,b\n1', 'b', /^f.csv:2: "" is no number/],
  ])('is a file of %j', (text, column, message) => {
    expect(() => made({ from: 'f.csv', column }, text)).toThrow(message)
  })

  it('is not one of a column with a name, a header, quotes, CRLF', () => {
    expect(
      made({ from: 'f.csv', column: 'rtt' }, '\uFEFF"pair","rtt"\r\n"a,b","3"\r\nc,1\r\n'),
    ).toMatchObject({ values: [1, 3] })
    expect(made({ from: 'f.csv' }, 'rtt_ms\n3\n1')).toMatchObject({ values: [1, 3] })
  })
})
