// The chain from outside: what it answers while it grows, and that no block, however broken, gets more out of it than a reason.

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { decode, encode } from '../../node/bitcoin/wire/codec.ts'
import { ConsensusError, ProtocolError } from '../../node/errors.ts'
import { blockCodec, makeBlock, merkleRootOf } from '../../node/ledger/chain/block.ts'
import { makeHeader } from '../../node/ledger/chain/header.ts'
import type { Block, BlockEntry } from '../../node/ledger/chain/types.ts'
import { chainParams, REGTEST } from '../../node/params.ts'
import {
  buildBlock,
  EASY_SPEC,
  mineBlock,
  mineBlocks,
  outputOf,
  rewardOf,
  spend,
  supplySat,
  testChain,
  testKey,
} from '../support/chain.ts'

const FAST = chainParams({ ...EASY_SPEC, checkProofOfWork: false })

describe('a growing chain', () => {
  test('on regtest adds up across a halving', () => {
    const chain = testChain({ params: REGTEST })
    mineBlocks(chain, 160)
    expect(chain.tip.height).toBe(160)
    expect(chain.utxoStats().totalSat).toBe(149 * 50e8 + 11 * 25e8)
    expect(chain.utxoStats().totalSat).toBe(supplySat(chain))
    expect(chain.verify(0)).toBe(true)
  })

  test('moves coins, and leaves the fee to the miner', () => {
    const chain = testChain()
    const reward = rewardOf(mineBlock(chain))
    mineBlock(chain)
    const payee = testKey(1).script
    const tx = spend([reward], { outputs: [{ valueSat: reward.valueSat - 1000, script: payee }] })
    const block = mineBlock(chain, { txs: [tx], claimSat: chain.subsidySat(3) + 1000 })
    expect(chain.tip.hash).toBe(block.hash)
    expect(chain.coin(`${tx.txid}:0`)).toEqual({
      valueSat: reward.valueSat - 1000,
      script: payee,
      height: 3,
      coinbase: false,
    })
    expect(chain.coin(`${reward.point.txid}:0`)).toBeUndefined()
    expect(chain.undo(block.hash)?.spent.map(([key]) => key)).toEqual([`${reward.point.txid}:0`])
    expect(chain.utxoStats().totalSat).toBe(supplySat(chain))
    expect(chain.verify(0)).toBe(true)
  })

  test('lets a transaction spend another of the same block', () => {
    const chain = testChain()
    const reward = rewardOf(mineBlock(chain))
    mineBlock(chain)
    const first = spend([reward], { outputs: [{ valueSat: 70, script: testKey(0).script }] })
    const second = spend([outputOf(first)], { outputs: [{ valueSat: 60, script: testKey(1).script }] })
    const block = mineBlock(chain, { txs: [first, second] })
    expect(chain.coin(`${first.txid}:0`)).toBeUndefined()
    expect(chain.coin(`${second.txid}:0`)?.valueSat).toBe(60)
    expect(chain.undo(block.hash)?.spent.length).toBe(2)
  })

  test('does not keep outputs that nobody can spend', () => {
    const chain = testChain()
    const outputs = [
      { valueSat: 1, script: Uint8Array.of(0x6a, 1, 2) },
      { valueSat: 2, script: new Uint8Array(10_001) },
      { valueSat: 3, script: new Uint8Array(10_000) },
    ]
    const block = mineBlock(chain, { coinbase: { outputs } })
    const [coinbase] = block.transactions
    expect([0, 1, 2].map(index => chain.coin(`${coinbase?.txid}:${index}`)?.valueSat)).toEqual([
      undefined,
      undefined,
      3,
    ])
  })

  test('answers by height, by ancestor and by median time', () => {
    const chain = testChain({ params: FAST })
    const blocks = mineBlocks(chain, 30)
    expect(chain.at(0)).toBe(chain.genesis)
    expect(chain.at(31)).toBeUndefined()
    expect(chain.at(12)?.hash).toBe(blocks[11]?.hash)
    expect(chain.ancestor(chain.tip, 12)).toBe(chain.at(12))
    expect(chain.ancestor(chain.tip, 31)).toBeUndefined()
    expect(chain.medianTimePast(chain.tip)).toBe(chain.at(25)?.header.time)
    expect(chain.medianTimePast(chain.at(1) as BlockEntry)).toBe(chain.at(1)?.header.time)
    expect(chain.locator()[0]).toBe(chain.tip.hash)
    expect(chain.locator().at(-1)).toBe(chain.genesis.hash)
    expect(chain.block('00'.repeat(32))).toBeUndefined()
  })

  test('starts with the genesis block alone', () => {
    const chain = testChain()
    expect(chain.tip).toBe(chain.genesis)
    expect(chain.block(chain.genesis.hash)?.transactions.length).toBe(1)
    expect(chain.undo(chain.genesis.hash)).toEqual({ spent: [] })
    expect(chain.utxoStats()).toMatchObject({ outputs: 0, totalSat: 0, transactions: 0 })
    expect(chain.tips()).toEqual([{ entry: chain.genesis, status: 'active', branchLength: 0 }])
    expect(chain.acceptBlock(chain.block(chain.genesis.hash) as Block).outcome).toBe('duplicate')
    expect(chain.verify(0)).toBe(true)
  })
})

