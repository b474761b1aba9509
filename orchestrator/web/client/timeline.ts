// The run over time: one axis for the lanes of all systems, and the faults as bands across all of them. A click goes to that moment; the playhead shows where the page stands.

import { formatElapsed, plural } from '../../format.ts'
import type { FaultState } from '../../observe/state.ts'
import type { Page } from '../page.ts'
import { element, onWidth, setAttribute, setText, svgElement } from './dom.ts'
import type { Frame } from './face.ts'
import { pageFacesIn } from './faces.ts'
import { faultText, rowsOf } from './fault-rows.ts'
import { type Span, timeScale, timeTicks } from './scale.ts'

const HEAD = 16
const BETWEEN = 8
const FAULT_ROW = 16
const MAX_FAULT_ROWS = 3
const AXIS = 20

const ZOOMS = [
  ['all', undefined],
  ['5 min', 300_000],
  ['1 min', 60_000],
] as const

export class TimelineView {
  readonly #svg = svgElement('svg', { class: 'timeline', role: 'img' })
  readonly #bands = svgElement('g')
  readonly #lanes = svgElement('g')
  readonly #axis = svgElement('g')
  readonly #cursor = svgElement('line', { class: 'cursor' })
  readonly #playhead = svgElement('line', { class: 'playhead' })
  readonly #at = element('span', 'quiet')
  readonly #paths = new Map<string, SVGPathElement>()
  readonly #texts = new Map<string, SVGTextElement>()
  readonly #buttons: HTMLButtonElement[]
  #lastMs: number | undefined
  #width = 600
  #pointerX: number | undefined
  #shown: { page: Page; nowMs: number; playheadMs: number | undefined } | undefined

