// Scenarios as users write them: what a spec with faults means, each kind of mistake with its place, and the built-in ones.

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { compile } from '../../orchestrator/chaos/faults.ts'
import {
  cutsBetween,
  islands,
  parsePairs,
  parsePartition,
  rosterOf,
} from '../../orchestrator/chaos/partition.ts'
import { findCheck } from '../../orchestrator/checks/all.ts'
import { UserError } from '../../orchestrator/errors.ts'
import { junit } from '../../orchestrator/report/junit.ts'
import type { ScenarioReport } from '../../orchestrator/run/scenario-report.ts'
import { BUILT_IN } from '../../orchestrator/scenarios/built-in.ts'
import { parseSpec, specToYaml } from '../../orchestrator/spec/load.ts'
import { makePlan } from '../../orchestrator/spec/plan.ts'

const FOUR = 'nodes: { miners: { count: 4, share: 100% } }\n'

function refusal(yaml: string): string {
  try {
    parseSpec(FOUR + yaml, 'net.yaml', {})
  } catch (error) {
    expect(error).toBeInstanceOf(UserError)
    return (error as UserError).message
  }
  throw new Error('the scenario was accepted')
}

describe('a mistake in a scenario is said with its place', () => {
  it.each([
    ['faults: { a: { partition: halves, at: 5s } }', /^net.yaml:2:11: faults.a: it needs an end/],
    [
      'faults: { a: { partition: miners-9, at: 5s, for: 5s } }',
      /^net.yaml:2:27: .*no node is named "miners-9"/,
    ],
    ['faults: { a: { partition: all | rest, at: 5s, for: 5s } }', /^net.yaml:2:27: .*at least two sides/],
    ['faults: { a: { at: 5s, for: 5s } }', /^net.yaml:2:11: .*no fault here/],
    ['faults: { a: { kill: all, pause: all, at: 5s, for: 5s } }', /^net.yaml:2:34: .*a step is one fault/],
    ['faults: { a: { kill: all, for: 5s } }', /^net.yaml:2:11: .*begins at one moment/],
    [
      'faults: { a: { kill: all, at: 5s, when: tips > 1, for: 5s } }',
      /^net.yaml:2:41: .*begins at one moment/,
    ],
    ['faults: { a: { kill: all, at: height, for: 5s } }', /^net.yaml:2:31: .*such as height 20/],
    ['faults: { a: { kill: all, when: mood > 1, for: 5s } }', /^net.yaml:2:33: .*such as tips > 1/],
    ['faults: { a: { kill: all, after: b, for: 5s } }', /^net.yaml:2:34: .*there is no fault b/],
    ['faults: { a: { kill: all, after: a, for: 5s } }', /^net.yaml:2:34: .*waits for itself/],
    ['faults: { heal: { kill: all, at: 1s, for: 5s } }', /^net.yaml:2:11: .*name it otherwise/],
    ['faults: { a: { restart: all, at: 5s, for: 5s } }', /^net.yaml:2:43: .*over when it has happened/],
    ['faults: { a: { rolling-restart: all, at: 5s, for: 5s } }', /^net.yaml:2:51: .*over when it has/],
    ['faults: { a: { partition: random, stop: all, at: 5s, for: 5s } }', /^net.yaml:2:41: .*one fault/],
    ['faults: { a: { partition: isolate x, at: 5s, for: 5s } }', /^net.yaml:2:27: .*no node is named "x"/],
    ['faults: { a: { flapping: { cut: all }, at: 5s, for: 5s } }', /^net.yaml:2:33: .*at least two sides/],
    [
      'faults: { a: { flapping: { cut: halves, period: 1 }, at: 5s, for: 5s } }',
      /^net.yaml:2:49: .*duration/,
    ],
    ['faults: { a: { reset: x, at: 5s } }', /^net.yaml:2:23: .*no node is named "x"/],
    ['faults: { a: { churn: { nodes: x }, at: 5s, for: 5s } }', /^net.yaml:2:32: .*no node is named "x"/],
    ['faults: { a: { churn: { rate: 100/s }, at: 5s, for: 5s } }', /^net.yaml:2:31: .*must be between/],
    ['faults: { a: { clock-skew: { by: soon }, at: 5s, for: 5s } }', /^net.yaml:2:34: .*-10m/],
    ['faults: { a: { clock-skew: { by: 0s }, at: 5s, for: 5s } }', /^net.yaml:2:34: .*off by something/],
    ['faults: { a: { cpu: { limit: 20 }, at: 5s, for: 5s } }', /^net.yaml:2:30: .*percentage/],
    ['faults: { a: { memory: { limit: 1kB }, at: 5s, for: 5s } }', /^net.yaml:2:33: .*must be between/],
    ['faults: { a: { disk-full: x, at: 5s, for: 5s } }', /^net.yaml:2:27: .*no node is named "x"/],
    ['faults: { a: { link: {}, at: 5s, for: 5s } }', /^net.yaml:2:16: .*nothing gets worse/],
    [
      'faults: { a: { link: { on: x, loss: 1% }, at: 5s, for: 5s } }',
      /^net.yaml:2:28: .*no node is named "x"/,
    ],
    ['faults: { a: { partitoin: halves, at: 5s, for: 5s } }', /^net.yaml:2:16: .*did you mean "partition"/],
    ['expect: { one-tipp: {} }', /^net.yaml:2:11: .*did you mean "one-tip"/],
    ['expect: { one-tip: { within: soon } }', /^net.yaml:2:30: .*60s after heal/],
    ['expect: { one-tip: { within: 5s after split } }', /^net.yaml:2:30: .*there is no fault split/],
  ])('%s', (yaml, where) => {
    expect(refusal(yaml)).toMatch(where)
  })
})