describe('headers before blocks', () => {
  test('are linked, counted as best, and wait', () => {
    const source = testChain({ params: FAST })
    const blocks = mineBlocks(source, 5)
    const chain = testChain({ params: FAST })
    const { added, last } = chain.acceptHeaders(blocks.map(block => block.header))
    expect(added.map(entry => entry.hash)).toEqual(blocks.map(block => block.hash))
    expect(last).toBe(chain.bestHeader)
    expect(chain.tip).toBe(chain.genesis)
    expect(chain.hasBlock(last.hash)).toBe(false)
    expect(chain.acceptHeaders(blocks.map(block => block.header))).toEqual({ added: [], last })
    expect(chain.tips()[1]).toEqual({ entry: last, status: 'headers-only', branchLength: 5 })
    for (const block of blocks) expect(chain.acceptBlock(block).outcome).toBe('connected')
    expect(chain.tip).toBe(last)
    expect(chain.acceptBlock(blocks[2] as Block).outcome).toBe('duplicate')
  })

  test('that come before a bad one stay', () => {
    const source = testChain({ params: FAST })
    const headers = mineBlocks(source, 3).map(block => block.header)
    const bad = makeHeader({ ...(headers[2] as Block['header']), version: 1 })
    const chain = testChain({ params: FAST })
    expect(() => chain.acceptHeaders([...headers.slice(0, 2), bad])).toThrow(
      expect.objectContaining({ reason: 'bad-version' }),
    )
    expect(chain.bestHeader.hash).toBe(headers[1]?.hash)
    expect(chain.entry(bad.hash)).toBeUndefined()
  })

  test('show in getchaintips’ words what became of each branch', () => {
    const chain = testChain({ params: FAST })
    mineBlocks(chain, 4)
    const branch = (tag: number) => buildBlock(chain, { parent: chain.at(2) as BlockEntry, tag })
    chain.acceptHeaders([branch(1).header])
    chain.acceptBlock(branch(2))
    const bad = buildBlock(chain, { claimSat: 1e12, tag: 3 })
    expect(() => chain.acceptBlock(bad)).toThrow(ConsensusError)
    expect(chain.tips().map(tip => [tip.status, tip.entry.height, tip.branchLength])).toEqual([
      ['active', 4, 0],
      ['headers-only', 3, 1],
      ['valid-headers', 3, 1],
      ['invalid', 5, 1],
    ])
  })
})

describe('broken blocks', () => {
  /** A chain with a coin to spend, and a block with payments that could be next. */
  function next() {
    const chain = testChain({ params: FAST })
    const [first] = mineBlocks(chain, 4)
    const tx = spend([rewardOf(first as Block)], { outputs: [{ valueSat: 70, script: testKey(0).script }] })
    const child = spend([outputOf(tx)], { outputs: [{ valueSat: 60, script: testKey(1).script }] })
    return { chain, block: buildBlock(chain, { txs: [tx, child] }) }
  }

  test('with any bytes changed are refused with a reason, and the chain goes on', () => {
    const { chain, block } = next()
    const wire = encode(blockCodec, block)
    const { tip } = chain
    const changes = fc.array(fc.tuple(fc.nat({ max: wire.length - 81 }), fc.nat({ max: 255 })), {
      minLength: 1,
      maxLength: 3,
    })
    fc.assert(
      fc.property(changes, fc.boolean(), (changed, sealed) => {
        const bytes = wire.slice()
        for (const [at, value] of changed) bytes[80 + at] = value
        if (bytes.every((byte, i) => byte === wire[i])) return
        let broken: Block
        try {
          broken = decode(blockCodec, bytes)
        } catch (error) {
          expect(error).toBeInstanceOf(ProtocolError)
          return
        }
        // With a header that commits to the change, the rules behind the Merkle root get their turn.
        if (sealed) {
          const merkleRoot = merkleRootOf(broken.transactions).root
          broken = makeBlock(makeHeader({ ...broken.header, merkleRoot }), broken.transactions)
        }
        let outcome = ''
        try {
          outcome = chain.acceptBlock(broken).outcome
        } catch (error) {
          expect(error).toBeInstanceOf(ConsensusError)
          return
        }
        // What was not refused keeps every rule: the coinbase's own script and payees are free.
        expect(['connected', 'side', 'duplicate']).toContain(outcome)
      }),
      { numRuns: 400 },
    )
    expect(chain.verify(0)).toBe(true)
    const child = buildBlock(chain, { parent: chain.tip === tip ? tip : chain.tip })
    expect(chain.acceptBlock(child).outcome).toBe('connected')
    expect(chain.utxoStats().totalSat).toBeLessThanOrEqual(supplySat(chain))
  })

  test('with transactions swapped, dropped or repeated never connect', () => {
    const { chain, block } = next()
    const order = fc.array(fc.nat({ max: 2 }), { maxLength: 6 })
    fc.assert(
      fc.property(order, fc.boolean(), (picks, sealed) => {
        if (picks.join() === '0,1,2') return
        const transactions = picks.map(i => block.transactions[i] as Block['transactions'][number])
        const merkleRoot = sealed ? merkleRootOf(transactions).root : block.header.merkleRoot
        const broken = makeBlock(makeHeader({ ...block.header, merkleRoot }), transactions)
        expect(() => chain.acceptBlock(broken)).toThrow(ConsensusError)
      }),
    )
    expect(chain.acceptBlock(block).outcome).toBe('connected')
  })
})
