// `--set PATH=VALUES`: what is typed as values of a spec, and what is set by its path; whatever is wrong is said.

import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { type Parameter, readParameters } from '../../orchestrator/research/parameters.ts'
import { combinationText, makeSweep, type SweepWish } from '../../orchestrator/research/sweep.ts'
import { kindOf } from '../../orchestrator/research/table.ts'
import { parseSpec, specToYaml } from '../../orchestrator/spec/load.ts'
import { temporaryDirectory } from '../support/node-config.ts'
import { refusal } from '../support/refusal.ts'

const texts = (word: string) => readParameters([word])[0]?.values.map(({ text }) => text)
const cells = (word: string) => readParameters([word])[0]?.values.map(({ cell }) => cell)

describe('values', () => {
  it.each([
    ['a=1', ['1']],
    ['a=1,2', ['1', '2']],
    ['a=1..4', ['1', '2', '3', '4']],
    ['a=10..100x2', ['10', '20', '40', '80']],
    ['a=10..80x2', ['10', '20', '40', '80']],
    ['a=1..10+4', ['1', '5', '9']],
    ['a=50ms..200ms+50ms', ['50ms', '100ms', '150ms', '200ms']],
    ['a=50..150ms+50', ['50ms', '100ms', '150ms']],
    ['a=0.1%..0.8%x2', ['0.1%', '0.2%', '0.4%', '0.8%']],
    ['a=0.1..0.5+0.1', ['0.1', '0.2', '0.3', '0.4', '0.5']], // 0.30000000000000004 is none of them
    ['a=1Mbit..8Mbitx2,1Gbit', ['1Mbit', '2Mbit', '4Mbit', '8Mbit', '1Gbit']],
    ['a=5/s..15/s+5/s', ['5/s', '10/s', '15/s']],
    ['a={x: 1, y: [2, 3]},"p, q"', ['{x: 1, y: [2, 3]}', '"p, q"']],
  ])('%s', (word, values) => {
    expect(texts(word)).toEqual(values)
  })

  it.each([
    ['links.latency=50ms,0.2s', 'links.latencyMs', [50, 200]],
    ['links.loss=0.5%', 'links.lossShare', [0.005]],
    ['nodes.a.share=30%', 'nodes.a.share', [0.3]],
    ['mining.hashRate=2kH/s', 'mining.hashRateHps', [2000]],
    ['links.bandwidth=1Mbit', 'links.bandwidthBps', [1e6]],
    ['chain.blockSize=1MB', 'chain.blockSizeBytes', [1e6]],
    ['load.tx=30/m', 'load.txPerSecond', [0.5]],
    ['nodes.a.count=3,4', 'nodes.a.count', [3, 4]],
    ['keep=true,false', 'keep', [true, false]],
    ['relay=inv,compact', 'relay', ['inv', 'compact']],
    ['x=5ms,none', 'x', ['5ms', 'none']],
    ['x=5ms,5', 'x', ['5ms', '5']],
  ])('%s is column %s', (word, column, values) => {
    expect(readParameters([word])[0]?.column).toBe(column)
    expect(cells(word)).toEqual(values)
  })

  it('a column has the kind that all its values are of', () => {
    expect(kindOf([1, 2, null])).toBe('whole')
    expect(kindOf([1, 2.5])).toBe('number')
    expect(kindOf([1, 'x'])).toBe('text')
    expect(kindOf([true, null])).toBe('flag')
  })

  it.each([
    ['links', 'expected a path in the spec, = and values'],
    ['=5', 'expected a path in the spec, = and values'],
    ['links..latency=5', 'expected a path in the spec, = and values'],
    ['a=', 'a value is missing'],
    ['a=1,,2', 'a value is missing'],
    ['a=1,1', '1 stands there twice'],
    ['a=1..3,2', '2 stands there twice'],
    ['a=5..1', '5..1 goes down'],
    ['a=1ms..5ms', '1ms..5ms has no step'],
    ['a=0.5..5', '0.5..5 has no step'],
    ['a=1..5x1', '1..5x1 never comes to its end'],
    ['a=0..5x2', '0..5x2 never comes to its end'],
    ['a=1..5+0', '1..5+0 never comes to its end'],
    ['a=100ms..2s+100ms', '100ms..2s+100ms has several units'],
    ['a=1ms..9msx2ms', 'a factor has no unit'],
    ['a=1..', '1.. is no range'],
    ['a=1..1000000', 'has more than 10000 values'],
    ['a={x: 1', '{x: 1: Flow map must end with a }'],
    ['seed=1,2', 'each run has a seed of its own'],
    ['runtime=sim,process', 'a sweep is of simulations'],
  ])('%s is refused', (word, sentence) => {
    const { exitCode, message } = refusal(() => readParameters([word]))
    expect(exitCode).toBe(2)
    expect(message).toContain(sentence)
    expect(message).toMatch(/^--set /)
  })

  it('one path has its values behind one flag', () => {
    expect(refusal(() => readParameters(['a=1', 'b=1', 'a=2'])).message).toBe(
      '--set a: it stands there twice',
    )
  })
})

