// Transactions of version 3 (BIP 431): which families they may have, and what a child may do in return.

import { describe, expect, it } from 'vitest'
import { makeTx } from '../../node/ledger/chain/tx.ts'
import type { Tx } from '../../node/ledger/chain/types.ts'
import { buildBlock, outputOf } from '../support/chain.ts'
import { ANCHOR, funded, pay, payment, refusalOf, truc, txids, vsizeOf } from '../support/mempool.ts'

const name = ({ txid, wtxid }: Tx) => `tx ${txid} (wtxid=${wtxid})`

describe('a family of version 3', () => {
  it('is of two at most', () => {
    const { mempool, coin } = funded()
    const parent = truc([coin(0)], 1_000, { ways: 2 })
    const child = truc([outputOf(parent)], 1_000)
    for (const tx of [parent, child]) mempool.accept(tx)
    const grandchild = truc([outputOf(child)], 1_000)
    expect(refusalOf(() => mempool.accept(grandchild))).toEqual([
      'TRUC-violation',
      `${name(grandchild)} would have too many ancestors`,
    ])
    const other = truc([coin(1)], 1_000)
    mempool.accept(other)
    const heir = truc([outputOf(parent, 1), outputOf(other)], 1_000)
    expect(refusalOf(() => mempool.accept(heir))).toEqual([
      'TRUC-violation',
      `${name(heir)} would have too many ancestors`,
    ])
  })

  it('has no members of other versions, but for confirmed ones', () => {
    const { ledger, mempool, coin } = funded()
    const [third, second] = [truc([coin(0)], 1_000), payment([coin(1)], 1_000)]
    for (const tx of [third, second]) mempool.accept(tx)
    const [old, young] = [payment([outputOf(third)], 1_000), truc([outputOf(second)], 1_000)]
    expect(refusalOf(() => mempool.accept(old))).toEqual([
      'TRUC-violation',
      `non-version=3 ${name(old)} cannot spend from version=3 ${name(third)}`,
    ])
    expect(refusalOf(() => mempool.accept(young))).toEqual([
      'TRUC-violation',
      `version=3 ${name(young)} cannot spend from non-version=3 ${name(second)}`,
    ])
    ledger.accept(buildBlock(ledger.chain, { txs: [third, second] }))
    for (const tx of [old, young]) mempool.accept(tx)
    expect(mempool.size).toBe(2)
  })

  it('has small members', () => {
    const { mempool, coin } = funded()
    const large = truc([coin(0)], 20_000, { bytes: 10_000 })
    expect(refusalOf(() => mempool.accept(large))).toEqual([
      'TRUC-violation',
      `version=3 tx ${large.txid} (wtxid=${large.wtxid}) is too big: ${vsizeOf(large)} > 10000 virtual bytes`,
    ])
    const parent = truc([coin(1)], 10_000, { bytes: 9_000 })
    mempool.accept(parent)
    const child = truc([outputOf(parent)], 10_000, { bytes: 1_000 })
    expect(refusalOf(() => mempool.accept(child))).toEqual([
      'TRUC-violation',
      `version=3 child tx ${child.txid} (wtxid=${child.wtxid}) is too big: ${vsizeOf(child)} > 1000 virtual bytes`,
    ])
    mempool.accept(truc([outputOf(parent)], 10_000, { bytes: 800 }))
  })

  it('that a reorganisation brings together stays, though it is too large', () => {
    const { ledger, mempool, coin } = funded()
    const fork = ledger.chain.tip
    const parent = truc([coin(0)], 1_000, { ways: 2 })
    ledger.accept(buildBlock(ledger.chain, { txs: [parent] }))
    const children = [0, 1].map(i => truc([outputOf(parent, i)], 1_000))
    for (const child of children) mempool.accept(child)
    const { entry } = ledger.accept(buildBlock(ledger.chain, { parent: fork, tag: 1 }))
    ledger.accept(buildBlock(ledger.chain, { parent: entry, tag: 1 }))
    expect(txids(mempool)).toEqual([parent, ...children].map(({ txid }) => txid))
    const third = truc([coin(1)], 1_000)
    mempool.accept(third)
    const heir = truc([outputOf(children[0] as Tx)], 9_000)
    expect(refusalOf(() => mempool.accept(heir))?.[0]).toBe('TRUC-violation')
  })
})

describe('a child of version 3', () => {
  const family = (siblingFeeSat: number) => {
    const field = funded()
    const parent = truc([field.coin(0)], 1_000, { ways: 2 })
    const sibling = truc([outputOf(parent)], siblingFeeSat)
    for (const tx of [parent, sibling]) field.mempool.accept(tx)
    return { ...field, parent, sibling }
  }

  it('takes its sibling’s place, though they spend nothing of the same', () => {
    const { mempool, parent, sibling } = family(1_000)
    const heir = truc([outputOf(parent, 1)], 2_000)
    expect(mempool.accept(heir).replaced).toEqual([sibling])
    expect(txids(mempool)).toEqual([parent.txid, heir.txid])
  })

  it('pays for that as for any replacement', () => {
    const { mempool, parent } = family(1_000)
    const poor = truc([outputOf(parent, 1)], 1_050)
    const [reason, detail] = refusalOf(() => mempool.accept(poor)) ?? []
    expect(reason).toBe('insufficient fee (including sibling eviction)')
    expect(detail).toContain('not enough additional fees to relay')
  })

  it('spends a parent’s anchor with nothing', () => {
    const { mempool, coin } = funded()
    const [one] = [coin(0)]
    const parent = payment([one], 1_000, {
      version: 3,
      outputs: [pay(one.valueSat - 1_240), pay(240, ANCHOR)],
    })
    mempool.accept(parent)
    const anchor = {
      previous: { txid: parent.txid, index: 1 },
      scriptSig: new Uint8Array(),
      sequence: 0xffffffff,
      witness: [],
    }
    const child = truc([outputOf(parent)], 1_000)
    const spend = makeTx({ ...child, inputs: [anchor], outputs: [pay(0, data(30))] })
    mempool.accept(spend)
    expect(mempool.get(spend.txid)?.feeSat).toBe(240)
    const stuffed = makeTx({ ...spend, inputs: [{ ...anchor, witness: [Uint8Array.of(1)] }] })
    const { mempool: fresh } = funded()
    fresh.accept(parent)
    expect(refusalOf(() => fresh.accept(stuffed))?.[0]).toBe('bad-witness-nonstandard')
  })
})

/** OP_RETURN and a push of so many bytes. */
function data(bytes: number): Uint8Array {
  return Uint8Array.of(0x6a, bytes, ...new Uint8Array(bytes))
}
