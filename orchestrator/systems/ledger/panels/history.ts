// The run so far as strips: hash rate, tips, stale blocks, mempool; and how long blocks took, against what was planned.

import { formatCount, formatDuration, formatRate } from '../../../format.ts'
import { TONES } from '../../../tui/colors.ts'
import { type Line, line, row } from '../../../tui/lines.ts'
import type { Drawn, Scene } from '../../../tui/panels/panel.ts'
import { strips } from '../../../tui/strips.ts'

const [LABEL, NOW] = [12, 12]

export function historyPanel({ state }: Scene, width: number): Drawn {
  const {
    nowMs,
    startedMs,
    systems: {
      ledger: { history, intervals },
    },
  } = state
  if (history.length === 0) return { lines: [line(' the run has just begun', TONES.label)] }
  const bar = Math.max(4, width - LABEL - NOW)
  const strip = (label: string, values: readonly number[], now: string): Line =>
    row([
      { text: ` ${label}`, width: LABEL, tone: TONES.label },
      { text: strips(values, bar), width: bar, tone: TONES.chart },
      { text: ` ${now}`, width: NOW },
    ])
  const {
    nodes,
    systems: {
      ledger: { hashRate, totals },
    },
  } = state
  const mempool = Math.max(0, ...nodes.map(node => node.systems.ledger.mempool))
  const series = (of: (point: (typeof history)[number]) => number) => history.map(of)
  const lines = [
    strip(
      'hash rate',
      series(point => point.measuredHps),
      formatRate(hashRate.measuredHps),
    ),
    strip(
      'tips',
      series(point => point.tips),
      String(state.systems.ledger.tips),
    ),
    strip(
      'stale',
      series(point => point.staleBlocks),
      formatCount(totals.staleBlocks),
    ),
    strip(
      'mempool',
      series(point => point.mempool),
      formatCount(mempool),
    ),
    strip(
      'height',
      series(point => point.height),
      formatCount(state.systems.ledger.height),
    ),
  ]
  const mean = meanIntervalMs(intervals)
  const planned = formatDuration(state.systems.ledger.blockIntervalMs)
  const note =
    mean === undefined
      ? `block interval ${planned} planned`
      : `block interval ${formatDuration(mean)} of ${planned}`
  return { title: `History of ${formatDuration(nowMs - startedMs)}`, note, lines }
}

function meanIntervalMs(intervals: { readonly count: number; readonly sumMs: number }): number | undefined {
  return intervals.count === 0 ? undefined : intervals.sumMs / intervals.count
}
