// Reorganisations: who left which chain for which other one, the newest first.

import { plural, shortHash } from '../../../format.ts'
import { element } from '../../../web/client/dom.ts'
import { sinceStart } from '../../../web/client/lists.ts'
import type { Page } from '../../../web/page.ts'
import type { ReorgState } from '../state.ts'

const SHOWN_REORGS = 40

export class ReorgsView {
  readonly #list = element('ol', 'events')
  readonly #note = element('p', 'note')
  #shown: readonly ReorgState[] | undefined

  constructor(parent: HTMLElement) {
    parent.append(this.#note, this.#list)
  }

  show(page: Page): void {
    const { reorgs: last, totals } = page.systems.ledger
    if (last === this.#shown) return
    this.#shown = last
    const { reorgs, reorgMaxDepth } = totals
    this.#note.textContent =
      reorgs === 0
        ? 'No node has left its chain.'
        : `${plural(reorgs, 'reorg')}, the deepest ${plural(reorgMaxDepth, 'block')}`
    this.#list.replaceChildren(
      ...together(last)
        .slice(-SHOWN_REORGS)
        .reverse()
        .map(item => reorgItem(page, item)),
    )
  }
}

interface Together {
  readonly first: ReorgState
  readonly nodes: readonly string[]
}

/** Nodes that left the same chain for the same other one, in one line. */
function together(reorgs: readonly ReorgState[]): Together[] {
  const byChange = new Map<string, Together>()
  for (const reorg of reorgs) {
    const key = `${reorg.from} ${reorg.to}`
    const known = byChange.get(key)
    byChange.set(key, { first: known?.first ?? reorg, nodes: [...(known?.nodes ?? []), reorg.node] })
  }
  return [...byChange.values()]
}

function reorgItem(page: Page, { first, nodes }: Together): HTMLElement {
  const who = nodes.length > 3 ? plural(nodes.length, 'node') : nodes.join(', ')
  return element(
    'li',
    '',
    sinceStart(page, first.timeMs),
    element('b', '', who),
    element('span', '', `left ${plural(first.depth, 'block')} for height ${first.height}`),
    element('code', 'quiet', `${shortHash(first.from)} → ${shortHash(first.to)}`),
  )
}
