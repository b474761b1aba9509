// The panels, once: those of every network and those of the systems, by the number that shows one alone.

import type { NetworkState } from '../observe/state.ts'
import { FACES } from '../systems/faces.ts'
import { lines, type Panel, within } from './face.ts'
import { eventsPanel } from './panels/events.ts'
import { faultsPanel } from './panels/faults.ts'
import { logsPanel } from './panels/logs.ts'
import { nodesPanel } from './panels/nodes.ts'
import type { Amounts } from './panels/panel.ts'
import { peersPanel } from './panels/peers.ts'

/** Of a panel. */
export type PanelId = string

const OF_NETWORKS: readonly Panel[] = [
  {
    ...{ id: 'nodes', title: 'Nodes', place: 10, column: 'left', narrow: true },
    least: (height, { nodes }) => within(4, Math.floor(height * 0.4), nodes + 2),
    want: ({ nodes }) => nodes + 2,
    rank: 1,
    draw: nodesPanel,
  },
  {
    ...{ id: 'peers', title: 'Peers', place: 40, column: 'right', row: 40 },
    least: lines(6),
    want: ({ nodes }) => nodes + 2,
    rank: 6,
    draw: peersPanel,
  },
  {
    ...{ id: 'faults', title: 'Faults', place: 50, column: 'left', narrow: true },
    least: lines(2),
    want: ({ faults }) => (faults === 0 ? 0 : Math.min(faults, 8) + 1),
    count: ({ faults }) => faults.length,
    rank: 3,
    draw: faultsPanel,
  },
  {
    ...{ id: 'events', title: 'Events', place: 60, column: 'left', narrow: true },
    least: lines(3),
    want: lines(9),
    elastic: true,
    rank: 2,
    fromBottom: true,
    count: ({ log }) => log.length,
    draw: eventsPanel,
  },
  {
    ...{ id: 'logs', title: 'Log', place: 70, column: 'left' },
    // Beside the others where there is much room only: it is asked for with `l`.
    least: height => (height > 40 ? 5 : Number.POSITIVE_INFINITY),
    want: lines(9),
    elastic: true,
    rank: 9,
    fromBottom: true,
    draw: logsPanel,
  },
]

interface Numbered extends Panel {
  /** Undefined: of every network. */
  readonly system: string | undefined
}

const ALL: readonly Numbered[] = [
  ...OF_NETWORKS.map(panel => ({ ...panel, system: undefined })),
  ...FACES.flatMap(({ system, panels }) => panels.map(panel => ({ ...panel, system }))),
].sort((a, b) => a.place - b.place)

export const PANEL_IDS: readonly PanelId[] = ALL.map(({ id }) => id)

export const PANELS: { readonly [panel: PanelId]: Numbered } = Object.fromEntries(
  ALL.map(panel => [panel.id, panel]),
)

export function panelOf(id: PanelId): Numbered {
  const panel = PANELS[id]
  if (!panel) throw new Error(`there is no panel ${id}`)
  return panel
}

/** Those of every network and of the systems that are there, in the order in which they stand. */
export function panelsOf({ runs }: Pick<Amounts, 'runs'>): readonly Numbered[] {
  return ALL.filter(({ system }) => system === undefined || runs === undefined || runs.includes(system))
}

/** What the sizes of panels depend on. */
export function amountsOf({ nodes, faults, runs }: NetworkState): Amounts {
  const miners = nodes.filter(({ systems }) => systems.ledger.askedHps > 0 || systems.ledger.blocksMined > 0)
  return { nodes: nodes.length, faults: faults.length, miners: miners.length, runs }
}

/** The digit that shows a panel alone: 1 to 9, then 0; '' where there are more of them than digits. */
export function panelKey(panel: PanelId): string {
  const at = PANEL_IDS.indexOf(panel)
  return at < 9 ? String(at + 1) : at === 9 ? '0' : ''
}

/** `1 Nodes`: the key stands before the name. */
export function panelTitle(panel: PanelId): string {
  return `${panelKey(panel)} ${panelOf(panel).title}`.trim()
}
