// How long it took to agree again after the last fault.

import type { NetworkState } from '../../../observe/state.ts'
import type { LedgerState } from '../state.ts'

/**
 * Milliseconds from the end of the last fault until all running nodes stood on one tip, as finely as the history is kept;
 * undefined while a fault is in force, before any, and while they do not agree yet.
 */
export function convergence(
  faults: NetworkState['faults'],
  { history }: Pick<LedgerState, 'history'>,
): number | undefined {
  const ends = faults.map(fault => fault.toMs)
  if (ends.length === 0 || ends.includes(undefined)) return undefined
  const endMs = Math.max(...ends.map(ms => ms ?? 0))
  const agreed = history.find(point => point.timeMs >= endMs && point.tips === 1)
  return agreed === undefined ? undefined : agreed.timeMs - endMs
}
