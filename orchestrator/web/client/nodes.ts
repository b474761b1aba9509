// The table of nodes: how each stands, a box to pick it, its name to open it.

import { formatBytes, formatRate, shortHash } from '../../format.ts'
import type { NodeState } from '../../observe/state.ts'
import { tipGroups } from '../../systems/ledger/observe/tips.ts'
import { PHASE_GLYPHS, phaseWord } from '../../tui/words.ts'
import type { Page } from '../page.ts'
import { type Column, element, setAttribute, setClass, setText, svgElement, Table } from './dom.ts'
import { sideName } from './ring.ts'
import { linePath } from './scale.ts'
import type { Selection } from './selection.ts'

const SPARK_POINTS = 60
const SPARK_WIDTH = 110
const SPARK_HEIGHT = 20

export class NodesView {
  readonly #table: Table<NodeState>
  readonly #selection: Selection
  readonly #onOpen: (node: string) => void
  #nodes: readonly NodeState[] = []
  #groups: ReturnType<typeof tipGroups> = new Map()
  #top = 1

  constructor(parent: HTMLElement, selection: Selection, onOpen: (node: string) => void) {
    this.#selection = selection
    this.#onOpen = onOpen
    this.#table = new Table(this.#columns(), node => node.name)
    parent.append(this.#table.element)
    selection.onChange(() => this.#table.show(this.#nodes))
  }

  show({ nodes }: Page): void {
    this.#nodes = nodes
    this.#groups = tipGroups(nodes)
    this.#top = Math.max(
      1,
      ...nodes.map(node =>
        Math.max(1.5 * node.systems.ledger.askedHps, ...node.systems.ledger.hashRateHistory),
      ),
    )
    setClass(
      this.#table.element,
      nodes.some(node => node.region !== undefined) ? 'scroll' : 'scroll no-region',
    )
    this.#table.show(nodes)
  }

  #columns(): Column<NodeState>[] {
    const text = (of: (node: NodeState) => string) => (cell: Element, node: NodeState) =>
      setText(cell, of(node))
    const up = (node: NodeState) => node.upSinceMs !== undefined
    const whenUp = (of: (node: NodeState) => string) => text(node => (up(node) ? of(node) : '–'))
    return [
      { title: 'Node', className: 'name', show: (cell, node) => this.#name(cell, node) },
      { title: 'State', show: (cell, node) => showPhase(cell, node) },
      { title: 'Side', show: text(node => (node.side === undefined ? '–' : sideName(node.side))) },
      { title: 'Height', className: 'number', show: text(node => String(node.systems.ledger.height)) },
      { title: 'Tip', className: 'hash', show: (cell, node) => this.#tip(cell, node, up(node)) },
      { title: 'Peers', className: 'number', show: whenUp(node => String(node.peers)) },
      { title: 'Pool', className: 'number roomy', show: whenUp(node => String(node.systems.ledger.mempool)) },
      { title: 'Mined', className: 'number', show: text(node => String(node.systems.ledger.blocksMined)) },
      { title: 'Reorgs', className: 'number roomy', show: text(node => String(node.systems.ledger.reorgs)) },
      {
        title: 'Hash rate',
        className: 'number',
        show: whenUp(node => formatRate(node.systems.ledger.measuredHps)),
      },
      { title: '', className: 'spark roomy', show: (cell, node) => this.#spark(cell, node) },
      {
        title: 'Memory',
        className: 'number roomy',
        show: text(node => (node.rssBytes > 0 ? formatBytes(node.rssBytes) : '–')),
      },
      { title: 'Region', className: 'region roomy', show: text(node => node.region ?? '') },
    ]
  }

  #name(cell: HTMLTableCellElement, { name }: NodeState): void {
    if (!cell.firstElementChild) {
      const box = element('input')
      box.type = 'checkbox'
      box.setAttribute('aria-label', `pick ${name}`)
      box.addEventListener('change', () => this.#selection.toggle(name))
      const button = element('button', 'link', name)
      button.addEventListener('click', () => this.#onOpen(name))
      cell.append(box, button)
    }
    const box = cell.querySelector('input')
    if (box) box.checked = this.#selection.has(name)
    if (cell.parentElement) setClass(cell.parentElement, this.#selection.has(name) ? 'picked' : '')
  }

  #tip(cell: Element, node: NodeState, up: boolean): void {
    const group = this.#groups.get(node.systems.ledger.tip)
    setText(
      cell,
      node.systems.ledger.tip
        ? `${up && group ? `${group} ` : ''}${shortHash(node.systems.ledger.tip)}`
        : '–',
    )
    setClass(cell, up ? `hash tip-${Math.min(group ?? 0, 6)}` : 'hash quiet')
  }

  #spark(cell: HTMLTableCellElement, node: NodeState): void {
    if (!cell.firstElementChild) {
      const svg = svgElement('svg', { width: SPARK_WIDTH, height: SPARK_HEIGHT, 'aria-hidden': 'true' })
      svg.append(svgElement('path', { class: 'line accent' }))
      cell.append(svg)
    }
    const path = cell.querySelector('path')
    const step = SPARK_WIDTH / (SPARK_POINTS - 1)
    const from = SPARK_POINTS - node.systems.ledger.hashRateHistory.length
    const points = node.systems.ledger.hashRateHistory.map((value, i) => ({
      x: (from + i) * step,
      y: SPARK_HEIGHT - 1 - (value / this.#top) * (SPARK_HEIGHT - 2),
    }))
    if (path) setAttribute(path, 'd', linePath(points))
  }
}

export function showPhase(cell: Element, { phase, exit }: NodeState): void {
  setText(cell, `${PHASE_GLYPHS[phase]} ${phaseWord({ phase, exit })}`)
  setClass(cell, `phase-${phase}`)
  setAttribute(cell, 'title', exit && !exit.expected ? exit.lastLines.join('\n') : '')
}
