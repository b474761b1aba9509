// The table of nodes: how each stands, a box to pick it, its name to open it.

import { formatBytes } from '../../format.ts'
import { memoryText } from '../../observe/memory-words.ts'
import { PHASE_GLYPHS, phaseWord } from '../../observe/phases.ts'
import { areMixed, programWords } from '../../observe/program-words.ts'
import type { NodeState } from '../../observe/state.ts'
import type { Page } from '../page.ts'
import { type Column, element, setAttribute, setClass, setText, Table } from './dom.ts'
import type { NodeColumns } from './face.ts'
import { pageFacesIn } from './faces.ts'
import { sideName } from './ring.ts'
import type { Selection } from './selection.ts'

export class NodesView {
  readonly #parent: HTMLElement
  readonly #selection: Selection
  readonly #onOpen: (node: string) => void
  #table: Table<NodeState> | undefined
  /** The systems whose columns the table has, and these. */
  #runs = ''
  #columns: readonly NodeColumns[] = []
  #nodes: readonly NodeState[] = []

  constructor(parent: HTMLElement, selection: Selection, onOpen: (node: string) => void) {
    this.#parent = parent
    this.#selection = selection
    this.#onOpen = onOpen
    selection.onChange(() => this.#table?.show(this.#nodes))
  }

  show({ nodes, facts }: Page): void {
    this.#nodes = nodes
    const table = this.#tableFor(facts.runs)
    for (const columns of this.#columns) columns.take(nodes)
    const hidden = [
      ...(nodes.some(node => node.region !== undefined) ? [] : ['no-region']),
      ...(nodes.some(node => node.host !== undefined) ? [] : ['no-host']),
      ...(areMixed(nodes) ? [] : ['no-client']),
    ]
    setClass(table.element, ['scroll', ...hidden].join(' '))
    table.show(nodes)
  }

  #tableFor(runs: readonly string[]): Table<NodeState> {
    if (this.#table && this.#runs === runs.join()) return this.#table
    this.#runs = runs.join()
    this.#columns = pageFacesIn({ runs }).flatMap(({ columns }) => columns?.() ?? [])
    this.#table?.element.remove()
    this.#table = new Table(this.#columnsWith(this.#columns), node => node.name)
    this.#parent.append(this.#table.element)
    return this.#table
  }

  #columnsWith(systems: readonly NodeColumns[]): Column<NodeState>[] {
    const text = (of: (node: NodeState) => string) => (cell: Element, node: NodeState) =>
      setText(cell, of(node))
    const peers = (node: NodeState) => (node.upSinceMs === undefined ? '–' : String(node.peers))
    return [
      { title: 'Node', className: 'name', show: (cell, node) => this.#name(cell, node) },
      { title: 'State', show: (cell, node) => showPhase(cell, node) },
      { title: 'Client', className: 'client', show: text(programWords) },
      { title: 'Host', className: 'host', show: text(node => node.host ?? '') },
      { title: 'Side', show: text(node => (node.side === undefined ? '–' : sideName(node.side))) },
      ...systems.flatMap(({ standing }) => standing),
      { title: 'Peers', className: 'number', show: text(peers) },
      ...systems.flatMap(({ doing }) => doing),
      {
        title: 'Memory',
        className: 'number roomy',
        show: (cell, node) => {
          setText(cell, node.rssBytes > 0 ? formatBytes(node.rssBytes) : '–')
          setAttribute(cell, 'title', memoryText(node) ?? '')
        },
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
}

export function showPhase(cell: Element, { phase, exit }: NodeState): void {
  setText(cell, `${PHASE_GLYPHS[phase]} ${phaseWord({ phase, exit })}`)
  setClass(cell, `phase-${phase}`)
  setAttribute(cell, 'title', exit && !exit.expected ? exit.lastLines.join('\n') : '')
}
