// Lanes of the timeline: peers that are complete, copies of the rarest piece, and how fast all receive.

import { formatCount } from '../../../format.ts'
import type { Drawing, Frame, Lane } from '../../../web/client/face.ts'
import { areaPath, linePath, type Point, roundUp } from '../../../web/client/scale.ts'
import type { Page } from '../../../web/page.ts'
import type { SwarmPoint } from '../state.ts'
import { copiesText, percentText, rateText } from '../words.ts'

const historyOf = ({ systems }: Page) => systems.bittorrent.history

/** How it stood when the pointer's moment was; as it stands where no pointer is. */
function pointAt(page: Page, atMs: number | undefined): Omit<SwarmPoint, 'timeMs'> {
  const at = atMs === undefined ? undefined : historyOf(page).findLast(point => point.timeMs <= atMs)
  return at ?? page.systems.bittorrent
}

function series(
  { page, span, x, right, base, top }: Frame,
  most: number,
  of: (point: SwarmPoint) => number,
): Point[] {
  const history = historyOf(page)
  const from = Math.max(0, history.findIndex(point => point.timeMs >= span.fromMs) - 1)
  const points = history.slice(from).map(point => ({
    x: Math.max(0, x(point.timeMs)),
    y: base - (Math.min(of(point), most) / most) * (base - top),
  }))
  const last = points.at(-1)
  return last ? [...points, { x: Math.max(last.x, right), y: last.y }] : []
}

const copiesTop = (page: Page) => roundUp(Math.max(2, ...historyOf(page).map(({ copies }) => copies)))
const rateTop = (page: Page) => roundUp(8 * Math.max(1, ...historyOf(page).map(({ downBps }) => downBps))) / 8

function filled(frame: Frame, most: number, of: (point: SwarmPoint) => number): Drawing {
  const points = series(frame, most, of)
  return { 'area accent': areaPath(points, frame.base), 'line accent': linePath(points) }
}

export const LANES: readonly Lane[] = [
  {
    name: 'Complete',
    heightPx: 40,
    draw: frame => {
      const { wanted } = frame.page.systems.bittorrent
      const most = Math.max(1, wanted)
      const has = series(frame, 1, ({ progress }) => progress)
      return {
        'area accent': areaPath(
          series(frame, most, ({ complete }) => complete),
          frame.base,
        ),
        'line p90': linePath(has),
      }
    },
    scale: ({ systems }) => formatCount(systems.bittorrent.wanted),
    told: (page, atMs) => {
      const { complete, progress } = pointAt(page, atMs)
      return `${formatCount(complete)} of ${formatCount(page.systems.bittorrent.wanted)} · ${percentText(progress)} of all bytes (line)`
    },
  },
  {
    name: 'Copies',
    heightPx: 40,
    draw: frame => filled(frame, copiesTop(frame.page), ({ copies }) => copies),
    scale: page => formatCount(copiesTop(page)),
    told: (page, atMs) => `${copiesText(pointAt(page, atMs).copies)} of the rarest piece`,
  },
  {
    name: 'Received',
    heightPx: 50,
    draw: frame => filled(frame, rateTop(frame.page), ({ downBps }) => downBps),
    scale: page => rateText(rateTop(page)),
    told: (page, atMs) => {
      const { downBps, upBps } = pointAt(page, atMs)
      return `${rateText(downBps)} received, ${rateText(upBps)} sent, all peers`
    },
  },
]
