// Random graphs with given degrees: simple, connected, with exactly these degrees, whatever they are; and what no graph can have is said.

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { drawDegrees, graphOf, whyNoGraph } from '../../orchestrator/spec/degrees.ts'
import { createRandom } from '../../orchestrator/spec/random.ts'
import { isConnected } from '../../orchestrator/spec/topology.ts'

function degreesIn(count: number, edges: readonly (readonly [number, number])[]): number[] {
  const degrees = Array<number>(count).fill(0)
  for (const [a, b] of edges) for (const end of [a, b]) degrees[end] = (degrees[end] ?? 0) + 1
  return degrees
}

function expectGraph(degrees: readonly number[], seed: string): void {
  const edges = graphOf(degrees, createRandom(seed))
  expect(degreesIn(degrees.length, edges)).toEqual(degrees)
  const keys = edges.map(([a, b]) => `${Math.min(a, b)} ${Math.max(a, b)}`)
  expect(new Set(keys).size).toBe(edges.length)
  expect(edges.every(([a, b]) => a !== b)).toBe(true)
  expect(isConnected(degrees.length, edges)).toBe(true)
}

/** All simple connected graphs of five nodes, by their degrees. */
const POSSIBLE = (() => {
  const pairs = [0, 1, 2, 3, 4].flatMap(a => [0, 1, 2, 3, 4].filter(b => b > a).map(b => [a, b] as const))
  const possible = new Set<string>()
  for (let mask = 0; mask < 1 << pairs.length; mask++) {
    const edges = pairs.filter((_, i) => (mask >> i) & 1)
    if (isConnected(5, edges)) possible.add(degreesIn(5, edges).join())
  }
  return possible
})()

describe('a graph', () => {
  it('of degrees that some graph has is one with these, for all sequences of five nodes', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 5 }), { minLength: 5, maxLength: 5 }), degrees => {
        expect(whyNoGraph(degrees) === undefined).toBe(POSSIBLE.has(degrees.join()))
        if (POSSIBLE.has(degrees.join())) expectGraph(degrees, degrees.join())
      }),
      { numRuns: 2000 },
    )
  })

  it('is what it is to be for degrees of every spread', () => {
    fc.assert(
      fc.property(
        fc.constantFrom('pareto 1.2', 'pareto 3', 'exponential', 'lognormal 1', 'uniform'),
        fc.integer({ min: 2, max: 60 }),
        fc.double({ min: 1, max: 12, noNaN: true }),
        fc.integer({ min: 0, max: 1e6 }),
        (shape, count, mean, seed) => {
          const [kind = '', parameter] = shape.split(' ')
          const figures = { pareto: { alpha: Number(parameter) }, lognormal: { sigma: Number(parameter) } }
          const distribution = {
            ...{ shape: kind, mean, least: 1, most: count - 1 },
            ...figures[kind as keyof typeof figures],
          } as Parameters<typeof drawDegrees>[0]
          const degrees = drawDegrees(distribution, count, createRandom(`draw ${seed}`))
          expect(whyNoGraph(degrees)).toBeUndefined()
          expectGraph(degrees, `graph ${seed}`)
        },
      ),
      { numRuns: 300 },
    )
  })

  it('in many pieces at first is joined without another degree', () => {
    // Trees and circles: as many connections as can just join them.
    const degrees = [...Array<number>(600).fill(1), ...Array<number>(298).fill(4), 3, 3]
    expect(whyNoGraph(degrees)).toBeUndefined()
    expectGraph(degrees, 'pieces')
  })

  it('of one seed is one graph, of two seeds two', () => {
    const degrees = Array<number>(50).fill(4)
    const of = (seed: string) => graphOf(degrees, createRandom(seed))
    expect(of('a')).toEqual(of('a'))
    expect(of('a')).not.toEqual(of('b'))
  })
})

describe('degrees', () => {
  it('that are drawn have the mean asked for, where there is room for it', () => {
    const COUNT = 20_000
    const degrees = drawDegrees(
      { shape: 'lognormal', mean: 8, sigma: 0.3, least: 1, most: COUNT - 1 },
      COUNT,
      createRandom('mean'),
    )
    const mean = degrees.reduce((sum, degree) => sum + degree, 0) / COUNT
    // Rounding to whole numbers adds 1/12 to the variance and hardly moves the mean; five standard deviations.
    const sd = Math.sqrt(64 * Math.expm1(0.09) + 1 / 12)
    expect(Math.abs(mean - 8)).toBeLessThan((5 * sd) / Math.sqrt(COUNT))
  })

  it.each<[degrees: number[], why: RegExp]>([
    [[1, 1, 1], /add up to 3: it must be even/],
    [[1, 1, 1, 1], /2 connections cannot join 4 nodes: at least 3/],
    [[0, 2, 2, 2], /a node without any peer/],
    [[4, 2, 1, 1], /4 nodes cannot have 4 peers each: at most 3/],
    [[3, 3, 1, 1], /Erdős and Gallai/],
  ])('of %j no graph has', (degrees, why) => {
    expect(whyNoGraph(degrees)).toMatch(why)
  })
})
