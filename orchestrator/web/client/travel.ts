// What travels the network, seen travelling: a dot along the connection that each node had it over, hop after hop. A picture of the
// way, not of the time: hops take milliseconds, and a dot half a second.

import { svgElement } from './dom.ts'
import type { Hops } from './hops.ts'

const HOP_MS = 420
const MAX_DOTS = 150

/** Draws them into `layer`. Somebody who wants less motion sees none. */
export class Travel {
  readonly #layer: SVGGElement
  readonly #still = matchMedia('(prefers-reduced-motion: reduce)')
  #dots = 0

  constructor(layer: SVGGElement) {
    this.#layer = layer
  }

  show(news: Hops, places: ReadonlyMap<string, { x: number; y: number }>): void {
    if (this.#still.matches || document.hidden) return
    const { hops, mined } = news
    const first = Math.min(...hops.map(hop => hop.depth))
    for (const name of mined) this.#ripple(places.get(name))
    for (const { from, to, depth } of hops) this.#dot(places.get(from), places.get(to), depth - first)
  }

  #dot(from: Point, to: Point, turn: number): void {
    if (!from || !to || this.#dots >= MAX_DOTS) return
    const dot = svgElement('circle', { r: 4, class: 'traveller' })
    const at = ({ x, y }: { x: number; y: number }) => `translate(${x}px, ${y}px)`
    this.#play(
      dot,
      [
        { transform: at(from), opacity: 1 },
        { transform: at(to), opacity: 1 },
      ],
      turn,
    )
  }

  #ripple(at: Point): void {
    if (!at || this.#dots >= MAX_DOTS) return
    const ring = svgElement('circle', { r: 14, cx: at.x, cy: at.y, class: 'ripple' })
    this.#play(
      ring,
      [
        { opacity: 0.9, strokeWidth: '3px' },
        { opacity: 0, strokeWidth: '24px' },
      ],
      0,
    )
  }

  #play(element: SVGElement, frames: Keyframe[], turn: number): void {
    this.#dots += 1
    this.#layer.append(element)
    const options = { duration: HOP_MS, delay: turn * HOP_MS, easing: 'ease-in-out', fill: 'backwards' }
    element.animate(frames, options as KeyframeAnimationOptions).onfinish = () => {
      element.remove()
      this.#dots -= 1
    }
  }
}

type Point = { readonly x: number; readonly y: number } | undefined
