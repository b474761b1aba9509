// The page: keeps a copy of the network's state up to date from the live stream and shows it.

import { apply, type Change, type Page } from '../page.ts'
import { BlocksView } from './blocks.ts'
import { byId, setClass, setText } from './dom.ts'
import { EventsView } from './events.ts'
import { FactsView } from './facts.ts'
import { NodesView } from './nodes.ts'
import { PropagationView, RateView } from './rate.ts'

const views = {
  facts: new FactsView(byId('facts')),
  nodes: new NodesView(byId('nodes')),
  blocks: new BlocksView(byId('blocks')),
  rate: new RateView(byId('rate')),
  propagation: new PropagationView(byId('propagation')),
  events: new EventsView(byId('events')),
}

let page: Page | undefined
/** The network's clock minus ours. */
let offsetMs = 0
let waiting = false

function take(next: Page): void {
  page = next
  offsetMs = next.facts.nowMs - Date.now()
  plan()
}

/** Draws once a frame at most, and not at all in a hidden tab. */
function plan(): void {
  if (waiting) return
  waiting = true
  requestAnimationFrame(() => {
    waiting = false
    if (page) show(page)
  })
}

function show(page: Page): void {
  const over = page.facts.phase === 'stopped'
  const nowMs = over ? page.facts.nowMs : Date.now() + offsetMs
  views.facts.show(page, nowMs)
  views.nodes.show(page)
  views.blocks.show(page, nowMs)
  views.rate.show(page, nowMs)
  views.propagation.show(page)
  views.events.show(page)
}

function connection(text: string, className: string): void {
  setText(byId('connection'), text)
  setClass(byId('connection'), className)
}

/** The browser reconnects by itself and says what it had last; the server sends what was missed. */
function follow(): void {
  const source = new EventSource('/web/stream')
  source.addEventListener('open', () => connection('live', 'good'))
  source.addEventListener('error', () => {
    const over = source.readyState === EventSource.CLOSED
    connection(over ? 'the network is gone' : 'connection lost, trying again', 'bad')
  })
  source.addEventListener('page', event => take(JSON.parse(event.data) as Page))
  source.addEventListener('change', event => {
    if (page) take(apply(page, JSON.parse(event.data) as Change))
  })
}

follow()
// The clock goes on between events.
setInterval(plan, 1000)
