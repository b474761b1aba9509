// The picture of the network: nodes on a ring, their connections, what faults do to them, and what is on its way.
// A node is picked with a click or the space bar; enter or a double click opens it.

import { plural } from '../../format.ts'
import { PHASE_GLYPHS, phaseWord } from '../../observe/phases.ts'
import type { NodeState } from '../../observe/state.ts'
import type { Page } from '../page.ts'
import { element, onWidth, setAttribute, setClass, setText, svgElement } from './dom.ts'
import type { Look } from './face.ts'
import { pageFacesIn } from './faces.ts'
import { type Arc, type Place, type Ring, ringOf, sideName } from './ring.ts'
import type { Selection } from './selection.ts'
import { Travel } from './travel.ts'
import { type Wire, wiresOf, wireText } from './wires.ts'

const MAX_HEIGHT = 460
const MAX_LABELLED = 40
/** Of a node that no system gives a size or a party: all are alike. */
const USUAL_WEIGHT = 1
const ALL_ALIKE: Pick<Look, 'party' | 'split'> = { party: 1 }

interface Drawn {
  readonly group: SVGGElement
  /** A little more than the disc can be hit. */
  readonly hit: SVGCircleElement
  readonly disc: SVGCircleElement
  readonly sign: SVGTextElement
  readonly label: SVGTextElement
  readonly title: SVGTitleElement
}

export class TopologyView {
  readonly #svg = svgElement('svg', { class: 'topology', role: 'group', 'aria-label': 'The network: nodes' })
  readonly #sides = svgElement('g')
  readonly #wires = svgElement('g')
  readonly #travellers = svgElement('g')
  readonly #discs = svgElement('g')
  readonly #caption = element('p', 'note')
  readonly #drawnWires = new Map<string, SVGGElement>()
  readonly #drawn = new Map<string, Drawn>()
  readonly #remembered = new Set<string>()
  readonly #travel = new Travel(this.#travellers)
  readonly #selection: Selection
  readonly #onOpen: (node: string) => void
  #width = 600
  #page: Page | undefined
  #ring: Ring = { places: new Map(), arcs: [] }

