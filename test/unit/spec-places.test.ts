// Where a spec's mistakes are said to be: «» stands around what the caret must stand under: a value, or the
// key of a mapping. And limits, on both of their sides.

import { describe, expect, it } from 'vitest'
import { UserError } from '../../orchestrator/errors.ts'
import { parseSpec } from '../../orchestrator/spec/load.ts'
import { makePlan } from '../../orchestrator/spec/plan.ts'
import { nearest } from '../../orchestrator/spec/suggest.ts'

function refusal(yaml: string): string {
  try {
    parseSpec(yaml, 'net.yaml', {})
  } catch (error) {
    expect(error).toBeInstanceOf(UserError)
    return (error as UserError).message
  }
  return 'accepted'
}

describe('the place of a mistake is', () => {
  it.each<[path: string, marked: string]>([
    ['nodes', '«nodes»: { m: { count: 0 } }'],
    ['nodes', '«nodes»: { a: { count: 2 }, a-1: { count: 1 }, a-1-1: { count: 1 }, b: { count: 9998 } }'],
    ['nodes.a.share', 'nodes: { a: { share: «100%», hashRate: 1kH/s } }'],
    ['nodes.b.share', 'nodes: { a: { share: 60% }, b: { share: «30%» }, c: { hashRate: 1kH/s } }'],
    ['nodes.b.strategy', 'nodes: { a: { share: 100% }, b: { strategy: «selfish» } }'],
    ['nodes.a.strategy', 'nodes: { a: { share: 100%, strategy: «selfish» } }'],
    ['nodes.a.region', 'nodes: { a: { share: 100%, region: «EU» } }'],
    ['chain.blockSize', 'chain: { blockSize: «10kB» }'],
    ['chain.blockSize', 'chain: { maxBlockWeight: 9999, blockSize: «10kB» }\nlinks: { bandwidth: 1Mbit }'],
    ['transport', 'transport: «v2»\nchain: { blockSize: 10kB }\nlinks: { bandwidth: 1Mbit }'],
    [
      'nodes.a.transport',
      'nodes: { a: { share: 100%, transport: «accept-v2» } }\nchain: { blockSize: 10kB }\nlinks: { bandwidth: 1Mbit }',
    ],
    ['transport', 'transport: «tls»'],
    ['topology.degree', 'topology: { degree: «5» }'],
    ['topology.degree', 'topology: { degree: «3» }'],
    ['topology.degree', 'topology: { kind: ring, degree: «2» }'],
    ['topology.center', 'topology: { kind: ring, center: «miners-1» }'],
    ['topology.edges', 'topology: { kind: ring, «edges»: [[miners-1, miners-2]] }'],
    ['topology.center', 'topology: { kind: star, center: «miners-9» }'],
    ['topology.kind', 'topology: { kind: «explicit» }'],
    ['topology.kind', 'nodes: { m: { count: 1001, share: 100% } }\ntopology: { kind: «full» }'],
    ['topology.edges.1', 'topology: { kind: explicit, edges: [[miners-1, miners-2], «[miners-1, x-1]»] }'],
    ['links.regions', 'links: { «regions»: {} }'],
    ['links.regions.a.latency.c', 'links: { regions: { a: { latency: { a: 5ms, c: «1ms» } } } }'],
    [
      'links.regions.a.latency',
      'links: { regions: { a: { «latency»: { a: 5ms } }, b: { latency: { b: 1ms } } } }',
    ],
    ['links.regions', 'links: { «regions»: { a: { share: 60%, latency: { a: 5ms } } } }'],
    ['faults.heal', 'faults: { «heal»: { reset: all, at: 1s } }'],
    ['faults.a', 'faults: { «a»: { at: 1s } }'],
    ['faults.a', 'faults: { «a»: { partition: halves, at: 1s } }'],
    ['faults.a.kill', 'faults: { a: { reset: all, kill: «miners-1», at: 1s } }'],
    ['faults.a.when', 'faults: { a: { reset: all, at: 1s, when: «tips > 1» } }'],
    ['faults.a.after', 'faults: { a: { reset: all, after: «b» } }'],
    ['faults.a.after', 'faults: { a: { reset: all, after: «b» }, b: { reset: all, after: a } }'],
    ['faults.a.for', 'faults: { a: { reset: all, at: 1s, for: «2s» } }'],
    ['faults.a.partition', 'faults: { a: { partition: «miners-1 | x-1», at: 1s, for: 2s } }'],
    ['faults.a.flapping.cut', 'faults: { a: { flapping: { cut: «x-1 | rest» }, at: 1s, for: 2s } }'],
    ['faults.a.link.on', 'faults: { a: { link: { on: «x-1», loss: 1% }, at: 1s, for: 2s } }'],
    ['faults.a.churn.nodes', 'faults: { a: { churn: { nodes: «x-1» }, at: 1s, for: 2s } }'],
    ['faults.a.clock-skew.nodes', 'faults: { a: { clock-skew: { nodes: «x-1», by: 1s }, at: 1s, for: 2s } }'],
    ['faults.a.clock-skew.by', 'faults: { a: { clock-skew: { by: «0s» }, at: 1s, for: 2s } }'],
    ['faults.a.cpu.nodes', 'faults: { a: { cpu: { nodes: «x-1», limit: 50% }, at: 1s, for: 2s } }'],
    ['faults.a.memory.nodes', 'faults: { a: { memory: { nodes: «x-1», limit: 64MB }, at: 1s, for: 2s } }'],
    ['faults.a.reset', 'faults: { a: { reset: «x-1», at: 1s } }'],
    ['expect.one-tip.within', 'expect: { one-tip: { within: «3s after nothing» } }'],
  ])('%s: %s', (path, marked) => {
    const from = marked.indexOf('«')
    const before = marked.slice(0, from).split('\n')
    const inside = marked.slice(from + 1, marked.indexOf('»'))
    const said = refusal(marked.replace(/[«»]/g, ''))
    expect(said.slice(0, said.indexOf(': ', 10))).toBe(
      `net.yaml:${before.length}:${(before.at(-1)?.length ?? 0) + 1}`,
    )
    expect(said).toContain(`: ${path}: `)
    // Under all of it, and under nothing else.
    const carets = said.split('\n')[2]?.replace(/[^^]/g, '') ?? ''
    expect(carets.length).toBe(inside.length)
  })
})