describe('the shapes of partitions', () => {
  const roster = (count: number) =>
    rosterOf(Array.from({ length: count }, (_, i) => ({ name: `n-${i + 1}`, group: i < 2 ? 'few' : 'many' })))

  it('have their sides', () => {
    expect(parsePartition('minority-third', roster(7)).target).toBe('n-1 n-2 | n-3 n-4 n-5 n-6 n-7')
    expect(parsePartition('few | rest', roster(4)).target).toBe('n-1 n-2 | n-3 n-4')
    expect(parsePartition('bridge', roster(5)).target).toBe('n-1 n-2 | n-4 n-5, bridged by n-3')
    expect(parsePairs('few -> n-3', roster(4))).toEqual([
      { from: 'n-1', to: 'n-3' },
      { from: 'n-2', to: 'n-3' },
    ])
    expect(parsePairs('n-1 <-> n-2', roster(4))).toEqual([
      { from: 'n-1', to: 'n-2' },
      { from: 'n-2', to: 'n-1' },
    ])
  })

  it('that would cut nothing are refused', () => {
    expect(() => parsePartition('ring-of-majorities', roster(3))).toThrow(/cuts nothing here/)
    expect(() => parsePartition('n-1 <-> n-1', roster(3))).toThrow(/cuts nothing here/)
    expect(() => parsePartition('bridge', roster(2))).toThrow(/at least two sides/)
    expect(() => parsePartition('minority-third', roster(2))).toThrow(/at least two sides/)
    expect(() => parsePartition('a -> b -> c', roster(2))).toThrow(/more than one arrow/)
  })

  it('in a ring of majorities every node sees a majority, no two the same, and none is cut off', () => {
    fc.assert(
      fc.property(fc.integer({ min: 5, max: 40 }), count => {
        const { nodes, groups } = roster(count)
        const { cuts } = parsePartition('ring-of-majorities', { nodes, groups })
        const seen = nodes.map(node =>
          nodes.filter(other => !cuts.some(({ from, to }) => from === node && to === other)),
        )
        for (const view of seen) expect(view.length).toBeGreaterThan(count / 2)
        expect(new Set(seen.map(view => view.join())).size).toBe(count)
        const all = cutsBetween(nodes.map(node => [node]))
        expect(islands(nodes, all, cuts)).toHaveLength(1)
      }),
    )
  })

  it('that split leave as many islands as sides', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 2, maxLength: 5 }), sizes => {
        const { nodes, groups } = roster(sizes.reduce((sum, size) => sum + size, 0))
        const rest = [...nodes]
        const sides = sizes.map(size => rest.splice(0, size))
        const text = sides.map(side => side.join(',')).join(' | ')
        const effect = compile({ kind: 'partition', cut: text }, { nodes, groups })
        const all = cutsBetween(nodes.map(node => [node]))
        expect(islands(nodes, all, effect.on === 'links' ? effect.cuts : [])).toEqual(sides)
      }),
    )
  })
})

describe('the built-in scenarios', () => {
  it.each(Object.entries(BUILT_IN))(
    '%s is a whole scenario that comes back the same from its YAML',
    (name, yaml) => {
      const spec = parseSpec(yaml, name, {})
      expect(spec.name).toBe(name)
      expect(spec.describe).toBeDefined()
      expect(parseSpec(specToYaml(spec), name, {})).toEqual(spec)
      const plan = makePlan(spec)
      expect(plan.faults?.length).toBeGreaterThan(0)
      for (const wish of plan.expect ?? []) expect(findCheck(wish.name).describe).not.toBe('')
      expect(plan.expect?.map(wish => wish.name)).toEqual(
        expect.arrayContaining(
          name.startsWith('swarm-')
            ? ['content-complete', 'content-verified']
            : ['one-tip', 'chain', 'supply'],
        ),
      )
    },
  )
})

describe('JUnit', () => {
  const report: ScenarioReport = {
    name: 'a<b',
    runtime: 'process',
    seed: 7,
    passed: false,
    vacuous: false,
    seconds: 1.5,
    checks: [
      { name: 'one-tip', passed: true, asked: '1', measured: '1', message: '' },
      { name: 'chain', passed: false, asked: '2 chains', measured: '1 & "half"', message: 'bad\u0000 one' },
    ],
    faults: [],
    runDirectory: '/runs/1',
  }

  it('says what was expected, what was found, and the seed, whatever characters they hold', () => {
    const xml = junit([report])
    expect(xml).toContain('<testsuites name="netsplit" tests="2" failures="1" time="1.500">')
    expect(xml).toContain('<testsuite name="a&lt;b" tests="2" failures="1" time="1.5">')
    expect(xml).toContain('<property name="seed" value="7"/>')
    const [passed] = report.checks
    const both = junit([report, { ...report, name: 'b', checks: passed ? [passed, passed, passed] : [] }])
    expect(both).toContain('<testsuites name="netsplit" tests="5" failures="1" time="3.000">')
    expect(both).toContain('<testsuite name="b" tests="3" failures="0" time="1.5">')
    expect(xml).toContain('<testcase classname="a&lt;b" name="one-tip"/>')
    expect(xml).toContain(
      '<failure message="bad one">expected: 2 chains&#10;actual: 1 &amp; &quot;half&quot;&#10;bad one</failure>',
    )
  })
})