  constructor(parent: HTMLElement, selection: Selection, onOpen: (node: string) => void) {
    this.#selection = selection
    this.#onOpen = onOpen
    this.#svg.append(this.#sides, this.#wires, this.#travellers, this.#discs)
    parent.append(this.#svg, this.#caption)
    selection.onChange(() => this.#redraw())
    onWidth(this.#svg, width => {
      this.#width = width
      this.#redraw()
    })
    this.#svg.addEventListener('keydown', event => this.#key(event))
  }

  /** `moving`: what is new since the last page is shown on its way. */
  show(page: Page, moving: boolean): void {
    const before = this.#page
    this.#page = page
    this.#redraw()
    if (!moving || !before) return
    for (const { hops } of pageFacesIn(page.facts))
      if (hops) this.#travel.show(hops(before, page), this.#ring.places)
  }

  #redraw(): void {
    const page = this.#page
    if (!page || this.#width === 0) return
    const height = Math.round(Math.min(MAX_HEIGHT, Math.max(260, this.#width * 0.78)))
    setAttribute(this.#svg, 'viewBox', `0 0 ${this.#width} ${height}`)
    setAttribute(this.#svg, 'height', String(height))
    const center = { x: this.#width / 2, y: height / 2 }
    const roomy = this.#width > 460
    const radius = Math.min(height / 2 - 44, this.#width / 2 - (roomy ? 110 : 40))
    this.#ring = ringOf(page.nodes, center, radius)
    const wires = wiresOf(page, this.#remembered)
    this.#drawWires(wires)
    this.#drawSides(this.#ring.arcs, center, radius)
    this.#drawNodes(page, roomy, radius)
    setText(this.#caption, captionOf(wires, page))
  }

  #drawWires(wires: readonly Wire[]): void {
    const keys = new Set(wires.map(wire => wire.key))
    for (const [key, drawn] of this.#drawnWires) {
      if (keys.has(key)) continue
      drawn.remove()
      this.#drawnWires.delete(key)
    }
    for (const wire of wires) {
      const [from, to] = [this.#ring.places.get(wire.a), this.#ring.places.get(wire.b)]
      if (from && to) drawWire(this.#wire(wire.key), wire, from, to)
    }
  }

  #wire(key: string): SVGGElement {
    const known = this.#drawnWires.get(key)
    if (known) return known
    const group = svgElement('g')
    group.append(svgElement('title'), svgElement('line'), svgElement('text', { 'aria-hidden': 'true' }))
    this.#drawnWires.set(key, group)
    this.#wires.append(group)
    return group
  }

  #drawSides(arcs: readonly Arc[], center: { x: number; y: number }, radius: number): void {
    this.#sides.replaceChildren(
      ...arcs.flatMap(({ name, is, from, to }) => {
        const path = svgElement('path', {
          class: is === 'host' ? 'side host' : 'side',
          d: arcPath(center, radius, from + 0.1, to - 0.1),
        })
        const middle = (from + to) / 2
        const text = svgElement('text', {
          class: is === 'host' ? 'side-name host' : 'side-name',
          x: center.x + (radius - 44) * Math.cos(middle),
          y: center.y + (radius - 44) * Math.sin(middle),
        })
        text.textContent = name
        return [path, text]
      }),
    )
  }

  #drawNodes(page: Page, roomy: boolean, radius: number): void {
    const looks = pageFacesIn(page.facts).flatMap(face => face.looks?.(page) ?? [])
    const present = new Set(page.nodes.map(node => node.name))
    for (const [name, { group }] of this.#drawn) {
      if (present.has(name)) continue
      group.remove()
      this.#drawn.delete(name)
    }
    const size = Math.max(5, Math.min(17, (radius * 2.4) / Math.max(6, page.nodes.length)))
    page.nodes.forEach((node, i) => {
      const place = this.#ring.places.get(node.name)
      if (!place) return
      const drawn = this.#node(node.name, i === 0)
      const seen = looks.map(look => look(node))
      const r = size * (0.7 + 0.45 * Math.sqrt(seen[0]?.weight ?? USUAL_WEIGHT))
      this.#showNode(drawn, node, { place, r, looks: seen })
      const shown = page.nodes.length <= MAX_LABELLED
      showLabel(drawn.label, shown ? node.name : '', place, r, roomy)
    })
  }

  #showNode(
    { group, hit, disc, sign, title }: Drawn,
    node: NodeState,
    { place, r, looks }: { place: Place; r: number; looks: readonly Look[] },
  ): void {
    const running = node.phase === 'running'
    const picked = this.#selection.has(node.name)
    const { party, split = false } = looks[0] ?? ALL_ALIKE
    const colour = running && party !== undefined ? `tip-${Math.min(party, 6)}` : 'tip-none'
    setClass(group, `node ${colour} phase-${node.phase}${picked ? ' picked' : ''}`)
    group.style.transform = `translate(${place.x.toFixed(1)}px, ${place.y.toFixed(1)}px)`
    setAttribute(group, 'aria-pressed', String(picked))
    setAttribute(disc, 'r', r.toFixed(1))
    setAttribute(hit, 'r', (r + 10).toFixed(1))
    // Who stands together is told by a number, too, not by colour alone.
    const text = running ? (split && party !== undefined ? String(party) : '') : PHASE_GLYPHS[node.phase]
    setText(sign, picked ? '✓' : text)
    const side = node.side === undefined ? '' : `, side ${sideName(node.side)}`
    const [standing, doing] = [looks.map(look => look.standing), looks.map(look => look.doing)]
    const told = [phaseWord(node), ...standing, plural(node.peers, 'peer'), ...doing]
      .filter(part => part !== '')
      .join(', ')
    setText(title, `${node.name}: ${told}${side}`)
    setAttribute(group, 'aria-label', `${node.name}: ${told}${side}`)
  }

  #node(name: string, first: boolean): Drawn {
    const known = this.#drawn.get(name)
    if (known) return known
    const group = svgElement('g', { role: 'button', tabindex: first ? 0 : -1, 'data-node': name })
    const title = svgElement('title')
    const disc = svgElement('circle', { class: 'disc' })
    const hit = svgElement('circle', { class: 'hit' })
    const sign = svgElement('text', { class: 'sign' })
    const label = svgElement('text', { class: 'label' })
    group.append(title, hit, disc, sign, label)
    group.addEventListener('click', () => this.#selection.toggle(name))
    group.addEventListener('dblclick', () => this.#onOpen(name))
    this.#discs.append(group)
    const drawn = { group, hit, disc, sign, label, title }
    this.#drawn.set(name, drawn)
    return drawn
  }

  /** Arrows go round the ring; space picks; enter opens. */
  #key(event: KeyboardEvent): void {
    const name = (event.target as Element).closest('[data-node]')?.getAttribute('data-node')
    if (!name) return
    const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key]
    if (step !== undefined) {
      const names = [...this.#ring.places.keys()]
      const next = names[(names.indexOf(name) + step + names.length) % names.length]
      for (const [other, { group }] of this.#drawn)
        setAttribute(group, 'tabindex', other === next ? '0' : '-1')
      this.#drawn.get(next ?? '')?.group.focus()
    } else if (event.key === ' ') this.#selection.toggle(name)
    else if (event.key === 'Enter') this.#onOpen(name)
    else return
    event.preventDefault()
  }
}

function drawWire(group: SVGGElement, wire: Wire, from: Place, to: Place): void {
  setClass(group, `wire ${wire.state}`)
  const [title, line, sign] = group.children
  if (!title || !line || !sign) return
  setText(title, wireText(wire))
  for (const [name, value] of Object.entries({ x1: from.x, y1: from.y, x2: to.x, y2: to.y }))
    setAttribute(line, name, value.toFixed(1))
  setAttribute(sign, 'x', ((from.x + to.x) / 2).toFixed(1))
  setAttribute(sign, 'y', ((from.y + to.y) / 2).toFixed(1))
  setText(sign, wireSign(wire))
}

function wireSign({ state, there, back }: Wire): string {
  if (state === 'cut') return '✕'
  if (state === 'one-way') return '⇢'
  if (state !== 'worse') return ''
  const latencyMs = Math.max(there?.conditions.latencyMs ?? 0, back?.conditions.latencyMs ?? 0)
  return `${Math.round(latencyMs)} ms`
}

function showLabel(label: SVGTextElement, name: string, place: Place, r: number, roomy: boolean): void {
  setText(label, name)
  const across = Math.cos(place.angle)
  const down = Math.sin(place.angle)
  const beside = roomy && Math.abs(across) > 0.3
  setAttribute(label, 'text-anchor', beside ? (across > 0 ? 'start' : 'end') : 'middle')
  setAttribute(label, 'x', (beside ? Math.sign(across) * (r + 8) : 0).toFixed(1))
  setAttribute(label, 'y', (beside ? down * 6 : down < 0 ? -r - 11 : r + 12).toFixed(1))
}

function arcPath(center: { x: number; y: number }, r: number, from: number, to: number): string {
  const at = (angle: number) =>
    `${(center.x + r * Math.cos(angle)).toFixed(1)} ${(center.y + r * Math.sin(angle)).toFixed(1)}`
  return `M${at(from)} A${r} ${r} 0 ${to - from > Math.PI ? 1 : 0} 1 ${at(to)}`
}

function captionOf(wires: readonly Wire[], page: Page): string {
  const count = (state: Wire['state']) => wires.filter(wire => wire.state === state).length
  const carrying = wires.filter(wire => wire.connected && wire.state !== 'cut').length
  const [cut, oneWay, worse] = [count('cut'), count('one-way'), count('worse')]
  const parts = [
    `${carrying} of ${plural(wires.length, 'connection')} carry`,
    cut > 0 ? `${cut} cut ✕` : '',
    oneWay > 0 ? `${oneWay} cut one way ⇢` : '',
    worse > 0 ? `${worse} made worse` : '',
    page.nodes.some(node => node.side !== undefined) ? 'letters are the sides of the partition' : '',
    ...pageFacesIn(page.facts).map(({ legend }) => legend?.(page) ?? ''),
  ]
  return parts.filter(part => part !== '').join(' · ')
}
