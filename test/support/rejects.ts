// The ground on which rules of the chain are broken, one a test: a short chain with coins, odd transactions, and what a
// refusal must leave behind.

import { expect } from 'vitest'
import type { RejectReason } from '../../node/errors.ts'
import { checkBlock, isMutation } from '../../node/ledger/chain/block-rules.ts'
import type { Chain } from '../../node/ledger/chain/chain.ts'
import { makeTx, type TxFields } from '../../node/ledger/chain/tx.ts'
import type { Block, OutPoint, Tx } from '../../node/ledger/chain/types.ts'
import type { ChainParams } from '../../node/params.ts'
import { EASY, mineBlock, mineBlocks, rewardOf, spend, testChain, testKey } from './chain.ts'

/** Pays key 1. */
export const SCRIPT = testKey(1).script
export const EMPTY = new Uint8Array(0)

export interface Ground {
  readonly chain: Chain
  /** Mature coins of key 0. */
  readonly coins: readonly { point: OutPoint; valueSat: number }[]
}

/** A chain of six blocks on which the first coinbases can be spent. */
export function ground(params: ChainParams = EASY): Ground {
  const chain = testChain({ params })
  return { chain, coins: mineBlocks(chain, 6).slice(0, 4).map(rewardOf) }
}

export function pay(coin: { point: OutPoint; valueSat: number } | undefined, valueSat?: number): Tx {
  if (coin === undefined) throw new Error('no coin')
  return spend([coin], { outputs: [{ valueSat: valueSat ?? coin.valueSat, script: SCRIPT }] })
}

/** A transaction that breaks a rule before anybody looks at its signature. */
export function odd(fields: Partial<TxFields>): Tx {
  const input = {
    previous: { txid: '11'.repeat(32), index: 0 },
    scriptSig: EMPTY,
    sequence: 0xffffffff,
    witness: [],
  }
  return makeTx({
    version: 2,
    inputs: [input],
    outputs: [{ valueSat: 1, script: SCRIPT }],
    lockTime: 0,
    ...fields,
  })
}

/** A rule, how it is broken, and a block that breaks it. */
export type BlockFault = readonly [RejectReason, string, (ground: Ground) => Block]

/** By its bytes alone: that is not remembered, as in Core. */
function isBadByItself(block: Block): boolean {
  try {
    checkBlock(block)
    return false
  } catch {
    return true
  }
}

/** The reason is Core's, the tip stays, and only what the header proves is remembered. */
export function isRefused(...[reason, , build]: BlockFault): void {
  const field = ground()
  const { chain } = field
  const block = build(field)
  const { tip } = chain
  const before = chain.utxoStats()
  expect(() => chain.acceptBlock(block)).toThrow(expect.objectContaining({ reason }))
  expect(chain.tip).toBe(tip)
  expect(chain.utxoStats()).toEqual(before)

  // What the header proves is remembered; what somebody on the way may have done is not.
  const forgotten = isMutation(reason) || isBadByItself(block)
  expect(chain.entry(block.hash)?.status).toBe(forgotten ? 'header' : 'invalid')
  const again = forgotten ? reason : 'duplicate-invalid'
  expect(() => chain.acceptBlock(block)).toThrow(expect.objectContaining({ reason: again }))

  expect(mineBlock(chain, { tag: 9 }).hash).toBe(chain.tip.hash)
  expect(chain.verify(0)).toBe(true)
}
