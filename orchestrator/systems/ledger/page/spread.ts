// Two distributions: the times between blocks beside what mining should give, and how long blocks take to reach nodes.

import { formatCount, formatDuration, formatWithin } from '../../../format.ts'
import { BarChart } from '../../../web/client/bars.ts'
import { element, setText } from '../../../web/client/dom.ts'
import type { Page } from '../../../web/page.ts'
import { exponentialCounts } from './expected.ts'

function axis(...texts: string[]): HTMLElement {
  return element('p', 'axis', ...texts.map(text => element('span', '', text)))
}

export class IntervalsView {
  readonly #chart = new BarChart('Times between blocks; the line is what mining should give')
  readonly #note = element('p', 'note')
  readonly #axis = axis('', '', '')

  constructor(parent: HTMLElement) {
    parent.append(this.#chart.element, this.#axis, this.#note)
  }

  show({
    systems: {
      ledger: { intervals, blockIntervalMs },
    },
  }: Page): void {
    const { binMs, counts, count, sumMs } = intervals
    const bars = counts.map((value, i) => {
      const from = formatDuration(i * binMs)
      const last = i === counts.length - 1
      return {
        value,
        title: last
          ? `${value} from ${from} on`
          : `${value} from ${from} to ${formatDuration((i + 1) * binMs)}`,
      }
    })
    this.#chart.show(bars, exponentialCounts(intervals, blockIntervalMs))
    const end = (counts.length - 1) * binMs
    const ends = ['0', formatDuration(end / 2), `≥ ${formatDuration(end)}`]
    ends.forEach((text, i) => {
      const label = this.#axis.children[i]
      if (label) setText(label, text)
    })
    const mean = count === 0 ? '–' : formatDuration(sumMs / count)
    setText(
      this.#note,
      `mean ${mean} of ${formatCount(count)} · wanted ${formatDuration(blockIntervalMs)} · dashed: exponential`,
    )
  }
}

export class PropagationView {
  readonly #chart = new BarChart('Deliveries of blocks to nodes by the time they took')
  readonly #axis = axis('', '', '')
  readonly #figures = element('dl', 'figures')
  readonly #values: readonly HTMLElement[]

  constructor(parent: HTMLElement) {
    this.#values = ['50 %', '90 %', '99 %', 'all nodes'].map(name => {
      const value = element('dd')
      this.#figures.append(element('div', '', element('dt', '', name), value))
      return value
    })
    parent.append(this.#chart.element, this.#axis, this.#figures)
  }

  show({ systems: { ledger } }: Page): void {
    const {
      propagation,
      propagationHistogram: { buckets, count },
    } = ledger
    const totals = [...buckets.map(bucket => bucket.count), count]
    const bars = totals.map((total, i) => {
      const value = total - (totals[i - 1] ?? 0)
      const bound = buckets[i]
      return { value, title: `${value} ${bound ? `within ${formatDuration(bound.leMs)}` : 'later'}` }
    })
    this.#chart.show(bars)
    const ends = [buckets[0], buckets[Math.floor(buckets.length / 2)], buckets.at(-1)]
    ends.forEach((end, i) => {
      const label = this.#axis.children[i]
      // The last bar holds all later ones.
      if (label) setText(label, end ? `${end === buckets.at(-1) ? '≥ ' : ''}${formatDuration(end.leMs)}` : '')
    })
    const { p50Ms, p90Ms, p99Ms, allMs, errorMs } = propagation
    const times = [p50Ms, p90Ms, p99Ms, allMs]
    times.forEach((ms, i) => {
      const value = this.#values[i]
      if (value) setText(value, ms === undefined ? '–' : formatWithin(ms, errorMs))
    })
  }
}