const YAML = `
name: net
duration: 1m
nodes: { evil: { share: 30%, strategy: selfish }, good: { count: 3, share: 70% } }
faults: { split: { partition: halves, at: 10s, for: 5s } }
`

function sweepOf(words: readonly string[], yaml = YAML, wish: Partial<SweepWish> = {}) {
  const parameters: readonly Parameter[] = readParameters(words)
  const load: SweepWish['load'] = set => parseSpec(yaml, 'net.yaml', { set })
  return makeSweep({ load, parameters, runs: 1, until: undefined, rows: 'runs', force: false, ...wish })
}

const refused = (words: readonly string[], yaml = YAML, wish: Partial<SweepWish> = {}) =>
  refusal(() => sweepOf(words, yaml, wish)).message

describe('a path', () => {
  it('sets what it names, and nothing beside it, in a group, a fault, the middle of nowhere, and where there was nothing', () => {
    const { combinations, base } = sweepOf([
      'nodes.good.count=2,4',
      'faults.split.for=3s',
      'links.latency=7ms',
      'topology.kind=ring',
    ])
    expect(combinations.map(({ spec }) => spec.nodes.good?.count)).toEqual([2, 4])
    for (const { spec } of combinations) {
      expect(spec).toMatchObject({ links: { latency: 7 }, topology: { kind: 'ring' }, runtime: 'sim' })
      expect(spec.faults?.split).toMatchObject({ for: 3000 })
      expect(spec.nodes.evil).toEqual(base.nodes.evil)
    }
    expect(base).toMatchObject({ links: { latency: 50 }, nodes: { good: { count: 3 } } })
  })

  it('makes way for a mapping where the usual value is none', () => {
    const { combinations } = sweepOf(['links.latency.mean=80ms', 'links.latency.shape=pareto 5'])
    expect(combinations[0]?.spec.links.latency).toMatchObject({ mean: 80, shape: expect.anything() })
  })

  it('of the usual groups, where a spec names none', () => {
    const { combinations } = sweepOf(['nodes.miners.count=2,9'], 'duration: 1m\n')
    expect(
      combinations.map(({ spec }) => Object.entries(spec.nodes).map(([name, { count }]) => [name, count])),
    ).toEqual([[['miners', 2]], [['miners', 9]]])
    expect(parseSpec('', 'x', {}).nodes.miners?.count).toBe(5) // the default is nobody's to write to
  })

  it.each([
    ['lnks.latency=5ms', '--set lnks.latency=5ms: unknown key "lnks": did you mean "links"?'],
    ['links.latncy=5ms', '--set links.latncy=5ms: unknown key "latncy": did you mean "latency"?'],
    ['links.latency=1ms,5', '--set links.latency=5: expected a duration with its unit'],
    ['nodes.god.count=3', '--set nodes.god.count=3: nodes has no "god": did you mean nodes.good?'],
    ['nodes.constructor.count=3', 'nodes has no "constructor": there are evil, good'],
    ['faults.spilt.for=3s', 'faults has no "spilt": did you mean faults.split?'],
    ['relay=moon', '--set relay=moon: expected one of inv, headers, unsolicited, compact'],
    ['nodes.good.count.x=3', 'nodes.good.count is 3 in the spec, with nothing inside to set'],
    ['nodes.evil.strategy.selfish.gamma=1', 'nodes.evil.strategy is "selfish" in the spec'],
    ['nodes.evil.strategy={selfish: {gamma: 2}}', ': selfish: gamma: must be at most 1'],
    ['nodes.evil.share=40%', 'with nodes.evil.share=40%: net.yaml:4:'],
  ])('%s is refused', (word, sentence) => {
    expect(refused([word])).toContain(sentence)
  })

  it('without an end, of a real network, or with an end too many, it is no sweep', () => {
    expect(refused([], 'name: net\n')).toBe('runs need an end')
    expect(sweepOf(['duration=1m'], 'name: net\n').combinations).toHaveLength(1)
    expect(refused([], 'runtime: process\nduration: 1m\n')).toContain('runtime: process')
    const height = { until: { on: 'time', atMs: 5 } } as const
    expect(sweepOf([], 'name: net\n', height).combinations).toHaveLength(1)
    expect(refused([], `${YAML}expect: { one-tip: { within: 60s after heal } }\n`, height)).toContain(
      'ends when that is checked',
    )
  })

  it('no more than so many runs, unless that is wished', () => {
    const many = ['links.latency=1ms..101ms+1ms', 'links.jitter=1ms..100ms+1ms']
    expect(refused(many)).toBe('10100 combinations: that is more than 10000')
    expect(refused(['links.latency=1ms,2ms'], YAML, { runs: 60_000 })).toContain(
      '2 combinations of 60k runs each',
    )
    const few = sweepOf(['links.latency=1ms,2ms'], YAML, { runs: 60_000, force: true })
    expect(few.combinations.map(({ values }) => combinationText(values))).toEqual([
      'links.latency=1ms',
      'links.latency=2ms',
    ])
  })
})

