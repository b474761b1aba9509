// The page: keeps a copy of the network's state up to date from the live stream, or asks for one of the past, and shows it.

import type { Page } from '../page.ts'
import { CommandBar } from './commands.ts'
import { DetailView } from './detail.ts'
import { byId, setClass, setText } from './dom.ts'
import { pageFacesIn } from './faces.ts'
import { FactsView } from './facts.ts'
import { EventsView, FaultsView } from './lists.ts'
import { type Connection, follow } from './live.ts'
import { NodesView } from './nodes.ts'
import { announceOwner, takeKey } from './orders.ts'
import { Replay } from './replay.ts'
import { SectionsView } from './sections.ts'
import { Selection } from './selection.ts'
import { TimelineView } from './timeline.ts'
import { TopologyView } from './topology.ts'

const commands = takeKey()
const selection = new Selection()
const replay = new Replay(plan)
const detail = new DetailView(document.body, commands)
const open = (node: string) => detail.open(node)
const bar = commands ? new CommandBar(selection, open) : undefined
const views = {
  facts: new FactsView(byId('facts')),
  topology: new TopologyView(byId('topology'), selection, open),
  timeline: new TimelineView(byId('timeline'), timeMs => replay.seek(timeMs)),
  sections: new SectionsView(),
  nodes: new NodesView(byId('nodes'), selection, open),
  faults: new FaultsView(byId('faults'), bar && (id => void bar.heal(id))),
  events: new EventsView(byId('events')),
}
if (bar) document.body.append(bar.element)

let page: Page | undefined
/** The network's clock minus ours. */
let offsetMs = 0
let waiting = false
let connection: Connection = 'lost'

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
  tellConnection(over)
  const still = over || page.facts.realMs !== undefined
  const nowMs = still ? page.facts.nowMs : Date.now() + offsetMs
  replay.show(page.facts.startedMs, nowMs)
  const { moment } = replay
  setClass(document.body, moment ? 'past' : '')
  views.timeline.show(moment ? withPast(page, moment.page) : page, nowMs, moment?.timeMs)
  showMoment(moment?.page ?? page, moment?.timeMs ?? nowMs, moment === undefined)
}

/** The run as it is now, with what only the page of that moment still knows of it. */
function withPast(page: Page, past: Page): Page {
  return pageFacesIn(page.facts).reduce((all, face) => face.withPast?.(all, past) ?? all, page)
}

/** Everything but the timeline, which always shows the whole run. */
function showMoment(page: Page, nowMs: number, live: boolean): void {
  views.facts.show(page, nowMs, live)
  views.topology.show(page, live || replay.playing)
  views.sections.show(page, nowMs, live)
  views.nodes.show(page)
  views.faults.show(page, live)
  views.events.show(page)
  detail.show(page)
  bar?.show(page, live)
}

const CONNECTIONS: { readonly [connection in Connection]: readonly [text: string, className: string] } = {
  live: ['live', 'good'],
  lost: ['connection lost, trying again', 'bad'],
  refused: ['the network is gone, or has another address: netsplit dash prints it', 'bad'],
}

const OVER = ['the run is over', 'quiet'] as const

/** `over`: the run is a record, or the network has just gone down; nobody can give orders to either. */
function tellConnection(over: boolean): void {
  const [text, className] = over && connection === 'live' ? OVER : CONNECTIONS[connection]
  setText(byId('connection'), text)
  setClass(byId('connection'), className)
  byId('rights').hidden = commands || over
}

follow({
  announce: announceOwner,
  onPage: take,
  onConnection: now => {
    connection = now
    tellConnection(page?.facts.phase === 'stopped')
  },
})
// The clock goes on between events.
setInterval(plan, 1000)