describe('a limit holds at itself and not beyond:', () => {
  it.each<[what: string, right: string, wrong: string]>([
    [
      'the number of nodes',
      'nodes: { m: { count: 9999 }, n: { count: 1 } }',
      'nodes: { m: { count: 9999 }, n: { count: 2 } }',
    ],
    [
      'of nodes connected each to each',
      'topology: { kind: full }\nnodes: { m: { count: 1000 } }',
      'topology: { kind: full }\nnodes: { m: { count: 1001 } }',
    ],
    ['of peers', 'topology: { degree: 4 }', 'topology: { degree: 5 }'],
    [
      'of bytes in a block',
      'links: { regions: 2019 }\nchain: { maxBlockWeight: 10000, blockSize: 10kB }',
      'links: { regions: 2019 }\nchain: { maxBlockWeight: 9999, blockSize: 10kB }',
    ],
    [
      'of shares, but for rounding',
      'nodes: { a: { share: 99.99995% } }',
      'nodes: { a: { share: 99.9998% } }',
    ],
    [
      'of what a group without nodes may say',
      'nodes: { a: { count: 0, share: 5% }, b: { share: 100% } }',
      'nodes: { a: { count: 1, share: 5% }, b: { share: 100% } }',
    ],
    ['the moments of a step', 'faults: { a: { reset: all, at: 1s } }', 'faults: { a: { reset: all } }'],
  ])('%s', (_, right, wrong) => {
    expect(refusal(right)).toBe('accepted')
    expect(refusal(wrong)).toMatch(/^net\.yaml:/)
  })
})

it('a flag sets its own value, and is named when that is wrong', () => {
  const spec = parseSpec('', 'net.yaml', {
    runtime: 'sim',
    for: '7s',
    seed: '9',
    name: 'x',
    tx: '3/s',
    nodes: '4',
  })
  expect(spec).toMatchObject({ runtime: 'sim', duration: 7000, seed: 9, name: 'x', load: { tx: 3 } })
  expect(spec.nodes.miners?.count).toBe(4)
  const counts = (yaml: string) =>
    Object.entries(parseSpec(yaml, 'net.yaml', { nodes: '4' }).nodes).map(
      ([name, { count }]) => `${name} ${count}`,
    )
  expect(counts('nodes: { full: { count: 2 }, diggers: { count: 3, share: 100% } }')).toEqual([
    'full 2',
    'diggers 4',
  ])
  expect(counts('nodes: { full: { count: 2 }, idle: { count: 3 } }')).toEqual(['full 4', 'idle 3'])
  expect(counts('nodes: {}')).toEqual(['miners 4'])
  const flags = {
    runtime: '--runtime',
    for: '--for',
    seed: '--seed',
    name: '--name',
    tx: '--tx',
    nodes: '--nodes',
  }
  for (const [key, flag] of Object.entries(flags))
    expect(() => parseSpec('', 'net.yaml', { [key]: 'No!' })).toThrow(new RegExp(`^${flag}: `))
})

