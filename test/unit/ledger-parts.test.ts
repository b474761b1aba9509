// The small parts of the ledger's protocol, each by itself: bounded sets, request tracking, orphans, Merkle proofs, times.

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { decode, encode } from '../../node/bitcoin/wire/codec.ts'
import { fromHex } from '../../node/bitcoin/wire/hex.ts'
import { ProtocolError } from '../../node/errors.ts'
import { BoundedSet } from '../../node/ledger/bounded.ts'
import { makeBlock, merkleRootOf } from '../../node/ledger/chain/block.ts'
import { makeHeader } from '../../node/ledger/chain/header.ts'
import { makeTx } from '../../node/ledger/chain/tx.ts'
import type { Block, Tx } from '../../node/ledger/chain/types.ts'
import { merkleBlockCodec, provenTransactions, proveTransactions } from '../../node/ledger/merkleblock.ts'
import { OrphanPool } from '../../node/ledger/orphans.ts'
import { REQUEST_TIMEOUT_MS, TxRequests } from '../../node/ledger/requests.ts'
import { timesOf } from '../../node/ledger/times.ts'
import { announces } from '../support/tx-requests.ts'

const hashOf = (n: number) => n.toString(16).padStart(64, '0')

const txOf = (n: number, parents: readonly string[] = [hashOf(n)], padding = 0): Tx =>
  makeTx({
    version: 2,
    inputs: parents.map(txid => ({
      previous: { txid, index: 0 },
      scriptSig: new Uint8Array(padding),
      sequence: n,
      witness: [],
    })),
    outputs: [{ valueSat: n, script: new Uint8Array(22) }],
    lockTime: 0,
  })

test('a bounded set holds the newest, and no more than it may', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(20)), fc.integer({ min: 1, max: 8 }), (members, capacity) => {
      const set = new BoundedSet<number>(capacity)
      const model: number[] = []
      for (const member of members) {
        expect(set.add(member)).toBe(!model.includes(member))
        if (!model.includes(member)) model.push(member)
        if (model.length > capacity) model.shift()
        expect([...set.values()]).toEqual(model)
      }
    }),
  )
})

