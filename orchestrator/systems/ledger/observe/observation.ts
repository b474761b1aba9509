// How the ledger takes part in observing a network.

import type { Observation } from '../../../observe/observation.ts'
import { effectText } from '../effect-words.ts'
import type { LedgerNode, LedgerState } from '../state.ts'
import { fold } from './fold.ts'
import { initial, type Kept, snapshot, working } from './kept.ts'
import { newNode } from './nodes.ts'

export const observation: Observation<Kept, LedgerState, LedgerNode> = {
  initial,
  working,
  node: node => {
    const absent = node.runs !== undefined && !node.runs.includes('bitcoin')
    if (!('mining' in node)) return newNode(node.askedHps, absent)
    return newNode(node.mining.mode === 'off' ? 0 : node.mining.hashRateHps, absent)
  },
  fold,
  snapshot,
  did: ({ effects }, fault, index, over) => {
    const effect = effects[index]
    return effect && effectText(fault, effect, over)
  },
}
