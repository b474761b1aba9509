// Regions: nodes get their places by group or by share, links follow from the places, and a table with a hole is refused.

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createRandom } from '../../node/core/random.ts'
import { PlannedLinks } from '../../orchestrator/network/planned-links.ts'
import { planNewcomer } from '../../orchestrator/spec/join.ts'
import { parseSpec, specToYaml } from '../../orchestrator/spec/load.ts'
import { makePlan } from '../../orchestrator/spec/plan.ts'
import { drawRegions, PRESETS } from '../../orchestrator/spec/regions.ts'
import type { Plan } from '../../orchestrator/spec/types.ts'

const plan = (yaml: string) => makePlan(parseSpec(yaml, 'net.yaml', {}))
const TWO = `
links:
  jitter: 2ms
  regions:
    north: { share: 75%, down: 50Mbit, up: 20Mbit, latency: { north: 10ms, south: 90ms } }
    south: { share: 25%, down: 8Mbit, latency: { south: 15ms } }
`

function counts(nodes: Plan['nodes']): Record<string, number> {
  const of: Record<string, number> = {}
  for (const { region = 'none' } of nodes) of[region] = (of[region] ?? 0) + 1
  return of
}

describe('the table of 2019', () => {
  const table = PRESETS[2019] as NonNullable<(typeof PRESETS)[string]>

  it('is symmetric, and its shares make one', () => {
    for (const [a, { latencyMs }] of Object.entries(table))
      for (const [b, ms] of Object.entries(latencyMs)) expect(table[b]?.latencyMs[a], `${a} ${b}`).toBe(ms)
    expect(Object.values(table).reduce((sum, { share }) => sum + share, 0)).toBeCloseTo(1, 9)
    expect(table.EU?.latencyMs.AU).toBe(294)
    expect(table.JP).toMatchObject({ downBps: 22.8e6, upBps: 10.2e6, share: 0.0224 })
  })

  it('is the one that was published: Mbit/s down and up, ms to oneself and to those that follow', () => {
    const told = Object.entries(table).map(([name, { downBps, upBps, latencyMs }], i) =>
      [name, downBps / 1e6, upBps / 1e6, ...Object.values(latencyMs).slice(i)].join(' '),
    )
    expect(told).toEqual([
      'NA 52 19.2 32 124 184 198 151 189',
      'EU 40 20.7 11 227 237 252 294',
      'SA 18 5.8 88 325 301 322',
      'AP 22.8 15.7 85 58 198',
      'JP 22.8 10.2 12 126',
      'AU 29.9 11.3 16',
    ])
  })

  it('places a thousand nodes by its shares, and gives each edge its latency, each node its line', () => {
    const made = plan('nodes: { miners: { count: 1000, share: 100% } }\nlinks: { regions: 2019 }')
    expect(counts(made.nodes)).toEqual({ NA: 332, EU: 500, SA: 9, AP: 118, JP: 22, AU: 19 })
    const region = new Map(made.nodes.map(node => [node.name, node.region as string]))
    for (const { from, to, link, reverse = link } of made.topology.edges) {
      const near = table[region.get(from) as string]
      expect(link.latencyMs).toBe(near?.latencyMs[region.get(to) as string])
      expect([link.bandwidthBps, reverse.bandwidthBps]).toEqual([0, 0])
      expect(reverse.latencyMs).toBe(link.latencyMs)
    }
    for (const { region, access } of made.nodes) {
      const { upBps, downBps } = table[region as string] ?? {}
      expect(access).toEqual({ upBps, downBps })
    }
  })
})

