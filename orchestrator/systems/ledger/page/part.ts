// What of the ledger the page is sent: all but the oldest blocks, and of a block all but when its announcements came.

import type { NetworkState } from '../../../observe/state.ts'
import { fieldsOf, keyed, small, whole, windowed } from '../../../web/fields.ts'
import type { PagePart } from '../../../web/part.ts'
import type { BlockState, LedgerState } from '../state.ts'

/** Blocks that the page shows; of a large network fewer, because each carries its times at every node. */
const MAX_BLOCKS = 120
const LEAST_BLOCKS = 30
const MAX_BLOCK_TIMES = 12_000

declare module '../../states.ts' {
  interface SystemPages {
    readonly ledger: LedgerPage
  }
}

export type LedgerPage = Omit<LedgerState, 'apartArrivals' | 'effects'>

const fields = fieldsOf<LedgerPage>({
  blockIntervalMs: whole(),
  checkProofOfWork: whole(),
  paced: whole(),
  height: whole(),
  tip: whole(),
  tips: whole(),
  refusing: whole(),
  converged: whole(),
  totals: small(),
  hashRate: small(),
  blocksPerHash: whole(),
  propagation: small(),
  propagationHistogram: whole((a, b) => a.count === b.count && a.sumMs === b.sumMs),
  intervals: whole(),
  blocks: keyed(({ hash }) => hash),
  history: windowed(),
  reorgs: windowed(),
  strategies: whole(),
  deployments: small(),
})

export const ledgerPart: PagePart<LedgerPage> = {
  of: ({ nodes, systems: { ledger } }: NetworkState) => {
    const { apartArrivals: _, effects: _effects, blocks, ...sent } = ledger
    const most = Math.floor(MAX_BLOCK_TIMES / Math.max(1, nodes.length))
    return { ...sent, blocks: blocks.slice(-Math.max(LEAST_BLOCKS, Math.min(MAX_BLOCKS, most))).map(slim) }
  },
  ...fields,
}

/** One object a block as long as it does not change, so that what changed is seen by identity. */
const slimmed = new WeakMap<BlockState, BlockState>()

function slim(block: BlockState): BlockState {
  const known = slimmed.get(block)
  if (known) return known
  const made = { ...block, seenMs: {} }
  slimmed.set(block, made)
  return made
}
