// What happened, in lists: faults (asked, measured, in force), reorganisations, and the event log, newest first.

import { formatDuration, formatElapsed } from '../../format.ts'
import { condensed } from '../../observe/phases.ts'
import type { FaultState, LogLine } from '../../observe/state.ts'
import { VERDICT_SIGNS, verdictOf, verdictText } from '../../observe/verdict.ts'
import type { Page } from '../page.ts'
import { element } from './dom.ts'

const SHOWN_EVENTS = 60
const SHOWN_FAULTS = 20
const WORDS = { info: '', warn: 'warning', error: 'error' } as const

export const sinceStart = (page: Page, timeMs: number) =>
  element('time', '', formatElapsed(timeMs - page.facts.startedMs))

export class EventsView {
  readonly #list = element('ol', 'events')
  #shown: readonly LogLine[] | undefined

  constructor(parent: HTMLElement) {
    parent.append(this.#list)
  }

  show(page: Page): void {
    if (page.log === this.#shown) return
    this.#shown = page.log
    const lines = condensed(page.log).slice(-SHOWN_EVENTS).reverse()
    this.#list.replaceChildren(...lines.map(line => eventItem(page, line)))
  }
}

function eventItem(page: Page, { timeMs, level, node, text }: LogLine): HTMLElement {
  return element(
    'li',
    level,
    sinceStart(page, timeMs),
    ...(level === 'info' ? [] : [element('em', '', WORDS[level])]),
    ...(node === undefined ? [] : [element('b', '', node)]),
    element('span', '', text),
  )
}

export class FaultsView {
  readonly #list = element('ol', 'events')
  readonly #none = element('p', 'note', 'No fault so far.')
  readonly #onHeal: ((id: string) => void) | undefined
  #shown: Page['faults'] | undefined

  constructor(parent: HTMLElement, onHeal: ((id: string) => void) | undefined) {
    this.#onHeal = onHeal
    parent.append(this.#none, this.#list)
  }

  /** `commands`: faults in force can be healed from here. */
  show(page: Page, commands: boolean): void {
    if (page.faults === this.#shown) return
    this.#shown = page.faults
    this.#none.hidden = page.faults.length > 0
    const faults = page.faults.slice(-SHOWN_FAULTS).reverse()
    this.#list.replaceChildren(...faults.map(fault => this.#item(page, fault, commands)))
  }

  #item(page: Page, fault: FaultState, commands: boolean): HTMLElement {
    const inForce = fault.toMs === undefined
    const verdict = verdictOf(fault)
    const truth = verdict ? `${VERDICT_SIGNS[verdict]} ${verdictText(fault)}` : 'being measured'
    const found = fault.measured === undefined ? '' : `asked: ${fault.asked}; measured: ${fault.measured}`
    const state = inForce ? '◆ in force' : `ended after ${formatDuration((fault.toMs ?? 0) - fault.fromMs)}`
    const item = element(
      'li',
      inForce ? 'warn' : '',
      sinceStart(page, fault.fromMs),
      element('b', '', fault.id),
      element('span', '', `${fault.kind}: ${fault.target}`),
      element('em', inForce ? 'bad' : 'quiet', state),
      element('em', verdict === 'not taken' || verdict === 'lapsed' ? 'bad' : 'quiet', truth),
      ...(fault.did === undefined ? [] : [element('small', '', fault.did)]),
      ...(found === '' ? [] : [element('small', 'quiet', found)]),
    )
    const heal = this.#onHeal
    if (inForce && commands && heal) {
      const button = element('button', 'small', 'heal')
      button.setAttribute('aria-label', `heal ${fault.id}`)
      button.addEventListener('click', () => heal(fault.id))
      item.append(button)
    }
    return item
  }
}
