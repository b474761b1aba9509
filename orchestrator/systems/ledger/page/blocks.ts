// The newest blocks as a fork tree: the graph at the left, who found each block and how it spread beside it.

import { formatWithin, shortHash } from '../../../format.ts'
import { type Column, setAttribute, setClass, setText, svgElement, Table } from '../../../web/client/dom.ts'
import type { Page } from '../../../web/page.ts'
import { type ForkRow, forkRows } from '../observe/fork-rows.ts'
import { reachOf } from '../observe/propagation.ts'
import type { BlockState } from '../state.ts'

const SHOWN = 24
const LANE = 14
const ROW = 28
const MAX_LANES = 6
const FRESH_MS = 2000

export class BlocksView {
  readonly #table: Table<ForkRow>
  #page: Page | undefined
  #nowMs = 0

  constructor(parent: HTMLElement) {
    this.#table = new Table(this.#columns(), row => row.block.hash)
    parent.append(this.#table.element)
  }

  show(page: Page, nowMs: number): void {
    this.#page = page
    this.#nowMs = nowMs
    this.#table.show(forkRows(page.systems.ledger.blocks, SHOWN))
  }

  #columns(): Column<ForkRow>[] {
    const text = (of: (row: ForkRow) => string) => (cell: Element, row: ForkRow) => setText(cell, of(row))
    return [
      { title: '', className: 'graph', show: (cell, row) => this.#graph(cell, row) },
      { title: 'Height', className: 'number', show: text(({ block }) => String(block.height)) },
      { title: 'Hash', className: 'hash', show: text(({ block }) => shortHash(block.hash)) },
      { title: 'Miner', className: 'name', show: text(({ block }) => block.miner ?? 'unknown') },
      { title: 'Tx', className: 'number roomy', show: text(({ block }) => String(block.transactions)) },
      {
        title: 'Nodes',
        className: 'number',
        show: text(({ block }) => reach(block)),
      },
      { title: 'All in', className: 'number', show: text(row => spread(row)) },
      { title: '', className: 'remark', show: text(row => this.#remark(row)) },
    ]
  }

  #remark({ block }: ForkRow): string {
    const here =
      this.#page?.nodes.filter(node => node.phase === 'running' && node.systems.ledger.tip === block.hash)
        .length ?? 0
    if (here > 0) return `◂ ${here} here`
    if (block.rejected !== undefined && !block.connected) return 'invalid'
    return block.active ? '' : 'stale'
  }

  #graph(cell: HTMLTableCellElement, { block, graph }: ForkRow): void {
    const fresh = this.#nowMs - block.firstSeenMs < FRESH_MS
    const row = cell.parentElement
    if (row) setClass(row, `${block.active ? 'active' : 'stale'}${fresh ? ' fresh' : ''}`)
    if (cell.dataset.graph === graph) return
    cell.dataset.graph = graph
    const columns = Math.min(MAX_LANES, Math.ceil(graph.length / 2))
    const svg = svgElement('svg', { width: columns * LANE + 4, height: ROW, role: 'img' })
    setAttribute(svg, 'aria-label', block.active ? 'on the best chain' : 'beside the best chain')
    for (let i = 0; i < columns * 2; i++) drawSign(svg, graph[i] ?? ' ', (i / 2) * LANE + LANE / 2)
    cell.replaceChildren(svg)
  }
}

/** Of the nodes that ran when it was found, those that have it by now. */
function reach(block: BlockState): string {
  const { had, running } = reachOf(block)
  return `${had}/${Math.max(had, running)}`
}

function spread({ block }: ForkRow): string {
  const { allMs, errorMs } = reachOf(block)
  return allMs === undefined ? '–' : formatWithin(allMs, errorMs)
}

/** One sign of the graph around `x`; signs lie half a lane apart. */
function drawSign(svg: SVGSVGElement, sign: string, x: number): void {
  const line = (x1: number, y1: number, x2: number, y2: number) =>
    svg.append(svgElement('line', { x1, y1, x2, y2, class: 'edge' }))
  const half = LANE / 2
  if ('●│├'.includes(sign)) line(x, 0, x, ROW)
  if (sign === '├') line(x, ROW / 2, x + half, ROW / 2)
  if (sign === '─') line(x - half, ROW / 2, x + half, ROW / 2)
  if (sign === '●' || sign === '○')
    svg.append(svgElement('circle', { cx: x, cy: ROW / 2, r: 4.5, class: sign === '●' ? 'on' : 'off' }))
}
