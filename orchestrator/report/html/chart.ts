// Charts over the run's time, one below the other, with the faults as bands through all of them. Lines are SVG that is
// stretched to whatever width there is; words are HTML beside it, so that they never are.

import { formatElapsed, plural } from '../../format.ts'
import { verdictOf } from '../../observe/verdict.ts'
import type { Report } from '../model.ts'
import { timeTicks } from './axis.ts'
import { reportFacesIn } from './faces.ts'
import { HEIGHT, type Panel, type Scale, WIDTH } from './panel.ts'
import { coordinate, escaped, percent } from './text.ts'

/** '' where there is nothing to draw. */
export function timeCharts(full: Report): string {
  const { report } = full
  const spanMs = Math.max(1, report.endMs - report.startedMs)
  const x = (timeMs: number) => Math.min(1, Math.max(0, (timeMs - report.startedMs) / spanMs))
  const bands = report.faults.map(({ fromMs, toMs }) => {
    const from = x(fromMs)
    const width = Math.max(0.002, x(toMs ?? report.endMs) - from)
    return `<rect class="band" x="${coordinate(from * WIDTH)}" y="0" width="${coordinate(width * WIDTH)}" height="${HEIGHT}"/>`
  })
  const panels = reportFacesIn(full).flatMap(face => face.charts?.(report, x) ?? [])
  if (panels.length === 0 && report.faults.length === 0) return ''
  const rows = panels.map(panel => drawn(panel, bands.join('')))
  return `<div class="charts">${faultRows(report, x)}${rows.join('\n')}${axis(spanMs)}</div>`
}

type Shown = Report['report']

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

function axis(spanMs: number): string {
  const ticks = timeTicks(spanMs, 10).map(
    ms => `<span style="left:${percent(ms / spanMs)}">${formatElapsed(ms)}</span>`,
  )
  return `<div class="xlabels">${ticks.join('')}</div>`
}
