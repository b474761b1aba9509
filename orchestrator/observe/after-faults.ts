// How the network stands to its faults: before, in and after them, and how long it took to agree again.

import type { NetworkState } from './state.ts'

/** 0 before the first fault, 1 while one is in force, 2 after the last so far. */
export function faultPhase({ faults }: Pick<NetworkState, 'faults'>): 0 | 1 | 2 {
  if (faults.length === 0) return 0
  return faults.some(fault => fault.toMs === undefined) ? 1 : 2
}

/**
 * Milliseconds from the end of the last fault until all running nodes stood on one tip, as finely as the history is kept;
 * undefined while a fault is in force, before any, and while they do not agree yet.
 */
export function convergence({
  faults,
  history,
}: Pick<NetworkState, 'faults' | 'history'>): number | undefined {
  const ends = faults.map(fault => fault.toMs)
  if (ends.length === 0 || ends.includes(undefined)) return undefined
  const endMs = Math.max(...ends.map(ms => ms ?? 0))
  const agreed = history.find(point => point.timeMs >= endMs && point.tips === 1)
  return agreed === undefined ? undefined : agreed.timeMs - endMs
}
