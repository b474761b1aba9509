// The mempool between two lives: what is kept, what of it comes back, and what a damaged record does.

import { describe, expect, it } from 'vitest'
import type { Tx } from '../../node/ledger/chain/types.ts'
import { MempoolStore } from '../../node/ledger/mempool-store.ts'
import { Unbroadcast } from '../../node/ledger/unbroadcast.ts'
import { MemoryStore } from '../../orchestrator/runtime/sim/host.ts'
import { buildBlock, outputOf } from '../support/chain.ts'
import { TestLedger } from '../support/ledger.ts'
import { funded, payment, txids } from '../support/mempool.ts'

const HOUR_MS = 3_600_000

/** Nobody announces anything here. */
const listOf = ({ clock }: TestLedger) => new Unbroadcast({ now: clock.now, after: () => () => {} }, () => {})

function lives() {
  const store = new MemoryStore()
  const field = funded(3, { store })
  const kept = new MemoryStore()
  const unbroadcast = listOf(field.ledger)
  const first = new MempoolStore(kept, field.mempool, unbroadcast)
  /** The same chain, in a node that was started anew. */
  const restart = (laterMs = 0) => {
    const ledger = new TestLedger({ store })
    ledger.clock.nowMs = field.ledger.clock.nowMs + laterMs
    const waiting = listOf(ledger)
    new MempoolStore(kept, ledger.mempool, waiting).load()
    return { ledger, mempool: ledger.mempool, unbroadcast: waiting }
  }
  return { ...field, kept, first, unbroadcast, restart }
}

describe('a mempool that was kept', () => {
  it('comes back with its times, its order, what its fees count for, and what no peer has asked for yet', () => {
    const { ledger, mempool, coin, first, unbroadcast, restart } = lives()
    const parent = payment([coin(0)], 1_000)
    const child = payment([outputOf(parent)], 1_000)
    const other = payment([coin(1)], 1_000)
    mempool.accept(parent)
    ledger.clock.nowMs += HOUR_MS
    for (const tx of [child, other]) mempool.accept(tx)
    mempool.prioritise(other.txid, 5_000)
    mempool.prioritise('ab'.repeat(32), -7)
    unbroadcast.add(child.txid)
    first.save()

    const next = restart(HOUR_MS)
    expect(txids(next.mempool)).toEqual(txids(mempool))
    for (const tx of [parent, child, other])
      expect(next.mempool.get(tx.txid)?.timeMs).toBe(mempool.get(tx.txid)?.timeMs)
    expect(next.mempool.get(other.txid)?.own.feeSat).toBe(6_000)
    expect(next.mempool.deltas()).toEqual(mempool.deltas())
    expect([...next.unbroadcast.values()]).toEqual([child.txid])
  })

  it('is without what was confirmed, spent otherwise or too old in the meantime', () => {
    const { ledger, mempool, coin, first, unbroadcast, restart } = lives()
    const [mined, rival, old] = [0, 1, 2].map(i => payment([coin(i)], 1_000)) as [Tx, Tx, Tx]
    for (const tx of [mined, rival, old]) mempool.accept(tx)
    unbroadcast.add(mined.txid)
    first.save()
    ledger.accept(buildBlock(ledger.chain, { txs: [mined, payment([coin(1)], 2_000)] }))
    const next = restart()
    expect(txids(next.mempool)).toEqual([old.txid])
    expect(next.unbroadcast.size).toBe(0)
    expect(restart(15 * 24 * HOUR_MS).mempool.size).toBe(0)
  })

  it('is not, where the policy says so', () => {
    const field = funded(3, { policy: { persist: false } })
    const kept = new MemoryStore()
    field.mempool.accept(payment([field.coin(0)], 1_000))
    new MempoolStore(kept, field.mempool, listOf(field.ledger)).stop()
    expect([...kept.scan('')]).toEqual([])
  })

  it('is nothing where the record cannot be read, or was never written', () => {
    const { mempool, coin, kept, first, restart } = lives()
    expect(restart().mempool.size).toBe(0)
    mempool.accept(payment([coin(0)], 1_000))
    const key = first.save()
    const value = kept.get(key) as Uint8Array
    kept.commit([{ put: key, value: value.slice(0, -40) }])
    expect(restart().mempool.size).toBe(0)
    kept.commit([{ put: key, value: Uint8Array.of(9, ...value.slice(1)) }])
    expect(restart().mempool.size).toBe(0)
  })
})
