// Where the branches of the tree end, and how far each was followed (Core's getchaintips).

import { type BlockTree, forkPoint } from './tree.ts'
import { type BlockEntry, type ChainTip, isRefused } from './types.ts'

/** Every branch's end, that of the active chain first. */
export function chainTips(tree: BlockTree, active: BlockEntry): ChainTip[] {
  return Array.from(new Set([active, ...tree.leaves()]), entry => ({
    entry,
    status: entry === active ? 'active' : statusOf(entry),
    branchLength: entry.height - forkPoint(entry, active).height,
  }))
}

function statusOf(entry: BlockEntry): ChainTip['status'] {
  const { status, sequence } = entry
  if (isRefused(entry)) return 'invalid'
  if (sequence === 0) return 'headers-only'
  return status === 'valid' ? 'valid-fork' : 'valid-headers'
}
