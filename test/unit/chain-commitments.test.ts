// Which output of a coinbase commits to the witnesses (BIP141), to the byte.

import { describe, expect, test } from 'vitest'
import { makeBlock, merkleRootOf } from '../../node/ledger/chain/block.ts'
import { checkBlockInPlace } from '../../node/ledger/chain/block-rules.ts'
import { makeHeader } from '../../node/ledger/chain/header.ts'
import { makeTx } from '../../node/ledger/chain/tx.ts'
import type { Block, Tx } from '../../node/ledger/chain/types.ts'
import {
  buildBlock,
  EASY,
  mineBlock,
  mineBlocks,
  rewardOf,
  spend,
  testChain,
  testKey,
} from '../support/chain.ts'
import { reasonOf } from '../support/ledger.ts'

const chain = testChain()
const reward = rewardOf(mineBlock(chain))
mineBlocks(chain, 2)
const HEIGHT = chain.tip.height + 1
const payment = spend([reward], { outputs: [{ valueSat: 1_000_000, script: testKey(1).script }] })

/** A block with a payment that has a witness, and with its commitment changed. */
function committed(change: (script: Uint8Array) => Uint8Array): Block {
  const { header, transactions } = buildBlock(chain, { txs: [payment] })
  const [coinbase, ...others] = transactions as [Tx, ...Tx[]]
  const outputs = coinbase.outputs.map((output, i) =>
    i === coinbase.outputs.length - 1 ? { ...output, script: change(output.script) } : output,
  )
  const changed = [makeTx({ ...coinbase, outputs }), ...others]
  return makeBlock(makeHeader({ ...header, merkleRoot: merkleRootOf(changed).root }), changed)
}

const verdict = (block: Block) =>
  reasonOf(() =>
    checkBlockInPlace(block, {
      params: EASY,
      height: HEIGHT,
      medianTime: chain.medianTimePast(chain.tip),
      rules: chain.rules.after(chain.tip),
    }),
  )

describe('a commitment', () => {
  const flipped = (at: number) => (script: Uint8Array) =>
    script.map((byte, i) => (i === at ? byte ^ 1 : byte))

  test('as it should be is one', () => {
    expect(verdict(committed(script => script))).toBeUndefined()
  })

  test('may be followed by more', () => {
    expect(verdict(committed(script => Uint8Array.of(...script, 1, 2, 3)))).toBeUndefined()
  })

  test('that is cut is none, and the witness is one too many', () => {
    expect(verdict(committed(script => script.subarray(0, 37)))).toBe('unexpected-witness')
  })

  test.each([0, 1, 2, 3, 4, 5])('with another byte %i before the hash is none', at => {
    expect(verdict(committed(flipped(at)))).toBe('unexpected-witness')
  })

  test.each([6, 20, 37])('with another byte %i in the hash is a wrong one', at => {
    expect(verdict(committed(flipped(at)))).toBe('bad-witness-merkle-match')
  })
})