describe('regions of a spec', () => {
  it('draws the same places for the same seed, and others for another', () => {
    const places = (seed: number) =>
      plan(`seed: ${seed}\nnodes: { miners: { count: 40, share: 100% } }\n${TWO}`).nodes.map(
        ({ region }) => region,
      )
    expect(places(1)).toEqual(places(1))
    expect(places(1)).not.toEqual(places(2))
    expect(places(1).filter(region => region === 'north')).toHaveLength(30)
  })

  it('keeps a group where it says, draws the rest, and gives each node its region’s line', () => {
    const made = plan(
      `nodes: { hub: { count: 3, region: south, share: 100% }, full: { count: 8 } }\ntopology: { kind: full }\n${TWO}`,
    )
    expect(counts(made.nodes.filter(({ group }) => group === 'hub'))).toEqual({ south: 3 })
    expect(counts(made.nodes.filter(({ group }) => group === 'full'))).toEqual({ north: 6, south: 2 })
    const links = new PlannedLinks(made)
    const north = made.nodes.find(({ region }) => region === 'north')?.name as string
    expect(links.between('hub-1', north)).toMatchObject({ latencyMs: 90, jitterMs: 2, bandwidthBps: 0 })
    expect(links.between(north, 'hub-1')).toMatchObject({ latencyMs: 90, bandwidthBps: 0 })
    expect(links.between('hub-1', 'hub-2')).toMatchObject({ latencyMs: 15, bandwidthBps: 0 })
    expect(links.slowestMs).toBe(96)
  })

  it('gives a link that no edge names what its two regions have, also to a newcomer', () => {
    const made = plan(
      `nodes: { miners: { count: 9, share: 100%, region: north }, full: { count: 3, region: south } }\n${TWO}`,
    )
    const links = new PlannedLinks(made)
    const node = planNewcomer(made, made.nodes, { group: 'full' })
    expect(node).toMatchObject({ name: 'full-4', region: 'south' })
    links.admit(node)
    expect(links.between('full-4', 'miners-1').latencyMs).toBe(90)
    expect(links.between('full-4', 'full-1').latencyMs).toBe(15)
  })

  it('shares nodes evenly where no region has a share, and gives none to one without where others have', () => {
    const shares = (...given: string[]) => {
      const regions = given.map(
        (share, i) => `r${i}: { ${share} latency: { r0: 1ms, r1: 1ms, r2: 1ms, r3: 1ms } }`,
      )
      return Object.values(plan(`links: { regions: { ${regions.join(', ')} } }`).regions ?? {}).map(
        ({ share }) => share,
      )
    }
    expect(shares('', '', '', '')).toEqual([0.25, 0.25, 0.25, 0.25])
    expect(shares('share: 60%,', '', 'share: 40%,', '')).toEqual([0.6, 0, 0.4, 0])
  })

  it('leaves plans without regions as they were', () => {
    const made = plan('')
    expect(made.nodes.every(node => !('region' in node))).toBe(true)
    expect(made).not.toHaveProperty('regions')
  })

  it('is written back to what it was read from', () => {
    for (const yaml of [TWO, 'links: { regions: 2019 }']) {
      const spec = parseSpec(yaml, 'net.yaml', {})
      expect(parseSpec(specToYaml(spec), 'again.yaml', {})).toEqual(spec)
    }
  })

  it.each([
    ['links: { regions: 2018 }', 'expected 2019 (a published table of six regions) or a table of your own'],
    ['links: { regions: {} }', 'there is no region'],
    ['links: { regions: { a: { latency: { a: 5ms } }, b: {} } }', 'no latency from a to b'],
    ['links: { regions: { a: { latency: { a: 5ms, c: 1ms } } } }', 'there is no region c: regions are a'],
    ['links: { regions: { a: { latency: { a: 5 } } } }', 'expected a duration with its unit'],
    ['links: { regions: { a: { latncy: {} } } }', 'did you mean "latency"'],
    ['links: { regions: { a: { share: 60%, latency: { a: 5ms } } } }', 'add up to 60%, not 100%'],
    ['nodes: { miners: { region: EU, share: 100% } }', 'there are no regions: give links.regions'],
    ['nodes: { miners: { region: ES, share: 100% } }\nlinks: { regions: 2019 }', 'there is no region ES'],
  ])('refuses %s', (yaml, message) => {
    expect(() => plan(yaml)).toThrow(message)
    expect(() => plan(yaml)).toThrow('net.yaml:')
  })
})

describe('drawing', () => {
  it('gives every region its share to the nearest node, whatever the table', () => {
    const shares = fc.array(fc.integer({ min: 0, max: 100 }), { minLength: 1, maxLength: 8 })
    fc.assert(
      fc.property(shares, fc.integer({ min: 0, max: 300 }), fc.integer(), (weights, count, seed) => {
        fc.pre(weights.some(weight => weight > 0))
        const sum = weights.reduce((total, weight) => total + weight, 0)
        const table = Object.fromEntries(
          weights.map((weight, i) => [`r${i}`, { share: weight / sum, downBps: 0, upBps: 0, latencyMs: {} }]),
        )
        const drawn = drawRegions(table, count, createRandom(`${seed}`))
        expect(drawn).toHaveLength(count)
        for (const [name, { share }] of Object.entries(table)) {
          const has = drawn.filter(region => region === name).length
          expect(Math.abs(has - share * count)).toBeLessThan(1)
        }
      }),
    )
  })
})