describe('the hash of a spec', () => {
  const hashOf = (word: string, yaml = YAML, wish: Partial<SweepWish> = {}) =>
    sweepOf(word === '' ? [] : [word], yaml, wish).combinations[0]?.specHash

  it('is the same for the same network, however it is written and whatever the seed', () => {
    expect(hashOf('links.latency=70ms')).toBe(hashOf('links.latency=0.07s'))
    expect(hashOf('')).toBe(hashOf('links.latency=50ms'))
    expect(hashOf('')).toBe(hashOf('', `seed: 9\n${YAML}`))
    expect(hashOf('')).toBe(hashOf('', `runtime: sim\n${YAML}`))
    const written = specToYaml(parseSpec(YAML, 'net.yaml', {}))
    expect(hashOf('links.latency=70ms', written)).toBe(hashOf('links.latency=70ms'))
  })

  it('is another for another network, or another end', () => {
    const until = { until: { on: 'time', atMs: 5 } } as const
    const all = [
      hashOf(''),
      hashOf('links.latency=51ms'),
      hashOf('nodes.good.count=4'),
      hashOf('', YAML, until),
    ]
    expect(new Set(all).size).toBe(4)
  })

  it("follows the text of a strategy's file, and not where that lies; one that only --set names as well", () => {
    const yaml = 'duration: 1m\nnodes: { evil: { share: 40% }, good: { share: 60% } }\n'
    const hash = (code: string) => {
      const folder = temporaryDirectory()
      writeFileSync(join(folder, 'mine.js'), code)
      const load: SweepWish['load'] = set => parseSpec(yaml, join(folder, 'net.yaml'), { set })
      const parameters = readParameters(['nodes.evil.strategy=./mine.js'])
      const wish = { parameters, load, runs: 1, until: undefined, rows: 'runs', force: false } as const
      return makeSweep(wish).combinations[0]?.specHash
    }
    const code = 'export default () => ({})\n'
    expect(hash(code)).toBe(hash(code))
    expect(hash(`${code}// other\n`)).not.toBe(hash(code))
  })
})
