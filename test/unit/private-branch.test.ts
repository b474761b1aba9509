// What a strategy makes an honest node do: keep to a branch that has less work, and put payments of its own into its blocks.

import { describe, expect, test } from 'vitest'
import { makeBlock } from '../../node/ledger/chain/block.ts'
import { outPointKey } from '../../node/ledger/chain/tx.ts'
import type { Tx, TxOut } from '../../node/ledger/chain/types.ts'
import { buildTemplate } from '../../node/ledger/template.ts'
import { mineBlock, outputOf, rewardOf, solve, spend, testChain, testKey } from '../support/chain.ts'
import { TestLedger } from '../support/ledger.ts'

describe('a chain that stays', () => {
  test('keeps to what fits, however much work the other branch has, and follows it when it may again', () => {
    const [own, public_] = [testChain({}), testChain({})]
    const base = mineBlock(own, { tag: 1 })
    public_.acceptBlock(base)
    const secret = mineBlock(own, { tag: 2 })
    own.stay(({ hash }) => hash === secret.hash)
    const others = [3, 4, 5].map(tag => mineBlock(public_, { tag }))
    for (const block of others) expect(own.acceptBlock(block).outcome).toBe('side')
    expect(own.tip.hash).toBe(secret.hash)
    expect(own.stays).toBe(true)
    const { disconnected, connected } = own.follow()
    expect(disconnected.map(({ hash }) => hash)).toEqual([secret.hash])
    expect(connected.map(({ hash }) => hash)).toEqual(others.map(({ hash }) => hash))
    expect([own.tip.hash, own.stays]).toEqual([public_.tip.hash, false])
    expect(own.verify(0)).toBe(true)
  })

  test('that has most work itself stays where it is when it follows', () => {
    const chain = testChain({})
    const block = mineBlock(chain, { tag: 1 })
    chain.stay(() => false)
    expect(chain.follow().connected).toEqual([])
    expect(chain.tip.hash).toBe(block.hash)
  })
})

describe('a template with payments of its own', () => {
  const HOME = testKey(0).script
  const pay = (valueSat: number): TxOut => ({ valueSat, script: HOME })
  const template = ({ chain, mempool, clock }: TestLedger, included: readonly Tx[]) =>
    buildTemplate(chain, mempool, { script: HOME, extraNonce: 0, nowMs: clock.nowMs, included }).block

  test('has them, and neither what spends the same coins nor what hangs on that', () => {
    const ledger = new TestLedger()
    const [a, b] = ledger.mineMany(4, HOME).map(rewardOf)
    if (!a || !b) throw new Error('no rewards')
    const contrary = spend([a], { outputs: [pay(a.valueSat - 1000)] })
    const child = spend([outputOf(contrary)], {
      outputs: [pay(a.valueSat - 2000)],
    })
    const other = spend([b], { outputs: [pay(b.valueSat - 1000)] })
    for (const tx of [contrary, child, other]) ledger.mempool.accept(tx)
    const own = spend([a], { outputs: [pay(a.valueSat - 500)] })
    const ids = (block: { transactions: readonly Tx[] }) =>
      block.transactions.slice(1).map(({ txid }) => txid)
    expect(new Set(ids(template(ledger, [])))).toEqual(new Set([contrary.txid, child.txid, other.txid]))
    const block = template(ledger, [own])
    expect(ids(block)).toEqual([own.txid, other.txid])
    const solved = makeBlock(solve(block.header, ledger.chain.params), block.transactions)
    expect(ledger.chain.acceptBlock(solved).outcome).toBe('connected')
    // Its coin is spent now: it is left out.
    expect(ledger.chain.coin(outPointKey(own.inputs[0]?.previous as never))).toBeUndefined()
    expect(ids(template(ledger, [own]))).not.toContain(own.txid)
  })
})
