// Two small charts in SVG: lines over time, and bars of a histogram.

import { setAttribute, svgElement } from './dom.ts'

const WIDTH = 600
const HEIGHT = 160

function canvas(label: string): SVGSVGElement {
  const svg = svgElement('svg', {
    viewBox: `0 0 ${WIDTH} ${HEIGHT}`,
    preserveAspectRatio: 'none',
    role: 'img',
  })
  svg.setAttribute('aria-label', label)
  svg.setAttribute('class', 'chart')
  return svg
}

/** Lines over the last `points` values each; the newest at the right. */
export class LineChart {
  readonly element: SVGSVGElement
  readonly #lines: readonly SVGPathElement[]
  readonly #points: number

  constructor(label: string, classNames: readonly string[], points: number) {
    this.element = canvas(label)
    this.#points = points
    this.#lines = classNames.map(className => {
      const line = svgElement('path', { class: className })
      this.element.append(line)
      return line
    })
  }

  show(series: readonly (readonly number[])[]): void {
    const top = 1.1 * Math.max(1, ...series.flat())
    series.forEach((values, i) => {
      const line = this.#lines[i]
      if (line)
        setAttribute(line, 'd', linePath(values.slice(-this.#points), this.#points, top, WIDTH, HEIGHT))
    })
  }
}

/** SVG path through values, the newest at the right edge. */
export function linePath(
  values: readonly number[],
  points: number,
  top: number,
  width: number,
  height: number,
): string {
  const step = width / Math.max(1, points - 1)
  const from = width - step * (values.length - 1)
  return values
    .map((value, i) => {
      const x = (from + i * step).toFixed(1)
      const y = (height - 1 - (Math.min(value, top) / top) * (height - 2)).toFixed(1)
      return `${i === 0 ? 'M' : 'L'}${x} ${y}`
    })
    .join(' ')
}

/** Bars side by side, as high as their share of the highest. */
export class BarChart {
  readonly element: SVGSVGElement
  readonly #bars: readonly SVGRectElement[]

  constructor(label: string, count: number) {
    this.element = canvas(label)
    const step = WIDTH / count
    this.#bars = Array.from({ length: count }, (_, i) => {
      const bar = svgElement('rect', { x: i * step + 2, width: step - 4, y: HEIGHT, height: 0, class: 'bar' })
      bar.append(svgElement('title'))
      this.element.append(bar)
      return bar
    })
  }

  show(values: readonly number[], titles: readonly string[]): void {
    const top = Math.max(1, ...values)
    this.#bars.forEach((bar, i) => {
      const height = ((values[i] ?? 0) / top) * (HEIGHT - 4)
      setAttribute(bar, 'y', (HEIGHT - height).toFixed(1))
      setAttribute(bar, 'height', height.toFixed(1))
      const title = bar.firstElementChild
      if (title) title.textContent = titles[i] ?? ''
    })
  }
}
