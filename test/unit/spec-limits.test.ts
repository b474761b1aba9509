// What each value of a spec may be, at the least and at the most; and what is said of one beyond.

import { describe, expect, it } from 'vitest'
import { UserError } from '../../orchestrator/errors.ts'
import { parseSpec } from '../../orchestrator/spec/load.ts'

function refusal(yaml: string): string {
  try {
    parseSpec(yaml, 'net.yaml', {})
  } catch (error) {
    expect(error).toBeInstanceOf(UserError)
    return (error as UserError).message.split('\n')[0] ?? ''
  }
  return 'accepted'
}

/** `chain.blockInterval` of `5s` → `chain: { blockInterval: 5s }`; what it needs beside it is added. */
function specOf(path: string, value: string): string {
  const keys = path.split('.')
  const last = keys.pop()
  const inner = keys
    .slice(1)
    .reduceRight((text, key) => `${key}: { ${text} }`, `${last}: ${value}${WITHIN[path] ?? ''}`)
  return `${keys.length === 0 ? inner : `${keys[0]}: { ${inner} }`}\n${BEFORE[path] ?? ''}`
}

/** What a value needs beside it: headers tell whole seconds, so only a fixed difficulty allows the shortest intervals. */
const WITHIN: Readonly<Record<string, string>> = {
  'chain.blockInterval': ', difficulty: { rule: fixed }',
}

const BEFORE: Readonly<Record<string, string>> = {
  'chain.blockSize': 'links: { bandwidth: 1Mbit }',
}

describe('a quantity', () => {
  it.each<
    [path: string, least: string, most: string, below: string | undefined, above: string, range: string]
  >([
    ['duration', '1s', '365d', '999ms', '366d', '1s and 365d'],
    ['chain.blockInterval', '100ms', '7d', '99ms', '169h', '100ms and 7d'],
    ['chain.difficulty.halfLife', '1s', '365d', '999ms', '366d', '1s and 365d'],
    ['chain.blockSize', '1B', '4MB', '0B', '4000001B', '1B and 4MB'],
    ['chain.validation', '0ms/kB', '10ms/kB', undefined, '10.1ms/kB', '0ms/kB and 10ms/kB'],
    ['links.latency', '0ms', '60s', undefined, '60001ms', '0ms and 1m'],
    ['links.jitter', '0ms', '60s', undefined, '60001ms', '0ms and 1m'],
    ['links.bandwidth', '1kbit', '1000Gbit', '999bit', '1001Gbit', '1kbit and 1000Gbit'],
    ['links.loss', '0%', '90%', undefined, '90.1%', '0% and 90%'],
    ['load.tx', '0/s', '1000/s', undefined, '1001/s', '0/s and 1000/s'],
    ['limits.memory', '16MB', '1000GB', '15999.9999kB', '1001GB', '16MB and 1000GB'],
    ['expect.propagation.p90', '1ms', '365d', '0ms', '366d', '1ms and 365d'],
    ['expect.stale-rate.most', '0%', '100%', undefined, '101%', '0% and 100%'],
    ['expect.hash-share.level', '50%', '99.9999%', '49%', '100%', '50% and 99.9999%'],
    ['expect.block-intervals.level', '1%', '15%', '0.9%', '15.1%', '1% and 15%'],
    ['expect.no-leaks.memory', '0kB', '1000GB', undefined, '1001GB', '0kB and 1000GB'],
  ])('%s goes from %s to %s', (path, least, most, below, above, range) => {
    for (const value of [least, most]) expect(refusal(specOf(path, value))).toBe('accepted')
    for (const value of [below, above])
      if (value !== undefined) expect(refusal(specOf(path, value))).toContain(`must be between ${range}`)
  })
})

describe('a number', () => {
  it.each<[path: string, least: number, most: number]>([
    ['seed', 0, Number.MAX_SAFE_INTEGER],
    ['chain.difficulty.window', 2, 100_000],
    ['chain.maturity', 1, 10_000],
    ['chain.halvingInterval', 1, 100_000_000],
    ['chain.maxBlockWeight', 8000, 4_000_000],
    ['chain.genesisTime', 1_230_768_000, 0xffffffff],
    ['limits.pids', 32, 100_000],
    ['expect.nothing-lost.depth', 1, 1000],
    ['expect.stale-rate.blocks', 10, 100_000],
    ['expect.no-leaks.descriptors', 0, 100_000],
  ])('%s goes from %i to %i', (path, least, most) => {
    for (const value of [least, most]) expect(refusal(specOf(path, `${value}`))).toBe('accepted')
    expect(refusal(specOf(path, `${least - 1}`))).toContain(`must be at least ${least}`)
    if (most < Number.MAX_SAFE_INTEGER)
      expect(refusal(specOf(path, `${most + 1}`))).toContain(`must be at most ${most}`)
  })

  it.each<[path: string, least: number, most: number]>([
    ['chain.subsidy', 0, 1_000_000],
    ['limits.cpus', 0.05, 256],
  ])('%s goes from %f to %f, fractions too', (path, least, most) => {
    for (const value of [least, most, (least + most) / 3])
      expect(refusal(specOf(path, `${value}`))).toBe('accepted')
    expect(refusal(specOf(path, `${least - 0.01}`))).toContain(`must be at least ${least}`)
    expect(refusal(specOf(path, `${most + 0.01}`))).toContain(`must be at most ${most}`)
  })
})