it('names of nodes that there are: all of six, and of more the first five and the last', () => {
  const star = (count: number) =>
    refusal(`nodes: { m: { count: ${count}, share: 100% } }\ntopology: { kind: star, center: x }`)
  expect(star(6)).toContain('there is no node x: nodes are m-1, m-2, m-3, m-4, m-5, m-6')
  expect(star(7)).toContain('there is no node x: nodes are m-1, m-2, m-3, m-4, m-5 … m-7')
})

it('a word far from all is taken for none of them, however short it is', () => {
  expect(nearest('a', ['bcd'])).toBeUndefined()
  expect(nearest('abcd', ['x'])).toBeUndefined()
  expect(nearest('ab', ['abcd', 'abc'])).toBe('abc')
})

describe('what is expected has these settings when none are given:', () => {
  const planned = (yaml: string) => makePlan(parseSpec(yaml, 'net.yaml', {}))
  const [soon, now, late] = [30_000, 0, 60_000].map(ms => ({ ms, after: 'heal' }))

  it.each([
    ['one-tip', soon, {}],
    ['converges', soon, {}],
    ['chain', soon, {}],
    ['supply', soon, {}],
    ['nothing-lost', soon, { depth: 6 }],
    ['restarts-keep-blocks', soon, {}],
    ['height-advances', soon, { by: 2 }],
    ['sides-advance', now, { by: 1 }],
    ['stays-one', soon, { depth: 2 }],
    ['no-double-spend', soon, {}],
    ['most-work', soon, {}],
    ['tx-confirms-within', soon, { confirmations: 1 }],
    ['double-spend', soon, {}],
    ['reorganises', soon, { depth: 2 }],
    ['propagation', now, { p90: 1000 }],
    ['stale-rate', soon, { most: 0.05, blocks: 20 }],
    ['hash-share', late, { level: 0.999, blocks: 50 }],
    ['block-intervals', late, { level: 0.01, blocks: 50 }],
    ['no-error-logs', soon, {}],
    ['no-blame', soon, {}],
    ['no-leaks', now, { descriptors: 32, memory: 128e6 }],
    ['provoked', now, {}],
  ])('%s', (name, within, numbers) => {
    expect(planned(`expect: { ${name}: {} }`).expect).toEqual([{ name, within, numbers }])
  })

  it('and those that are given', () => {
    const { expect: checks } = planned(
      'faults: { cut: { partition: halves, at: 1s, for: 2s } }\nexpect: { propagation: { within: 3s after cut, p50: 20ms }, one-tip: { within: 4s } }',
    )
    expect(checks).toEqual([
      { name: 'one-tip', within: { ms: 4000 }, numbers: {} },
      { name: 'propagation', within: { ms: 3000, after: 'cut' }, numbers: { p50: 20, p90: 1000 } },
    ])
  })

  it('and a step its fault, its moment and its length', () => {
    const steps = planned(
      'faults: { cut: { partition: halves, at: 1s, for: 2s }, then: { reset: all, after: cut }, high: { kill: miners-1, at: height 20, for: 3s }, forked: { pause: miners-2, when: tips >= 2, for: 4s } }',
    ).faults
    expect(steps).toMatchObject([
      { name: 'cut', fault: { kind: 'partition', cut: 'halves' }, forMs: 2000 },
      { name: 'then', fault: { kind: 'reset', on: 'all' }, forMs: 0 },
      { name: 'high', fault: { kind: 'kill', nodes: 'miners-1' }, forMs: 3000 },
      { name: 'forked', fault: { kind: 'pause', nodes: 'miners-2' }, forMs: 4000 },
    ])
    expect(steps?.map(({ trigger }) => trigger)).toEqual([
      { on: 'time', atMs: 1000 },
      { on: 'step', step: 'cut' },
      { on: 'state', metric: 'height', operator: '>=', value: 20 },
      { on: 'state', metric: 'tips', operator: '>=', value: 2 },
    ])
  })
})
