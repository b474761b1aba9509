// Swarms on the page: sections of their own. One content is shown at a time; where there are several, a choice stands above.

import { formatBytes, formatDuration, plural } from '../../../format.ts'
import { element, setChildren, setText } from '../../../web/client/dom.ts'
import type { PageView, Shown } from '../../../web/client/face.ts'
import type { Page } from '../../../web/page.ts'
import { leastCells, pieceRows } from '../cells.ts'
import { BAN_REASONS, contentText, copiesText, percentText, roleText, shareOf } from '../words.ts'
import { Curve } from './curve.ts'
import { bytesAt, type ContentPage } from './part.ts'
import { Raster } from './raster.ts'

const contentsOf = ({ systems }: Page) => systems.bittorrent.contents

/** Which content the sections show; all of them show the same. */
class Choice {
  readonly element = element('select')
  #names = ''
  #chosen: string | undefined
  readonly #changed: () => void

  constructor(changed: () => void) {
    this.#changed = changed
    this.element.setAttribute('aria-label', 'Content')
    this.element.addEventListener('change', () => {
      this.#chosen = this.element.value
      this.#changed()
    })
  }

  of(page: Page): ContentPage | undefined {
    const all = contentsOf(page)
    const names = all.map(({ name, content }) => `${content} ${name}`).join()
    if (names !== this.#names) {
      this.#names = names
      const options = all.map(({ name, content }) => {
        const option = element('option', '', name)
        option.value = content
        return option
      })
      setChildren(this.element, options)
      if (this.#chosen !== undefined) this.element.value = this.#chosen
    }
    this.element.hidden = all.length < 2
    return all.find(({ content }) => content === this.#chosen) ?? all[0]
  }
}

/** A section that draws one content. */
abstract class ContentView implements Shown {
  readonly #choice = new Choice(() => this.#last && this.show(this.#last))
  #last: Page | undefined

  constructor(parent: HTMLElement) {
    parent.append(this.#choice.element)
  }

  show(page: Page): void {
    this.#last = page
    const content = this.#choice.of(page)
    if (content) this.draw(content, page)
  }

  abstract draw(content: ContentPage, page: Page): void
}

const MOST_CELLS = 512

class PiecesView extends ContentView {
  readonly #raster = new Raster(
    'Which pieces each node has, a row each; above, how many copies there are',
    420,
  )

  constructor(parent: HTMLElement) {
    super(parent)
    parent.append(this.#raster.element)
  }

  draw(content: ContentPage, { nodes }: Page): void {
    const rows = pieceRows(nodes, content, Math.min(MOST_CELLS, content.pieces))
    const columns = rows[0]?.cells.length ?? 0
    const copies = leastCells(content.availability, columns)
    const most = Math.max(1, ...copies)
    this.#raster.show({
      columns,
      rows: rows.length + 1,
      names: ['copies', ...rows.map(({ node }) => node)],
      shade: (column, row) =>
        row === 0 ? (copies[column] ?? 0) / most : (rows[row - 1]?.cells[column] ?? 0),
      told: (column, row) => {
        const from = Math.floor((column * content.pieces) / columns)
        const to = Math.max(from, Math.floor(((column + 1) * content.pieces) / columns) - 1)
        const where = from === to ? `piece ${from}` : `pieces ${from} to ${to}`
        if (row === 0) return `${where}: ${plural(copies[column] ?? 0, 'copy', 'copies')}`
        const of = rows[row - 1]
        if (!of) return where
        const share = of.cells[column] ?? 0
        const there = share === 1 ? 'there' : share === 0 ? 'missing' : `${percentText(share)} there`
        return `${of.node}, ${roleText(of.held)}, ${percentText(shareOf(of.held, content))} · ${where}: ${there}`
      },
      note: `${contentText(content)} · ${copiesText(content.copies)} copies · a column is a piece or several, filled where it is there`,
    })
  }
}

class GivenView extends ContentView {
  readonly #raster = new Raster(
    'Who got what from whom: a row for each who got, a column for each who gave',
    420,
  )

  constructor(parent: HTMLElement) {
    super(parent)
    parent.append(this.#raster.element)
  }

  draw({ given }: ContentPage): void {
    const { names, most } = given
    const bytes = bytesAt(given)
    const at = (column: number, row: number) => bytes[row * names.length + column] ?? 0
    this.#raster.show({
      columns: names.length,
      rows: names.length,
      names,
      shade: (column, row) => (most === 0 ? 0 : at(column, row) / most),
      told: (column, row) => `${names[row]} got ${formatBytes(at(column, row))} from ${names[column]}`,
      note:
        most === 0
          ? 'Nobody has got anything yet.'
          : `rows got from columns, in the same order · darkest: ${formatBytes(most)}`,
    })
  }
}

class CompletionView extends ContentView {
  readonly #curve = new Curve('Peers that are complete over the time since they were told to')
  readonly #note = element('p', 'note')

  constructor(parent: HTMLElement) {
    super(parent)
    parent.append(this.#curve.element, this.#note)
  }

  draw({ tookSeconds, complete, wanted, boundSeconds, seconds }: ContentPage): void {
    this.#curve.show(tookSeconds, wanted, complete, boundSeconds)
    const time = (value: number) => formatDuration(1000 * value)
    const parts = [
      `${complete} of ${plural(wanted, 'peer')} complete`,
      complete === 0 ? '' : `half of these after ${time(seconds.p50)}, the last after ${time(seconds.max)}`,
      boundSeconds === undefined
        ? 'no line limits it'
        : `dashed: ${time(boundSeconds)}, which no network with these lines beats`,
    ]
    setText(this.#note, parts.filter(Boolean).join(' · '))
  }
}

class BansView implements Shown {
  readonly #list = element('ul', 'events')

  constructor(parent: HTMLElement) {
    parent.append(this.#list)
  }

  show({ systems, facts }: Page): void {
    const items = [...systems.bittorrent.bans].reverse().map(({ by, node, honest, why, timeMs }) => {
      const time = element('time', '', formatDuration(Math.max(0, timeMs - facts.startedMs)))
      const who = honest ? `bans ${node}, who is honest:` : `bans ${node}:`
      return element(
        'li',
        honest ? 'error' : 'warn',
        time,
        element('b', '', by),
        element('em', '', who),
        BAN_REASONS[why],
      )
    })
    setChildren(this.#list, items)
  }
}

const shared = (page: Page) => contentsOf(page).length > 0

export const VIEWS: readonly PageView[] = [
  {
    ...{ id: 'pieces', title: 'Who has which pieces', width: 'half', before: 'timeline', wanted: shared },
    open: section => new PiecesView(section),
  },
  {
    ...{ id: 'completion', title: 'Until peers are complete', width: 'third', wanted: shared },
    open: section => new CompletionView(section),
  },
  {
    ...{ id: 'given', title: 'Who got what from whom', width: 'third', wanted: shared },
    open: section => new GivenView(section),
  },
  {
    ...{ id: 'bans', title: 'Bans', width: 'third' },
    wanted: ({ systems }) => systems.bittorrent.bans.length > 0,
    open: section => new BansView(section),
  },
]