describe('transaction requests', () => {
  const asked = (requests: TxRequests, nowMs = 0) =>
    [...requests.take(nowMs)].map(([peer, items]) => [peer, items.map(({ hash }) => hash)])

  test('one peer is asked at a time, the next when it fails, nobody when it came', () => {
    const requests = new TxRequests()
    for (const peer of [1, 2, 3]) announces(requests, peer, hashOf(1))
    expect(asked(requests)).toEqual([[1, [hashOf(1)]]])
    expect(asked(requests)).toEqual([])
    requests.failed(2, hashOf(1)) // was not asked, and will not be
    expect(asked(requests)).toEqual([])
    requests.failed(1, hashOf(1))
    expect(asked(requests)).toEqual([[3, [hashOf(1)]]])
    announces(requests, 4, hashOf(1))
    requests.peerGone(3)
    expect(asked(requests)).toEqual([[4, [hashOf(1)]]])
    requests.done(hashOf(1))
    expect(requests.inFlight).toBe(0)
    expect(requests.nextExpiryMs()).toBeUndefined()
  })

  test('a request that is not answered expires', () => {
    const requests = new TxRequests()
    announces(requests, 1, hashOf(1))
    announces(requests, 2, hashOf(1))
    requests.take(1_000)
    expect(requests.nextExpiryMs()).toBe(1_000 + REQUEST_TIMEOUT_MS)
    requests.expire(1_000 + REQUEST_TIMEOUT_MS - 1)
    expect(asked(requests)).toEqual([])
    requests.expire(1_000 + REQUEST_TIMEOUT_MS)
    expect(asked(requests)).toEqual([[2, [hashOf(1)]]])
  })

  test('whatever happens: no two peers are asked for one thing, nothing is left behind', () => {
    const step = fc.tuple(
      fc.constantFrom('announce', 'fail', 'done', 'gone', 'expire'),
      fc.nat(4),
      fc.nat(300),
    )
    fc.assert(
      fc.property(fc.array(step, { maxLength: 400 }), steps => {
        const requests = new TxRequests()
        const owner = new Map<string, number>()
        let nowMs = 0
        for (const [what, peer, n] of steps) {
          const hash = hashOf(n)
          if (what === 'announce') for (let i = 0; i < 40; i++) announces(requests, peer, hashOf(n + i))
          else if (what === 'fail') {
            requests.failed(peer, hash)
            if (owner.get(hash) === peer) owner.delete(hash)
          } else if (what === 'done') {
            requests.done(hash)
            owner.delete(hash)
          } else if (what === 'gone') {
            requests.peerGone(peer)
            for (const [one, of] of owner) if (of === peer) owner.delete(one)
          } else {
            nowMs += REQUEST_TIMEOUT_MS
            requests.expire(nowMs)
            owner.clear()
          }
          for (const [asker, items] of requests.take(nowMs))
            for (const item of items) {
              expect(owner.has(item.hash)).toBe(false)
              owner.set(item.hash, asker)
            }
          expect(requests.inFlight).toBe(owner.size)
        }
        for (let peer = 0; peer <= 4; peer++) requests.peerGone(peer)
        expect(requests.inFlight).toBe(0)
        expect(asked(requests)).toEqual([])
      }),
      { numRuns: 30 },
    )
  })

  test('a peer that announces without end is remembered to 5,000', () => {
    const requests = new TxRequests()
    for (let n = 0; n < 6_000; n++) announces(requests, 1, hashOf(n))
    let total = 0
    for (let round = 0; round < 100; round++)
      for (const [, items] of requests.take(0))
        for (const { hash } of items) {
          requests.done(hash)
          total++
        }
    expect(total).toBe(5_000)
  })
})

describe('orphans', () => {
  test('are found by each of their parents, once', () => {
    const pool = new OrphanPool()
    const child = txOf(1, [hashOf(7), hashOf(8)])
    expect(pool.add(child, 1, 0)).toBe(true)
    expect(pool.add(child, 2, 0)).toBe(false)
    expect(pool.childrenOf(hashOf(7)).map(({ from }) => from)).toEqual([1])
    expect(pool.childrenOf(hashOf(8)).map(({ tx }) => tx)).toEqual([child])
    pool.remove(child.wtxid)
    expect(pool.childrenOf(hashOf(7))).toEqual([])
    expect(pool.size).toBe(0)
  })

  test('at most 100 are kept; the oldest makes room', () => {
    const pool = new OrphanPool()
    for (let n = 0; n < 150; n++) pool.add(txOf(n), 1, 0)
    expect(pool.size).toBe(100)
    expect(pool.has(txOf(49).wtxid)).toBe(false)
    expect(pool.has(txOf(50).wtxid)).toBe(true)
  })

  test('go after 20 minutes, and with their peer', () => {
    const pool = new OrphanPool()
    pool.add(txOf(1), 1, 0)
    pool.add(txOf(2), 2, 600_000)
    pool.add(txOf(3), 2, 1_200_000)
    expect(pool.has(txOf(1).wtxid)).toBe(false)
    pool.removeFrom(2)
    expect(pool.size).toBe(0)
  })

  test('all together have a weight that they keep to; the oldest make room', () => {
    const pool = new OrphanPool()
    const large = Array.from({ length: 14 }, (_, n) => txOf(n, [hashOf(n)], 99_000))
    for (const tx of large) pool.add(tx, 1, 0)
    expect(pool.size).toBe(10)
    expect(pool.transactions()).toEqual(large.slice(4))
    for (const { wtxid } of large) pool.remove(wtxid)
    for (const tx of large.slice(0, 10)) pool.add(tx, 1, 0)
    expect(pool.size).toBe(10)
  })

  test('large ones are not kept', () => {
    expect(new OrphanPool().add(txOf(1, [hashOf(1)], 100_001), 1, 0)).toBe(false)
  })
})