describe('a value of a fault', () => {
  const fault = (text: string) => `faults: { f: { ${text}, at: 1s } }`

  it.each<[accepted: string, refused: string, why: string]>([
    ['link: { latency: 60s }, for: 1s', 'link: { latency: 60001ms }, for: 1s', 'between 0ms and 1m'],
    ['link: { jitter: 60s }, for: 1s', 'link: { jitter: 60001ms }, for: 1s', 'between 0ms and 1m'],
    [
      'link: { bandwidth: 1kbit }, for: 1s',
      'link: { bandwidth: 999bit }, for: 1s',
      'between 1kbit and 1000Gbit',
    ],
    ['link: { loss: 90% }, for: 1s', 'link: { loss: 90.1% }, for: 1s', 'between 0% and 90%'],
    [
      'flapping: { cut: halves, period: 200ms }, for: 1s',
      'flapping: { cut: halves, period: 199ms }, for: 1s',
      'between 200ms and 365d',
    ],
    [
      'flapping: { cut: halves, period: 365d }, for: 1s',
      'flapping: { cut: halves, period: 366d }, for: 1s',
      'between 200ms and 365d',
    ],
    ['churn: { rate: 1/d }, for: 1s', 'churn: { rate: 0.9/d }, for: 1s', 'between 1/d and 10/s'],
    ['churn: { rate: 10/s }, for: 1s', 'churn: { rate: 11/s }, for: 1s', 'between 1/d and 10/s'],
    ['churn: { away: 100ms }, for: 1s', 'churn: { away: 99ms }, for: 1s', 'between 100ms and 365d'],
    ['churn: { away: 365d }, for: 1s', 'churn: { away: 366d }, for: 1s', 'between 100ms and 365d'],
    ['cpu: { limit: 5% }, for: 1s', 'cpu: { limit: 4.9% }, for: 1s', 'between 5% and 6400%'],
    ['cpu: { limit: 6400% }, for: 1s', 'cpu: { limit: 6401% }, for: 1s', 'between 5% and 6400%'],
    ['memory: { limit: 16MB }, for: 1s', 'memory: { limit: 15MB }, for: 1s', 'between 16MB and 1000GB'],
    ['clock-skew: { by: 365d }, for: 1s', 'clock-skew: { by: 366d }, for: 1s', 'by a year at most'],
    ['clock-skew: { by: -1ms }, for: 1s', 'clock-skew: { by: 0s }, for: 1s', 'off by something'],
    ['pause: all, for: 100ms', 'pause: all, for: 99ms', 'between 100ms and '],
  ])('may be %s, and not %s', (accepted, refused, why) => {
    expect(refusal(fault(accepted))).toBe('accepted')
    expect(refusal(fault(refused))).toContain(why)
  })
})

