// What a flood of announced transactions costs: counted in operations, an entry at a time, whatever there is already.

import { describe, expect, test } from 'vitest'
import { INV } from '../../node/ledger/messages.ts'
import {
  MAX_ANNOUNCED,
  REQUEST_DELAY_MS,
  REQUEST_TIMEOUT_MS,
  TxRequests,
} from '../../node/ledger/requests.ts'
import { countOperations } from '../support/operations.ts'
import { announces } from '../support/tx-requests.ts'

/** Steps that an entry may cost, from its announcement to its end. */
const STEPS_AN_ENTRY = 25

const hashOf = (peer: number, n: number) => (peer * 1_000_000 + n).toString(16).padStart(64, '0')

/** Each of `peers` announces `entries` transactions of its own, in messages of `size`; after each message requests go out. */
function flood(requests: TxRequests, peers: number, entries: number, size: number): void {
  for (let from = 0; from < entries; from += size)
    for (let peer = 1; peer <= peers; peer++) {
      for (let n = from; n < Math.min(entries, from + size); n++) announces(requests, peer, hashOf(peer, n))
      requests.take(0)
      requests.nextExpiryMs()
    }
}

describe('the price of an announcement', () => {
  test.each([
    { peers: 1, entries: 5_000, size: 1 },
    { peers: 40, entries: 1_000, size: 10 },
    { peers: 100, entries: 500, size: 1 },
  ])('is the same for $peers peers with $entries each', ({ peers, entries, size }) => {
    const steps = countOperations(() => flood(new TxRequests(), peers, entries, size))
    expect(steps / (peers * entries)).toBeLessThan(STEPS_AN_ENTRY)
  })

  test('does not grow with what other peers have announced', () => {
    const requests = new TxRequests()
    flood(requests, 100, 500, 100)
    const steps = countOperations(() => {
      announces(requests, 200, hashOf(200, 1))
      requests.take(0)
      requests.nextExpiryMs()
      requests.done(hashOf(200, 1))
      requests.take(0)
    })
    expect(steps).toBeLessThan(2 * STEPS_AN_ENTRY)
  })

  test('is paid once more, and no more, when all of it fails', () => {
    const requests = new TxRequests()
    const [peers, entries] = [100, 100]
    for (let peer = 1; peer <= peers; peer++)
      for (let n = 0; n < entries; n++) announces(requests, peer, hashOf(0, n))
    const steps = countOperations(() => {
      for (let turn = 1; turn <= peers; turn++) {
        requests.take(turn * REQUEST_TIMEOUT_MS)
        requests.expire((turn + 1) * REQUEST_TIMEOUT_MS)
      }
    })
    expect(requests.announcements).toBe(0)
    expect(steps / (peers * entries)).toBeLessThan(STEPS_AN_ENTRY)
  })

  test('is paid once more, and no more, when its peer goes', () => {
    const requests = new TxRequests()
    flood(requests, 50, 300, 100)
    const steps = countOperations(() => requests.peerGone(7))
    expect(steps / 300).toBeLessThan(STEPS_AN_ENTRY)
    expect(requests.announcements).toBe(49 * 300)
  })
})

describe('limits', () => {
  test('all peers together are remembered to twice the limit, and each has a share', () => {
    const requests = new TxRequests()
    flood(requests, 100, 6_000, 1_000)
    expect(requests.announcements).toBeGreaterThanOrEqual(MAX_ANNOUNCED)
    expect(requests.announcements).toBeLessThanOrEqual(2 * MAX_ANNOUNCED)
    const late = 101
    for (let n = 0; n < 100; n++) announces(requests, late, hashOf(late, n))
    expect(requests.take(0).get(late)).toHaveLength(100)
  })

  test('who may announce without end is heard without end', () => {
    const requests = new TxRequests()
    for (let n = 0; n < 6_000; n++) announces(requests, 1, hashOf(1, n), { unlimited: true })
    expect(requests.take(0).get(1)).toHaveLength(6_000)
  })
})

