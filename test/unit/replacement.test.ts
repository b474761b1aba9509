// Replacement by fee: what a newcomer must pay to take others' place, and what it must not do. Words are Core's.

import { describe, expect, it } from 'vitest'
import type { Tx } from '../../node/ledger/chain/types.ts'
import { isBetter } from '../../node/ledger/diagram.ts'
import { coinText, rateText } from '../../node/ledger/money.ts'
import { buildBlock, outputOf } from '../support/chain.ts'
import { funded, payment, refusalOf, txids, vsizeOf } from '../support/mempool.ts'

describe('a replacement', () => {
  it('takes the place of what it conflicts with and of all that hangs on it; listeners hear of both', () => {
    const { mempool, coin } = funded()
    const old = payment([coin(0)], 1_000)
    const child = payment([outputOf(old)], 1_000)
    const other = payment([coin(1)], 1_000)
    for (const tx of [old, child, other]) mempool.accept(tx)
    const heard: string[] = []
    mempool.listen({ added: tx => heard.push(`+${tx.txid}`), removed: tx => heard.push(`-${tx.txid}`) })
    const better = payment([coin(0)], 3_000)
    const { replaced } = mempool.accept(better)
    expect(new Set(replaced)).toEqual(new Set([old, child]))
    expect(txids(mempool)).toEqual([other.txid, better.txid])
    expect(heard).toEqual([`-${child.txid}`, `-${old.txid}`, `+${better.txid}`])
    expect([mempool.size, mempool.feesSat, mempool.bytes]).toEqual([
      2,
      4_000,
      vsizeOf(other) + vsizeOf(better),
    ])
  })

  it('needs no signal of those whom it replaces', () => {
    const { mempool, coin } = funded()
    mempool.accept(payment([coin(0)], 1_000, { sequence: 0xffffffff }))
    expect(refusalOf(() => mempool.accept(payment([coin(0)], 2_000)))).toBeUndefined()
  })

  it('pays a higher rate than each whom it replaces himself', () => {
    const { mempool, coin } = funded()
    const old = payment([coin(0)], 1_000)
    mempool.accept(old)
    const larger = payment([coin(0)], 2_000, { bytes: 1_000 })
    const rates = [2_000 / vsizeOf(larger), 1_000 / vsizeOf(old)].map(rate =>
      (Math.floor(rate * 1_000) / 1e8).toFixed(8),
    )
    expect(refusalOf(() => mempool.accept(larger))).toEqual([
      'insufficient fee',
      `rejecting replacement ${larger.txid}; new feerate ${rates[0]} BTC/kvB <= old feerate ${rates[1]} BTC/kvB`,
    ])
  })

  it('pays what all pay that go, and its own size besides', () => {
    const { mempool, coin } = funded()
    const old = payment([coin(0)], 1_000)
    for (const tx of [old, payment([outputOf(old)], 4_000)]) mempool.accept(tx)
    const poor = payment([coin(0)], 4_999)
    expect(refusalOf(() => mempool.accept(poor))).toEqual([
      'insufficient fee',
      `rejecting replacement ${poor.txid}, less fees than conflicting txs; 0.00004999 < 0.00005`,
    ])
    const dueSat = vsizeOf(poor)
    const near = payment([coin(0)], 5_000 + dueSat - 1)
    expect(refusalOf(() => mempool.accept(near))).toEqual([
      'insufficient fee',
      `rejecting replacement ${near.txid}, not enough additional fees to relay; ${coinText(dueSat - 1)} < ${coinText(dueSat)}`,
    ])
    expect(refusalOf(() => mempool.accept(payment([coin(0)], 5_000 + dueSat)))).toBeUndefined()
  })

  it('is counted by what prioritise put on it, and on the others', () => {
    const { mempool, coin } = funded()
    const [old, poor] = [payment([coin(0)], 1_000), payment([coin(0)], 1_001)]
    mempool.accept(old)
    mempool.prioritise(poor.txid, 1_000)
    mempool.prioritise(old.txid, 1_000)
    expect(refusalOf(() => mempool.accept(poor))?.[0]).toBe('insufficient fee')
    mempool.prioritise(old.txid, -1_000)
    expect(refusalOf(() => mempool.accept(poor))).toBeUndefined()
  })

  it('spends nothing unconfirmed that those who go did not spend', () => {
    const { mempool, coin } = funded()
    const [old, other] = [payment([coin(0)], 1_000), payment([coin(1)], 1_000)]
    for (const tx of [old, other]) mempool.accept(tx)
    const mixed = payment([coin(0), outputOf(other)], 10_000)
    expect(refusalOf(() => mempool.accept(mixed))).toEqual([
      'replacement-adds-unconfirmed',
      `replacement ${mixed.txid} adds unconfirmed input, idx 1`,
    ])
  })

  it('does not hang on what it would replace', () => {
    const { mempool, coin } = funded()
    const old = payment([coin(0)], 1_000)
    mempool.accept(old)
    const absurd = payment([coin(0), outputOf(old)], 10_000)
    expect(refusalOf(() => mempool.accept(absurd))).toEqual([
      'bad-txns-spends-conflicting-tx',
      `${absurd.txid} spends conflicting transaction ${old.txid}`,
    ])
  })

  it('makes a hundred go at most', () => {
    const { mempool, coin } = funded(6)
    const roots = [0, 1, 2, 3].map(i => payment([coin(i)], 1_000, { ways: 24 }))
    for (const root of roots) {
      mempool.accept(root)
      for (let i = 0; i < 24; i++) mempool.accept(payment([outputOf(root, i)], 200))
    }
    const coins = [0, 1, 2, 3].map(coin)
    const exact = payment(coins, 1_000_000)
    const last = payment([coin(4)], 1_000)
    mempool.accept(last)
    const beyond = payment([...coins, coin(4)], 1_000_000)
    expect(refusalOf(() => mempool.accept(beyond))).toEqual([
      'too many potential replacements',
      `rejecting replacement ${beyond.txid}; too many potential replacements (101 > 100)\n`,
    ])
    expect(mempool.accept(exact).replaced).toHaveLength(100)
  })

  it('of one may come where its rival was, though that had as many descendants as one may have', () => {
    const { mempool, coin } = funded()
    const root = payment([coin(0)], 1_000, { ways: 2 })
    mempool.accept(root)
    const rival = payment([outputOf(root)], 1_000)
    mempool.accept(rival)
    let tip: Tx = payment([outputOf(root, 1)], 1_000)
    for (let i = 0; i < 23; i++) {
      mempool.accept(tip)
      tip = payment([outputOf(tip)], 1_000)
    }
    expect(mempool.get(root.txid)?.descendants.count).toBe(25)
    expect(mempool.accept(payment([outputOf(root)], 3_000)).replaced).toEqual([rival])
  })
})