  constructor(parent: HTMLElement, onSeek: (timeMs: number) => void) {
    this.#buttons = ZOOMS.map(([name, lastMs]) => {
      const button = element('button', 'small', name)
      button.addEventListener('click', () => {
        this.#lastMs = lastMs
        this.#redraw()
      })
      return button
    })
    const zoom = element('div', 'row', this.#at, element('span', 'grow'), ...this.#buttons)
    this.#svg.append(this.#bands, this.#lanes, this.#axis, this.#cursor, this.#playhead)
    parent.append(zoom, this.#svg)
    onWidth(this.#svg, width => {
      this.#width = width
      this.#redraw()
    })
    this.#svg.addEventListener('pointermove', event => this.#point(event.offsetX))
    this.#svg.addEventListener('pointerleave', () => this.#point(undefined))
    this.#svg.addEventListener('click', event => {
      if (this.#shown) onSeek(this.#timeAt(event.offsetX, this.#shown))
    })
  }

  /** `page`: as it is now; `playheadMs`: the moment that the rest of the page shows, when that is not now. */
  show(page: Page, nowMs: number, playheadMs: number | undefined): void {
    this.#shown = { page, nowMs, playheadMs }
    this.#redraw()
  }

  #span({ page, nowMs }: { page: Page; nowMs: number }): Span {
    const toMs = Math.max(nowMs, page.facts.startedMs + 1000)
    const fromMs = Math.max(page.facts.startedMs, toMs - (this.#lastMs ?? Number.POSITIVE_INFINITY))
    return { fromMs, toMs }
  }

  #timeAt(x: number, shown: { page: Page; nowMs: number }): number {
    const { fromMs, toMs } = this.#span(shown)
    return Math.round(fromMs + (Math.max(0, Math.min(this.#width, x)) / this.#width) * (toMs - fromMs))
  }

  #point(x: number | undefined): void {
    this.#pointerX = x
    this.#redraw()
  }

  #redraw(): void {
    const shown = this.#shown
    if (!shown || this.#width === 0) return
    const { page, playheadMs } = shown
    const span = this.#span(shown)
    const x = timeScale(span, 0, this.#width)
    const rows = rowsOf(page.faults.filter(({ toMs }) => (toMs ?? span.toMs) >= span.fromMs))
    const faultsHeight = Math.max(1, Math.min(MAX_FAULT_ROWS, Math.max(0, ...rows.values()) + 1)) * FAULT_ROW
    const bottom = this.#drawLanes({ page, span, x, right: this.#width }, HEAD + faultsHeight + BETWEEN)
    setAttribute(this.#svg, 'viewBox', `0 0 ${this.#width} ${bottom + AXIS}`)
    setAttribute(this.#svg, 'height', String(bottom + AXIS))
    this.#drawFaults(rows, x, span, bottom)
    this.#drawAxis(span, x, page.facts.startedMs, bottom)
    setAttribute(this.#svg, 'aria-label', labelOf(page))
    placeLine(this.#cursor, this.#pointerX, bottom)
    placeLine(this.#playhead, playheadMs === undefined ? undefined : x(playheadMs), bottom)
    const pointed = this.#pointerX === undefined ? undefined : this.#timeAt(this.#pointerX, shown)
    setText(
      this.#at,
      pointed === undefined
        ? 'click a moment to see the network as it was'
        : `at ${formatElapsed(pointed - page.facts.startedMs)}`,
    )
    this.#buttons.forEach((button, i) => {
      setAttribute(button, 'aria-pressed', String(ZOOMS[i]?.[1] === this.#lastMs))
    })
  }

  #drawLanes(frame: Omit<Frame, 'top' | 'base'>, from: number): number {
    const { page } = frame
    const atMs =
      this.#shown && this.#pointerX !== undefined ? this.#timeAt(this.#pointerX, this.#shown) : undefined
    const lanes = pageFacesIn(page.facts).flatMap(({ lanes = [] }) => lanes)
    let top = from
    for (const lane of lanes) {
      if (lane.wanted && !lane.wanted(page)) continue
      const base = top + HEAD + lane.heightPx
      this.#text(lane.name, 4, top + 11, lane.name, 'lane-name')
      this.#text(`${lane.name} told`, 4 + laneIndent(lane.name), top + 11, lane.told(page, atMs), 'lane-told')
      if (lane.scale && this.#width > 520)
        this.#text(`${lane.name} scale`, this.#width - 4, top + 11, lane.scale(page), 'lane-scale')
      const drawing = lane.draw({ ...frame, top: top + HEAD, base })
      this.#path(`${lane.name} base`, 'base', `M0 ${base}H${this.#width}`)
      for (const [className, path] of Object.entries(drawing))
        this.#path(`${lane.name} ${className}`, className, path)
      top = base + BETWEEN
    }
    return top - BETWEEN
  }

  #path(key: string, className: string, path: string): void {
    let known = this.#paths.get(key)
    if (!known) {
      known = svgElement('path', { class: className })
      this.#paths.set(key, known)
      this.#lanes.append(known)
    }
    setAttribute(known, 'd', path)
  }

  #text(key: string, x: number, y: number, text: string, className: string): void {
    let known = this.#texts.get(key)
    if (!known) {
      known = svgElement('text', { class: className })
      this.#texts.set(key, known)
      this.#lanes.append(known)
    }
    setAttribute(known, 'x', String(x))
    setAttribute(known, 'y', String(y))
    setText(known, text)
  }

  #drawFaults(
    rows: ReadonlyMap<FaultState, number>,
    x: (ms: number) => number,
    span: Span,
    bottom: number,
  ): void {
    const children: SVGElement[] = [named(4, 11, 'Faults', 'lane-name')]
    if (rows.size === 0) children.push(named(4 + laneIndent('Faults'), 11, 'none so far', 'lane-told'))
    for (const [fault, row] of rows) {
      const left = Math.max(0, x(fault.fromMs))
      const width = Math.max(2, x(Math.min(fault.toMs ?? span.toMs, span.toMs)) - left)
      const y = HEAD + Math.min(row, MAX_FAULT_ROWS - 1) * FAULT_ROW
      const inForce = fault.toMs === undefined ? ' in-force' : ''
      const at = { x: left.toFixed(1), width: width.toFixed(1) }
      const band = svgElement('rect', { ...at, y: HEAD, height: bottom - HEAD, class: `band${inForce}` })
      const chip = svgElement('rect', { ...at, y, height: FAULT_ROW - 2, rx: 2, class: `chip${inForce}` })
      const title = svgElement('title')
      title.textContent = faultText(fault, span.toMs)
      chip.append(title)
      children.push(band, chip)
      const fits = Math.floor((width - 8) / 6.5)
      const text = `${fault.kind}: ${fault.target}`
      if (fits >= 6)
        children.push(
          named(left + 4, y + 10.5, text.length > fits ? `${text.slice(0, fits - 1)}…` : text, 'chip-name'),
        )
    }
    this.#bands.replaceChildren(...children)
  }

  #drawAxis(span: Span, x: (ms: number) => number, startedMs: number, bottom: number): void {
    const ticks = timeTicks(span, startedMs, Math.max(2, Math.floor(this.#width / 90)))
    this.#axis.replaceChildren(
      ...ticks.flatMap(tick => {
        const at = x(tick)
        const edge = at < 20 ? 'start' : at > this.#width - 24 ? 'end' : 'middle'
        const text = named(at, bottom + 14, formatElapsed(tick - startedMs), 'axis-name')
        text.setAttribute('text-anchor', edge)
        return [svgElement('line', { x1: at, x2: at, y1: bottom, y2: bottom + 4, class: 'base' }), text]
      }),
    )
  }
}

const laneIndent = (name: string) => name.length * 6.6 + 14

function named(x: number, y: number, text: string, className: string): SVGTextElement {
  const made = svgElement('text', { x, y, class: className })
  made.textContent = text
  return made
}

function placeLine(line: SVGLineElement, x: number | undefined, bottom: number): void {
  line.style.display = x === undefined ? 'none' : ''
  if (x === undefined) return
  for (const [name, value] of Object.entries({ x1: x, x2: x, y1: 0, y2: bottom }))
    setAttribute(line, name, value.toFixed(1))
}

function labelOf(page: Page): string {
  const inForce = page.faults.filter(fault => fault.toMs === undefined).length
  const labels = pageFacesIn(page.facts).flatMap(({ label }) => label?.(page) ?? [])
  const faults = [`${plural(page.faults.length, 'fault')} so far`, `${inForce} in force`]
  return `The run over time: ${[...labels, ...faults].join(', ')}`
}
