// Peers that are complete, as a rising line over the seconds since they were told to get a content; where lines limit it, a dashed
// one at the least time that there is.

import { formatDuration } from '../../../format.ts'
import { element, onWidth, setAttribute, setText, svgElement } from '../../../web/client/dom.ts'
import { areaPath, linePath } from '../../../web/client/scale.ts'

const HEIGHT = 120

export class Curve {
  readonly element = element('div')
  readonly #svg = svgElement('svg', { class: 'bars', role: 'img', height: HEIGHT })
  readonly #area = svgElement('path', { class: 'area accent' })
  readonly #line = svgElement('path', { class: 'line accent' })
  readonly #bound = svgElement('path', { class: 'line asked' })
  readonly #ends = [element('span', '', '0'), element('span'), element('span')] as const
  #width = 300
  #again = () => {}

  constructor(label: string) {
    setAttribute(this.#svg, 'aria-label', label)
    this.#svg.append(this.#area, this.#line, this.#bound)
    this.element.append(this.#svg, element('p', 'axis', ...this.#ends))
    onWidth(this.#svg, width => {
      this.#width = width
      if (width > 0) this.#again()
    })
  }

  /** `took`: sorted, and of `complete` peers. */
  show(took: readonly number[], wanted: number, complete: number, bound: number | undefined): void {
    this.#again = () => this.show(took, wanted, complete, bound)
    const end = Math.max(1e-3, (took.at(-1) ?? 0) * 1.05, (bound ?? 0) * 1.1)
    const x = (seconds: number) => (seconds / end) * this.#width
    const y = (peers: number) => HEIGHT - (peers / Math.max(1, wanted)) * (HEIGHT - 6)
    setAttribute(this.#svg, 'viewBox', `0 0 ${this.#width} ${HEIGHT}`)
    const each = complete / Math.max(1, took.length)
    const points = [
      { x: 0, y: y(0) },
      ...took.map((seconds, i) => ({ x: x(seconds), y: y((i + 1) * each) })),
      { x: this.#width, y: y(complete) },
    ]
    setAttribute(this.#area, 'd', areaPath(points, HEIGHT, true))
    setAttribute(this.#line, 'd', linePath(points, true))
    setAttribute(this.#bound, 'd', bound === undefined ? '' : `M${x(bound).toFixed(1)} 0V${HEIGHT}`)
    setText(this.#ends[1], formatDuration(500 * end))
    setText(this.#ends[2], formatDuration(1000 * end))
  }
}
