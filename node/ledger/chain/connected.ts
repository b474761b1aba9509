// What connecting a block yields: a value that depends on the block's hash alone.

import type { Block, BlockUndo } from './types.ts'
import type { UtxoDelta } from './utxo.ts'

export interface Connected {
  readonly block: Block
  readonly undo: BlockUndo
  readonly delta: UtxoDelta
}
