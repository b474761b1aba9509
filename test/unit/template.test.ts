// Block templates: each must be a valid block once its nonce is found, and hold what pays best.

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { toHex } from '../../node/bitcoin/wire/hex.ts'
import { makeBlock } from '../../node/ledger/chain/block.ts'
import { concat, pushData } from '../../node/ledger/chain/push.ts'
import type { Tx, TxOut } from '../../node/ledger/chain/types.ts'
import { Heap } from '../../node/ledger/heap.ts'
import { buildTemplate } from '../../node/ledger/template.ts'
import { chainParams, REGTEST } from '../../node/params.ts'
import {
  buildBlock,
  bulk,
  EASY_SPEC,
  NOW_MS,
  outputOf,
  rewardOf,
  solve,
  spend,
  testKey,
} from '../support/chain.ts'
import { TestLedger, type TestLedgerOptions } from '../support/ledger.ts'

const HOME = testKey(0).script
const pay = (valueSat: number): TxOut => ({ valueSat, script: HOME })
type Output = ReturnType<typeof outputOf>
/** A bare multisignature of one key. */
const ONE_OF_ONE = concat(Uint8Array.of(0x51), pushData(testKey(0).publicKey), Uint8Array.of(0x51, 0xae))

function funded(count: number, options?: TestLedgerOptions) {
  const ledger = new TestLedger(options)
  const rewards = ledger.mineMany(count + 2, HOME).map(rewardOf)
  return { ledger, coin: (i: number) => rewards[i] as Output }
}

function templateOf({ chain, mempool, clock }: TestLedger, extraNonce = 0) {
  return buildTemplate(chain, mempool, { script: HOME, extraNonce, nowMs: clock.nowMs })
}

/** The ids of the template's transactions, without the coinbase's. */
function chosenOf(ledger: TestLedger): string[] {
  return templateOf(ledger)
    .block.transactions.slice(1)
    .map(tx => tx.txid)
}

/** A payment among other outputs, so that its size can be chosen. */
function sized(coin: Output, feeSat: number, bytes = 0): Tx {
  const others = bulk(bytes)
  const restSat = others.reduce((rest, { valueSat }) => rest - valueSat, coin.valueSat - feeSat)
  return spend([coin], { outputs: [pay(restSat), ...others] })
}

/** Networks whose blocks hold little. */
const narrow = (maxBlockWeight: number) => ({ params: chainParams({ ...EASY_SPEC, maxBlockWeight }) })

describe('an empty template', () => {
  it('claims the subsidy, names its height, and commits to witnesses all the same', () => {
    const ledger = new TestLedger()
    const { block, feesSat, height } = templateOf(ledger)
    expect([feesSat, height, block.transactions.length]).toEqual([0, 1, 1])
    const [coinbase] = block.transactions as [Tx]
    expect(coinbase.outputs[0]).toEqual({ valueSat: ledger.chain.subsidySat(1), script: HOME })
    expect(toHex(coinbase.inputs[0]?.scriptSig as Uint8Array)).toBe(`51${'08'}${'00'.repeat(8)}`)
    // BIP141: of the witness root of one coinbase (zeros) and 32 zeros
    expect(toHex(coinbase.outputs[1]?.script as Uint8Array)).toBe(
      '6a24aa21a9ede2f61c3f71d1defd3fa999dfa36953755c690689799962b48bebd836974e8cf9',
    )
    expect(block.header.nonce).toBe(0)
  })

  it('is another block for another extra nonce', () => {
    const ledger = new TestLedger()
    const hashes = [0, 1, 2, 2 ** 32, 2 ** 53 - 1].map(extra => templateOf(ledger, extra).block.hash)
    expect(new Set(hashes).size).toBe(5)
  })

  it('can be mined at every height where the push of the height changes its form', () => {
    const ledger = new TestLedger()
    ledger.mineMany(130, HOME)
    expect(ledger.chain.tip.height).toBe(130)
  })
})

