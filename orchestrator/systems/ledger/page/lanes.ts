// The lanes of the timeline: each draws one series of the run over the axis that all share.

import { formatCount, formatDuration, formatRate, plural } from '../../../format.ts'
import type { Drawing, Frame, Lane } from '../../../web/client/face.ts'
import { areaPath, linePath, type Point, roundUp } from '../../../web/client/scale.ts'
import type { Page } from '../../../web/page.ts'
import type { BlockState, HistoryPoint } from '../state.ts'
import { type HeatColumn, heatColumn, heightOf, ROWS_MS, rowsUsed, SHADES, shadeOf } from './heat.ts'
import { hasMiners } from './powers.ts'

const pointAt = ({ systems }: Page, atMs: number | undefined) =>
  atMs === undefined ? undefined : systems.ledger.history.findLast(point => point.timeMs <= atMs)

const latest = (page: Page, atMs: number | undefined) =>
  pointAt(page, atMs) ?? page.systems.ledger.history.at(-1)

/** The points of a series in the span, and one beyond each end so that the line goes on. */
function series({ page, span, x, right }: Frame, y: (point: HistoryPoint) => number): Point[] {
  const { history } = page.systems.ledger
  const from = Math.max(0, history.findIndex(point => point.timeMs >= span.fromMs) - 1)
  const points = history.slice(from).map(point => ({ x: Math.max(0, x(point.timeMs)), y: y(point) }))
  const last = points.at(-1)
  return last ? [...points, { x: Math.max(last.x, right), y: last.y }] : []
}

function upTo(frame: Frame, top: number, of: (point: HistoryPoint) => number): Point[] {
  const height = frame.base - frame.top
  return series(frame, point => frame.base - (Math.min(of(point), top) / top) * height)
}

const rateTop = ({
  systems: {
    ledger: { history, hashRate },
  },
}: Page) => roundUp(Math.max(hashRate.askedHps, ...history.map(point => point.measuredHps)))

export const LANES: readonly Lane[] = [
  {
    name: 'Blocks',
    heightPx: 14,
    draw: frame => blockTicks(frame),
    told: (page, atMs) => `height ${formatCount(latest(page, atMs)?.height ?? page.systems.ledger.height)}`,
  },
  {
    name: 'Tips',
    heightPx: 26,
    draw: frame => {
      const top = Math.max(2, ...frame.page.systems.ledger.history.map(point => point.tips))
      const points = upTo(frame, top, point => Math.max(0, point.tips - 1) + 0.001)
      return { 'area warn': areaPath(points, frame.base, true), 'line warn': linePath(points, true) }
    },
    told: (page, atMs) => {
      const tips = latest(page, atMs)?.tips ?? page.systems.ledger.tips
      return tips === 1 ? 'one tip' : `${tips} tips`
    },
  },
  {
    name: 'Hash rate',
    heightPx: 62,
    wanted: hasMiners,
    draw: frame => {
      const top = rateTop(frame.page)
      const points = upTo(frame, top, point => point.measuredHps)
      const asked =
        frame.base - (frame.page.systems.ledger.hashRate.askedHps / top) * (frame.base - frame.top)
      return {
        'area accent': areaPath(points, frame.base),
        'line accent': linePath(points),
        'line asked': `M${frame.x(frame.span.fromMs).toFixed(1)} ${asked.toFixed(1)}H${frame.right}`,
      }
    },
    scale: page => formatRate(rateTop(page)),
    told: (page, atMs) => {
      const measured = `${formatRate(latest(page, atMs)?.measuredHps ?? 0)} measured`
      return pointAt(page, atMs)
        ? measured
        : `${measured}, ${formatRate(page.systems.ledger.hashRate.askedHps)} asked (dashed)`
    },
  },
  {
    name: 'Propagation',
    heightPx: 92,
    draw: heatmap,
    scale: page => {
      const { first, count } = rowsUsed(heatColumns(page))
      const above = ROWS_MS[first + count]
      return above === undefined ? 'any time' : formatDuration(above)
    },
    told: ({
      systems: {
        ledger: { propagation, blocks, totals },
      },
    }) => {
      const time = (ms: number | undefined) => (ms === undefined ? '–' : formatDuration(ms))
      const within =
        propagation.errorMs === undefined ? '' : ` · each ± ${formatDuration(propagation.errorMs)}`
      // The page knows the newest blocks only: what is empty before them is not known to be empty.
      const drawn = blocks.length < totals.blocks ? ` · the last ${plural(blocks.length, 'block')}` : ''
      return `of the nodes: 50 % ${time(propagation.p50Ms)} · 90 % ${time(propagation.p90Ms)} (line) · 99 % ${time(propagation.p99Ms)}${within}${drawn}`
    },
  },
  {
    name: 'Mempool',
    heightPx: 40,
    draw: frame => {
      const points = upTo(frame, mempoolTop(frame.page), point => point.mempool)
      return { 'area quiet': areaPath(points, frame.base), 'line quiet': linePath(points) }
    },
    scale: page => formatCount(mempoolTop(page)),
    told: (page, atMs) => `${formatCount(latest(page, atMs)?.mempool ?? 0)} waiting`,
  },
]

