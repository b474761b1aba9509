// Lanes of the timeline: peers that are complete, copies of the rarest piece, and how fast all get what they want.

import { formatCount } from '../../../format.ts'
import type { Drawing, Frame, Lane } from '../../../web/client/face.ts'
import { areaPath, linePath, type Point, roundUp } from '../../../web/client/scale.ts'
import type { Page } from '../../../web/page.ts'
import { copiesText, pacesOf, percentText, rateText } from '../words.ts'

const historyOf = ({ systems }: Page) => systems.bittorrent.history

interface Timed {
  readonly timeMs: number
}

/** What was when the pointer's moment was. */
const at = <Of extends Timed>(points: readonly Of[], atMs: number | undefined) =>
  atMs === undefined ? undefined : points.findLast(point => point.timeMs <= atMs)

function series<Of extends Timed>(
  { span, x, right, base, top }: Frame,
  history: readonly Of[],
  most: number,
  of: (point: Of) => number,
): Point[] {
  const from = Math.max(0, history.findIndex(point => point.timeMs >= span.fromMs) - 1)
  const points = history.slice(from).map(point => ({
    x: Math.max(0, x(point.timeMs)),
    y: base - (Math.min(of(point), most) / most) * (base - top),
  }))
  const last = points.at(-1)
  return last ? [...points, { x: Math.max(last.x, right), y: last.y }] : []
}

const copiesTop = (page: Page) => roundUp(Math.max(2, ...historyOf(page).map(({ copies }) => copies)))
const paceTop = (page: Page) =>
  roundUp(8 * Math.max(1, ...pacesOf(historyOf(page)).map(({ bps }) => bps))) / 8

function filled<Of extends Timed>(
  frame: Frame,
  history: readonly Of[],
  most: number,
  of: (point: Of) => number,
): Drawing {
  const points = series(frame, history, most, of)
  return { 'area accent': areaPath(points, frame.base), 'line accent': linePath(points) }
}

export const LANES: readonly Lane[] = [
  {
    name: 'Complete',
    heightPx: 40,
    draw: frame => {
      const history = historyOf(frame.page)
      const most = Math.max(1, frame.page.systems.bittorrent.wanted)
      const complete = series(frame, history, most, point => point.complete)
      return {
        'area accent': areaPath(complete, frame.base),
        'line p90': linePath(series(frame, history, 1, ({ progress }) => progress)),
      }
    },
    scale: ({ systems }) => formatCount(systems.bittorrent.wanted),
    told: (page, atMs) => {
      const { bittorrent } = page.systems
      const { complete, progress } = at(bittorrent.history, atMs) ?? bittorrent
      return `${formatCount(complete)} of ${formatCount(bittorrent.wanted)} · ${percentText(progress)} of all bytes (line)`
    },
  },
  {
    name: 'Copies',
    heightPx: 40,
    draw: frame => filled(frame, historyOf(frame.page), copiesTop(frame.page), ({ copies }) => copies),
    scale: page => formatCount(copiesTop(page)),
    told: (page, atMs) => {
      const { copies } = at(historyOf(page), atMs) ?? page.systems.bittorrent
      return `${copiesText(copies)} of the rarest piece`
    },
  },
  {
    name: 'Pace',
    heightPx: 50,
    draw: frame => filled(frame, pacesOf(historyOf(frame.page)), paceTop(frame.page), ({ bps }) => bps),
    scale: page => rateText(paceTop(page)),
    told: (page, atMs) => {
      const { downBps, upBps } = page.systems.bittorrent
      const then = at(pacesOf(historyOf(page)), atMs)
      return then
        ? `${rateText(then.bps)} verified by all peers`
        : `${rateText(downBps)} received, ${rateText(upBps)} sent, all peers`
    },
  },
]
