// Hash rate over the last minutes, asked against measured; and how long blocks take to reach nodes.

import { formatDuration, formatRate } from '../../format.ts'
import type { Page } from '../page.ts'
import { BarChart, LineChart } from './charts.ts'
import { element, setText } from './dom.ts'

/** One point a second. */
const POINTS = 300

export class RateView {
  readonly #chart = new LineChart('Hash rate over the last five minutes', ['asked', 'measured'], POINTS)
  readonly #note = element('p', 'note')
  readonly #asked: number[] = []
  readonly #measured: number[] = []
  #second = 0

  constructor(parent: HTMLElement) {
    parent.append(this.#chart.element, this.#note)
  }

  show({ facts, nodes }: Page, nowMs: number): void {
    const second = Math.floor(nowMs / 1000)
    if (this.#second === 0) this.#recall(nodes)
    if (second > this.#second) {
      this.#second = second
      push(this.#asked, facts.hashRate.askedHps)
      push(this.#measured, facts.hashRate.measuredHps)
    }
    this.#chart.show([this.#asked, this.#measured])
    const { askedHps, measuredHps } = facts.hashRate
    setText(this.#note, `${formatRate(measuredHps)} measured, ${formatRate(askedHps)} asked (dashed)`)
  }

  /** What the nodes remember of the time before the page was opened. */
  #recall(nodes: Page['nodes']): void {
    const length = Math.max(0, ...nodes.map(node => node.hashRateHistory.length))
    for (let back = length; back > 0; back--) {
      const at = (history: readonly number[]) => history[history.length - back] ?? 0
      this.#measured.push(nodes.reduce((sum, node) => sum + at(node.hashRateHistory), 0))
    }
  }
}

function push(values: number[], value: number): void {
  values.push(value)
  if (values.length > POINTS) values.shift()
}

export class PropagationView {
  readonly #note = element('p', 'note')
  #chart: BarChart | undefined

  constructor(parent: HTMLElement) {
    parent.append(this.#note)
  }

  show({ propagation, propagationHistogram: { buckets, count } }: Page): void {
    this.#chart ??= this.#begin(buckets)
    const counts = [...buckets.map(bucket => bucket.count), count]
    const values = counts.map((value, i) => value - (counts[i - 1] ?? 0))
    const titles = values.map((value, i) => {
      const bound = buckets[i]
      return `${value} ${bound ? `within ${formatDuration(bound.leMs)}` : 'later'}`
    })
    this.#chart.show(values, titles)
    const time = (ms: number | undefined) => (ms === undefined ? '–' : formatDuration(ms))
    const { p50Ms, p90Ms, p99Ms, allMs } = propagation
    setText(
      this.#note,
      `50 % ${time(p50Ms)} · 90 % ${time(p90Ms)} · 99 % ${time(p99Ms)} · slowest ${time(allMs)} · ${count} deliveries`,
    )
  }

  /** The chart has one bar a bucket and one for what is beyond. */
  #begin(buckets: Page['propagationHistogram']['buckets']): BarChart {
    const chart = new BarChart('Deliveries of blocks to nodes by the time they took', buckets.length + 1)
    const ends = [buckets[0], buckets[Math.floor(buckets.length / 2)], buckets.at(-1)]
    const axis = element(
      'p',
      'axis',
      ...ends.map(end => element('span', '', end ? formatDuration(end.leMs) : '')),
    )
    this.#note.before(chart.element, axis)
    return chart
  }
}
