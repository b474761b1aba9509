// The state in a few words of a terminal.

import { formatElapsed } from '../format.ts'
import type { NetworkState, NodeState } from '../observe/state.ts'

export function countRunning(nodes: readonly NodeState[]): number {
  return nodes.filter(node => node.phase === 'running').length
}

/** How long it has run; of a simulation on both clocks: `3:00:00 in 0:12`. */
export function elapsedText({ nowMs, startedMs, realMs }: NetworkState): string {
  const elapsed = formatElapsed(nowMs - startedMs)
  return realMs === undefined ? elapsed : `${elapsed} in ${formatElapsed(realMs)}`
}
