// How the last blocks spread: when nodes first heard of each, and how long until half, nine in ten and nearly all running nodes
// had it; of one that did not get so far, how many it reached.

import { formatDuration } from '../../../format.ts'
import { TONES } from '../../../tui/colors.ts'
import { type Cell, line, row } from '../../../tui/lines.ts'
import type { Drawn, Scene } from '../../../tui/panels/panel.ts'
import { type Reach, reachOf, reachText } from '../observe/propagation.ts'
import type { BlockState, Percentiles } from '../state.ts'

const [HEIGHT, TIME] = [7, 8]
const BARS = '·▁▂▃▄▅▆▇█'

export function propagationPanel({ state, scrolled }: Scene, width: number, room: number): Drawn {
  const space = Math.max(1, room - 2)
  const newest = state.systems.ledger.blocks.length - scrolled
  const blocks = state.systems.ledger.blocks.slice(Math.max(0, newest - space), newest).reverse()
  const bar = Math.min(60, width - HEIGHT - 3 * TIME - 3)
  const spanMs = axisMs(state.systems.ledger.propagation)
  const lines = blocks.map(block => row(blockCells(block, bar, spanMs)))
  const { p50Ms, p90Ms, p99Ms, errorMs } = state.systems.ledger.propagation
  const all = row(
    [{ text: ' median', width: HEIGHT }, ...times([p50Ms, p90Ms, p99Ms]), { text: '', width: bar + 3 }],
    TONES.value,
  )
  const titles = row(
    [
      { text: ' height', width: HEIGHT },
      { text: '50 %', width: TIME, align: 'right' },
      { text: '90 %', width: TIME, align: 'right' },
      { text: '99 %', width: TIME, align: 'right' },
      { text: bar >= 12 ? '  first seen' : '', width: bar + 3 },
    ],
    TONES.label,
  )
  const waiting = [line(' waiting for the first block', TONES.label)]
  return {
    note: `first seen, 0 to ${formatDuration(spanMs)}${errorMs === undefined ? '' : `; ± ${formatDuration(errorMs)}`}`,
    lines: [titles, all, ...(lines.length > 0 ? lines : waiting)].slice(0, room),
  }
}

function blockCells(block: BlockState, width: number, spanMs: number): Cell[] {
  const reach = reachOf(block)
  return [
    { text: ` ${block.height}${block.active ? '' : '○'}`, width: HEIGHT },
    ...spread(reach),
    { text: `  ${arrivals(others(block), width, spanMs)}`, width: width + 3, tone: TONES.chart },
  ]
}

/** Times stand only where the block got to nine nodes in ten: a percentile of fewer would say something else. */
function spread(reach: Reach): Cell[] {
  const { p50Ms, p90Ms, p99Ms } = reach
  if (p90Ms !== undefined) return times([p50Ms, p90Ms, p99Ms])
  return [{ text: reachText(reach), width: 3 * TIME, align: 'right', tone: TONES.label }]
}

function times(values: readonly (number | undefined)[]): Cell[] {
  return values.map(ms => ({
    text: ms === undefined ? '–' : formatDuration(ms),
    width: TIME,
    align: 'right' as const,
  }))
}

/** First signs at the nodes that did not mine it. */
function others({ seenMs, miner }: BlockState): number[] {
  return Object.entries(seenMs).flatMap(([node, ms]) => (node === miner ? [] : [ms]))
}

/** One axis for all rows, so that they compare; the few that took far longer stand at its end. */
function axisMs({ p90Ms = 0 }: Percentiles): number {
  return niceAbove(Math.max(10, 1.2 * p90Ms))
}

/** The next of 1, 2, 5 × 10ⁿ. */
function niceAbove(value: number): number {
  const step = 10 ** Math.floor(Math.log10(value))
  return ([1, 2, 5, 10].find(factor => factor * step >= value) ?? 10) * step
}

/** How many nodes heard of it at each time, as a strip of bars; the last bar holds all later ones. */
export function arrivals(seenMs: readonly number[], width: number, spanMs: number): string {
  if (width <= 0) return ''
  const counts = new Array<number>(width).fill(0)
  for (const ms of seenMs) {
    const slot = Math.min(width - 1, Math.floor((ms / spanMs) * width))
    counts[slot] = (counts[slot] ?? 0) + 1
  }
  const most = Math.max(1, ...counts)
  return counts.map(count => BARS[count === 0 ? 0 : Math.max(1, Math.ceil((count / most) * 8))]).join('')
}
