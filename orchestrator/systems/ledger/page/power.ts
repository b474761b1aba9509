// Who has the hash power: a bar for each miner, measured, with a mark where it was asked to be; beside it the share of the
// blocks that it found, and what that was to be by its hash power while it ran. Many miners are shown by group.

import { formatRate, formatShare } from '../../../format.ts'
import { type Column, setAttribute, setText, svgElement, Table } from '../../../web/client/dom.ts'
import type { Page } from '../../../web/page.ts'
import { type Power, powersOf } from './powers.ts'

const WIDTH = 120
const HEIGHT = 14

export class PowerView {
  readonly #table: Table<Power>
  #top = 1
  #measured = 1
  #blocks = 1
  #expected = 1

  constructor(parent: HTMLElement) {
    this.#table = new Table(this.#columns(), power => power.name)
    parent.append(this.#table.element)
  }

  show(page: Page): void {
    const powers = powersOf(page)
    this.#top = Math.max(1, ...powers.map(power => Math.max(power.askedHps, power.measuredHps)))
    this.#measured = Math.max(1, sum(powers.map(power => power.measuredHps)))
    this.#blocks = Math.max(1, sum(powers.map(power => power.blocks)))
    this.#expected = Math.max(Number.MIN_VALUE, sum(powers.map(power => power.expected)))
    this.#table.show(powers)
  }

  #columns(): Column<Power>[] {
    const text = (of: (power: Power) => string) => (cell: Element, power: Power) => setText(cell, of(power))
    return [
      { title: 'Miner', className: 'name', show: text(power => power.name) },
      { title: '', className: 'meter', show: (cell, power) => this.#bar(cell, power) },
      { title: 'Measured', className: 'number', show: text(power => formatRate(power.measuredHps)) },
      { title: 'Asked', className: 'number roomy', show: text(power => formatRate(power.askedHps)) },
      {
        title: 'Share',
        className: 'number',
        show: text(power => formatShare(round(power.measuredHps / this.#measured))),
      },
      {
        title: 'Of blocks',
        className: 'number',
        show: text(power => formatShare(round(power.blocks / this.#blocks))),
      },
      {
        title: 'Expected',
        className: 'number roomy',
        show: text(power => formatShare(round(power.expected / this.#expected))),
      },
    ]
  }

  #bar(cell: Element, { askedHps, measuredHps }: Power): void {
    if (!cell.firstElementChild) {
      const svg = svgElement('svg', {
        viewBox: `0 0 ${WIDTH} ${HEIGHT}`,
        preserveAspectRatio: 'none',
        'aria-hidden': 'true',
      })
      svg.append(
        svgElement('rect', { class: 'bar', y: 2, height: HEIGHT - 4, x: 0 }),
        svgElement('line', { class: 'mark', y1: 0, y2: HEIGHT }),
      )
      cell.append(svg)
    }
    const [bar, mark] = [cell.querySelector('rect'), cell.querySelector('line')]
    const x = ((askedHps / this.#top) * (WIDTH - 2) + 1).toFixed(1)
    if (bar) setAttribute(bar, 'width', ((measuredHps / this.#top) * WIDTH).toFixed(1))
    if (mark) for (const name of ['x1', 'x2']) setAttribute(mark, name, x)
  }
}

const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0)
/** Whole per cents: the rest is noise. */
const round = (share: number) => Math.round(share * 100) / 100