describe('the time of a template', () => {
  it('is the clock', () => {
    const ledger = new TestLedger()
    ledger.clock.nowMs += 5_999
    expect(templateOf(ledger).block.header.time).toBe(NOW_MS / 1000 + 5)
  })

  it('is just later than the median of the last blocks when the clock is not', () => {
    const ledger = new TestLedger()
    for (let i = 0; i < 12; i++) ledger.accept(buildBlock(ledger.chain, { time: NOW_MS / 1000 + 60 * i }))
    const { block } = templateOf(ledger)
    expect(block.header.time).toBe(ledger.chain.medianTimePast(ledger.chain.tip) + 1)
  })

  it('does not step back by more than BIP94 allows where regtest begins a period', () => {
    const ledger = new TestLedger({ params: REGTEST })
    ledger.mineMany(142, HOME)
    const ahead = NOW_MS / 1000 + 7_000
    ledger.accept(buildBlock(ledger.chain, { time: ahead }))
    const { block, height } = templateOf(ledger)
    expect([height, block.header.time]).toEqual([144, ahead - 600])
    ledger.mine(HOME)
    expect(ledger.chain.tip.height).toBe(144)
    expect(templateOf(ledger).block.header.time).toBeLessThan(ahead - 600)
  })
})

describe('the choice of transactions', () => {
  it('takes everything when there is room, parents first, and claims all fees', () => {
    const { ledger, coin } = funded(2)
    const parent = sized(coin(0), 1_000)
    const child = sized(outputOf(parent), 90_000)
    const other = sized(coin(1), 5_000)
    for (const tx of [parent, child, other]) ledger.mempool.accept(tx)
    const { block, feesSat } = templateOf(ledger)
    expect(feesSat).toBe(96_000)
    expect(block.transactions[0]?.outputs[0]?.valueSat).toBe(
      ledger.chain.subsidySat(block.transactions.length) + 96_000,
    )
    expect(chosenOf(ledger)).toEqual([parent.txid, child.txid, other.txid])
    ledger.mine(HOME)
    expect(ledger.mempool.size).toBe(0)
  })

  it('lets a child pay for its parent, ahead of one that pays better than the parent alone', () => {
    const { ledger, coin } = funded(2, narrow(4_000))
    const parent = sized(coin(0), 200)
    const child = sized(outputOf(parent), 40_000)
    const middling = sized(coin(1), 20_000, 600)
    for (const tx of [middling, parent, child]) ledger.mempool.accept(tx)
    expect(chosenOf(ledger)).toEqual([parent.txid, child.txid])
  })

  it('does not let a rich parent lend its rate to a poor child', () => {
    const { ledger, coin } = funded(2, narrow(4_000))
    const parent = sized(coin(0), 50_000)
    const child = sized(outputOf(parent), 700, 300)
    const middling = sized(coin(1), 9_000, 300)
    for (const tx of [parent, child, middling]) ledger.mempool.accept(tx)
    expect(chosenOf(ledger)).toEqual([parent.txid, middling.txid])
  })

  it('counts signature operations as well as weight', () => {
    const params = { ...chainParams(EASY_SPEC), maxBlockSigopsCost: 5_000 }
    const { ledger, coin } = funded(3, { params })
    // 30 multisignatures, each counted as 20: 2,400
    const many = [0, 1, 2].map(i => {
      const outputs = Array.from({ length: 30 }, () => ({ valueSat: 1_000, script: ONE_OF_ONE }))
      return spend([coin(i)], { outputs: [pay(coin(i).valueSat - 1e6 - i), ...outputs] })
    })
    for (const tx of many) ledger.mempool.accept(tx)
    expect(chosenOf(ledger)).toEqual([many[2]?.txid, many[1]?.txid])
    ledger.mine(HOME)
    expect(ledger.mempool.size).toBe(1)
  })

  it('is by what fees count for, and leaves out what counts for less than is relayed', () => {
    const { ledger, coin } = funded(3)
    const [rich, poor, least] = [sized(coin(0), 9_000), sized(coin(1), 1_000), sized(coin(2), 1_000)]
    for (const tx of [rich, poor, least]) ledger.mempool.accept(tx)
    ledger.mempool.prioritise(poor.txid, 20_000)
    ledger.mempool.prioritise(least.txid, -990)
    expect(chosenOf(ledger)).toEqual([poor.txid, rich.txid])
    // what is claimed is what was paid
    expect(templateOf(ledger).feesSat).toBe(10_000)
    ledger.mempool.prioritise(least.txid, 100)
    expect(chosenOf(ledger)).toEqual([poor.txid, rich.txid, least.txid])
  })

  it('is bounded by the node’s own policy as well as by the chain', () => {
    const { ledger, coin } = funded(2, { policy: { blockMaxWeight: 1_400, blockMinSatPerKvb: 20_000 } })
    const [rich, fair] = [sized(coin(0), 9_000), sized(coin(1), 8_000)]
    const poor = sized(outputOf(fair), 1_000)
    for (const tx of [fair, rich, poor]) ledger.mempool.accept(tx)
    expect(chosenOf(ledger)).toEqual([rich.txid])
    ledger.mine(HOME)
    expect(chosenOf(ledger)).toEqual([fair.txid])
  })

  it('is always a valid block within its weight, whatever is waiting', () => {
    const plan = fc.array(
      fc.record({
        from: fc.nat(),
        feeSat: fc.integer({ min: 2_000, max: 40_000 }),
        data: fc.integer({ min: 1, max: 1_500 }),
      }),
      { minLength: 1, maxLength: 25 },
    )
    const weight = fc.integer({ min: 4_000, max: 20_000 })
    fc.assert(
      fc.property(plan, weight, (steps, maxBlockWeight) => {
        const { ledger, coin } = funded(4, narrow(maxBlockWeight))
        const free = [0, 1, 2, 3].map(coin)
        for (const { from, feeSat, data } of steps) {
          const [spent] = free.splice(from % free.length, 1) as [Output]
          const others = bulk(data)
          const restSat = others.reduce((rest, { valueSat }) => rest - valueSat, spent.valueSat - feeSat)
          const half = Math.floor(restSat / 2)
          const tx = spend([spent], { outputs: [pay(half), pay(half), ...others] })
          ledger.mempool.accept(tx)
          free.push(outputOf(tx, 0), outputOf(tx, 1))
        }
        const before = ledger.mempool.feesSat
        const { block, feesSat } = templateOf(ledger)
        expect(block.weight).toBeLessThanOrEqual(maxBlockWeight)
        // throws if the block breaks any rule, the order of its transactions among them
        ledger.accept(makeBlock(solve(block.header, ledger.chain.params), block.transactions))
        expect(ledger.mempool.feesSat).toBe(before - feesSat)
        const left = [...ledger.mempool.entries()].filter(entry => entry.parents.size === 0)
        const spare = maxBlockWeight - block.weight
        for (const { tx } of left) expect(tx.weight).toBeGreaterThan(spare - 4 * 8)
      }),
      { numRuns: 30 },
    )
  })
})

describe('the heap', () => {
  it('gives back any items in order, however they came', () => {
    fc.assert(
      fc.property(fc.array(fc.integer()), fc.array(fc.integer()), (first, then) => {
        const heap = new Heap<number>((a, b) => a < b, first)
        for (const item of then) heap.push(item)
        expect(heap.size).toBe(first.length + then.length)
        const sorted = Array.from({ length: heap.size }, () => heap.pop())
        expect(sorted).toEqual([...first, ...then].sort((a, b) => a - b))
        expect(heap.pop()).toBeUndefined()
      }),
    )
  })
})
