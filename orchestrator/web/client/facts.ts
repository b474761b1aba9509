// The head of the page and the tiles: who the network is, whether it agrees, how it does.

import { formatCount, formatDuration, formatElapsed, formatRate, formatShare, plural } from '../../format.ts'
import { phaseText } from '../../tui/words.ts'
import type { Page } from '../page.ts'
import { byId, element, setClass, setText } from './dom.ts'

interface Tile {
  readonly name: string
  readonly value: (page: Page) => string
  readonly note: (page: Page) => string
  readonly tone?: (page: Page) => 'good' | 'warn' | 'bad' | ''
}

const duration = (ms: number | undefined) => (ms === undefined ? '–' : formatDuration(ms))
const activeFaults = (page: Page) => page.faults.filter(fault => fault.toMs === undefined)

const isSplit = (page: Page) => page.nodes.some(node => node.side !== undefined)

const TILES: readonly Tile[] = [
  {
    name: 'Height',
    value: ({ facts }) => formatCount(facts.height),
    note: ({ facts }) => `wanted: every ${formatDuration(facts.blockIntervalMs)}`,
  },
  {
    name: 'Agreement',
    value: ({ facts }) => (facts.converged ? '● one tip' : `◆ ${plural(facts.tips, 'tip')}`),
    note: page =>
      isSplit(page)
        ? 'split by a fault'
        : `deepest reorg ${plural(page.facts.totals.reorgMaxDepth, 'block')}`,
    tone: ({ facts }) => (facts.converged ? 'good' : 'warn'),
  },
  {
    name: 'Hash rate',
    value: ({ facts }) => formatRate(facts.hashRate.measuredHps),
    note: ({ facts }) =>
      `${formatRate(facts.hashRate.askedHps)} asked${facts.checkProofOfWork ? '' : ', simulated'}`,
  },
  {
    name: 'Stale blocks',
    value: ({ facts: { totals } }) =>
      formatShare(totals.blocks === 0 ? 0 : totals.staleBlocks / totals.blocks),
    note: ({ facts: { totals } }) => `${formatCount(totals.staleBlocks)} of ${formatCount(totals.blocks)}`,
  },
  {
    name: '90 % reached in',
    value: ({ propagation }) => duration(propagation.p90Ms),
    note: ({ propagation }) =>
      `half in ${duration(propagation.p50Ms)}, 99 % in ${duration(propagation.p99Ms)}`,
  },
  {
    name: 'Transactions',
    value: ({ facts: { totals } }) => formatCount(totals.transactionsConfirmed),
    note: ({ facts: { totals } }) =>
      `confirmed; ${formatCount(totals.transactionsSent)} sent, ${formatCount(totals.transactionsFailed)} failed`,
  },
  {
    name: 'Faults',
    value: page => String(activeFaults(page).length),
    note: page => [...new Set(activeFaults(page).map(fault => fault.kind))].join(', ') || 'none in force',
    tone: page => (activeFaults(page).length > 0 ? 'bad' : ''),
  },
]

export class FactsView {
  readonly #tiles = TILES.map(tile => ({ tile, value: element('strong'), note: element('small') }))

  constructor(parent: HTMLElement) {
    for (const { tile, value, note } of this.#tiles)
      parent.append(element('div', 'tile', element('span', '', tile.name), value, note))
  }

  show(page: Page, nowMs: number, live: boolean): void {
    const { facts, nodes } = page
    setText(byId('network'), facts.network)
    document.title = `${facts.network} · height ${facts.height} · netsplit`
    const up = nodes.filter(node => node.phase === 'running').length
    const elapsed = formatElapsed(nowMs - facts.startedMs)
    const real = facts.realMs === undefined ? '' : ` in ${formatElapsed(facts.realMs)}`
    setText(byId('moment'), live ? '' : `as it was at ${elapsed}`)
    const about = [
      `${phaseText(facts)} ${elapsed}${real}`,
      `${formatCount(up)}/${plural(nodes.length, 'node')}`,
      facts.runtime,
      `seed ${facts.seed}`,
    ]
    setText(byId('about'), about.join(' · '))
    for (const { tile, value, note } of this.#tiles) {
      setText(value, tile.value(page))
      setText(note, tile.note(page))
      setClass(value, tile.tone?.(page) ?? '')
    }
  }
}
