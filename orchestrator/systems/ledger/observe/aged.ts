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
  return observer.around(folded => {
    const { forks } = keptOf(folded)
    const { blocks, older } = forks
    return () => {
      const left = forks.older.blocks - older.blocks
      if (left <= 0) return
      const kept = new Set(forks.blocks.map(block => block.hash))
      // One more: the block that came in may be among the lowest itself.
      listener(
        blocks
          .slice(0, left + 1)
          .filter(block => !kept.has(block.hash))
          .slice(0, left),
      )
    }
  })
}

const keptOf = ({ systems }: Folded) => systems.ledger as Kept
