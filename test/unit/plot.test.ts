// Plots: which points a table makes, with which intervals; scales with round ticks; a picture that is what was asked for.

import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Curves, curvesOf, type Wanted } from '../../orchestrator/research/plot/curves.ts'
import { drawn } from '../../orchestrator/research/plot/draw.ts'
import { plotPage } from '../../orchestrator/research/plot/page.ts'
import { categoryScale, linearScale, logScale } from '../../orchestrator/research/plot/scale.ts'
import { columnAt, readSource } from '../../orchestrator/research/plot/source.ts'
import { unitOf } from '../../orchestrator/research/plot/units.ts'
import { plotLines } from '../../orchestrator/research/plot/words.ts'
import { estimate, wilson } from '../../orchestrator/research/statistics.ts'
import { temporaryDirectory } from '../support/node-config.ts'
import { refusal } from '../support/refusal.ts'

const TABLE = `links.latencyMs,relay,seed,specHash,passed,blocks,staleRate,propagation90Ms
50,inv,1,a,true,100,0.02,500
50,inv,2,a,true,300,0.04,520
50,compact,1,b,false,100,0.01,100
50,compact,2,b,true,100,,110
200,inv,1,c,true,100,0.1,2000
200,inv,2,c,false,100,0.1,2100
200,compact,1,d,true,100,0.03,400
200,compact,2,d,true,100,0.05,
`

function source(text = TABLE) {
  const file = join(temporaryDirectory(), 'table.csv')
  writeFileSync(file, text)
  return readSource(file, 'y')
}

const curves = (x: string, y: string, more: Partial<Wanted> = {}, text = TABLE): Curves =>
  curvesOf(source(text), { x, y, by: undefined, where: [], ...more })

describe('points', () => {
  it('are means with Student’s interval, a curve a value, by the path of a parameter', () => {
    const { curves: found, method, mixed, x, y } = curves('links.latency', 'propagation90Ms', { by: 'relay' })
    expect(found.map(({ name, points }) => [name, points.map(({ x, y }) => [x, y])])).toEqual([
      [
        'inv',
        [
          [50, 510],
          [200, 2050],
        ],
      ],
      [
        'compact',
        [
          [50, 105],
          [200, 400],
        ],
      ],
    ])
    const { low, high } = estimate([500, 520], { least: 0, most: Number.POSITIVE_INFINITY }) ?? {}
    expect(found[0]?.points[0]).toMatchObject({ low, high, runs: 2 })
    expect(found[1]?.points[1]).toMatchObject({ low: undefined, high: undefined, runs: 1 })
    expect([method, mixed]).toEqual(["Student's t", []])
    expect([x.column, x.label, x.shown.unit]).toEqual(['links.latencyMs', 'links.latency', 'ms'])
    expect([y.label, y.shown.unit]).toEqual(['90 % of the nodes have a block within', 's'])
  })

  it('are shares of true and false with Wilson’s interval', () => {
    const { curves: found, method, y } = curves('relay', 'passed')
    expect(found[0]?.points).toEqual([
      { x: 0, y: 0.75, ...wilson(3, 4), runs: 4 },
      { x: 1, y: 0.75, ...wilson(3, 4), runs: 4 },
    ])
    expect([method, y.shown.unit]).toEqual(["Wilson's score", '%'])
  })

  it('are shares of so many things, where the table says of how many', () => {
    const inv = { where: [{ column: 'relay', value: 'inv' }] }
    const [first] = curves('links.latency', 'staleRate', inv).curves[0]?.points ?? []
    expect(first?.y).toBeCloseTo((2 + 12) / 400) // and not the mean of the two rates
    const bare = TABLE.replaceAll(',blocks', ',other')
    const mean = curves('links.latency', 'staleRate', inv, bare)
    expect(mean.curves[0]?.points[0]?.y).toBeCloseTo(0.03)
    expect(mean.method).toBe("Student's t")
  })

  it('rows of one run are no runs of their own', () => {
    const rows = `x,seed,specHash,ms\n1,1,a,10\n1,1,a,20\n1,1,a,30\n1,2,a,40\n`
    expect(curves('x', 'ms', {}, rows).curves[0]?.points[0]).toMatchObject({ y: 25, runs: 2 })
    expect(curves('x', 'ms', {}, rows.replace('specHash', 'other')).curves[0]?.points[0]).toMatchObject({
      runs: 4,
    })
  })

  it('that mix values of another parameter are told of', () => {
    expect(curves('links.latency', 'passed').mixed).toEqual(['relay'])
    expect(curves('relay', 'passed').mixed).toEqual(['links.latencyMs'])
    expect(curves('relay', 'passed', { where: [{ column: 'links.latency', value: '50' }] }).mixed).toEqual([])
  })

  it('in words', () => {
    const lines = plotLines(curves('links.latency', 'passed', { by: 'relay' }), 'relay')
    expect(lines[1]).toMatch(/^inv +50 ms +100 % +34\.24 % … 100 % +2$/)
  })

  it.each([
    [
      { x: 'links.latancyMs', y: 'passed' },
      '--x: there is no column "links.latancyMs"',
      'did you mean links.latencyMs?',
    ],
    [{ x: 'relay', y: 'speed' }, '--y: there is no column "speed"', 'columns: links.latencyMs, relay'],
    [{ x: 'seed', y: 'relay' }, '--y relay: it is neither a number nor true or false (inv)', undefined],
    [
      { x: 'relay', y: 'passed', where: [{ column: 'relay', value: 'x' }] },
      'no row is left by --where',
      'inv, compact',
    ],
  ])('%o is refused', (wanted, sentence, hint) => {
    const refused = refusal(() => curves(wanted.x, wanted.y, wanted))
    expect([refused.exitCode, refused.message]).toEqual([2, sentence])
    if (hint !== undefined) expect(refused.hint).toContain(hint)
  })

  it('more curves than can be told apart are refused', () => {
    const many = `x,by,y\n${Array.from({ length: 9 }, (_, i) => `1,b${i},1\n`).join('')}`
    expect(refusal(() => curves('x', 'y', { by: 'by' }, many)).message).toContain('9 values make 9 curves')
  })

  it('a point for each of thousands of rows is no curve', () => {
    const many = `x,y\n${Array.from({ length: 2001 }, (_, i) => `${i / 7},1\n`).join('')}`
    expect(refusal(() => curves('x', 'y', {}, many)).message).toContain('--x: 2001 different values')
  })

  it('what is no table is refused', () => {
    for (const text of ['PAR1 and so on', 'PAR1,x\n1,2\n', 'x\n1\n', ''])
      expect(refusal(() => source(text)).message).toContain('is no table as CSV')
    expect(refusal(() => readSource(temporaryDirectory(), 'y')).message).toContain(
      'is not the folder of a sweep',
    )
    expect(refusal(() => readSource('/nowhere/at/all', 'y')).message).toContain('there is no such file')
  })
})

