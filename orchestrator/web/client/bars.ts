// Bars side by side, with a line over them where there is one to compare with: a histogram.

import { onWidth, setAttribute, svgElement } from './dom.ts'
import { linePath } from './scale.ts'

const HEIGHT = 120

export interface Bar {
  readonly value: number
  /** Told by a pointer. */
  readonly title: string
}

export class BarChart {
  readonly element = svgElement('svg', { class: 'bars', role: 'img', height: HEIGHT })
  readonly #curve = svgElement('path', { class: 'line asked' })
  #bars: SVGRectElement[] = []
  #shown: { bars: readonly Bar[]; curve: readonly number[] } | undefined
  #width = 300

  constructor(label: string) {
    this.element.setAttribute('aria-label', label)
    this.element.append(this.#curve)
    onWidth(this.element, width => {
      this.#width = width
      if (this.#shown && width > 0) this.show(this.#shown.bars, this.#shown.curve)
    })
  }

  /** `curve`: a value for each bar, in the bars' measure. */
  show(bars: readonly Bar[], curve: readonly number[] = []): void {
    this.#shown = { bars, curve }
    setAttribute(this.element, 'viewBox', `0 0 ${this.#width} ${HEIGHT}`)
    const top = Math.max(1, ...bars.map(bar => bar.value), ...curve)
    const step = this.#width / Math.max(1, bars.length)
    const y = (value: number) => HEIGHT - (value / top) * (HEIGHT - 6)
    this.#grow(bars.length)
    bars.forEach(({ value, title }, i) => {
      const bar = this.#bars[i]
      if (!bar) return
      const at = { x: i * step + 1, width: Math.max(1, step - 2), y: y(value), height: HEIGHT - y(value) }
      for (const [name, number] of Object.entries(at)) setAttribute(bar, name, number.toFixed(1))
      if (bar.firstElementChild) bar.firstElementChild.textContent = title
    })
    const points = curve.map((value, i) => ({ x: (i + 0.5) * step, y: y(value) }))
    setAttribute(this.#curve, 'd', linePath(points))
  }

  #grow(count: number): void {
    while (this.#bars.length > count) this.#bars.pop()?.remove()
    while (this.#bars.length < count) {
      const bar = svgElement('rect', { class: 'bar' })
      bar.append(svgElement('title'))
      this.#bars.push(bar)
      this.#curve.before(bar)
    }
  }
}