describe('Merkle proofs', () => {
  const blockOf = (txs: readonly Tx[]): Block => {
    const fields = { version: 1, prev: hashOf(1), time: 1, bits: 0x207fffff, nonce: 7 }
    return makeBlock(makeHeader({ ...fields, merkleRoot: merkleRootOf(txs).root }), txs)
  }

  test('prove what was asked for, and nothing else, for any number of transactions', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 40 }),
        fc.array(fc.nat(39), { maxLength: 10 }),
        (count, picks) => {
          const txs = Array.from({ length: count }, (_, n) => txOf(n + 1))
          const wanted = new Set(picks.flatMap(pick => txs[pick]?.txid ?? []))
          const proof = proveTransactions(blockOf(txs), wanted)
          const bytes = encode(merkleBlockCodec, proof)
          const read = decode(merkleBlockCodec, bytes)
          expect(read).toEqual(proof)
          expect(provenTransactions(read)).toEqual(txs.map(tx => tx.txid).filter(txid => wanted.has(txid)))
        },
      ),
    )
  })

  test('a damaged proof proves nothing', () => {
    const txs = Array.from({ length: 11 }, (_, n) => txOf(n + 1))
    const bytes = encode(merkleBlockCodec, proveTransactions(blockOf(txs), new Set([txOf(5).txid])))
    fc.assert(
      fc.property(fc.nat(bytes.length - 81), fc.integer({ min: 1, max: 255 }), (at, change) => {
        const damaged = bytes.slice()
        damaged[80 + at] = (damaged[80 + at] ?? 0) ^ change
        try {
          for (const txid of provenTransactions(decode(merkleBlockCodec, damaged)))
            expect(txid).toBe(txOf(5).txid)
        } catch (error) {
          expect(error).toBeInstanceOf(ProtocolError)
        }
      }),
    )
  })

  test('the example of Bitcoin’s developer reference', () => {
    const example = fromHex(
      '0100000082bb869cf3a793432a66e826e05a6fc37469f8efb7421dc88067010000000000' +
        '7f16c5962e8bd963659c793ce370d95f093bc7e367117b3c30c1f8fdd0d97287' +
        '76381b4d4c86041b554b852907000000043612262624047ee87660be1a707519a4' +
        '43b1c1ce3d248cbfc6c15870f6c5daa2019f5b01d4195ecbc9398fbf3c3b1fa9' +
        'bb3183301d7a1fb3bd174fcfa40a2b6541ed70551dd7e841883ab8f0b16bf041' +
        '76b7d1480e4f0af9f3d4c3595768d06820d2a7bc994987302e5b1ac80fc425fe' +
        '25f8b63169ea78e68fbaaefa59379bbf011d',
    )
    const proof = decode(merkleBlockCodec, example ?? new Uint8Array())
    expect(proof.transactions).toBe(7)
    expect(provenTransactions(proof)).toEqual([
      '652b0aa4cf4f17bdb31f7a1d308331bba91f3b3cbf8f39c9cb5e19d4015b9f01',
    ])
  })
})

test('waiting times are Core’s at ten minutes a block, and shrink with the interval to a floor', () => {
  expect(timesOf(600_000)).toMatchObject({
    headersResponseMs: 120_000,
    chainSyncMs: 1_200_000,
    blockDownloadMs: 600_000,
    trickleInboundMs: 5_000,
    trickleOutboundMs: 2_000,
  })
  expect(timesOf(60_000).headersResponseMs).toBe(12_000)
  expect(timesOf(1_000)).toMatchObject({ headersResponseMs: 3_000, trickleInboundMs: 100 })
  expect(timesOf(3_600_000).blockDownloadMs).toBe(600_000)
})
