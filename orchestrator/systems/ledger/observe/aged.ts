// Blocks that lose their detail, for whoever wants to keep more of them than the state does.

import type { Folded } from '../../../observe/folded.ts'
import type { Observer } from '../../../observe/observer.ts'
import type { BlockState } from '../state.ts'
import type { Kept } from './kept.ts'

/** Calls `listener` with the blocks that have just left the detail; returns its end. */
export function onAged(
  observer: Pick<Observer, 'around'>,
  listener: (blocks: readonly BlockState[]) => void,
): () => void {
  let blocks: readonly BlockState[] = []
  let older = 0
  return observer.around({
    before: folded => {
      const { forks } = keptOf(folded)
      blocks = forks.blocks
      older = forks.older.blocks
    },
    after: folded => {
      const { forks } = keptOf(folded)
      const left = forks.older.blocks - older
      if (left <= 0) return
      const kept = new Set(forks.blocks.map(block => block.hash))
      // One more: the block that came in may be among the lowest itself.
      const gone = blocks.slice(0, left + 1).filter(block => !kept.has(block.hash))
      listener(gone.slice(0, left))
    },
  })
}

const keptOf = ({ systems }: Folded) => systems.ledger as Kept
