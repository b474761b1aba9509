// Lock times and relative lock times, at their exact edges and in blocks.

import { describe, expect, test } from 'vitest'
import { isFinal, sequenceLocksMet } from '../../node/ledger/chain/locks.ts'
import { makeTx } from '../../node/ledger/chain/tx.ts'
import type { Block, Coin } from '../../node/ledger/chain/types.ts'
import {
  buildBlock,
  coinbaseInput,
  mineBlock,
  mineBlocks,
  rewardOf,
  spend,
  testChain,
  testKey,
} from '../support/chain.ts'

const OUTPUTS = [{ valueSat: 1, script: testKey(1).script }]
const TIME_LOCK = 0x00400000

function txWith(lockTime: number, sequences: readonly number[], version = 2) {
  const inputs = sequences.map((sequence, index) => ({
    previous: { txid: '11'.repeat(32), index },
    scriptSig: new Uint8Array(0),
    sequence,
    witness: [],
  }))
  return makeTx({ version, inputs, outputs: OUTPUTS, lockTime })
}

describe('absolute lock times', () => {
  test.each<[lockTime: number, height: number, medianTime: number, final: boolean]>([
    [0, 0, 0, true],
    [100, 100, 0, false],
    [100, 101, 0, true],
    [499_999_999, 499_999_999, 0, false],
    // From 500,000,000 on it is a time, held against the median time past (BIP113), and heights do not matter.
    [500_000_000, 600_000_000, 500_000_000, false],
    [500_000_000, 0, 500_000_001, true],
  ])('%i at height %i, median time %i: %s', (lockTime, height, medianTime, final) => {
    expect(isFinal(txWith(lockTime, [0xfffffffe]), height, medianTime)).toBe(final)
  })

  test('do not bind when all inputs are final', () => {
    expect(isFinal(txWith(1_000, [0xffffffff, 0xffffffff]), 1, 1)).toBe(true)
    expect(isFinal(txWith(1_000, [0xffffffff, 0xfffffffe]), 1, 1)).toBe(false)
  })

  test('bind the coinbase as well', () => {
    const chain = testChain()
    const locked = (sequence: number) =>
      buildBlock(chain, { coinbase: { lockTime: 1, inputs: [{ ...coinbaseInput(1), sequence }] } })
    expect(() => chain.acceptBlock(locked(0))).toThrow(
      expect.objectContaining({ reason: 'bad-txns-nonfinal' }),
    )
    expect(chain.acceptBlock(locked(0xffffffff)).outcome).toBe('connected')
  })
})

describe('relative lock times', () => {
  const coin = (height: number): Coin => ({ valueSat: 1, script: new Uint8Array(0), height, coinbase: false })
  const at = (height: number, medianTime = 0, medianTimeAt = (_: number) => 0) => ({
    height,
    medianTime,
    medianTimeAt,
  })

  test('in blocks count from the coin’s height', () => {
    const tx = txWith(0, [10])
    expect(sequenceLocksMet(tx, [coin(100)], at(109))).toBe(false)
    expect(sequenceLocksMet(tx, [coin(100)], at(110))).toBe(true)
  })

  test('in units of 512 s count from the median time before the coin’s block', () => {
    const tx = txWith(0, [TIME_LOCK | 2])
    const medianTimeAt = (height: number) => (height === 99 ? 5_000 : 1_000_000)
    expect(sequenceLocksMet(tx, [coin(100)], at(101, 6_023, medianTimeAt))).toBe(false)
    expect(sequenceLocksMet(tx, [coin(100)], at(101, 6_024, medianTimeAt))).toBe(true)
  })

  test('only their 16 low bits count', () => {
    expect(sequenceLocksMet(txWith(0, [0x7fbf0001]), [coin(100)], at(101))).toBe(true)
  })

  test('are off with the highest bit, and in transactions of version 1', () => {
    expect(sequenceLocksMet(txWith(0, [0x8000ffff]), [coin(100)], at(100))).toBe(true)
    expect(sequenceLocksMet(txWith(0, [0xffff], 1), [coin(100)], at(100))).toBe(true)
    // Versions are unsigned: the highest one is not below 2.
    expect(sequenceLocksMet(txWith(0, [0xffff], 0xffffffff), [coin(100)], at(100))).toBe(false)
  })

  test('all inputs must be ready', () => {
    expect(sequenceLocksMet(txWith(0, [1, 9]), [coin(100), coin(100)], at(105))).toBe(false)
  })
})

describe('in a chain', () => {
  test('a coin that must rest three blocks is spent in the third, not in the second', () => {
    const chain = testChain()
    const coins = mineBlocks(chain, 6).map(rewardOf)
    const locked = spend(coins.slice(4, 5), { outputs: OUTPUTS, sequence: 3 })
    expect(() => chain.acceptBlock(buildBlock(chain, { txs: [locked] }))).toThrow(
      expect.objectContaining({ reason: 'bad-txns-nonfinal' }),
    )
    mineBlock(chain)
    expect(chain.acceptBlock(buildBlock(chain, { txs: [locked] })).outcome).toBe('connected')
  })

  test('a time lock opens when the median of the last eleven blocks has passed it, not when the block’s own time has', () => {
    const chain = testChain()
    const [first] = mineBlocks(chain, 12)
    const opens = chain.tip.header.time + 100
    const locked = spend([rewardOf(first as Block)], { outputs: OUTPUTS, lockTime: opens, sequence: 0 })
    for (let i = 0; i < 5; i++) mineBlock(chain, { time: opens + 10 + i })
    const early = buildBlock(chain, { txs: [locked], time: opens + 100 })
    expect(() => chain.acceptBlock(early)).toThrow(expect.objectContaining({ reason: 'bad-txns-nonfinal' }))
    mineBlock(chain, { time: opens + 20 })
    expect(chain.medianTimePast(chain.tip)).toBeGreaterThan(opens)
    expect(chain.acceptBlock(buildBlock(chain, { txs: [locked] })).outcome).toBe('connected')
  })

  test('after a reorganisation relative locks count on the new branch', () => {
    const chain = testChain()
    const coins = mineBlocks(chain, 5).map(rewardOf)
    const base = chain.tip
    const parentTx = spend(coins.slice(0, 1), { outputs: [{ valueSat: 9, script: testKey(0).script }] })
    const child = spend([{ point: { txid: parentTx.txid, index: 0 }, valueSat: 9 }], {
      outputs: OUTPUTS,
      sequence: 2,
    })
    mineBlock(chain, { txs: [parentTx], tag: 1 })
    mineBlock(chain, { tag: 1 })
    mineBlock(chain, { txs: [child], tag: 1 })
    // On the other branch the parent is confirmed one block later, so the child must wait one longer.
    const branch = [buildBlock(chain, { parent: base, tag: 2 })]
    const add = (options: object) => {
      const parent = chain.acceptHeaders([branch.at(-1) as Block].map(block => block.header)).last
      branch.push(buildBlock(chain, { parent, tag: 2, ...options }))
    }
    add({ txs: [parentTx] })
    add({})
    add({ txs: [child] })
    for (const block of branch) chain.acceptBlock(block)
    expect(chain.tip.hash).toBe(branch.at(-1)?.hash)
    expect(chain.verify(0)).toBe(true)
  })
})
