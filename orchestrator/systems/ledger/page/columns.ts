// The ledger's columns of the table of nodes: where each stands on the chain, and what it mines.

import { formatRate, shortHash } from '../../../format.ts'
import type { NodeState } from '../../../observe/state.ts'
import { type Column, setAttribute, setClass, setText, svgElement } from '../../../web/client/dom.ts'
import type { NodeColumns } from '../../../web/client/face.ts'
import { linePath } from '../../../web/client/scale.ts'
import { standsAt, tipGroups } from '../observe/tips.ts'
import type { LedgerNode } from '../state.ts'

const SPARK_POINTS = 60
const SPARK_WIDTH = 110
const SPARK_HEIGHT = 20

const up = (node: NodeState) => node.upSinceMs !== undefined
const text = (of: (ledger: LedgerNode) => string) => (cell: Element, node: NodeState) =>
  setText(cell, of(node.systems.ledger))
const whenUp = (of: (ledger: LedgerNode) => string) => (cell: Element, node: NodeState) =>
  setText(cell, up(node) ? of(node.systems.ledger) : '–')

export class LedgerColumns implements NodeColumns {
  #groups: ReturnType<typeof tipGroups> = new Map()
  /** Of the sparklines. */
  #topHps = 1

  readonly standing: readonly Column<NodeState>[] = [
    {
      title: 'Height',
      className: 'number',
      show: (cell, node) => setText(cell, String(standsAt(node).height)),
    },
    { title: 'Tip', className: 'hash', show: (cell, node) => this.#tip(cell, node) },
  ]
  readonly doing: readonly Column<NodeState>[] = [
    { title: 'Pool', className: 'number roomy', show: whenUp(({ mempool }) => String(mempool)) },
    { title: 'Mined', className: 'number', show: text(({ blocksMined }) => String(blocksMined)) },
    { title: 'Reorgs', className: 'number roomy', show: text(({ reorgs }) => String(reorgs)) },
    { title: 'Hash rate', className: 'number', show: whenUp(({ measuredHps }) => formatRate(measuredHps)) },
    { title: '', className: 'spark roomy', show: (cell, node) => this.#spark(cell, node) },
  ]

  take(nodes: readonly NodeState[]): void {
    this.#groups = tipGroups(nodes)
    const tops = nodes.map(({ systems: { ledger } }) =>
      Math.max(1.5 * ledger.askedHps, ...ledger.hashRateHistory),
    )
    this.#topHps = Math.max(1, ...tops)
  }

  #tip(cell: Element, node: NodeState): void {
    const { tip } = standsAt(node)
    const group = this.#groups.get(tip)
    setText(cell, tip ? `${up(node) && group ? `${group} ` : ''}${shortHash(tip)}` : '–')
    setClass(cell, up(node) ? `hash tip-${Math.min(group ?? 0, 6)}` : 'hash quiet')
  }

  #spark(cell: HTMLTableCellElement, { systems: { ledger } }: NodeState): void {
    if (!cell.firstElementChild) {
      const svg = svgElement('svg', { width: SPARK_WIDTH, height: SPARK_HEIGHT, 'aria-hidden': 'true' })
      svg.append(svgElement('path', { class: 'line accent' }))
      cell.append(svg)
    }
    const path = cell.querySelector('path')
    const step = SPARK_WIDTH / (SPARK_POINTS - 1)
    const from = SPARK_POINTS - ledger.hashRateHistory.length
    const points = ledger.hashRateHistory.map((value, i) => ({
      x: (from + i) * step,
      y: SPARK_HEIGHT - 1 - (value / this.#topHps) * (SPARK_HEIGHT - 2),
    }))
    if (path) setAttribute(path, 'd', linePath(points))
  }
}