describe('scales', () => {
  const MS = { factor: 1, unit: 'ms' }
  const ticks = (scale: { ticks: readonly { text: string }[] }) => scale.ticks.map(({ text }) => text)

  it('have ticks at round numbers, and zero where that is near', () => {
    expect(ticks(linearScale([50, 1600], MS, true))).toEqual(['0', '500', '1,000', '1,500'])
    expect(ticks(linearScale([136, 176], MS, false))).toEqual(['130', '140', '150', '160', '170', '180'])
    expect(ticks(linearScale([0.011, 0.05], { factor: 0.01, unit: '%' }, false))).toEqual([
      '0',
      '1',
      '2',
      '3',
      '4',
      '5',
    ])
    expect(ticks(linearScale([-3, 3], MS, false))).toContain('−2')
    expect(ticks(logScale([50, 100, 200, 1600], MS, true))).toEqual(['50', '100', '200', '1,600'])
    expect(ticks(logScale([0.101, 16], MS, false))).toEqual(['0.1', '0.2', '0.5', '1', '2', '5', '10', '20'])
    expect(ticks(logScale([1, 1e6], MS, false))).toHaveLength(7)
    expect(ticks(categoryScale(['a', 'b']))).toEqual(['a', 'b'])
  })

  it('whatever the values, they and the ticks lie within, in order, and there are a few ticks', () => {
    const value = fc.double({ min: -1e9, max: 1e9, noNaN: true })
    fc.assert(
      fc.property(fc.array(value, { minLength: 1, maxLength: 12 }), fc.boolean(), (values, snug) => {
        const rounded = values.map(each => Math.round(each * 1e3) / 1e3)
        const scale = linearScale(rounded, MS, snug)
        const places = [...rounded, ...scale.ticks.map(tick => tick.value)].map(scale.place)
        for (const place of places) expect(place).toBeGreaterThan(-1e-6)
        for (const place of places) expect(place).toBeLessThan(1 + 1e-6)
        expect(scale.ticks.length).toBeGreaterThanOrEqual(2)
        expect(scale.ticks.length).toBeLessThan(12)
        const order = scale.ticks.map(tick => scale.place(tick.value))
        expect([...order].sort((a, b) => a - b)).toEqual(order)
      }),
    )
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: 1e-6, max: 1e9, noNaN: true }), { minLength: 1, maxLength: 12 }),
        fc.boolean(),
        (values, snug) => {
          const scale = logScale(values, MS, snug)
          for (const each of values) {
            expect(scale.place(each)).toBeGreaterThan(-1e-6)
            expect(scale.place(each)).toBeLessThan(1 + 1e-6)
          }
          if (!snug) expect(scale.ticks.length).toBeGreaterThanOrEqual(2)
        },
      ),
    )
  })

  it('write a unit in which the numbers are short', () => {
    expect(unitOf('links.latencyMs', 800).unit).toBe('ms')
    expect(unitOf('propagation90Ms', 8000).unit).toBe('s')
    expect(unitOf('blockIntervalSeconds', 0.2).unit).toBe('ms')
    expect(unitOf('blockIntervalSeconds', 1200).unit).toBe('min')
    expect(unitOf('links.bandwidthBps', 2e7)).toEqual({ factor: 1e6, unit: 'Mbit/s' })
    expect(unitOf('links.lossShare', 0.05)).toEqual({ factor: 0.01, unit: '%' })
    expect(unitOf('share.evil.onChain', 0.05).unit).toBe('%')
    expect(unitOf('nodes.miners.count', 5)).toEqual({ factor: 1, unit: '' })
    expect(unitOf('items', 5).unit).toBe('') // not milliseconds of "ite"
  })

  it('find a column by its path without the unit, and by its whole name first', () => {
    const table = { columns: ['latencyMs', 'latency'], rows: [] }
    expect(columnAt(table, '--x', 'latency')).toBe(1)
    expect(columnAt(table, '--x', 'latencyMs')).toBe(0)
  })
})