describe('when a peer is asked (Bitcoin Core 28.1)', () => {
  const [hash, other] = [hashOf(0, 1), hashOf(0, 2)]
  /** Who is asked first at which moment, in delays. */
  function askedAt(requests: TxRequests): [peer: number, delays: number][] {
    const asked: [number, number][] = []
    for (let delays = 0; delays <= 4; delays++) {
      const nowMs = delays * REQUEST_DELAY_MS
      requests.expire(nowMs)
      for (const peer of requests.take(nowMs).keys()) asked.push([peer, delays])
    }
    return asked
  }

  test.each([
    { name: 'one that we dialled at once', terms: {}, delays: 0 },
    { name: 'one that dialled us a delay later', terms: { preferred: false }, delays: 1 },
    {
      name: 'who names it by txid a delay later, while others name theirs by wtxid',
      terms: { vague: true },
      delays: 1,
    },
    { name: 'both two delays later', terms: { preferred: false, vague: true }, delays: 2 },
  ])('$name', ({ terms, delays }) => {
    const requests = new TxRequests()
    announces(requests, 1, hash, terms)
    if (delays > 0) expect(requests.nextExpiryMs()).toBe(delays * REQUEST_DELAY_MS)
    expect(askedAt(requests)).toEqual([[1, delays]])
  })

  test('a delay later, too, of whom a hundred are asked already; but for who may announce without end', () => {
    for (const [unlimited, delays] of [
      [false, 1],
      [true, 0],
    ] as const) {
      const requests = new TxRequests()
      for (let n = 100; n < 200; n++) announces(requests, 1, hashOf(0, n), { unlimited })
      expect(requests.take(0).get(1)).toHaveLength(100)
      announces(requests, 1, hash, { unlimited })
      expect(askedAt(requests)).toEqual([[1, delays]])
    }
  })

  test('all that it announced before, at once: no more than that is held back', () => {
    const requests = new TxRequests()
    for (let n = 0; n < 300; n++) announces(requests, 1, hashOf(0, n), { preferred: false })
    expect(requests.take(0).size).toBe(0)
    requests.expire(REQUEST_DELAY_MS)
    expect(requests.take(REQUEST_DELAY_MS).get(1)).toHaveLength(300)
  })

  test('whoever announced first: one that we dialled, if it comes before the other one is asked', () => {
    const requests = new TxRequests()
    announces(requests, 1, hash, { preferred: false })
    announces(requests, 2, hash, { preferred: false })
    announces(requests, 3, hash)
    expect(askedAt(requests)).toEqual([[3, 0]])
    requests.failed(3, hash)
    expect([...requests.take(0).keys()]).toEqual([1])
    requests.failed(1, hash)
    expect([...requests.take(0).keys()]).toEqual([2])
  })

  test('by the name that it used itself', () => {
    const requests = new TxRequests()
    announces(requests, 1, hash, { type: INV.witnessTx })
    announces(requests, 2, hash)
    expect(requests.take(0).get(1)).toEqual([{ type: INV.witnessTx, hash }])
    requests.failed(1, hash)
    expect(requests.take(0).get(2)).toEqual([{ type: INV.wtx, hash }])
  })

  test('not again for what it failed with, while others have it still', () => {
    const requests = new TxRequests()
    for (const peer of [1, 2]) announces(requests, peer, hash)
    requests.take(0)
    requests.failed(1, hash)
    announces(requests, 1, hash)
    expect([...requests.take(0).keys()]).toEqual([2])
    expect(requests.announcements).toBe(2)
    requests.failed(2, hash)
    expect(requests.announcements).toBe(0)
    announces(requests, 1, hash)
    expect([...requests.take(0).keys()]).toEqual([1])
  })

  test('never, if the transaction came another way while its moment was waited for', () => {
    const requests = new TxRequests()
    for (const each of [hash, other]) announces(requests, 1, each, { preferred: false })
    requests.done(other)
    requests.expire(REQUEST_DELAY_MS)
    const asks = requests.take(REQUEST_DELAY_MS, item => {
      requests.done(item.hash)
      return true
    })
    expect(asks.size).toBe(0)
    expect(requests.announcements).toBe(0)
    expect(requests.nextExpiryMs()).toBeUndefined()
  })

  test('in the place of one that goes before it was asked, and when the moment of the next has come', () => {
    const requests = new TxRequests()
    announces(requests, 1, hash)
    announces(requests, 2, hash, { preferred: false })
    requests.take(0)
    requests.peerGone(1)
    expect(askedAt(requests)).toEqual([[2, 1]])
  })
})

test('who announced a transaction is told when it is done with', () => {
  const requests = new TxRequests()
  for (const peer of [1, 2, 3]) announces(requests, peer, hashOf(0, 1))
  requests.take(0)
  requests.peerGone(2)
  expect(requests.done(hashOf(0, 1)).sort()).toEqual([1, 3])
  expect(requests.done(hashOf(0, 1))).toEqual([])
})