describe('a group, a region and a miner', () => {
  const region = (text: string) => `links: { regions: { a: { ${text}, latency: { a: 1ms } } } }`
  const group = (text: string) => `nodes: { m: { ${text} } }`

  it.each<[accepted: string, refused: string, why: string]>([
    [group('count: 10000'), group('count: 10001'), 'at most 10000'],
    [group('share: 100%, threads: 64'), group('share: 100%, threads: 65'), 'at most 64'],
    [group('share: 100%, threads: 1'), group('share: 100%, threads: 0'), 'at least 1'],
    [group('hashRate: 1H/s'), group('hashRate: 0.9H/s'), 'between 1H/s and 1GH/s'],
    [group('hashRate: 1GH/s'), group('hashRate: 1000000001H/s'), 'between 1H/s and 1GH/s'],
    [
      'nodes: { m: { share: 99.99% }, n: { share: 0.01% } }',
      'nodes: { m: { share: 99.991% }, n: { share: 0.009% } }',
      'between 0.01% and 100%',
    ],
    [group('share: 100%'), group('share: 101%'), 'between 0.01% and 100%'],
    ['mining: { hashRate: 1000GH/s }', 'mining: { hashRate: 1000000000010H/s }', 'between 1H/s and 1000GH/s'],
    ['mining: { hashRate: 1H/s }', 'mining: { hashRate: 0H/s }', 'between 1H/s and 1000GH/s'],
    [region('share: 100%'), region('share: 101%'), 'between 0% and 100%'],
    [region('down: 1kbit'), region('down: 999bit'), 'between 1kbit and 1000Gbit'],
    [region('down: 1000Gbit'), region('down: 1001Gbit'), 'between 1kbit and 1000Gbit'],
    [region('up: 1kbit'), region('up: 999bit'), 'between 1kbit and 1000Gbit'],
    [region('up: 1000Gbit'), region('up: 1001Gbit'), 'between 1kbit and 1000Gbit'],
    [
      'links: { regions: { a: { latency: { a: 60s } } } }',
      'links: { regions: { a: { latency: { a: 61s } } } }',
      'between 0ms and 1m',
    ],
    ['topology: { degree: 1 }\nnodes: { m: { count: 2 } }', 'topology: { degree: 0 }', 'at least 1'],
    [
      'topology: { degree: 125 }\nnodes: { m: { count: 200 } }',
      'topology: { degree: 126 }\nnodes: { m: { count: 200 } }',
      'at most 125',
    ],
    [`name: a${'b'.repeat(39)}`, `name: a${'b'.repeat(40)}`, 'at most 40'],
    [`nodes: { a${'b'.repeat(23)}: {} }`, `nodes: { a${'b'.repeat(24)}: {} }`, 'at most 24'],
    [
      `links: { regions: { A${'b'.repeat(23)}: { latency: { A${'b'.repeat(23)}: 1ms } } } }`,
      `links: { regions: { A${'b'.repeat(24)}: { latency: { A${'b'.repeat(24)}: 1ms } } } }`,
      'at most 24',
    ],
  ])('may be %s, and not %s', (accepted, refused, why) => {
    expect(refusal(accepted)).toBe('accepted')
    expect(refusal(refused)).toContain(why)
  })

  it('that is selfish wins between none and all of its races', () => {
    const selfish = (gamma: string) =>
      `nodes: { m: { share: 50%, strategy: { selfish: { gamma: ${gamma} } } }, n: { share: 50% } }`
    for (const gamma of ['0', '0.5', '1']) expect(refusal(selfish(gamma))).toBe('accepted')
    for (const gamma of ['-0.1', '1.1']) expect(refusal(selfish(gamma))).toMatch(/gamma/)
  })
})

describe('a unit', () => {
  const read = (yaml: string) => parseSpec(yaml, 'net.yaml', {})

  it.each<[yaml: string, of: (spec: ReturnType<typeof read>) => unknown, value: number]>([
    ['links: { latency: 7ms }', spec => spec.links.latency, 7],
    ['links: { latency: 7s }', spec => spec.links.latency, 7000],
    ['duration: 7m', spec => spec.duration, 420_000],
    ['duration: 7h', spec => spec.duration, 25_200_000],
    ['duration: 7d', spec => spec.duration, 604_800_000],
    ['chain: { validation: 0.2ms/kB }', spec => spec.chain.validation, 0.2],
    ['chain: { validation: 200us/kB }', spec => spec.chain.validation, 0.2],
    ['chain: { validation: 200ms/MB }', spec => spec.chain.validation, 0.2],
    ['links: { bandwidth: 7000bit }', spec => spec.links.bandwidth, 7000],
    ['links: { bandwidth: 7kbit }', spec => spec.links.bandwidth, 7000],
    ['links: { bandwidth: 7Mbit }', spec => spec.links.bandwidth, 7e6],
    ['links: { bandwidth: 7Gbit }', spec => spec.links.bandwidth, 7e9],
    ['mining: { hashRate: 7H/s }', spec => spec.mining.hashRate, 7],
    ['mining: { hashRate: 7kH/s }', spec => spec.mining.hashRate, 7000],
    ['mining: { hashRate: 7MH/s }', spec => spec.mining.hashRate, 7e6],
    ['mining: { hashRate: 7GH/s }', spec => spec.mining.hashRate, 7e9],
    ['limits: { memory: 70000kB }', spec => spec.limits.memory, 70e6],
    ['limits: { memory: 70MB }', spec => spec.limits.memory, 70e6],
    ['limits: { memory: 7GB }', spec => spec.limits.memory, 7e9],
    ['chain: { blockSize: 7B }\nlinks: { bandwidth: 1Mbit }', spec => spec.chain.blockSize, 7],
    ['chain: { blockSize: 7kB }\nlinks: { bandwidth: 1Mbit }', spec => spec.chain.blockSize, 7000],
    ['chain: { blockSize: 1.5MB }\nlinks: { bandwidth: 1Mbit }', spec => spec.chain.blockSize, 1.5e6],
    ['links: { loss: 0.7% }', spec => spec.links.loss, 0.007],
    ['load: { tx: 7/s }', spec => spec.load.tx, 7],
    ['load: { tx: 30/m }', spec => spec.load.tx, 0.5],
  ])('%s', (yaml, of, value) => {
    expect(of(read(yaml))).toBe(value)
  })
})
