// Several transactions together: which rows are packages at all, what a child pays for, and which results stand for whom.

import { describe, expect, it } from 'vitest'
import type { Tx } from '../../node/ledger/chain/types.ts'
import type { PackageResult } from '../../node/ledger/package-intake.ts'
import { outputOf } from '../support/chain.ts'
import { funded, payment, truc, txids, vsizeOf } from '../support/mempool.ts'

const flawOf = ({ flaw }: PackageResult) => flaw && [flaw.reason, flaw.detail].filter(Boolean).join(', ')
/** What became of a transaction: `accepted`, …, or why it was refused. */
function fate({ outcomes }: PackageResult, { wtxid }: Tx): string | undefined {
  const outcome = outcomes.get(wtxid)
  return outcome?.kind === 'refused' ? outcome.error.reason : outcome?.kind
}

describe('a child that pays for its parent', () => {
  it('brings it in, though alone it would not do; both count for what they pay together', () => {
    const { mempool, coin } = funded()
    const parent = truc([coin(0)], 0)
    const child = truc([outputOf(parent)], 1_000)
    const result = mempool.acceptPackage([parent, child])
    expect(flawOf(result)).toBeUndefined()
    const both = {
      satPerKvb: Math.floor(1_000_000 / (vsizeOf(parent) + vsizeOf(child))),
      includes: [parent.wtxid, child.wtxid],
    }
    expect(result.outcomes.get(parent.wtxid)).toMatchObject({ kind: 'accepted', feeSat: 0, ...both })
    expect(result.outcomes.get(child.wtxid)).toMatchObject({ kind: 'accepted', feeSat: 1_000, ...both })
    expect(txids(mempool)).toEqual([parent.txid, child.txid])
  })

  it('does not help below the least that is relayed, but for version 3', () => {
    const { mempool, coin } = funded()
    const parent = payment([coin(0)], 0)
    const child = payment([outputOf(parent)], 1_000)
    const result = mempool.acceptPackage([parent, child])
    expect(flawOf(result)).toBe('transaction failed')
    expect(fate(result, parent)).toBe('min relay fee not met')
    expect(fate(result, child)).toBe('missing-inputs')
    expect(mempool.size).toBe(0)
  })

  it('must pay enough for both', () => {
    const { mempool, coin } = funded()
    const parent = truc([coin(0)], 0)
    const child = truc([outputOf(parent)], vsizeOf(parent))
    const result = mempool.acceptPackage([parent, child])
    expect(flawOf(result)).toBe('transaction failed')
    expect([parent, child].map(tx => fate(result, tx))).toEqual([
      'min relay fee not met',
      'min relay fee not met',
    ])
    expect(mempool.size).toBe(0)
  })

  it('does not pay for those who can come in alone', () => {
    const { mempool, coin } = funded()
    const [rich, poor] = [payment([coin(0)], 1_000), truc([coin(1)], 0)]
    const child = payment([outputOf(rich)], 1_000)
    const result = mempool.acceptPackage([rich, child])
    expect(result.outcomes.get(rich.wtxid)).toMatchObject({ includes: [rich.wtxid] })
    const again = mempool.acceptPackage([rich, child])
    expect([rich, child].map(tx => fate(again, tx))).toEqual(['resident', 'resident'])
    const heir = truc([outputOf(poor), outputOf(rich)], 5_000)
    expect(flawOf(mempool.acceptPackage([poor, heir]))).toBe('package-not-child-with-unconfirmed-parents')
  })

  it('is refused with the whole where it breaks a limit, or the caller’s own', () => {
    const { mempool, coin } = funded()
    const parent = truc([coin(0)], 0)
    const child = truc([outputOf(parent)], 50_000)
    const result = mempool.acceptPackage([parent, child], 100_000)
    expect(fate(result, child)).toBe('max feerate exceeded')
    expect(mempool.size).toBe(0)
    expect(fate(mempool.acceptPackage([parent, child]), child)).toBe('accepted')
  })

  it('is evicted with it where there is no room', () => {
    const { mempool, coin } = funded(4, { policy: { maxMempoolBytes: 20_000 } })
    for (const i of [0, 1]) mempool.accept(payment([coin(i)], 100_000, { bytes: 8_000 }))
    const parent = payment([coin(2)], 8_500, { bytes: 8_000 })
    const child = payment([outputOf(parent)], 1_000)
    const result = mempool.acceptPackage([parent, child])
    expect([flawOf(result), fate(result, parent), fate(result, child)]).toEqual([
      'transaction failed',
      'mempool full',
      'mempool full',
    ])
    expect(mempool.size).toBe(2)
  })
})