const mempoolTop = ({
  systems: {
    ledger: { history },
  },
}: Page) => roundUp(Math.max(5, ...history.map(point => point.mempool)))

/** Blocks of the best chain as full ticks, others as short hollow ones, reorganisations as wedges below. */
function blockTicks({ page, span, x, top, base }: Frame): Drawing {
  let active = ''
  let stale = ''
  let reorgs = ''
  const inside = (timeMs: number) => timeMs >= span.fromMs && timeMs <= span.toMs
  for (const block of page.systems.ledger.blocks) {
    if (!inside(block.firstSeenMs)) continue
    const at = x(block.firstSeenMs).toFixed(1)
    if (block.active) active += `M${at} ${top}V${base}`
    else stale += `M${at} ${top}V${(top + base) / 2}`
  }
  for (const { timeMs } of page.systems.ledger.reorgs)
    if (inside(timeMs)) reorgs += `M${x(timeMs).toFixed(1)} ${base - 6}l3.5 6h-7Z`
  return { 'tick good': active, 'tick warn': stale, 'fill bad': reorgs }
}

const columnsOf = new WeakMap<readonly BlockState[], HeatColumn[]>()

function heatColumns({
  systems: {
    ledger: { blocks },
  },
}: Page): HeatColumn[] {
  const known = columnsOf.get(blocks)
  if (known) return known
  const columns = blocks.map(heatColumn).sort((a, b) => a.timeMs - b.timeMs)
  columnsOf.set(blocks, columns)
  return columns
}

function heatmap({ page, span, x, top, base }: Frame): Drawing {
  const columns = heatColumns(page).filter(({ timeMs }) => timeMs >= span.fromMs)
  const rows = rowsUsed(heatColumns(page))
  const rowPx = (base - top) / rows.count
  const shades = Array.from({ length: SHADES }, () => '')
  const lines: Point[] = []
  columns.forEach(({ timeMs, counts, percentiles }, i) => {
    const left = x(timeMs)
    const next = columns[i + 1]
    const width = Math.max(1.5, Math.min(12, (next ? x(next.timeMs) - left : 12) - 1))
    const total = counts.reduce((sum, count) => sum + count, 0)
    counts.forEach((count, row) => {
      if (count === 0) return
      const y = base - (row - rows.first + 1) * rowPx
      shades[shadeOf(count, total)] +=
        `M${left.toFixed(1)} ${y.toFixed(1)}h${width.toFixed(1)}v${(rowPx - 1).toFixed(1)}h${(-width).toFixed(1)}Z`
    })
    const { p90Ms } = percentiles
    if (p90Ms !== undefined)
      lines.push({ x: left + width / 2, y: Math.max(top, base - (heightOf(p90Ms) - rows.first) * rowPx) })
  })
  const cells = Object.fromEntries(shades.map((path, i) => [`heat heat-${i + 1}`, path]))
  return { ...cells, 'line p90': linePath(lines) }
}
