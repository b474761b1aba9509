// Goes back over the end of the chain and forth again, on a view of the coins that is thrown away.

import { ConsensusError } from '../../errors.ts'
import { checkProofOfWork, medianTimePast } from '../consensus/header-rules.ts'
import type { ActiveChain, ActiveChainModules } from './active-chain.ts'
import { checkBlock, checkBlockAt } from './block-rules.ts'
import { connectBlock } from './connect.ts'
import type { Block, BlockEntry } from './types.ts'
import { CoinView, deltaOf } from './utxo.ts'

/** True if the last `depth` blocks of the chain (0: all) are stored whole, keep every rule and lead to the coins there are. */
export function verifyChain(active: ActiveChain, depth: number, modules: ActiveChainModules): boolean {
  // The genesis block is not connected like the others: its coins cannot be spent.
  const entries = active.entries.slice(depth === 0 ? 1 : Math.max(1, active.entries.length - depth))
  const view = new CoinView(key => active.utxo.get(key))
  const blocks: Block[] = []
  for (const entry of entries.toReversed()) {
    const block = modules.store.block(entry.hash)
    const undo = block && modules.store.undo(block)
    if (block === undefined || undo === undefined) return false
    view.revert(deltaOf(block, entry.height, undo))
    blocks.unshift(block)
  }
  try {
    for (const [i, entry] of entries.entries()) recheck(blocks[i] as Block, entry, active, view, modules)
  } catch (error) {
    if (error instanceof ConsensusError) return false
    throw error
  }
  return view.unchanged
}

/** Every rule again, signatures included, and the block's change to the view. */
function recheck(
  block: Block,
  entry: BlockEntry,
  active: ActiveChain,
  view: CoinView,
  { params, rules, secp }: ActiveChainModules,
): void {
  const { height, parent } = entry
  checkProofOfWork(params, block.header)
  checkBlock(block)
  checkBlockAt(block, entry, { params, rules })
  const { delta } = connectBlock(block, {
    params,
    rules: rules.after(parent),
    secp,
    signatures: undefined,
    height,
    medianTime: medianTimePast(parent as BlockEntry),
    medianTimeAt: at => medianTimePast(active.entries[at] as BlockEntry),
    coinAt: view.get,
  })
  view.apply(delta)
}
