// The head of the page and the tiles: who the network is, whether it agrees, how it does.

import { formatCount, formatDuration, formatElapsed, plural } from '../../format.ts'
import { phaseText, slowedText } from '../../observe/phases.ts'
import type { Page } from '../page.ts'
import { byId, element, setChildren, setClass, setText } from './dom.ts'
import type { Tile } from './face.ts'
import { pageFacesIn } from './faces.ts'

const activeFaults = (page: Page) => page.faults.filter(fault => fault.toMs === undefined)

const FAULTS: Tile = {
  name: 'Faults',
  value: page => String(activeFaults(page).length),
  note: page => [...new Set(activeFaults(page).map(fault => fault.kind))].join(', ') || 'none in force',
  tone: page => (activeFaults(page).length > 0 ? 'bad' : ''),
}

/** Only where there are any. */
const HOSTS: Tile = {
  name: 'Hosts',
  wanted: ({ facts }) => facts.hosts !== undefined,
  value: ({ facts }) => String(facts.hosts?.length ?? 0),
  note: ({ facts: { hosts = [] } }) => {
    const errors = hosts.flatMap(({ clock }) => (clock ? [clock.errorMs] : []))
    const names = hosts.map(({ name }) => name).join(', ')
    return errors.length === 0 ? names : `${names}; clocks known to ± ${formatDuration(Math.max(...errors))}`
  },
}

export class FactsView {
  readonly #parent: HTMLElement
  /** Tiles that have been shown, each with what it is drawn in. */
  readonly #drawn = new Map<Tile, Drawn>()

  constructor(parent: HTMLElement) {
    this.#parent = parent
  }

  show(page: Page, nowMs: number, live: boolean): void {
    const { facts, nodes } = page
    setText(byId('network'), facts.network)
    const faces = pageFacesIn(facts)
    const titles = faces.flatMap(({ title }) => title?.(page) ?? [])
    document.title = [facts.network, ...titles, 'netsplit'].join(' · ')
    const up = nodes.filter(node => node.phase === 'running').length
    const elapsed = formatElapsed(nowMs - facts.startedMs)
    const real = facts.realMs === undefined ? '' : ` in ${formatElapsed(facts.realMs)}`
    setText(byId('moment'), live ? '' : `as it was at ${elapsed}`)
    const slowed = slowedText(facts)
    const about = [
      `${phaseText(facts)} ${elapsed}${real}${slowed && `, ${slowed}`}`,
      `${formatCount(up)}/${plural(nodes.length, 'node')}`,
      facts.runtime,
      `seed ${facts.seed}`,
    ]
    setText(byId('about'), about.join(' · '))
    this.#showTiles([...faces.flatMap(({ tiles = [] }) => tiles), HOSTS, FAULTS], page)
  }

  #showTiles(tiles: readonly Tile[], page: Page): void {
    const wanted = tiles.filter(({ wanted }) => wanted?.(page) ?? true)
    for (const tile of wanted) {
      const { value, note } = this.#tile(tile)
      setText(value, tile.value(page))
      setText(note, tile.note(page))
      setClass(value, tile.tone?.(page) ?? '')
    }
    setChildren(
      this.#parent,
      wanted.map(tile => this.#tile(tile).root),
    )
  }

  #tile(tile: Tile): Drawn {
    const known = this.#drawn.get(tile)
    if (known) return known
    const [value, note] = [element('strong'), element('small')]
    const drawn = { root: element('div', 'tile', element('span', '', tile.name), value, note), value, note }
    this.#drawn.set(tile, drawn)
    return drawn
  }
}

interface Drawn {
  readonly root: HTMLElement
  readonly value: HTMLElement
  readonly note: HTMLElement
}
