// The charts of a report, to scale: where each point, band, bar and tick stands in a box of 1000 × 100.

import { describe, expect, it } from 'vitest'
import { timeCharts } from '../../orchestrator/report/html/chart.ts'
import type { Report } from '../../orchestrator/report/model.ts'

type Inner = Report['report']

/** A run of 100 s that began at 50 s. */
const reportOf = (change: object = {}) =>
  ({
    report: {
      startedMs: 50_000,
      endMs: 150_000,
      faults: [],
      disagreements: [],
      nodes: [{ askedHps: 300 }, { askedHps: 100 }],
      history: [
        { timeMs: 50_000, height: 0, measuredHps: 0 },
        { timeMs: 100_000, height: 5, measuredHps: 200 },
        { timeMs: 150_000, height: 8, measuredHps: 500 },
      ],
      blocks: {
        timeMs: [60_000, 75_000, 200_000],
        height: [2, 5, 8],
        active: [1, 0, 1],
        p50Ms: [10, 100, null],
        p90Ms: [100, 1000, null],
      },
      ...change,
    } as unknown as Inner,
  }) as Report

/** A chart by its title. */
function chart(html: string, title: string): string {
  const found = html.split('<figure').find(figure => figure.includes(`<b>${title}</b>`))
  if (found === undefined) throw new Error(`no chart ${title}`)
  return found
}

const paths = (html: string) =>
  [...html.matchAll(/<path class="(.*?)" d="(.*?)"/g)].map(([, name, path]) => `${name}: ${path}`)
const labels = (html: string) =>
  [...html.matchAll(/<span style="bottom:(.*?)">(.*?)<\/span>/g)].map(
    ([, place, label]) => `${place} ${label}`,
  )
const rects = (html: string, name: string) =>
  [
    ...html.matchAll(
      new RegExp(`<rect class="${name}" x="(.*?)" y="(.*?)" width="(.*?)" height="(.*?)"`, 'g'),
    ),
  ].map(([, ...numbers]) => numbers.map(Number))

describe('heights', () => {
  it('are a line in steps, and stale blocks dots, under the least round height', () => {
    const html = chart(timeCharts(reportOf()), 'Height')
    expect(labels(html)).toEqual(['0% 0', '50% 5', '100% 10'])
    expect(paths(html)).toEqual(['line: M0 100H500V50H1000V20', 'dot bad: M250 50h0'])
    expect([...html.matchAll(/class="grid" .*? y1="(.*?)"/g)].map(([, y]) => y)).toEqual(['100', '50', '0'])
  })

  it('have a dot for each stale block up to twelve hundred, the first and the last among them', () => {
    const stale = (count: number) => {
      const column = <T>(of: (i: number) => T) => Array.from({ length: count }, (_, i) => of(i))
      const blocks = {
        ...{ timeMs: column(i => 50_000 + 50 * i), height: column(() => 5), active: column(() => 0) },
        ...{ p50Ms: column(() => null), p90Ms: column(() => null) },
      }
      const [, path = ''] = paths(chart(timeCharts(reportOf({ blocks })), 'Height'))
      return path.match(/M[\d.]+ 50h0/g) ?? []
    }
    expect(stale(1200)).toHaveLength(1200)
    const thinned = stale(1999)
    expect([thinned.length, thinned[0], thinned.at(-1)]).toEqual([1200, 'M0 50h0', 'M999 50h0'])
  })

  it('are nothing where nothing was kept', () => {
    expect(paths(chart(timeCharts(reportOf({ history: [], blocks: EMPTY })), 'Height'))).toEqual([])
  })
})

const EMPTY = { timeMs: [], height: [], active: [], p50Ms: [], p90Ms: [] }

describe('hash rates', () => {
  it('are measured beside a line of what was asked', () => {
    const html = chart(timeCharts(reportOf()), 'Hash rate')
    expect(labels(html)).toEqual(['0% 0 H/s', '50% 250 H/s', '100% 500 H/s'])
    expect(paths(html)).toEqual(['line: M0 100H500V60H1000V0'])
    expect(html).toContain('<line class="asked" x1="0" x2="1000" y1="20" y2="20"/>')
  })
})

