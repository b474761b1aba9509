// The table of nodes.

import { formatRate, shortHash } from '../../format.ts'
import type { NodeState } from '../../observe/state.ts'
import { tipGroups } from '../../observe/tips.ts'
import { PHASE_GLYPHS } from '../../tui/words.ts'
import type { Page } from '../page.ts'
import { linePath } from './charts.ts'
import { type Column, setAttribute, setClass, setText, svgElement, Table } from './dom.ts'

const SPARK_POINTS = 60
const SPARK_WIDTH = 120
const SPARK_HEIGHT = 20

export class NodesView {
  readonly #table: Table<NodeState>
  #groups: ReturnType<typeof tipGroups> = new Map()
  #top = 1

  constructor(parent: HTMLElement) {
    this.#table = new Table(this.#columns(), node => node.name)
    parent.append(this.#table.element)
  }

  show({ nodes }: Page): void {
    this.#groups = tipGroups(nodes)
    this.#top = Math.max(1, ...nodes.map(node => Math.max(1.5 * node.askedHps, ...node.hashRateHistory)))
    this.#table.show(nodes)
  }

  #columns(): Column<NodeState>[] {
    const text = (of: (node: NodeState) => string) => (cell: Element, node: NodeState) =>
      setText(cell, of(node))
    const up = (node: NodeState) => node.upSinceMs !== undefined
    return [
      { title: 'Node', className: 'name', show: text(node => node.name) },
      {
        title: 'State',
        show: (cell, node) => {
          setText(cell, `${PHASE_GLYPHS[node.phase]} ${node.phase}`)
          setClass(cell, `phase-${node.phase}`)
          setAttribute(cell, 'title', node.exit && !node.exit.expected ? node.exit.lastLines.join('\n') : '')
        },
      },
      { title: 'Height', className: 'number', show: text(node => String(node.height)) },
      {
        title: 'Tip',
        className: 'hash',
        show: (cell, node) => {
          setText(cell, node.tip ? shortHash(node.tip) : '–')
          setClass(cell, up(node) ? `hash tip-${Math.min(this.#groups.get(node.tip) ?? 0, 6)}` : 'hash quiet')
        },
      },
      { title: 'Peers', className: 'number', show: text(node => (up(node) ? String(node.peers) : '–')) },
      {
        title: 'Pool',
        className: 'number roomy',
        show: text(node => (up(node) ? String(node.mempool) : '–')),
      },
      { title: 'Mined', className: 'number roomy', show: text(node => String(node.blocksMined)) },
      {
        title: 'Hash rate',
        className: 'number',
        show: text(node => (up(node) ? formatRate(node.measuredHps) : '–')),
      },
      { title: '', className: 'spark roomy', show: (cell, node) => this.#spark(cell, node) },
    ]
  }

  #spark(cell: HTMLTableCellElement, node: NodeState): void {
    if (!cell.firstElementChild) {
      const svg = svgElement('svg', { width: SPARK_WIDTH, height: SPARK_HEIGHT, 'aria-hidden': 'true' })
      svg.append(svgElement('path', { class: 'measured' }))
      cell.append(svg)
    }
    const path = cell.querySelector('path')
    const line = linePath(node.hashRateHistory, SPARK_POINTS, this.#top, SPARK_WIDTH, SPARK_HEIGHT)
    if (path) setAttribute(path, 'd', line)
  }
}
