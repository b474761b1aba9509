// Links that each pair of nodes draws for itself, matrices of delays from files, and what both come to in a plan.

import { describe, expect, it } from 'vitest'
import { PlannedLinks } from '../../orchestrator/network/planned-links.ts'
import { grownPlan } from '../../orchestrator/spec/join.ts'
import { parseSpec } from '../../orchestrator/spec/load.ts'
import { readMatrix } from '../../orchestrator/spec/matrix.ts'
import { pairLinks } from '../../orchestrator/spec/pair-links.ts'
import { makePlan } from '../../orchestrator/spec/plan.ts'

const COUNT = 100
const planOf = (yaml: string, files: { readonly [name: string]: string } = {}, count = COUNT) =>
  makePlan(
    parseSpec(`nodes: { m: { count: ${count}, share: 100% } }\n${yaml}`, 'net.yaml', {}, name => {
      const text = files[name]
      if (text === undefined) throw new Error(`no ${name}`)
      return text
    }),
  )
const refusal = (yaml: string, files: { readonly [name: string]: string } = {}): string => {
  try {
    planOf(yaml, files, 3)
  } catch (error) {
    return (error as Error).message.split('\n')[0] ?? ''
  }
  return 'accepted'
}
const latencies = (plan: ReturnType<typeof planOf>) => plan.topology.edges.map(({ link }) => link.latencyMs)

describe('a latency of each pair', () => {
  const PARETO = 'links: { latency: { mean: 80ms, shape: pareto 5 }, jitter: 0ms }\ntopology: { kind: full }'

  it('has the distribution asked for over the pairs of a plan: mean and quartiles within five standard deviations', () => {
    const drawn = latencies(planOf(PARETO)).sort((a, b) => a - b)
    const pairs = (COUNT * (COUNT - 1)) / 2
    expect(drawn).toHaveLength(pairs)
    const mean = drawn.reduce((sum, ms) => sum + ms, 0) / pairs
    expect(Math.abs(mean - 80)).toBeLessThan((5 * Math.sqrt((64 ** 2 * 5) / 48)) / Math.sqrt(pairs))
    for (const u of [0.25, 0.5, 0.75, 0.95]) {
      const below = drawn.filter(ms => ms < 64 * (1 - u) ** -0.2).length / pairs
      expect(Math.abs(below - u)).toBeLessThan(5 * Math.sqrt((u * (1 - u)) / pairs))
    }
  })

  it('is the same both ways, and of each way its own where that is asked', () => {
    const edges = planOf(PARETO).topology.edges
    expect(edges.every(({ reverse }) => reverse === undefined)).toBe(true)
    const directed = planOf(PARETO.replace('pareto 5', 'pareto 5, symmetric: false')).topology.edges
    expect(directed.every(({ link, reverse }) => reverse && reverse.latencyMs !== link.latencyMs)).toBe(true)
  })

  it('follows from the seed and the two names, whatever else is in the plan', () => {
    const plan = planOf(PARETO)
    const links = new PlannedLinks(plan)
    const found = (yaml: string) => new PlannedLinks(planOf(yaml, {}, 40)).between('m-3', 'm-7').latencyMs
    expect(found(PARETO)).toBe(links.between('m-7', 'm-3').latencyMs)
    expect(found(PARETO.replace('full', 'discovered'))).toBe(links.between('m-7', 'm-3').latencyMs)
    expect(found(`seed: 2\n${PARETO}`)).not.toBe(links.between('m-7', 'm-3').latencyMs)
    const grown = grownPlan(plan, [
      { node: { ...(plan.nodes[0] as (typeof plan.nodes)[0]), name: 'late-1' }, peers: [] },
    ])
    expect(new PlannedLinks(grown).between('late-1', 'm-2').latencyMs).toBeGreaterThan(64)
  })

  it('is in the edges of the plan as it is between any two', () => {
    const plan = planOf(PARETO.replace('80ms', '80ms, most: 100ms'))
    const ofPair = pairLinks(plan)
    for (const { from, to, link } of plan.topology.edges.slice(0, 200))
      expect(ofPair({ name: from }, { name: to })).toEqual(link)
    expect(Math.max(...latencies(plan))).toBe(100)
    expect(new PlannedLinks(plan).everyPair).toBe(true)
    expect(new PlannedLinks(planOf('')).everyPair).toBe(false)
  })

  it('goes around the mean of its regions', () => {
    const drawn = planOf(`links: { regions: 2019, latency: { shape: pareto 20 }, jitter: 0ms }`)
    const plain = planOf(`links: { regions: 2019, jitter: 0ms }`)
    const ratios = drawn.topology.edges.map(
      ({ link }, i) => link.latencyMs / (plain.topology.edges[i]?.link.latencyMs ?? 0),
    )
    expect(ratios.every(ratio => ratio >= 19 / 20 - 1e-9)).toBe(true)
    expect(new Set(ratios.map(ratio => ratio.toFixed(6))).size).toBeGreaterThan(150)
    expect(ratios.reduce((sum, ratio) => sum + ratio, 0) / ratios.length).toBeCloseTo(1, 1)
  })

  it('makes all who wait as patient as the slowest pair wants', () => {
    const slowest = (yaml: string) => new PlannedLinks(planOf(yaml)).slowestMs
    const PAIRS = COUNT * (COUNT - 1)
    expect(slowest(PARETO)).toBeCloseTo(Math.max(64 * PAIRS ** 0.2, ...latencies(planOf(PARETO))), 6)
    expect(slowest(PARETO.replace('80ms', '80ms, most: 90ms'))).toBe(90)
    expect(slowest('links: { latency: 70ms, jitter: 10ms }')).toBe(100)
  })
})