describe('propagation', () => {
  it('has dots over whole decades', () => {
    const html = chart(timeCharts(reportOf()), 'Propagation')
    expect(labels(html)).toEqual(['0% 10 ms', '50% 100 ms', '100% 1 s'])
    expect(paths(html)).toEqual(['dot good: M100 100h0M250 50h0', 'dot: M100 50h0M250 0h0'])
  })

  it('has a decade around ten where nothing travelled, and begins lower where some were quicker', () => {
    expect(labels(chart(timeCharts(reportOf({ blocks: EMPTY })), 'Propagation'))).toEqual([
      '0% 10 ms',
      '100% 100 ms',
    ])
    const quick = { timeMs: [60_000], height: [1], active: [1], p50Ms: [0.5], p90Ms: [0] }
    expect(labels(chart(timeCharts(reportOf({ blocks: quick })), 'Propagation'))[0]).toBe('0% 0.1 ms')
  })
})

it('the bars of tips are low, everything else is high', () => {
  const classes = [...timeCharts(reportOf()).matchAll(/<figure class="(.*?)">\n<figcaption><b>(.*?)<\/b>/g)]
  expect(classes.map(([, name, title]) => `${title}: ${name}`)).toEqual([
    'Height: chart',
    'Tips: chart low',
    'Hash rate: chart',
    'Propagation: chart',
  ])
})

describe('tips', () => {
  it('are bars as high as they were many', () => {
    const disagreements = [
      { fromMs: 60_000, toMs: 70_000, tips: 3 },
      { fromMs: 80_000, toMs: 80_010, tips: 2 },
    ]
    const html = chart(timeCharts(reportOf({ disagreements })), 'Tips')
    expect(rects(html, 'apart')).toEqual([
      [100, 0, 100, 100],
      [300, 50, 1, 50],
    ])
    expect(labels(html)).toEqual(['0% 1', '100% 3'])
    expect(html).toContain('<title>3 tips for 10 s</title>')
    expect(labels(chart(timeCharts(reportOf()), 'Tips'))).toEqual(['0% 1', '100% 2'])
  })
})

describe('faults', () => {
  const fault = (id: string, fromMs: number, toMs?: number, verified?: boolean) => ({
    ...{ id, kind: 'pause', target: 'a', fromMs, toMs, verified },
  })
  const rows = (html: string) =>
    [...html.matchAll(/class="flabel">(.*?)<\/span><div class="ftrack">(.*?)<\/div><\/div>/g)].map(
      ([, label, bars = '']) => [
        label,
        ...[...bars.matchAll(/class="fault(.*?)" style="left:(.*?);width:max\(4px,(.*?)\)"/g)].map(
          ([, ...words]) => words.join(' ').trim(),
        ),
      ],
    )

  it('are bands through every chart, and a row each', () => {
    const faults = [fault('cut', 60_000, 70_000, true), fault('open', 100_000, undefined, false)]
    const html = timeCharts(reportOf({ faults }))
    for (const title of ['Height', 'Tips', 'Hash rate', 'Propagation'])
      expect(rects(chart(html, title), 'band')).toEqual([
        [100, 0, 100, 100],
        [500, 0, 500, 100],
      ])
    expect(rows(html)).toEqual([
      ['cut', '10% 10%'],
      ['open', 'failed 50% 50%'],
    ])
    expect(html).toContain('title="cut: pause a"')
  })

  it('of a moment can still be seen, and those before the start stand at it', () => {
    const faults = [fault('reset', 60_000, 60_000), fault('early', 0, 60_000)]
    expect(rects(chart(timeCharts(reportOf({ faults })), 'Tips'), 'band')).toEqual([
      [100, 0, 2, 100],
      [0, 0, 100, 100],
    ])
  })

  it('are all in one row from the thirteenth on, and no row when there are none', () => {
    const many = (count: number) => Array.from({ length: count }, (_, i) => fault(`f${i}`, 60_000, 70_000))
    expect(rows(timeCharts(reportOf({ faults: many(12) })))).toHaveLength(12)
    const [row, ...more] = rows(timeCharts(reportOf({ faults: many(13) })))
    expect([row?.[0], row?.length, more]).toEqual(['13 faults', 14, []])
    expect(timeCharts(reportOf())).not.toContain('<b>Faults</b>')
  })
})

it('the axis has ticks at round times', () => {
  const html = timeCharts(reportOf())
  const [, axis = ''] = html.split('class="xlabels">')
  const ticks = [...axis.matchAll(/left:(.*?)%">(.*?)</g)].map(([, place, label]) => [Number(place), label])
  const times = '0:00 0:10 0:20 0:30 0:40 0:50 1:00 1:10 1:20 1:30 1:40'.split(' ')
  expect(ticks).toEqual(times.map((time, i) => [10 * i, time]))
})
