// Ephemeral dust: one output that is not worth spending comes in with what spends it, if nobody is paid to mine it alone.

import { describe, expect, it } from 'vitest'
import type { Tx } from '../../node/ledger/chain/types.ts'
import { buildBlock, outputOf, spend } from '../support/chain.ts'
import { funded, type Output, pay, payment, refusalOf, truc, txids } from '../support/mempool.ts'

/** A transaction of version 3 that pays `feeSat`, and dust beside what it keeps. */
function dusty(coin: Output, feeSat = 0, dusts: readonly number[] = [0]): Tx {
  const dustSat = dusts.reduce((sum, value) => sum + value, 0)
  const outputs = [pay(coin.valueSat - feeSat - dustSat), ...dusts.map(value => pay(value))]
  return spend([coin], { outputs, version: 3 })
}

const both = (parent: Tx): Output[] => [outputOf(parent, 0), outputOf(parent, 1)]

describe('dust', () => {
  it('comes in with what spends it', () => {
    const { mempool, coin } = funded()
    const parent = dusty(coin(0))
    const child = truc(both(parent), 2_000)
    expect(refusalOf(() => mempool.accept(parent))?.[0]).toBe('min relay fee not met')
    expect(mempool.acceptPackage([parent, child]).flaw).toBeUndefined()
    expect(txids(mempool)).toEqual([parent.txid, child.txid])
  })

  it('that is paid for does not, by its fee or by what was put on it', () => {
    const { mempool, coin } = funded()
    const words = ['dust', 'tx with dust output must be 0-fee']
    expect(refusalOf(() => mempool.accept(dusty(coin(0), 2_000)))).toEqual(words)
    const free = dusty(coin(1))
    mempool.prioritise(free.txid, 5_000)
    expect(refusalOf(() => mempool.accept(free))).toEqual(words)
    mempool.prioritise(free.txid, -5_000)
    const paid = dusty(coin(0), 2_000)
    const result = mempool.acceptPackage([paid, truc(both(paid), 2_000)])
    expect(result.flaw?.reason).toBe('transaction failed')
    expect(mempool.size).toBe(0)
  })

  it('in two outputs does not', () => {
    const { mempool, coin } = funded()
    const parent = dusty(coin(0), 0, [0, 1])
    const child = truc([...both(parent), outputOf(parent, 2)], 2_000)
    expect(mempool.acceptPackage([parent, child]).flaw?.reason).toBe('transaction failed')
    expect(refusalOf(() => mempool.accept(parent))).toEqual(['dust', ''])
  })

  it('must be spent by whoever spends anything beside it, in a package and after it', () => {
    const { mempool, coin } = funded()
    const parent = dusty(coin(0), 0, [293])
    const [kept] = both(parent) as [Output]
    const leaving = truc([kept], 2_000)
    const result = mempool.acceptPackage([parent, leaving])
    expect(result.flaw?.reason).toBe('unspent-dust')
    expect(mempool.size).toBe(0)
    expect(mempool.acceptPackage([parent, truc(both(parent), 2_000)]).flaw).toBeUndefined()
    const dearer = truc([kept], 9_000)
    expect(refusalOf(() => mempool.accept(dearer))).toEqual([
      'missing-ephemeral-spends',
      `tx ${dearer.txid} did not spend parent's ephemeral dust`,
    ])
    const better = truc(both(parent), 9_000)
    expect(mempool.accept(better).replaced).toHaveLength(1)
    expect(txids(mempool)).toEqual([parent.txid, better.txid])
  })

  it('may be spent without what stands beside it', () => {
    const { mempool, coin } = funded()
    const parent = dusty(coin(0), 0, [293])
    const child = truc([outputOf(parent, 1), coin(1)], 2_000)
    expect(mempool.acceptPackage([parent, child]).flaw).toBeUndefined()
  })

  it('is like any other output where everything is standard, and where it is confirmed', () => {
    const free = funded(3, { policy: { acceptNonStandard: true } })
    expect(free.mempool.accept(dusty(free.coin(0), 2_000, [0, 0])).feeSat).toBe(2_000)
    const { ledger, mempool, coin } = funded()
    const parent = dusty(coin(0))
    ledger.chain.acceptBlock(buildBlock(ledger.chain, { txs: [parent] }))
    expect(mempool.accept(payment([outputOf(parent, 0)], 2_000)).feeSat).toBe(2_000)
  })
})