describe('limits of relatives are told in words', () => {
  it('of ancestors, and of descendants', () => {
    const { mempool, coin } = funded()
    let tip = payment([coin(0)], 1_000, { ways: 2 })
    const root = tip
    for (let i = 0; i < 25; i++) {
      mempool.accept(tip)
      tip = payment([outputOf(tip)], 1_000)
    }
    expect(refusalOf(() => mempool.accept(tip))).toEqual([
      'too-long-mempool-chain',
      'too many unconfirmed ancestors [limit: 25]',
    ])
    const large = payment([outputOf(root, 1)], 20_000, { bytes: 10_000 })
    expect(refusalOf(() => mempool.accept(large))).toEqual([
      'too-long-mempool-chain',
      `too many descendants for tx ${root.txid} [limit: 25]`,
    ])
  })

  it('of sizes', () => {
    const { mempool, coin } = funded()
    const root = payment([coin(0)], 100_000, { ways: 2, bytes: 60_000 })
    mempool.accept(root)
    const child = payment([outputOf(root)], 100_000, { bytes: 45_000 })
    expect(refusalOf(() => mempool.accept(child))).toEqual([
      'too-long-mempool-chain',
      `exceeds descendant size limit for tx ${root.txid} [limit: 101000]`,
    ])
    const second = payment([coin(1)], 100_000, { bytes: 60_000 })
    mempool.accept(second)
    const both = payment([outputOf(root), outputOf(second)], 1_000)
    expect(refusalOf(() => mempool.accept(both))).toEqual([
      'too-long-mempool-chain',
      'exceeds ancestor size limit [limit: 101000]',
    ])
  })
})

describe('what a reorganisation brings back together', () => {
  it('may have more descendants than otherwise, but no more ancestors', () => {
    const { ledger, mempool, coin } = funded()
    const fork = ledger.chain.tip
    const root = payment([coin(0)], 1_000, { ways: 40 })
    ledger.accept(buildBlock(ledger.chain, { txs: [root] }))
    const children = Array.from({ length: 40 }, (_, i) => payment([outputOf(root, i)], 1_000))
    for (const child of children) mempool.accept(child)
    let tip = children[0] as Tx
    for (let i = 0; i < 24; i++) {
      tip = payment([outputOf(tip)], 1_000)
      mempool.accept(tip)
    }
    const { entry } = ledger.accept(buildBlock(ledger.chain, { parent: fork, tag: 1 }))
    ledger.accept(buildBlock(ledger.chain, { parent: entry, tag: 1 }))
    expect(mempool.has(tip.txid)).toBe(false) // it would have 25 ancestors
    expect(mempool.get(root.txid)?.descendants.count).toBe(1 + 40 + 23)
  })
})

describe('diagrams of fee rates', () => {
  const chunk = (feeSat: number, vsize: number) => ({ feeSat, vsize })
  it.each([
    ['more for the same room', [chunk(11, 10)], [chunk(10, 10)], true],
    ['the same', [chunk(10, 10)], [chunk(10, 10)], false],
    ['the same in pieces', [chunk(5, 5), chunk(5, 5)], [chunk(10, 10)], false],
    ['the same for less room', [chunk(10, 5)], [chunk(10, 10)], true],
    ['more in all, but less at first', [chunk(20, 20)], [chunk(12, 5), chunk(1, 15)], false],
    ['less in all', [chunk(9, 1)], [chunk(10, 10)], false],
    ['better chunks whatever their order', [chunk(1, 10), chunk(20, 10)], [chunk(15, 10)], true],
  ])('%s', (_name, after, before, better) => {
    expect(isBetter(after, before)).toBe(better)
  })
})

it.each([
  [0, '0.00', '0.00000000 BTC/kvB'],
  [1_000, '0.00001', '0.00001000 BTC/kvB'],
  [150_000_000, '1.50', '1.50000000 BTC/kvB'],
  [-12_345_678, '-0.12345678', '-0.12345678 BTC/kvB'],
])('%i satoshi as text', (sat, coins, rate) => {
  expect([coinText(sat), rateText(sat)]).toEqual([coins, rate])
})
