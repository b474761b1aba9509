// Swarms over the run's time: peers that are complete, copies of the rarest piece, how fast all receive.

import { formatCount } from '../../../format.ts'
import { roundedUp } from '../../../report/html/axis.ts'
import { evenTicks, HEIGHT, type Panel, type Scale, stepLine, WIDTH } from '../../../report/html/panel.ts'
import type { ReportedSwarms } from '../reported.ts'
import type { SwarmPoint } from '../state.ts'
import { pacesOf, rateText } from '../words.ts'

export function historyCharts({ history, contents }: ReportedSwarms, x: Scale): readonly Panel[] {
  if (history.length === 0) return []
  const wanted = Math.max(
    1,
    contents.reduce((sum, each) => sum + each.wanted, 0),
  )
  const paces = pacesOf(history)
  const copiesTop = roundedUp(Math.max(2, ...history.map(({ copies }) => copies)))
  const rateTop = roundedUp(8 * Math.max(1, ...paces.map(({ bps }) => bps))) / 8
  const line = (name: string, top: number, of: (point: SwarmPoint) => number) =>
    stepLine(
      name,
      history.map(point => [x(point.timeMs) * WIDTH, (1 - of(point) / top) * HEIGHT] as const),
    )
  return [
    {
      title: 'Complete',
      unit: 'peers that have all that they wanted',
      ticks: evenTicks(wanted, value => formatCount(Math.round(10 * value) / 10)),
      marks: `${line('asked', 1, ({ progress }) => progress)}${line('line', wanted, ({ complete }) => complete)}`,
      legend: [
        ['line', 'complete'],
        ['asked', 'of all bytes, the share that is there'],
      ],
    },
    {
      title: 'Copies',
      unit: 'of the rarest piece; below one line, something is to be had nowhere',
      ticks: evenTicks(copiesTop, value => formatCount(value)),
      marks: `${line('line', copiesTop, ({ copies }) => copies)}<line class="asked" x1="0" x2="${WIDTH}" y1="${HEIGHT * (1 - 1 / copiesTop)}" y2="${HEIGHT * (1 - 1 / copiesTop)}"/>`,
      legend: [
        ['line', 'copies'],
        ['asked', 'one'],
      ],
    },
    {
      title: 'Pace',
      unit: 'verified and stored, by all peers together',
      ticks: evenTicks(rateTop, rateText),
      marks: stepLine(
        'line',
        paces.map(({ timeMs, bps }) => [x(timeMs) * WIDTH, (1 - bps / rateTop) * HEIGHT] as const),
      ),
      legend: [],
    },
  ]
}
