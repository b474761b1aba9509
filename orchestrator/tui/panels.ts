// The panels, once: their key, title, how much room they want and what draws them.

import { chainPanel } from './panels/chain.ts'
import { eventsPanel } from './panels/events.ts'
import { faultsPanel } from './panels/faults.ts'
import { historyPanel } from './panels/history.ts'
import { logsPanel } from './panels/logs.ts'
import { miningPanel } from './panels/mining.ts'
import { nodesPanel } from './panels/nodes.ts'
import type { Amounts, Drawn, Scene } from './panels/panel.ts'
import { peersPanel } from './panels/peers.ts'
import { propagationPanel } from './panels/propagation.ts'

export const PANEL_IDS = [
  'nodes',
  'chain',
  'propagation',
  'peers',
  'faults',
  'events',
  'logs',
  'mining',
  'history',
] as const
export type PanelId = (typeof PANEL_IDS)[number]

interface PanelKind {
  readonly title: string
  /** Lines with the title: the least that makes sense in a column so high … */
  readonly least: (height: number, amounts: Amounts) => number
  /** … and what shows everything; 0 where there is nothing to show. */
  readonly want: (amounts: Amounts) => number
  /** Takes what is left when all have what they want: there is always more to show. */
  readonly elastic?: boolean
  /** The lowest are kept where not all fit. */
  readonly rank: number
  /** Newest at the bottom: up is back in time. Elsewhere the newest, or the first, is at the top. */
  readonly fromBottom?: boolean
  readonly draw: (scene: Scene, width: number, room: number) => Drawn
}

const lines = (count: number) => () => count
const within = (least: number, value: number, most: number) => Math.max(least, Math.min(value, most))

export const PANELS: { readonly [panel in PanelId]: PanelKind } = {
  nodes: {
    title: 'Nodes',
    least: (height, { nodes }) => within(4, Math.floor(height * 0.4), nodes + 2),
    want: ({ nodes }) => nodes + 2,
    rank: 1,
    draw: nodesPanel,
  },
  chain: {
    title: 'Chain',
    least: height => within(3, Math.floor(height * 0.3), 7),
    want: lines(14),
    elastic: true,
    rank: 2,
    draw: chainPanel,
  },
  propagation: {
    title: 'Propagation',
    least: lines(6),
    want: lines(12),
    elastic: true,
    rank: 4,
    draw: propagationPanel,
  },
  peers: { title: 'Peers', least: lines(6), want: ({ nodes }) => nodes + 2, rank: 6, draw: peersPanel },
  faults: {
    title: 'Faults',
    least: lines(2),
    want: ({ faults }) => (faults === 0 ? 0 : Math.min(faults, 8) + 1),
    rank: 3,
    draw: faultsPanel,
  },
  events: {
    title: 'Events',
    least: lines(3),
    want: lines(9),
    elastic: true,
    rank: 2,
    fromBottom: true,
    draw: eventsPanel,
  },
  logs: {
    title: 'Log',
    // Beside the others where there is much room only: it is asked for with `l`.
    least: height => (height > 40 ? 5 : Number.POSITIVE_INFINITY),
    want: lines(9),
    elastic: true,
    rank: 9,
    fromBottom: true,
    draw: logsPanel,
  },
  mining: { title: 'Mining', least: lines(4), want: ({ nodes }) => nodes + 2, rank: 5, draw: miningPanel },
  history: { title: 'History', least: lines(6), want: lines(6), rank: 7, draw: historyPanel },
}

/** `1 Nodes`: the key that shows the panel alone stands before its name. */
export function panelTitle(panel: PanelId): string {
  return `${PANEL_IDS.indexOf(panel) + 1} ${PANELS[panel].title}`
}