it('bandwidths are drawn as well, and the lines of a region are what they were', () => {
  const free = planOf('links: { bandwidth: { mean: 10Mbit, shape: exponential, least: 1Mbit } }')
  const drawn = free.topology.edges.map(({ link }) => link.bandwidthBps)
  expect(new Set(drawn).size).toBeGreaterThan(150)
  expect(Math.min(...drawn)).toBeGreaterThanOrEqual(1e6)
  const region = planOf(
    'links: { regions: { A: { up: 5Mbit, latency: { A: 5ms } } }, bandwidth: { from: mbit.csv } }',
    {
      'mbit.csv': '1\n3\n80\n',
    },
  )
  expect(new Set(region.topology.edges.map(({ link }) => link.bandwidthBps))).toEqual(
    new Set([1e6, 3e6, 80e6]),
  )
  expect(region.nodes.map(({ access }) => access?.upBps)).toEqual(region.nodes.map(() => 5e6))
})

describe('a matrix', () => {
  const NODES = 'node,m-1,m-2,m-3\nm-1,,10,30\nm-2,,,50\nm-3,70,,\n'
  const full = 'topology: { kind: full }'

  it('of nodes gives each pair its delay, of round trips half, and the mirror where a cell is empty', () => {
    const edges = planOf(`links: { matrix: { file: m.csv } }\n${full}`, { 'm.csv': NODES }, 3).topology.edges
    expect(edges.map(({ link, reverse }) => [link.latencyMs, reverse?.latencyMs])).toEqual([
      [5, undefined],
      [35, 15],
      [25, undefined],
    ])
    const oneWay = planOf(
      `links: { matrix: { file: m.csv, values: one-way } }\n${full}`,
      { 'm.csv': NODES },
      3,
    )
    expect(latencies(oneWay)).toEqual([10, 70, 50])
    expect(new PlannedLinks(oneWay)).toMatchObject({ everyPair: true, slowestMs: 70 + 15 })
  })

  it('of other names makes regions of them', () => {
    const plan = planOf('links: { matrix: { file: m.csv, values: one-way } }', {
      'm.csv': ',EU,NA\nEU,10,\nNA,90,20\n',
    })
    expect(plan.regions).toMatchObject({
      EU: { share: 0.5, latencyMs: { EU: 10, NA: 90 } },
      NA: { latencyMs: { EU: 90, NA: 20 } },
    })
    expect(plan.nodes.filter(({ region }) => region === 'EU')).toHaveLength(COUNT / 2)
    const pinned = parseSpec(
      'nodes: { m: { count: 2, share: 100%, region: NA } }\nlinks: { matrix: { file: m.csv } }',
      ...(['net.yaml', {}, () => ',EU,NA\nEU,10,\nNA,90,20\n'] as const),
    )
    expect(latencies(makePlan(pinned))).toEqual([10])
  })

  it.each([
    ['a,b\n', /^m.csv:1: expected names/],
    [',a,b\na,1,2\n', /^m.csv: b is in the header and has no row/],
    [',a,b\na,1,2\nc,1,2\n', /^m.csv:3: c is not in the header/],
    [',a,b\na,1,2\na,1,2\n', /^m.csv:3: a has two rows/],
    [',a,a\na,1,2\n', /^m.csv:1: a stands there twice/],
    [',a,b\na,1\nb,1,2\n', /^m.csv:2: 1 delays for 2 names/],
    [',a,b\na,1,\nb,,2\n', /^m.csv: there is no delay between a and b/],
    [',a,b\na,1,-2\nb,,2\n', /^m.csv:2: -2 is out of range/],
    [',a,b\na,1,NaN\nb,,2\n', /^m.csv:2: "NaN" is no number: expected a round trip in ms/],
  ])('is not %j', (text, message) => {
    expect(() => readMatrix('m.csv', text, true)).toThrow(message)
  })

  it.each([
    [
      'links: { matrix: { file: m.csv } }',
      ',m-1,m-2\nm-1,1,2\nm-2,1,2\n',
      /m.csv: these nodes are not in it: m-3/,
    ],
    ['links: { matrix: { file: m.csv } }', ',m-1,x\nm-1,1,2\nx,1,2\n', /m.csv: there is no node x/],
    [
      'links: { matrix: { file: m.csv } }',
      ',9,x\n9,1,2\nx,1,2\n',
      /m.csv:1: "9" is neither a node nor the name of a region/,
    ],
    ['links: { matrix: { file: m.csv }, regions: 2019 }', NODES, /give one of the two/],
    [
      'links: { matrix: { file: m.csv }, latency: { mean: 5ms, shape: pareto 5 } }',
      NODES,
      /links.latency.mean: the table has the means/,
    ],
  ])('does not fit: %s', (yaml, text, message) => {
    expect(refusal(yaml, { 'm.csv': text })).toMatch(message)
  })
})

