// The event log, newest first.

import { formatTime } from '../../format.ts'
import { condensed } from '../../tui/words.ts'
import type { Page } from '../page.ts'
import { element } from './dom.ts'

const SHOWN = 40
const WORDS = { info: '', warn: 'warning', error: 'error' } as const

export class EventsView {
  readonly #list = element('ol', 'events')
  #shownSeq = -1

  constructor(parent: HTMLElement) {
    parent.append(this.#list)
  }

  show({ log }: Page): void {
    const last = log.at(-1)?.seq ?? 0
    if (last === this.#shownSeq) return
    this.#shownSeq = last
    const lines = condensed(log).slice(-SHOWN).reverse()
    this.#list.replaceChildren(
      ...lines.map(({ timeMs, level, node, text }) =>
        element(
          'li',
          level,
          element('time', '', formatTime(timeMs)),
          ...(level === 'info' ? [] : [element('em', '', WORDS[level])]),
          ...(node === undefined ? [] : [element('b', '', node)]),
          element('span', '', text),
        ),
      ),
    )
  }
}