describe('a row of transactions is no package', () => {
  const { mempool, coin } = funded(4)
  const parent = payment([coin(0)], 1_000, { ways: 2 })
  const child = payment([outputOf(parent)], 1_000)
  const long = [parent]
  while (long.length < 26) long.push(payment([outputOf(long.at(-1) as Tx)], 1_000))

  it.each<[why: string, txs: readonly Tx[]]>([
    ['package-too-many-transactions', long],
    ['package-too-large', [0, 1].map(i => payment([coin(i)], 100_000, { bytes: 51_000 }))],
    ['package-contains-duplicates', [parent, parent]],
    ['package-not-sorted', [child, parent]],
    ['conflict-in-package', [parent, child, payment([outputOf(parent)], 2_000)]],
  ])('%s', (why, txs) => {
    expect(flawOf(mempool.test(txs))).toBe(why)
    expect(flawOf(mempool.acceptPackage(txs))).toBe(why)
  })

  it('package-not-child-with-parents', () => {
    const strangers = [parent, payment([coin(1)], 1_000)]
    expect(flawOf(mempool.acceptPackage(strangers))).toBe('package-not-child-with-parents')
    expect(flawOf(mempool.test(strangers))).toBeUndefined()
  })

  it('package-mempool-limits', () => {
    const field = funded()
    let tip = payment([field.coin(0)], 1_000)
    for (let i = 0; i < 24; i++) {
      field.mempool.accept(tip)
      tip = payment([outputOf(tip)], 1_000)
    }
    const next = payment([outputOf(tip)], 1_000)
    expect(flawOf(field.mempool.test([tip, next]))).toBe(
      'package-mempool-limits, possibly too many unconfirmed ancestors [limit: 25]',
    )
  })

  it('TRUC-violation', () => {
    const first = truc([coin(0)], 1_000, { ways: 2 })
    const siblings = [0, 1].map(i => truc([outputOf(first, i)], 1_000))
    expect(flawOf(mempool.test([first, ...siblings]))).toBe(
      `TRUC-violation, tx ${first.txid} (wtxid=${first.wtxid}) would exceed descendant count limit`,
    )
    const second = truc([outputOf(siblings[0] as Tx)], 1_000)
    expect(flawOf(mempool.test([first, siblings[0] as Tx, second]))).toBe(
      `TRUC-violation, tx ${second.txid} (wtxid=${second.wtxid}) would have too many ancestors`,
    )
    const other = payment([outputOf(first)], 1_000)
    expect(flawOf(mempool.test([first, other]))).toBe(
      `TRUC-violation, non-version=3 tx ${other.txid} (wtxid=${other.wtxid}) cannot spend from version=3 tx ${first.txid} (wtxid=${first.wtxid})`,
    )
  })
})

describe('a package that is only asked about', () => {
  it('may replace nothing, changes nothing, and is judged up to the first that fails', () => {
    const { mempool, coin } = funded()
    mempool.accept(payment([coin(0)], 1_000))
    const good = payment([coin(1)], 1_000)
    const rival = payment([coin(0)], 5_000)
    const after = payment([outputOf(rival)], 1_000)
    const result = mempool.test([good, rival, after])
    expect([good, rival, after].map(tx => fate(result, tx))).toEqual([
      undefined,
      'bip125-replacement-disallowed',
      undefined,
    ])
    expect(mempool.size).toBe(1)
    expect(fate(mempool.test([rival]), rival)).toBe('accepted')
    expect(mempool.size).toBe(1)
  })
})

