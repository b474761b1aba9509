// The ledger over the run's time: height, tips, hash rate, propagation.

import { formatCount, formatRate, plural } from '../../../format.ts'
import { logShare, roundedUp, thinned } from '../../../report/html/axis.ts'
import {
  dots,
  evenTicks,
  HEIGHT,
  type Panel,
  type Scale,
  stepLine,
  WIDTH,
} from '../../../report/html/panel.ts'
import { coordinate, duration } from '../../../report/html/text.ts'
import type { Report } from '../../../report/model.ts'

const MAX_DOTS = 1200

type Shown = Report['report']

export function ledgerCharts(report: Shown, x: Scale): readonly Panel[] {
  return [heights(report, x), tips(report, x), hashRate(report, x), propagation(report, x)]
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
    unit: 'each block, until so many of the running nodes had it',
    ticks: ticks.map(ms => [logShare(ms, least, most), duration(ms)]),
    marks: `${dots('dot good', thinned(of(blocks.p50Ms), MAX_DOTS))}${dots('dot', thinned(of(blocks.p90Ms), MAX_DOTS))}`,
    legend: [
      ['good', 'half of them'],
      ['dots', '90 %'],
    ],
  }
}
