// The few DOM helpers that the page needs: making elements, changing only what differs, tables with keyed rows.

type Child = Node | string

export function element<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  className = '',
  ...children: Child[]
): HTMLElementTagNameMap[Tag] {
  const made = document.createElement(tag)
  if (className !== '') made.className = className
  made.append(...children)
  return made
}

export function svgElement<Tag extends keyof SVGElementTagNameMap>(
  tag: Tag,
  attributes: Readonly<Record<string, string | number>> = {},
): SVGElementTagNameMap[Tag] {
  const made = document.createElementNS('http://www.w3.org/2000/svg', tag)
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, String(value))
  return made
}

/** The element of the page's HTML. */
export function byId(id: string): HTMLElement {
  const found = document.getElementById(id)
  if (!found) throw new Error(`the page has no #${id}`)
  return found
}

export function setText(target: Node, text: string): void {
  if (target.textContent !== text) target.textContent = text
}

export function setClass(target: Element, className: string): void {
  if (target.getAttribute('class') !== className) target.setAttribute('class', className)
}

export function setAttribute(target: Element, name: string, value: string): void {
  if (target.getAttribute(name) !== value) target.setAttribute(name, value)
}

/** The element's children, left alone where they are these already. */
export function setChildren(target: Element, children: readonly Element[]): void {
  const same = target.children.length === children.length
  if (!same || children.some((child, i) => child !== target.children[i])) target.replaceChildren(...children)
}

/** Tells the element's width in pixels, now and whenever it changes. */
export function onWidth(target: Element, told: (width: number) => void): void {
  new ResizeObserver(([entry]) => told(Math.floor(entry?.contentRect.width ?? 0))).observe(target)
}

export interface Column<Item> {
  readonly title: string
  /** `number` aligns to the right; `roomy` columns go first when there is no room. */
  readonly className?: string
  /** Shows the item in its cell; called again whenever something may have changed. */
  readonly show: (cell: HTMLTableCellElement, item: Item) => void
}

/** A table whose rows keep their elements while their key lives. */
export class Table<Item> {
  readonly element: HTMLElement
  readonly #columns: readonly Column<Item>[]
  readonly #keyOf: (item: Item) => string
  readonly #body = element('tbody')
  readonly #rows = new Map<string, HTMLTableRowElement>()

  constructor(columns: readonly Column<Item>[], keyOf: (item: Item) => string) {
    this.#columns = columns
    this.#keyOf = keyOf
    const titles = columns.map(({ title, className }) => {
      const cell = element('th', className, title)
      cell.scope = 'col'
      return cell
    })
    const head = element('thead', '', element('tr', '', ...titles))
    this.element = element('div', 'scroll', element('table', '', head, this.#body))
  }

  show(items: readonly Item[]): void {
    const keys = new Set(items.map(this.#keyOf))
    for (const [key, row] of this.#rows) {
      if (keys.has(key)) continue
      row.remove()
      this.#rows.delete(key)
    }
    items.forEach((item, i) => {
      const row = this.#row(this.#keyOf(item))
      if (this.#body.children[i] !== row) this.#body.insertBefore(row, this.#body.children[i] ?? null)
      this.#columns.forEach(({ show }, c) => {
        const cell = row.cells[c]
        if (cell) show(cell, item)
      })
    })
  }

  #row(key: string): HTMLTableRowElement {
    const known = this.#rows.get(key)
    if (known) return known
    const row = element('tr', '', ...this.#columns.map(({ className }) => element('td', className)))
    this.#rows.set(key, row)
    return row
  }
}
