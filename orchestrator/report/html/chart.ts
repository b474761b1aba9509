// Charts over the run's time, one below the other, with the faults as bands through all of them. Lines are SVG that is
// stretched to whatever width there is; words are HTML beside it, so that they never are.

import { formatCount, formatElapsed, formatRate, plural } from '../../format.ts'
import { verdictOf } from '../../observe/verdict.ts'
import type { Report } from '../model.ts'
import { logShare, roundedUp, thinned, timeTicks } from './axis.ts'
import { coordinate, duration, escaped, percent } from './text.ts'

const WIDTH = 1000
const HEIGHT = 100
/** More would be less than a pixel each. */
const MAX_LINE_POINTS = 600
const MAX_DOTS = 1200

interface Panel {
  readonly title: string
  readonly unit: string
  /** Labels of the axis with their place from the bottom, 0 … 1. */
  readonly ticks: readonly (readonly [place: number, label: string])[]
  readonly marks: string
  readonly legend: readonly (readonly [className: string, label: string])[]
  /** Of one row of bars; charts are higher. */
  readonly low?: boolean
}

export function timeCharts({ report }: Report): string {
  const spanMs = Math.max(1, report.endMs - report.startedMs)
  const x = (timeMs: number) => Math.min(1, Math.max(0, (timeMs - report.startedMs) / spanMs))
  const bands = report.faults.map(({ fromMs, toMs }) => {
    const from = x(fromMs)
    const width = Math.max(0.002, x(toMs ?? report.endMs) - from)
    return `<rect class="band" x="${coordinate(from * WIDTH)}" y="0" width="${coordinate(width * WIDTH)}" height="${HEIGHT}"/>`
  })
  const panels = [heights(report, x), tips(report, x), hashRate(report, x), propagation(report, x)]
  const rows = panels.map(panel => drawn(panel, bands.join('')))
  return `<div class="charts">${faultRows(report, x)}${rows.join('\n')}${axis(spanMs)}</div>`
}

type Shown = Report['report']
type Scale = (timeMs: number) => number

function drawn({ title, unit, ticks, marks, legend, low }: Panel, bands: string): string {
  const labels = ticks.map(
    ([place, label]) => `<span style="bottom:${percent(place)}">${escaped(label)}</span>`,
  )
  const grid = ticks.map(
    ([place]) =>
      `<line class="grid" x1="0" x2="${WIDTH}" y1="${coordinate((1 - place) * HEIGHT)}" y2="${coordinate((1 - place) * HEIGHT)}"/>`,
  )
  const keys = legend.map(([name, label]) => `<span class="key ${name}">${escaped(label)}</span>`)
  return `<figure class="chart${low ? ' low' : ''}">
<figcaption><b>${escaped(title)}</b> <span class="quiet">${escaped(unit)}</span> ${keys.join(' ')}</figcaption>
<div class="ylabels">${labels.join('')}</div>
<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" preserveAspectRatio="none" role="img" aria-label="${escaped(title)}">${bands}${grid.join('')}${marks}</svg>
</figure>`
}

/** The fault timeline: a row each while they are few, else all in one. */
function faultRows({ faults, endMs }: Shown, x: Scale): string {
  if (faults.length === 0) return ''
  const bar = (fault: Shown['faults'][number]) => {
    const { id, kind, target, fromMs, toMs } = fault
    const [from, to] = [x(fromMs), x(toMs ?? endMs)]
    const name = `${id}: ${kind} ${target}`
    const state = verdictOf(fault) === 'not taken' ? ' failed' : ''
    return `<div class="fault${state}" style="left:${percent(from)};width:max(4px,${percent(to - from)})" title="${escaped(name)}"></div>`
  }
  const rows = faults.length <= 12 ? faults.map(fault => [fault]) : [faults]
  const lines = rows.map(row => {
    const label = row.length === 1 && row[0] ? row[0].id : plural(row.length, 'fault')
    return `<div class="frow"><span class="flabel">${escaped(label)}</span><div class="ftrack">${row.map(bar).join('')}</div></div>`
  })
  return `<figure class="faults"><figcaption><b>Faults</b> <span class="quiet">in force; the same bands run through every chart</span></figcaption>${lines.join('')}</figure>`
}

function heights({ history, blocks }: Shown, x: Scale): Panel {
  const top = roundedUp(Math.max(1, ...history.map(({ height }) => height)))
  const y = (height: number) => (1 - height / top) * HEIGHT
  const points = history.map(({ timeMs, height }) => [x(timeMs) * WIDTH, y(height)] as const)
  const stale = blocks.timeMs.flatMap((timeMs, i) =>
    blocks.active[i] === 1 ? [] : [[x(timeMs) * WIDTH, y(blocks.height[i] ?? 0)] as const],
  )
  return {
    title: 'Height',
    unit: 'blocks',
    ticks: evenTicks(top, value => formatCount(value)),
    marks: `${stepLine('line', points)}${dots('dot bad', thinned(stale, MAX_DOTS))}`,
    legend: [
      ['line', 'best chain'],
      ['bad', 'stale block'],
    ],
  }
}

