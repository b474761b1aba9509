// The four answers at the head of a report, in every case that they tell apart; and the scales of its charts.

import { describe, expect, it } from 'vitest'
import type { FaultEffect } from '../../orchestrator/report/effects.ts'
import { answers, targetOf } from '../../orchestrator/report/html/answers.ts'
import { logShare, roundedUp, thinned, timeTicks } from '../../orchestrator/report/html/axis.ts'
import { shortened } from '../../orchestrator/report/html/text.ts'
import type { Report } from '../../orchestrator/report/model.ts'
import { sentence } from '../../orchestrator/systems/ledger/report/answers.ts'

type Inner = Report['report']
type Line = Inner['nodes'][number]

const miner = (name: string, askedHps: number, blocks: number, group = 'm') =>
  ({ name, group, askedHps, blocks, downMs: 0 }) as Line

/** A run of 100 s in which all went well. */
function reportOf(change: Omit<Partial<Report>, 'report'> = {}, inner: Partial<Inner> = {}): Report {
  return {
    tips: 1,
    converged: true,
    staleBlocks: 0,
    blocks: 10,
    reorgMaxDepth: 0,
    hashRate: { askedHps: 3000, measuredHps: 2900 },
    propagation: { p50Ms: 40, p90Ms: 90, p99Ms: 200 },
    ...change,
    report: {
      startedMs: 0,
      endMs: 100_000,
      blockIntervalMs: 5000,
      faults: [],
      disagreements: [],
      onItsWay: false,
      intervals: { binMs: 1000, counts: [], count: 4, sumMs: 18_000 },
      apartArrivals: 0,
      blocks: { timeMs: [], height: [], p50Ms: [], p90Ms: [], active: [] },
      nodes: [miner('a', 1000, 6), miner('b', 2000, 4)],
      ...inner,
    },
  } as Report
}

/** Question → its answer in large letters, and the text below it, without markup. */
function answersOf(report: Report) {
  const [power, speed, split, fault] = [
    ...answers(report).matchAll(/<p class="big">(.*?)<\/p>(.*?)<\/article>/gs),
  ].map(([, big = '', rest = '']) => ({
    big,
    html: rest,
    text: rest
      .replace(/<[^>]*>/g, ' ')
      .replace(/\s+/g, ' ')
      .trim(),
  }))
  return { power, speed, split, fault } as Record<
    'power' | 'speed' | 'split' | 'fault',
    { readonly big: string; readonly html: string; readonly text: string }
  >
}

const fault = (change: Partial<FaultEffect> = {}): FaultEffect =>
  ({
    id: 'cut',
    kind: 'partition',
    target: 'a | b',
    fromMs: 10_000,
    toMs: 30_000,
    verified: true,
    tips: 2,
    blocks: 4,
    staleBlocks: 1,
    reorgs: 2,
    reorgMaxDepth: 3,
    agreedAfterMs: 1500,
    ...change,
  }) as FaultEffect

