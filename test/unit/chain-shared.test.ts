// What validation yields is shared between chains: checked once, and no way around the checks.

import { describe, expect, test } from 'vitest'
import { decode, encode } from '../../node/bitcoin/wire/codec.ts'
import { blockCodec, makeBlock } from '../../node/ledger/chain/block.ts'
import { SharedValidation } from '../../node/ledger/chain/chain.ts'
import type { Block } from '../../node/ledger/chain/types.ts'
import { chainParams } from '../../node/params.ts'
import { EASY_SPEC, mineBlock, outputOf, rewardOf, spend, testChain, testKey } from '../support/chain.ts'

const FAST = chainParams({ ...EASY_SPEC, checkProofOfWork: false, coinbaseMaturity: 1 })
const KEY = testKey(0).script

describe('shared validation', () => {
  test('a second chain takes over outcomes, and checks no signature again', () => {
    const shared = new SharedValidation()
    const first = testChain({ params: FAST, shared })
    const reward = rewardOf(mineBlock(first))
    const tx = spend([reward], { outputs: [{ valueSat: 1, script: KEY }] })
    mineBlock(first, { txs: [tx, spend([outputOf(tx)], { outputs: [{ valueSat: 1, script: KEY }] })] })

    const refuse = () => {
      throw new Error('a signature was checked')
    }
    const noSecp = {
      verify: refuse,
      verifySchnorr: refuse,
      tweakPublicKey: refuse,
      sign: () => new Uint8Array(64),
      signRecoverable: () => ({ signature: new Uint8Array(64), id: 0 }),
      recover: () => undefined,
      isPrivateKey: () => false,
      publicKey: () => new Uint8Array(33),
      signSchnorr: () => new Uint8Array(64),
      isPoint: () => false,
      addToPrivateKey: refuse,
      addToPublicKey: refuse,
      negatePrivateKey: refuse,
    }
    const second = testChain({ params: FAST, shared, secp: noSecp })
    for (let height = 1; height <= 2; height++) {
      const block = first.block(first.at(height)?.hash ?? '') as Block
      // As it would come over the wire: equal, but another object.
      second.acceptBlock(decode(blockCodec, encode(blockCodec, block)))
      expect(second.block(block.hash)).toBe(block)
    }
    expect(second.utxoStats()).toEqual(first.utxoStats())
  })

  test('a mutated copy of a shared block is still refused', () => {
    const shared = new SharedValidation()
    const first = testChain({ params: FAST, shared })
    const reward = rewardOf(mineBlock(first))
    const block = mineBlock(first, { txs: [spend([reward], { outputs: [{ valueSat: 1, script: KEY }] })] })
    const second = testChain({ params: FAST, shared })
    second.acceptBlock(first.block(block.header.prev) as Block)
    const cut = makeBlock(block.header, block.transactions.slice(0, 1))
    expect(() => second.acceptBlock(cut)).toThrow(expect.objectContaining({ reason: 'bad-txnmrklroot' }))
    expect(second.acceptBlock(block).outcome).toBe('connected')
  })
})
