// What a schedule or a stop can wait for in a ledger.

import { type Condition, PHASE_EVENTS } from '../condition.ts'
import { doubleSpendsOf } from './strategy-words.ts'

/** Events that can change who stands on which tip. */
const TELLING: ReadonlySet<string> = new Set([
  ...PHASE_EVENTS,
  'tip',
  'reorg',
  'block-received',
  'block-connected',
  'block-rejected',
])

/** Until it is somebody's tip, a new block is on no chain, and would count as stale. */
const TIP: ReadonlySet<string> = new Set(['tip'])

export const conditions: { readonly [name: string]: Condition } = {
  height: {
    value: ({ systems }) => systems.ledger.height,
    changedBy: TIP,
    mayReach: (event, wanted) => event.type !== 'tip' || event.height >= wanted,
    counts: true,
  },
  tips: { value: ({ systems }) => systems.ledger.tips, changedBy: TELLING },
  stale: { value: ({ systems }) => systems.ledger.totals.staleBlocks, changedBy: TIP },
  'double-spends': {
    value: ({ systems }) => doubleSpendsOf(systems.ledger.strategies)?.tried ?? 0,
    changedBy: new Set(['strategy']),
    counts: true,
  },
  'reorg-depth': { value: ({ systems }) => systems.ledger.totals.reorgMaxDepth, changedBy: TELLING },
}