describe('who has the hash power', () => {
  const namesIn = (html: string) => {
    const [, list = ''] = /<p class="names">(.*?)<\/p>/.exec(html) ?? []
    return list
      .replace(/<[^>]*>/g, ' ')
      .trim()
      .split(/\s{2,}/)
  }

  it('the largest, with its share of what was asked and of what was found', () => {
    const { big, html, text } = answersOf(reportOf()).power
    expect(big).toBe('b 66.7 %')
    expect(text).toContain('2.9 kH/s measured of 3 kH/s asked; 10 blocks on the best chain.')
    expect(
      [...html.matchAll(/style="width:(.*?)" title="(.*?)"/g)].map(([, width, title]) => [width, title]),
    ).toEqual([
      ['66.67%', 'b: 66.7 %'],
      ['33.33%', 'a: 33.3 %'],
      ['40%', 'b: 40 %'],
      ['60%', 'a: 60 %'],
    ])
  })

  it('all alike, when there are several and they are', () => {
    const nodes = [miner('a', 1000, 0), miner('b', 1000, 0), miner('full', 0, 0)]
    const { big, html } = answersOf(reportOf({}, { nodes })).power
    expect(big).toBe('2 alike')
    expect(html).not.toContain('found')
    expect(answersOf(reportOf({}, { nodes: [miner('a', 1000, 0)] })).power.big).toBe('a 100 %')
    expect(namesIn(html)).toEqual(['a', 'b'])
  })

  it('with a colour each, the same in both bars and beside its name', () => {
    const nodes = Array.from({ length: 8 }, (_, i) => miner(`n-${i}`, 1000 + i, 1))
    const { html } = answersOf(reportOf({}, { nodes })).power
    const colours = [...html.matchAll(/<i class="(c\d+)"/g)].map(([, colour]) => colour)
    const eight = ['c0', 'c1', 'c2', 'c3', 'c4', 'c5', 'c6', 'c7']
    expect(colours).toEqual([...eight, ...eight, ...eight])
  })

  it('of the rest together what they have together', () => {
    const nodes = [...Array(7).fill(1000), 900, 100].map((hps, i) => miner(`n-${i}`, hps, i < 7 ? 10 : 5))
    const { html } = answersOf(reportOf({}, { nodes })).power
    expect(
      [...html.matchAll(/width:([\d.]+%)" title="2 others: (.*?)"/g)].map(([, ...words]) => words),
    ).toEqual([
      ['12.5%', '12.5 %'],
      ['12.5%', '12.5 %'],
    ])
  })

  it('of the run: a miner that was down for half of it had half of its share', () => {
    const nodes = [
      miner('a', 1000, 6),
      { ...miner('b', 2000, 4), downMs: 50_000 },
      { ...miner('c', 0, 0), downMs: 60_000 },
    ]
    const { big, text } = answersOf(reportOf({}, { nodes, startedMs: 0, readyMs: 0, endMs: 100_000 })).power
    expect(big).toBe('a 50 %')
    expect(text).toContain('b was down for 50 s: that time counts as nothing.')
    const alike = [miner('a', 1000, 6), { ...miner('b', 1000, 4), downMs: 50_000 }]
    expect(answersOf(reportOf({}, { nodes: alike })).power.big).toBe('2 alike, 1 down for a while')
  })

  it('nobody, when nobody was asked to mine', () => {
    for (const nodes of [[], [miner('full', 0, 0)], [miner('late', 0, 3)]])
      expect(answersOf(reportOf({}, { nodes })).power.big).toBe('nobody')
  })

  it('eight shares at most: the others together, or groups in place of nodes', () => {
    const many = (count: number, group = (_: number) => 'm') =>
      Array.from({ length: count }, (_, i) => miner(`n-${i}`, 1000 + i, 1, group(i)))
    const names = (nodes: readonly Line[]) => namesIn(answersOf(reportOf({}, { nodes })).power.html)
    expect(names(many(8))).toEqual(['n-7', 'n-6', 'n-5', 'n-4', 'n-3', 'n-2', 'n-1', 'n-0'])
    expect(names(many(9))).toEqual(['n-8', 'n-7', 'n-6', 'n-5', 'n-4', 'n-3', 'n-2', '2 others'])
    expect(names(many(9, i => (i < 4 ? 'x' : 'y')))).toEqual(['y', 'x'])
    expect(names(many(8, i => (i < 4 ? 'x' : 'y')))).toHaveLength(8)
  })
})

describe('when blocks are there', () => {
  it('at half, at nine in ten and at all but one in a hundred, and how often they came', () => {
    const { big, text } = answersOf(reportOf()).speed
    expect(big).toBe('90 ms')
    expect(text).toBe(
      'The middle block: half of the running nodes had it within 40 ms, 99 % within 200 ms. The plan wants a block every 5 s; it came every 4.5 s.',
    )
  })

  it.each([
    [0, '–.'],
    [1, '–. 1 arrival after a cut or a pause is not counted.'],
    [2, '–. 2 arrivals after a cut or a pause are not counted.'],
  ])('without %i that a cut held up', (apartArrivals, end) => {
    const intervals = { binMs: 1000, counts: [], count: 0, sumMs: 0 }
    expect(answersOf(reportOf({}, { apartArrivals, intervals })).speed.text).toMatch(
      new RegExp(`every ${end}$`),
    )
  })

  it('never, when none travelled', () => {
    const propagation = { p50Ms: null, p90Ms: null, p99Ms: null }
    expect(answersOf(reportOf({ propagation })).speed).toMatchObject({ big: 'no block travelled', text: '' })
    const blocks = {
      ...{ timeMs: [1, 2, 3], height: [1, 2, 2], active: [1, 1, 0] },
      ...{ p50Ms: [null, null, null], p90Ms: [null, null, null] },
    }
    expect(answersOf(reportOf({ propagation }, { blocks })).speed).toMatchObject({
      big: 'never',
      text: '2 blocks did not reach 90 % of the nodes that ran.',
    })
    const some = { ...blocks, p50Ms: [1, null, null], p90Ms: [2, null, null] }
    expect(answersOf(reportOf({}, { blocks: some })).speed.text).toContain(
      '99 % within 200 ms. 1 block did not reach 90 % of the nodes that ran. The plan',
    )
  })
})

describe('whether the network was split', () => {
  const apart = (fromMs: number, toMs: number) => ({ fromMs, toMs, tips: 2 })
  const sides = [['a'], ['b']]

  it.each<[answer: string, change: Partial<Report>, inner: Partial<Inner>]>([
    ['<span class="good">no; one tip at the end</span>', {}, {}],
    ['<span class="good">yes; one tip at the end</span>', {}, { faults: [fault({ sides })] }],
    ['<span class="good">no; one tip at the end</span>', {}, { faults: [fault()] }],
    ['<span class="good">no; one tip at the end</span>', {}, { disagreements: [apart(0, 10_000)] }],
    ['<span class="good">yes; one tip at the end</span>', {}, { disagreements: [apart(0, 10_001)] }],
    [
      '<span class="good">no; a block was on its way at the end</span>',
      { converged: false, tips: 2 },
      { onItsWay: true },
    ],
    ['<span class="bad">yes: 2 tips at the end</span>', { converged: false, tips: 2 }, {}],
    ['<span class="bad">not all nodes agreed at the end</span>', { converged: false, tips: 1 }, {}],
  ])('%s', (answer, change, inner) => {
    expect(answersOf(reportOf(change as never, inner)).split.big).toBe(answer)
  })

  it('for how long, and at what price', () => {
    const disagreements = [apart(1000, 2000), apart(5000, 9000)]
    expect(answersOf(reportOf({ staleBlocks: 2, reorgMaxDepth: 1 }, { disagreements })).split.text).toBe(
      'Nodes stood on different tips for 5 s in all (5 % of the run), 4 s at the longest. 2 of 10 blocks went stale; the deepest reorganisation took back 1 block.',
    )
    expect(answersOf(reportOf()).split.text).toBe(
      'The nodes never stood apart for longer than a block travels. 0 of 10 blocks went stale.',
    )
  })
})

describe('what the last fault did', () => {
  it('of several, the last one', () => {
    const { big, text } = answersOf(
      reportOf({}, { faults: [fault({ id: 'first' }), fault({ id: 'second' }), fault({ id: 'third' })] }),
    ).fault
    expect(big).toBe('third')
    expect(text).toBe(
      'partition a | b, 20 s. Nodes stood on 2 tips; 4 blocks were found meanwhile, 1 of them stale; 2 reorganisations, up to 3 deep. All agreed 1.5 s after it ended.',
    )
  })

  it('until the end of the run when it never ended, and in red when it did not take', () => {
    const lasting = { ...fault({ verified: false }), toMs: undefined } as unknown as FaultEffect
    const { html, text } = answersOf(reportOf({}, { faults: [lasting] })).fault
    expect(text).toContain('partition a | b, 1m 30s,')
    expect(html).toContain('<b class="bad">')
    const disturbed = fault({ verified: false, disturbedBy: ['x'] })
    expect(answersOf(reportOf({}, { faults: [disturbed] })).fault.html).toContain('<b>disturbed by x</b>')
  })

  it('and in red that it did not hold, also where it was disturbed before; nothing while it is measured', () => {
    const html = (change: object) => answersOf(reportOf({}, { faults: [fault(change)] })).fault.html
    const lapsed = { lapsed: { timeMs: 0, measured: 'x' } }
    const words = ', 20 s, <b class="bad">did not hold throughout</b>. Nodes'
    expect(html(lapsed)).toContain(words)
    expect(html({ ...lapsed, verified: false, disturbedBy: ['x'] })).toContain(words)
    expect(html({ verified: false, pending: true })).toContain(', 20 s. Nodes')
  })

  it('nothing, when there was none', () => {
    expect(answersOf(reportOf()).fault.big).toBe('no fault')
  })

  it.each<[change: Partial<FaultEffect>, end: string]>([
    [{ agreedAfterMs: 0 }, 'All agreed when it ended.'],
    [{ agreedAfterMs: undefined }, '<b class="bad">The nodes did not agree again.</b>'],
    [{ toMs: undefined }, 'It never ended.'],
    [
      { tips: 1, blocks: 1, staleBlocks: 0, reorgs: 0, agreedAfterMs: 0 },
      'The nodes kept agreeing; 1 block was found meanwhile, 0 of them stale. All agreed when it ended.',
    ],
    [
      { reorgs: 1, reorgMaxDepth: 1, agreedAfterMs: 0 },
      '; 1 reorganisation, up to 1 deep. All agreed when it ended.',
    ],
  ])('%j', (change, end) => {
    expect(sentence({ ...fault(), ...change } as FaultEffect).endsWith(end)).toBe(true)
  })

  it('to whom: sides by name up to three, and never more than a line', () => {
    expect(
      targetOf(
        fault({
          sides: [
            ['a', 'b', 'c'],
            ['d', 'e', 'f', 'g'],
          ],
        }),
      ),
    ).toBe('a b c | 4 nodes')
    expect(targetOf(fault())).toBe('a | b')
    expect(shortened('x'.repeat(90))).toBe('x'.repeat(90))
    expect(shortened('x'.repeat(91))).toBe(`${'x'.repeat(89)}…`)
  })
})

describe('the scales of charts', () => {
  it('have ticks at round steps, no more than are wanted', () => {
    const SECOND = 1000
    const steps = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 21_600, 43_200, 86_400]
    for (const [i, step] of steps.entries()) {
      const ticks = timeTicks(4 * step * SECOND, 4)
      expect(ticks).toEqual([0, 1, 2, 3, 4].map(n => n * step * SECOND))
      const next = steps[i + 1]
      if (next !== undefined) expect(timeTicks(4 * step * SECOND + 1, 4)[1]).toBe(next * SECOND)
    }
    expect(timeTicks(8 * 86_400_000, 4)).toEqual([0, 2, 4, 6, 8].map(days => days * 86_400_000))
    expect(timeTicks(8 * 86_400_000 + 1, 4)[1]).toBe(3 * 86_400_000)
  })

  it('end at the least round number that is not below', () => {
    const pairs = [
      [1, 1],
      [1.01, 2],
      [2, 2],
      [2.1, 2.5],
      [2.6, 5],
      [5.1, 10],
      [0.03, 0.05],
      [51, 100],
      [-4, 1],
    ] as const
    for (const [value, round] of pairs) expect(roundedUp(value)).toBeCloseTo(round, 12)
  })

  it('are logarithmic between their ends and hold everything', () => {
    expect([1, 10, 100, 1000].map(value => logShare(value, 1, 1000))).toEqual([
      0,
      expect.closeTo(1 / 3, 9),
      expect.closeTo(2 / 3, 9),
      1,
    ])
    expect([0, 5000].map(value => logShare(value, 1, 1000))).toEqual([0, 1])
  })

  it('are thinned evenly, both ends kept', () => {
    expect(thinned([1, 2, 3], 3)).toEqual([1, 2, 3])
    expect(thinned([1, 2, 3, 4], 3)).toEqual([1, 3, 4])
    expect(thinned([...Array(100).keys()], 4)).toEqual([0, 33, 66, 99])
  })
})
