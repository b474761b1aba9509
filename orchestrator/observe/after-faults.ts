// How the network stands to its faults: before, in and after them.

import type { NetworkState } from './state.ts'

/** 0 before the first fault, 1 while one is in force, 2 after the last so far. */
export function faultPhase({ faults }: Pick<NetworkState, 'faults'>): 0 | 1 | 2 {
  if (faults.length === 0) return 0
  return faults.some(fault => fault.toMs === undefined) ? 1 : 2
}
