// Every condition by name, as `when: …` and `--until …` call them: the network's own, and those of its systems.

import type { NetworkState } from '../observe/state.ts'
import { SYSTEMS } from './all.ts'
import { type Condition, PHASE_EVENTS } from './condition.ts'

const running: Condition = {
  value: (state: NetworkState) => state.nodes.filter(node => node.phase === 'running').length,
  changedBy: PHASE_EVENTS,
}

/** In the order in which they are listed to people. */
export const CONDITIONS: { readonly [name: string]: Condition } = {
  ...Object.assign({}, ...SYSTEMS.map(({ conditions }) => conditions)),
  running,
}
