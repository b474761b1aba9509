// What a schedule or a stop can wait for: peers that have all, how far all are, copies of the rarest piece, bans.

import { type Condition, PHASE_EVENTS } from '../condition.ts'

const NEWS: ReadonlySet<string> = new Set([
  ...PHASE_EVENTS,
  'bittorrent/shared',
  'bittorrent/wanted',
  'bittorrent/joined',
  'bittorrent/progress',
  'bittorrent/complete',
  'bittorrent/damaged',
  'bittorrent/left',
])

export const CONDITIONS: { readonly [name: string]: Condition } = {
  complete: {
    value: ({ systems }) => systems.bittorrent.complete,
    changedBy: new Set(['bittorrent/complete', 'node-sampled']),
    counts: true,
  },
  // Rounded down: 100 % is all of it.
  progress: {
    value: ({ systems }) => Math.floor(100 * systems.bittorrent.progress + 1e-9),
    changedBy: NEWS,
    counts: true,
  },
  copies: { value: ({ systems }) => systems.bittorrent.copies, changedBy: NEWS },
  bans: {
    value: ({ systems }) => systems.bittorrent.bans.length,
    changedBy: new Set(['bittorrent/banned']),
    counts: true,
  },
}
