// What taking a block came to: where it stands now, and which blocks left the active chain and joined it.

import type { ActiveChain } from './active-chain.ts'
import { forkPoint, pathUp } from './tree.ts'
import type { AcceptResult, BlockEntry } from './types.ts'

export const NOTHING_CHANGED = { disconnected: [], connected: [], fork: undefined, invalid: [] } as const

/** `oldTip`: before it was taken. */
export function acceptResult(
  active: ActiveChain,
  entry: BlockEntry,
  oldTip: BlockEntry,
  invalid: AcceptResult['invalid'],
): AcceptResult {
  const { tip } = active
  if (tip === entry && tip.parent === oldTip)
    return { ...NOTHING_CHANGED, entry, outcome: 'connected', connected: [active.body(tip)], invalid }
  const fork = forkPoint(oldTip, tip)
  const bodies = (path: readonly BlockEntry[]) => path.map(one => active.body(one))
  return {
    entry,
    outcome: active.includes(entry) ? 'connected' : entry.sequence === 0 ? 'orphan-header' : 'side',
    disconnected: bodies(pathUp(fork, oldTip)).reverse(),
    connected: bodies(pathUp(fork, tip)),
    fork: fork === oldTip ? undefined : fork,
    invalid,
  }
}