describe('a picture', () => {
  const plain = { title: 'T <&>', log: { x: false, y: false } }

  it('has a mark and a bar a point, names and units, and nothing that markup would be', () => {
    const svg = drawn(curves('links.latency', 'propagation90Ms', { by: 'relay' }), plain)
    expect(svg.match(/class="pl-mark"/g)).toHaveLength(4 + 2) // and one a name
    expect(svg.match(/class="pl-bar" d="([^"]*)"/g)).toHaveLength(2)
    for (const words of [
      '>inv<',
      '>compact<',
      'links.latency, ms',
      'have a block within, s',
      'T &lt;&amp;&gt;',
    ])
      expect(svg).toContain(words)
    expect(svg).toContain('inv, links.latency 50 ms: 0.51 s (')
    expect(svg).toContain('1 to 2 runs a point')
    expect(svg).not.toMatch(/NaN|Infinity|undefined/)
    expect(svg).not.toMatch(/<script|href=|url\(/)
  })

  it('tells curves apart by their marks, and by more than colour', () => {
    const text = `x,by,y\n${['a', 'b', 'c', 'd'].map(by => `1,${by},1\n2,${by},2\n`).join('')}`
    const svg = drawn(curves('x', 'y', { by: 'by' }, text), plain)
    const shapes = [...svg.matchAll(/class="pl-mark" d="M[\d.]+ [\d.]+([^"]*)"/g)].map(([, shape]) => shape)
    expect(shapes).toHaveLength(4 + 8)
    expect(new Set(shapes).size).toBe(4)
    expect(svg.match(/<g class="pl-(\d)">/g)).toHaveLength(8)
  })

  it('puts points where their values are', () => {
    const text = 'x,y\n0,0\n10,100\n'
    const svg = drawn(curves('x', 'y', {}, text), plain)
    const marks = [...svg.matchAll(/class="pl-mark" d="M([\d.]+) ([\d.]+)/g)].map(([, x, y]) => [
      Number(x),
      Number(y),
    ])
    const labels = [...svg.matchAll(/<text x="([\d.]+)" y="([\d.]+)" class="pl-(middle|end)">([^<]*)</g)]
    const at = (kind: string, words: string) => labels.find(label => label[3] === kind && label[4] === words)
    expect(marks).toHaveLength(2)
    expect(Number(at('middle', '0')?.[1])).toBeCloseTo(marks[0]?.[0] ?? 0)
    expect(Number(at('middle', '10')?.[1])).toBeCloseTo(marks[1]?.[0] ?? 0)
    expect(Number(at('end', '0')?.[2]) - 4).toBeCloseTo(marks[0]?.[1] ?? 0)
    expect(Number(at('end', '100')?.[2]) - 4).toBeCloseTo(marks[1]?.[1] ?? 0)
  })

  it('has no logarithm of what is not above zero, or no number; an interval down to zero ends at the axis', () => {
    const zero = curves('x', 'y', {}, 'x,y\n0,1\n1,0\n')
    const log = (x: boolean, y: boolean) => ({ ...plain, log: { x, y } })
    expect(refusal(() => drawn(zero, log(true, false))).message).toBe(
      '--log x: x is 0 somewhere, and has no logarithm',
    )
    expect(refusal(() => drawn(zero, log(false, true))).message).toContain('--log y: y is 0 somewhere')
    expect(refusal(() => drawn(curves('relay', 'passed'), log(true, false))).message).toContain(
      'no numbers (inv)',
    )
    const toZero = curves('x', 'y', {}, 'x,y\n1,1\n1,9\n2,5\n2,6\n')
    expect(toZero.curves[0]?.points[0]?.low).toBe(0)
    expect(drawn(toZero, log(true, true))).not.toMatch(/NaN|Infinity/)
  })

  it('stands in a page with its points as a table, which needs nothing else', () => {
    const page = plotPage(curves('relay', 'passed'), plain, undefined)
    expect(page).toContain('<svg')
    expect(page).toContain('<td class="n">75 %</td>')
    expect(page).not.toMatch(/<script|<link|src=|href=/)
  })
})
