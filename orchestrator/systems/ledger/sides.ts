// Hash power by the sides of the partitions in force.

import { formatShare } from '../../format.ts'
import { sideLetter, sidesOf } from '../../observe/sides.ts'
import type { NodeState } from '../../observe/state.ts'

/** `A 40 % | B 60 %` of what is asked of the miners that run; '' while nothing splits them, or nobody mines. */
export function powerBySide(nodes: readonly NodeState[]): string {
  const power = (of: readonly NodeState[]) =>
    of.reduce((sum, { systems, phase }) => sum + (phase === 'running' ? systems.ledger.askedHps : 0), 0)
  const all = power(nodes)
  if (all === 0) return ''
  return sidesOf(nodes)
    .map(({ side, nodes }) => `${sideLetter(side)} ${formatShare(power(nodes) / all)}`)
    .join(' | ')
}