describe('a package that replaces', () => {
  /** An old parent with its child, and a pair that wants the parent's coin. */
  const rivals = (oldFees: [number, number], newFees: [number, number]) => {
    const field = funded()
    const old = truc([field.coin(0)], oldFees[0])
    const oldChild = truc([outputOf(old)], oldFees[1])
    for (const tx of [old, oldChild]) field.mempool.accept(tx)
    const parent = truc([field.coin(0), field.coin(1)], newFees[0])
    const child = truc([outputOf(parent)], newFees[1])
    return { ...field, old, oldChild, parent, child, result: field.mempool.acceptPackage([parent, child]) }
  }

  it('takes the place of others if it is worth more', () => {
    const { mempool, old, oldChild, parent, child, result } = rivals([200, 200], [0, 5_000])
    expect(flawOf(result)).toBeUndefined()
    expect(result.outcomes.get(parent.wtxid)).toMatchObject({
      replaced: expect.arrayContaining([old, oldChild]),
    })
    expect(result.outcomes.get(child.wtxid)).toMatchObject({ replaced: [] })
    expect(txids(mempool)).toEqual([parent.txid, child.txid])
  })

  it.each<[why: RegExp, oldFees: [number, number], newFees: [number, number]]>([
    [
      /^package RBF failed: insufficient anti-DoS fees, .*less fees than conflicting txs/,
      [1_000, 5_000],
      [0, 5_000],
    ],
    [/^package RBF failed: insufficient anti-DoS fees, .*not enough additional/, [1_000, 3_900], [0, 5_000]],
    [/^package RBF failed: insufficient feerate: does not improve feerate diagram/, [200, 4_000], [0, 4_800]],
  ])('%s', (why, oldFees, newFees) => {
    const { mempool, old, oldChild, result } = rivals(oldFees, newFees)
    expect(flawOf(result)).toMatch(why)
    expect(txids(mempool)).toEqual([old.txid, oldChild.txid])
  })

  it('package RBF failed: package feerate is less than or equal to parent feerate', () => {
    const { mempool, coin } = funded()
    mempool.accept(payment([coin(0)], 20_000))
    const parent = payment([coin(0), coin(1)], 20_000, { bytes: 100 })
    const child = payment([outputOf(parent)], 3_000, { bytes: 2_000 })
    expect(flawOf(mempool.acceptPackage([parent, child]))).toMatch(
      /^package RBF failed: package feerate is less than or equal to parent feerate, package feerate \S+ BTC\/kvB <= parent feerate is \S+ BTC\/kvB$/,
    )
  })

  it('is of two, and hangs on nothing here', () => {
    const { mempool, coin } = funded(5)
    mempool.accept(payment([coin(0)], 5_000))
    const parents = [truc([coin(0)], 200), truc([coin(1)], 0)]
    const child = truc(
      parents.map(tx => outputOf(tx)),
      50_000,
    )
    const flaw = flawOf(mempool.acceptPackage([...parents, child]))
    expect(flaw).toMatch(/^TRUC-violation|^package RBF failed: package must be 1-parent-1-child/)
    const resident = payment([coin(2)], 1_000)
    mempool.accept(resident)
    const heir = payment([outputOf(resident), coin(0)], 200)
    const last = payment([outputOf(heir)], 50_000)
    expect(flawOf(mempool.acceptPackage([heir, last]))).toBe(
      'package RBF failed: new transaction cannot have mempool ancestors',
    )
  })

  it('does not touch clusters of more than two', () => {
    const { mempool, coin } = funded()
    const old = payment([coin(0)], 200)
    const child = payment([outputOf(old)], 200)
    for (const tx of [old, child, payment([outputOf(child)], 200)]) mempool.accept(tx)
    const parent = truc([coin(0), coin(1)], 0)
    const heir = truc([outputOf(parent)], 50_000)
    expect(flawOf(mempool.acceptPackage([parent, heir]))).toBe(
      `package RBF failed: ${old.txid} has 2 descendants, max 1 allowed`,
    )
  })
})