/** From what was measured exactly, where it lasted long enough to tell. */
function tips({ disagreements }: Shown, x: Scale): Panel {
  const most = Math.max(2, ...disagreements.map(({ tips }) => tips))
  const bars = disagreements.map(({ fromMs, toMs, tips }) => {
    const [from, to] = [x(fromMs) * WIDTH, x(toMs) * WIDTH]
    const height = ((tips - 1) / (most - 1)) * HEIGHT
    return `<rect class="apart" x="${coordinate(from)}" y="${coordinate(HEIGHT - height)}" width="${coordinate(Math.max(1, to - from))}" height="${coordinate(height)}"><title>${plural(tips, 'tip')} for ${duration(toMs - fromMs)}</title></rect>`
  })
  return {
    title: 'Tips',
    unit: 'different ones that running nodes stood on, for longer than a block travels',
    ticks: [
      [0, '1'],
      [1, String(most)],
    ],
    marks: bars.join(''),
    legend: [],
    low: true,
  }
}

function hashRate({ history, nodes }: Shown, x: Scale): Panel {
  const asked = nodes.reduce((sum, node) => sum + node.askedHps, 0)
  const top = roundedUp(Math.max(1, asked, ...history.map(({ measuredHps }) => measuredHps)))
  const y = (hps: number) => (1 - hps / top) * HEIGHT
  const points = history.map(({ timeMs, measuredHps }) => [x(timeMs) * WIDTH, y(measuredHps)] as const)
  const wanted = `<line class="asked" x1="0" x2="${WIDTH}" y1="${coordinate(y(asked))}" y2="${coordinate(y(asked))}"/>`
  return {
    title: 'Hash rate',
    unit: 'of the running nodes',
    ticks: evenTicks(top, formatRate),
    marks: `${wanted}${stepLine('line', points)}`,
    legend: [
      ['line', 'measured'],
      ['asked', 'asked'],
    ],
  }
}

function propagation({ blocks }: Shown, x: Scale): Panel {
  const times = [...blocks.p50Ms, ...blocks.p90Ms].filter(ms => ms !== null && ms > 0) as number[]
  const least = 10 ** Math.floor(Math.log10(Math.min(10, ...thinned(times, 100_000))))
  const most = 10 ** Math.ceil(Math.log10(times.reduce((a, b) => Math.max(a, b), least * 10)))
  const of = (column: readonly (number | null)[]) =>
    column.flatMap((ms, i) => {
      if (ms === null) return []
      return [[x(blocks.timeMs[i] ?? 0) * WIDTH, (1 - logShare(ms, least, most)) * HEIGHT] as const]
    })
  const decades = Math.round(Math.log10(most / least))
  const ticks = Array.from({ length: decades + 1 }, (_, i) => least * 10 ** i)
  return {
    title: 'Propagation',
    unit: 'each block, until nodes had it',
    ticks: ticks.map(ms => [logShare(ms, least, most), duration(ms)]),
    marks: `${dots('dot good', thinned(of(blocks.p50Ms), MAX_DOTS))}${dots('dot', thinned(of(blocks.p90Ms), MAX_DOTS))}`,
    legend: [
      ['good', 'half of them'],
      ['dots', '90 %'],
    ],
  }
}

function evenTicks(top: number, label: (value: number) => string): Panel['ticks'] {
  return [0, 0.5, 1].map(share => [share, label(top * share)])
}

type Point = readonly [x: number, y: number]

function stepLine(name: string, points: readonly Point[]): string {
  const [first, ...rest] = thinned(points, MAX_LINE_POINTS)
  if (!first) return ''
  const path = rest.map(([x, y]) => `H${coordinate(x)}V${coordinate(y)}`).join('')
  return `<path class="${name}" d="M${coordinate(first[0])} ${coordinate(first[1])}${path}"/>`
}

/** Lines of no length with round ends: circles that stay round when the chart is stretched. */
function dots(name: string, points: readonly Point[]): string {
  const path = points.map(([x, y]) => `M${coordinate(x)} ${coordinate(y)}h0`).join('')
  return path === '' ? '' : `<path class="${name}" d="${path}"/>`
}

function axis(spanMs: number): string {
  const ticks = timeTicks(spanMs, 10).map(
    ms => `<span style="left:${percent(ms / spanMs)}">${formatElapsed(ms)}</span>`,
  )
  return `<div class="xlabels">${ticks.join('')}</div>`
}
