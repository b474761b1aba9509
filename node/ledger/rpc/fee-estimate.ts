// What a fee rate would have been enough of late: read from the blocks themselves, as there is no record of how long each waited.

import type { Chain } from '../chain/chain.ts'
import { outPointKey } from '../chain/tx.ts'
import type { Mempool } from '../mempool.ts'
import { MIN_RELAY_SAT_PER_KVB } from '../policy.ts'
import { feeOf } from './shapes.ts'

/** Blocks looked at for each block that one is ready to wait. */
const BLOCKS_A_TARGET = 4
const MIN_BLOCKS = 12
const MAX_BLOCKS = 144
/** A block that is as full as this left somebody out, perhaps. */
const FULL = 0.95

export interface FeeEstimate {
  /** Satoshi per 1,000 virtual bytes; undefined: no block had a payment in it. */
  readonly satPerKvb: number | undefined
  readonly blocks: number
}

/**
 * For `target` blocks: of each full block of late the least rate that got in, and of those a high one for who is in a hurry, a
 * low one for who is not; where blocks have room, the least that is relayed.
 */
export function estimateFee(chain: Chain, mempool: Mempool, target: number, hurry: boolean): FeeEstimate {
  const count = Math.min(MAX_BLOCKS, Math.max(MIN_BLOCKS, BLOCKS_A_TARGET * target), chain.tip.height)
  const least: number[] = []
  let payments = 0
  for (let height = chain.tip.height; height > chain.tip.height - count; height--) {
    const hash = chain.at(height)?.hash ?? ''
    const block = chain.block(hash)
    if (!block || block.transactions.length < 2) {
      least.push(0)
      continue
    }
    payments += block.transactions.length - 1
    const spent = new Map(chain.undo(hash)?.spent)
    const rates = block.transactions.slice(1).map(tx => {
      const feeSat = feeOf(tx, point => spent.get(outPointKey(point))) ?? 0
      return (feeSat * 4000) / tx.weight
    })
    least.push(block.weight >= FULL * chain.params.maxBlockWeight ? Math.min(...rates) : 0)
  }
  if (payments === 0) return { satPerKvb: undefined, blocks: target }
  least.sort((a, b) => a - b)
  const share = hurry ? Math.max(0.5, 0.95 - target / 50) : Math.max(0.1, 0.6 - target / 50)
  const usual = least[Math.min(least.length - 1, Math.floor(least.length * share))] ?? 0
  const floor = Math.max(MIN_RELAY_SAT_PER_KVB, mempool.minFeeSatPerKvb)
  return { satPerKvb: Math.ceil(Math.max(floor, usual)), blocks: target }
}
