// Everything about one node: a panel over the page's edge. Its log is shown where orders are allowed.

import { endInWords } from '../../endings.ts'
import { formatElapsed } from '../../format.ts'
import { lineText } from '../../observe/access-words.ts'
import { memoryText } from '../../observe/memory-words.ts'
import { programPast } from '../../observe/program-words.ts'
import type { NodeState } from '../../observe/state.ts'
import type { Page } from '../page.ts'
import { element, setAttribute, setChildren, setText } from './dom.ts'
import type { NodeAccount } from './face.ts'
import { pageFacesIn } from './faces.ts'
import { showPhase } from './nodes.ts'
import { readLog } from './orders.ts'
import { sideName } from './ring.ts'
import { conditionsText } from './wires.ts'

const LOG_LINES = 60

export class DetailView {
  readonly #panel = element('aside', 'detail')
  readonly #title = element('h2')
  readonly #phase = element('p')
  readonly #facts = element('dl')
  readonly #peers = element('ul', 'plain')
  /** Of the systems, by their headings. */
  readonly #lists = element('div')
  readonly #drawnLists = new Map<string, readonly [heading: HTMLElement, list: HTMLElement]>()
  readonly #log = element('pre')
  readonly #logs: boolean
  #node: string | undefined
  #opener: Element | null = null
  #page: Page | undefined

  constructor(parent: HTMLElement, logs: boolean) {
    this.#logs = logs
    const close = element('button', 'small', 'Close')
    close.addEventListener('click', () => this.close())
    this.#panel.tabIndex = -1
    this.#panel.setAttribute('aria-labelledby', 'detail-title')
    this.#title.id = 'detail-title'
    this.#panel.hidden = true
    this.#panel.append(
      element('div', 'row', this.#title, element('span', 'grow'), close),
      this.#phase,
      this.#facts,
      element('h3', '', 'Connections'),
      this.#peers,
      this.#lists,
      ...(logs ? [element('h3', '', 'Log'), this.#log] : []),
    )
    this.#panel.addEventListener('keydown', event => {
      if (event.key === 'Escape') this.close()
    })
    parent.append(this.#panel)
  }

  open(node: string): void {
    this.#opener = document.activeElement
    this.#node = node
    this.#panel.hidden = false
    this.#log.textContent = ''
    if (this.#page) this.show(this.#page)
    this.#panel.focus()
    if (this.#logs) void this.#readLog(node)
  }

  close(): void {
    this.#node = undefined
    this.#panel.hidden = true
    if (this.#opener instanceof HTMLElement || this.#opener instanceof SVGElement) this.#opener.focus()
  }

  show(page: Page): void {
    this.#page = page
    const node = page.nodes.find(node => node.name === this.#node)
    if (!node) {
      this.#panel.hidden = true
      return
    }
    setText(this.#title, node.name)
    showPhase(this.#phase, node)
    const accounts = pageFacesIn(page.facts).flatMap(({ account }) => account?.(node, page) ?? [])
    this.#showFacts(factsOf(node, page, accounts))
    setItems(this.#peers, peersOf(node, page))
    this.#showLists(accounts.flatMap(({ lists }) => lists))
  }

  #showFacts(facts: readonly (readonly [string, string])[]): void {
    while (this.#facts.children.length > facts.length) this.#facts.lastElementChild?.remove()
    facts.forEach(([name, value], i) => {
      const row =
        this.#facts.children[i] ?? this.#facts.appendChild(element('div', '', element('dt'), element('dd')))
      if (row.firstElementChild) setText(row.firstElementChild, name)
      if (row.lastElementChild) setText(row.lastElementChild, value)
    })
  }

  #showLists(lists: NodeAccount['lists']): void {
    const drawn = lists.map(({ title, items }) => {
      const known =
        this.#drawnLists.get(title) ?? ([element('h3', '', title), element('ul', 'plain')] as const)
      this.#drawnLists.set(title, known)
      setItems(known[1], items)
      return known
    })
    setChildren(this.#lists, drawn.flat())
  }

  async #readLog(node: string): Promise<void> {
    const text = await readLog(node, LOG_LINES).catch(error => `✗ ${(error as Error).message}`)
    if (this.#node === node) this.#log.textContent = text.trim() === '' ? 'nothing logged' : text
  }
}

function factsOf(
  node: NodeState,
  { facts }: Page,
  accounts: readonly NodeAccount[],
): (readonly [string, string])[] {
  const { upSinceMs, exit } = node
  const rows: (readonly [string, string | undefined])[] = [
    ['group', node.group],
    ['client', node.client === undefined ? undefined : `${programPast(node)}, as its spy sees it`],
    ['region', node.region],
    ['host', node.host],
    ['line', lineText(node)],
    ['side', node.side === undefined ? undefined : sideName(node.side)],
    ['up for', upSinceMs === undefined ? undefined : formatElapsed(facts.nowMs - upSinceMs)],
    ...accounts.flatMap(account => account.facts),
    ['memory', memoryText(node)],
    ['peers at', node.p2p],
    ['control at', node.control],
    ['process', node.pid === undefined ? undefined : String(node.pid)],
    ['ended', exit && endInWords(exit)],
    ['last words', exit && !exit.expected ? exit.lastLines.slice(-3).join('\n') : undefined],
  ]
  return rows.flatMap(([name, value]) => (value === undefined ? [] : [[name, value] as const]))
}

function peersOf({ name, peerNames, strangers }: NodeState, { links, edges }: Page): string[] {
  const planned = edges.flatMap(([a, b]) => (a === name ? [b] : b === name ? [a] : []))
  const peers = [...new Set([...peerNames, ...planned])]
  const known = peers.map(peer => {
    const wrong = links.filter(
      ({ from, to }) => (from === name && to === peer) || (from === peer && to === name),
    )
    const said = wrong.map(link => `${link.from === name ? 'to it' : 'from it'}: ${conditionsText(link)}`)
    const connected = peerNames.includes(peer) ? '●' : '○ not connected,'
    return [connected, peer, ...(said.length > 0 ? [`– ${said.join(', ')}`] : [])].join(' ')
  })
  return [...known, ...strangers.map(address => `● ${address}, which this network does not know`)]
}

function setItems(list: HTMLElement, texts: readonly string[]): void {
  while (list.children.length > texts.length) list.lastElementChild?.remove()
  texts.forEach((text, i) => {
    setText(list.children[i] ?? list.appendChild(element('li')), text)
  })
  setAttribute(list, 'data-count', String(texts.length))
}
