// What a fault did to the ledger, in a sentence or two: the same in the report, on every screen and in documents.

import { formatCount, formatDuration, plural } from '../../format.ts'
import type { FaultState } from '../../observe/state.ts'
import type { Effect } from './state.ts'

export interface EffectWords {
  readonly text: string
  /** It ended badly, or has not ended well yet. */
  readonly trouble: string
}

/** `over`: the run is, so what did not come about never will. */
export function effectWords({ toMs }: Pick<FaultState, 'toMs'>, effect: Effect, over: boolean): EffectWords {
  const { tips, blocks, some, staleBlocks, reorgs, reorgMaxDepth, agreedAfterMs } = effect
  const apart = tips > 1 ? `Nodes stood on ${tips} tips` : 'The nodes kept agreeing'
  const count = `${some ? 'more than ' : ''}${plural(blocks, 'block')}`
  const found = `${count} ${blocks === 1 ? 'was' : 'were'} found meanwhile, ${formatCount(staleBlocks)} of them stale`
  const moved = reorgs > 0 ? `; ${plural(reorgs, 'reorganisation')}, up to ${reorgMaxDepth} deep` : ''
  const text = `${apart}; ${found}${moved}.`
  if (toMs === undefined) return { text: over ? `${text} It never ended.` : text, trouble: '' }
  if (agreedAfterMs === undefined)
    return { text, trouble: over ? 'The nodes did not agree again.' : 'The nodes do not agree yet.' }
  const healed =
    agreedAfterMs === 0
      ? 'All agreed when it ended.'
      : `All agreed ${formatDuration(agreedAfterMs)} after it ended.`
  return { text: `${text} ${healed}`, trouble: '' }
}

export function effectText(fault: Pick<FaultState, 'toMs'>, effect: Effect, over: boolean): string {
  const { text, trouble } = effectWords(fault, effect, over)
  return trouble === '' ? text : `${text} ${trouble}`
}
