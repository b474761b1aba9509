// A picture of cells on a canvas, sharp on every screen, in the page's own colours; a pointer is told what a cell is.

import { element, onWidth, setAttribute, setText } from '../../../web/client/dom.ts'

export interface Cells {
  readonly columns: number
  readonly rows: number
  /** From 0, nothing, to 1. */
  readonly shade: (column: number, row: number) => number
  /** In words; `column` and `row` are within the picture. */
  readonly told: (column: number, row: number) => string
  /** Names of the rows, where there is room for them. */
  readonly names: readonly string[]
  /** What stands below when no pointer is on it. */
  readonly note: string
}

const [MOST_ROW, LEAST_ROW, NAME] = [16, 3, 11]

export class Raster {
  readonly element = element('div', 'raster')
  readonly #canvas = element('canvas')
  readonly #note = element('p', 'note')
  readonly #heightPx: number
  #cells: Cells | undefined
  #width = 0
  #pointer: { x: number; y: number } | undefined

  /** `heightPx`: of the most that it takes. */
  constructor(label: string, heightPx: number) {
    this.#heightPx = heightPx
    setAttribute(this.#canvas, 'role', 'img')
    setAttribute(this.#canvas, 'aria-label', label)
    this.element.append(this.#canvas, this.#note)
    onWidth(this.element, width => {
      this.#width = width
      this.#draw()
    })
    this.#canvas.addEventListener('pointermove', ({ offsetX: x, offsetY: y }) => {
      this.#pointer = { x, y }
      this.#tell()
    })
    this.#canvas.addEventListener('pointerleave', () => {
      this.#pointer = undefined
      this.#tell()
    })
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => this.#draw())
  }

  show(cells: Cells): void {
    this.#cells = cells
    this.#draw()
  }

  /** Where the cells begin, and how high a row is. */
  #measures({ rows, names }: Cells): { left: number; rowPx: number } {
    const rowPx = Math.max(LEAST_ROW, Math.min(MOST_ROW, Math.floor(this.#heightPx / Math.max(1, rows))))
    const longest = Math.max(0, ...names.map(name => name.length))
    const wide = Math.min(longest * 6.2 + 8, this.#width * 0.3)
    return { left: rowPx >= NAME ? Math.round(wide) : 0, rowPx }
  }

  #draw(): void {
    const [cells, pen] = [this.#cells, this.#canvas.getContext('2d')]
    if (!cells || !pen || this.#width === 0) return
    const { left, rowPx } = this.#measures(cells)
    const height = Math.max(1, cells.rows) * rowPx
    const scale = devicePixelRatio
    this.#canvas.width = Math.round(this.#width * scale)
    this.#canvas.height = Math.round(height * scale)
    this.#canvas.style.height = `${height}px`
    pen.scale(scale, scale)
    const style = getComputedStyle(this.#canvas)
    const [accent, empty, text] = ['--accent', '--raised', '--quiet'].map(name =>
      style.getPropertyValue(name),
    )
    const wide = (this.#width - left) / Math.max(1, cells.columns)
    const gap = rowPx > 5 ? 1 : 0
    for (let row = 0; row < cells.rows; row++) {
      pen.globalAlpha = 1
      pen.fillStyle = empty ?? ''
      pen.fillRect(left, row * rowPx, this.#width - left, rowPx - gap)
      pen.fillStyle = accent ?? ''
      this.#row(pen, cells, row, { left, wide, top: row * rowPx, high: rowPx - gap })
      if (left === 0) continue
      pen.globalAlpha = 1
      pen.fillStyle = text ?? ''
      pen.font = '11px system-ui, sans-serif'
      pen.textBaseline = 'middle'
      pen.fillText(cells.names[row] ?? '', 0, (row + 0.5) * rowPx, left - 6)
    }
    this.#tell()
  }

  /** Cells of one shade that stand side by side are one rectangle. */
  #row(
    pen: CanvasRenderingContext2D,
    { columns, shade }: Cells,
    row: number,
    { left, wide, top, high }: { left: number; wide: number; top: number; high: number },
  ): void {
    const gap = wide > 5 ? 1 : 0
    for (let column = 0; column < columns; ) {
      const value = shade(column, row)
      let to = column + 1
      while (gap === 0 && to < columns && shade(to, row) === value) to += 1
      if (value > 0) {
        // What is more than nothing is seen.
        pen.globalAlpha = 0.18 + 0.82 * value
        pen.fillRect(left + column * wide, top, (to - column) * wide - gap, high)
      }
      column = to
    }
  }

  #tell(): void {
    const cells = this.#cells
    if (!cells) return
    setText(this.#note, this.#told(cells) ?? cells.note)
  }

  #told(cells: Cells): string | undefined {
    if (!this.#pointer) return undefined
    const { left, rowPx } = this.#measures(cells)
    const row = Math.floor(this.#pointer.y / rowPx)
    const wide = (this.#width - left) / Math.max(1, cells.columns)
    const column = Math.max(0, Math.floor((this.#pointer.x - left) / wide))
    return row < cells.rows && column < cells.columns ? cells.told(column, row) : undefined
  }
}