describe('degrees from a file', () => {
  const spec = 'topology: { degree: { from: d.csv } }'

  it('of each node are the graph, and of others are drawn from', () => {
    const own = planOf(spec, { 'd.csv': '3\n1\n1\n1\n' }, 4)
    expect(own.topology.kind).toBe('random')
    expect(Object.values(own.topology.wantedPeers).sort()).toEqual([1, 1, 1, 3])
    const drawn = planOf(spec, { 'd.csv': '2\n4\n' })
    expect(new Set(Object.values(drawn.topology.wantedPeers))).toEqual(new Set([2, 4]))
  })

  it.each([
    ['2\n1.5\n2\n', /degree.from: d.csv: 1.5 is no degree/],
    ['0\n2\n2\n', /d.csv:1: 0 is out of range/],
    ['1\n1\n1\n', /d.csv: the degrees add up to 3/],
    ['3\n2\n1\n', /d.csv:1: 3 is out of range/],
  ])('that no graph has are refused: %j', (text, message) => {
    expect(refusal(spec, { 'd.csv': text })).toMatch(message)
  })

  it('whose mean is beyond the nodes are refused', () => {
    expect(refusal('topology: { degree: { mean: 8, shape: exponential } }')).toMatch(
      /degree.mean: 3 nodes cannot have 8 peers/,
    )
    expect(refusal('topology: { kind: ring, degree: { mean: 2, shape: exponential } }')).toMatch(
      /only kind: random-regular has degree/,
    )
  })
})
