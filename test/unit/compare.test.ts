// Two runs compared: tests that are right on known numbers, and that claim no difference where there is none.

import { describe, expect, it } from 'vitest'
import { stringify } from 'yaml'
import { type Comparison, compareReports, type Side, type Unit } from '../../orchestrator/report/compare.ts'
import { differenceWords, method, sideWords, verdictWords } from '../../orchestrator/report/compare-words.ts'
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
    // Five of each kind are enough, and four and a half are not.
    expect(shareP({ hits: 5, of: 100 }, { hits: 5, of: 100 })).toBeCloseTo(1, 6)
    expect(shareP({ hits: 4, of: 100 }, { hits: 5, of: 100 })).toBeUndefined()
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

  it('tells files and code that specs hold by how long they are and their hashes', () => {
    const held = (csv: string, code: string) =>
      stringify({
        nodes: {
          evil: { strategy: { file: './mine.js', path: `/${csv.length}/mine.js`, sha256: code, code } },
        },
        files: { 'up.csv': csv },
      })
    expect(specDifference(held('1\n2\n', 'a\nb\nc\n'), held(`${'9'.repeat(100)}\n`, 'a\nb\nd\n'))).toEqual([
      expect.stringMatching(
        /^nodes\.evil\.strategy\.code: 3 lines \([0-9a-f]{12}\) and 3 lines \([0-9a-f]{12}\)$/,
      ),
      expect.stringMatching(/^files\.up\.csv: 2 lines \([0-9a-f]{12}\) and 1 line \([0-9a-f]{12}\)$/),
    ])
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

describe('what two runs were made of', () => {
  it('is said where it was not the same, fact by fact', async () => {
    const run = await paperRun()
    await run.remove()
    const { report: a } = run
    const { run: facts } = a.report
    const b: typeof a = {
      ...a,
      ...{ runtime: 'sim', seed: 8, nodes: 6, hashRate: { ...a.hashRate, askedHps: 1 } },
      report: {
        ...a.report,
        ...{ blockIntervalMs: 100, faults: [] },
        run: {
          ...facts,
          versions: { netsplit: '0.0.1', node: '1.2.3' },
          machine: { ...facts.machine, cpu: 'an abacus' },
        },
      },
    }
    const { versions, machine } = facts
    expect(compareReports(a, b, ['relay: inv and compact']).unlike).toEqual([
      'relay: inv and compact',
      'runtime: process and sim',
      'seed: 7 and 8',
      'nodes: 5 and 6',
      `block interval: ${a.report.blockIntervalMs} and 100`,
      `hash rate asked: ${a.hashRate.askedHps} and 1`,
      'faults: 1 and 0',
      `netsplit: ${versions.netsplit} and 0.0.1`,
      `Node: ${versions.node} and 1.2.3`,
      `machine: ${machine.cpu} and an abacus`,
    ])
  })

  it('becomes a row with what was measured of it, and none where neither run has any', async () => {
    const run = await paperRun()
    await run.remove()
    const { report } = run
    const node = {
      ...report.report.nodes[0],
      askedHps: 100,
      measuredHps: 90,
    } as (typeof report.report.nodes)[number]
    const a: typeof report = {
      ...report,
      ...{ blocks: 8, staleBlocks: 2, reorgMaxDepth: 3, hashRate: { askedHps: 200, measuredHps: 150 } },
      transactions: { sent: 9, failed: 0, confirmed: 5 },
      propagation: { p50Ms: 10, p90Ms: 50, p99Ms: 70 },
      report: {
        ...report.report,
        nodes: [node, { ...node, measuredHps: 80 }, { ...node, askedHps: 0 }, { ...node, measuredHps: 0 }],
        blocks: {
          timeMs: [0, 1000, 1500, 3000],
          height: [1, 2, 2, 3],
          active: [1, 1, 0, 1],
          p50Ms: [10, null, 30, 20],
          p90Ms: [40, null, 70, 60],
        },
        disagreements: [{ fromMs: 100, toMs: 600, tips: 2 }],
        faults: [
          { agreedAfterMs: 70 },
          { agreedAfterMs: undefined },
        ] as unknown as typeof report.report.faults,
      },
    }
    const rows = compareReports(a, a).comparisons.map(({ name, unit, a: { value, samples } }) => [
      name,
      unit,
      value,
      samples,
    ])
    expect(rows).toEqual([
      ['block at 50 % of the nodes', 'ms', 10, 2],
      ['block at 90 % of the nodes', 'ms', 50, 2],
      ['block interval', 'ms', 1000, 2],
      ['stale blocks', 'share', 0.25, 8],
      ['deepest reorganisation', 'count', 3, 1],
      ['hash rate, measured of asked', 'share', 0.75, 1],
      ['miner, measured of asked', 'share', 0.8, 2],
      ['nodes on different tips', 'ms', 500, 1],
      ['agreed after a fault', 'ms', 70, 1],
      ['blocks', 'count', 8, 1],
      ['payments confirmed', 'count', 5, 1],
    ])
    const idle = { ...a, blocks: 0, hashRate: { askedHps: 0, measuredHps: 0 } }
    const names = compareReports(idle, idle).comparisons.map(({ name }) => name)
    expect(names).not.toContain('stale blocks')
    expect(names).not.toContain('hash rate, measured of asked')
  })
})

describe('a difference in words', () => {
  const side = (value: number | undefined, samples = 1): Side => ({
    value,
    samples,
    p10: undefined,
    p90: undefined,
  })
  const row = (a: Side, b: Side, unit: Unit = 'ms', more: Partial<Comparison> = {}): Comparison => ({
    ...{ name: '', unit, a, b, difference: undefined, p: undefined, differs: false },
    ...more,
  })

  it.each<[a: number | undefined, b: number | undefined, unit: Unit, words: string]>([
    [100, 250, 'ms', '+150 ms ×2.5'],
    [250, 100, 'ms', '−150 ms ×0.4'],
    [7, 7, 'count', 'none'],
    [0, 3, 'count', '+3'],
    [0.5, 0.25, 'share', '−25 % ×0.5'],
    [undefined, 3, 'count', ''],
    [3, undefined, 'count', ''],
  ])('%d and %d %s: %s', (a, b, unit, words) => {
    expect(differenceWords(row(side(a), side(b), unit))).toBe(words)
  })

  it('has where it lies in brackets', () => {
    const difference = { from: -5, to: 20 }
    expect(differenceWords(row(side(10), side(20), 'ms', { difference }))).toBe('+10 ms ×2 [−5 ms, +20 ms]')
  })

  it('is judged where there are enough samples, and nothing is said of single values', () => {
    expect(verdictWords(row(side(1), side(2)))).toBe('')
    expect(verdictWords(row(side(1, 1), side(2, 2)))).toBe('too few samples to say')
    expect(verdictWords(row(side(1, 2), side(2, 1)))).toBe('too few samples to say')
    expect(verdictWords(row(side(1, 9), side(2, 9), 'ms', { p: 0.0009, differs: true }))).toBe(
      'differs, p < 0.001',
    )
    expect(verdictWords(row(side(1, 9), side(2, 9), 'ms', { p: 0.001, differs: true }))).toBe(
      'differs, p = 0.001',
    )
    expect(verdictWords(row(side(1, 9), side(2, 9), 'ms', { p: 0.25 }))).toBe('within chance, p = 0.250')
  })
})

it('the page draws what has samples in both, on one scale, and says what was not the same', async () => {
  const run = await paperRun()
  await run.remove()
  const compared = compareReports(run.report, run.report, ['relay: inv and compact'])
  const side = (value: number, p10: number, p90: number, samples = 20): Side => ({ value, samples, p10, p90 })
  const row = { name: 'way', unit: 'ms', difference: undefined, p: undefined, differs: false } as const
  const alone = { ...row, name: 'height', a: { ...side(1, 1, 1), p90: undefined }, b: side(1, 1, 1) }
  const page = comparePage({
    ...compared,
    comparisons: [{ ...row, a: side(100, 50, 200), b: side(300, 100, 400, 1) }, alone],
  })
  expect(page).toContain('Not the same from the beginning: relay: inv and compact.')
  expect(page.match(/<figure>/g)).toHaveLength(1)
  expect(page).toContain('<b>way</b> <span class="quiet">0 … 400 ms</span>')
  expect(page).toContain(
    'title="20 samples"><i class="c0" style="left:12.5%;width:37.5%"></i><b style="left:25%"></b>',
  )
  expect(page).toContain(
    'title="1 sample"><i class="c1" style="left:25%;width:75%"></i><b style="left:75%"></b>',
  )
  const alike = comparePage({ ...compared, unlike: [] })
  expect(alike).not.toContain('Not the same')
  expect(alike).toContain('5 nodes, process, seed 7, ')
})

it('the bootstrap leaves out one in forty to each side', () => {
  // The median of nine draws from 1 … 9 is at most 1 in 0.15 % of all cases, at most 2 in 3 %, at most 3 in 14 %; so above.
  expect(medianDifference(Array(9).fill(0), upTo(1, 9))).toEqual({ from: 2, to: 8 })
  expect(medianDifference(upTo(1, 9), Array(9).fill(0))).toEqual({ from: -8, to: -2 })
  expect(medianDifference([1], upTo(1, 9))).toBeUndefined()
  expect(medianDifference(upTo(1, 9), [1])).toBeUndefined()
})

it('shares of nothing are not judged', () => {
  expect(shareP({ hits: 0, of: 0 }, { hits: 0, of: 0 })).toBeUndefined()
  expect(shareP({ hits: 50, of: 100 }, { hits: 0, of: 0 })).toBeUndefined()
  expect(shareP({ hits: 50, of: 100 }, { hits: 50, of: 100 })).toBeCloseTo(1, 6)
})
