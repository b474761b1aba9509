// What a flood of announced transactions costs: counted in operations, an entry at a time, whatever there is already.

import { describe, expect, test } from 'vitest'
import { INV } from '../../node/ledger/messages.ts'
import { BUSY_WAIT_MS, MAX_ANNOUNCED, REQUEST_TIMEOUT_MS, TxRequests } from '../../node/ledger/requests.ts'
import { countOperations } from '../support/operations.ts'

/** Steps that an entry may cost, from its announcement to its end. */
const STEPS_AN_ENTRY = 25

const hashOf = (peer: number, n: number) => (peer * 1_000_000 + n).toString(16).padStart(64, '0')

/** Each of `peers` announces `entries` transactions of its own, in messages of `size`; after each message requests go out. */
function flood(requests: TxRequests, peers: number, entries: number, size: number): void {
  for (let from = 0; from < entries; from += size)
    for (let peer = 1; peer <= peers; peer++) {
      for (let n = from; n < Math.min(entries, from + size); n++)
        requests.announced(peer, hashOf(peer, n), INV.wtx)
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
      requests.announced(200, hashOf(200, 1), INV.wtx)
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
      for (let n = 0; n < entries; n++) requests.announced(peer, hashOf(0, n), INV.wtx)
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
    for (let n = 0; n < 100; n++) requests.announced(late, hashOf(late, n), INV.wtx)
    expect(requests.take(0).get(late)).toHaveLength(100)
  })

  test('at most 100 of a peer are under way, the rest follows as they come', () => {
    const requests = new TxRequests()
    flood(requests, 1, 300, 300)
    expect(requests.inFlight).toBe(100)
    for (let n = 0; n < 30; n++) requests.done(hashOf(1, n))
    expect(requests.take(0).get(1)).toHaveLength(30)
  })
})

describe('who is asked', () => {
  test('a peer that we dialled before those that dialled us', () => {
    const requests = new TxRequests()
    requests.announced(1, hashOf(0, 1), INV.wtx)
    requests.announced(2, hashOf(0, 1), INV.wtx)
    requests.announced(3, hashOf(0, 1), INV.wtx, true)
    expect([...requests.take(0).keys()]).toEqual([3])
    requests.failed(3, hashOf(0, 1))
    expect([...requests.take(0).keys()]).toEqual([2])
  })

  test('another one where the first has enough to answer', () => {
    const requests = new TxRequests()
    flood(requests, 1, 200, 200)
    requests.announced(2, hashOf(1, 150), INV.wtx)
    expect(requests.take(0).get(2)).toEqual([{ type: INV.wtx, hash: hashOf(1, 150) }])
  })

  test('nobody for longer than a moment because one that never answers is next', () => {
    const requests = new TxRequests()
    for (const peer of [1, 2]) flood(requests, peer, 200, 200)
    // 3 is asked first, then 1, which is busy for good; 4 has nothing to do, but came last.
    for (const peer of [3, 1, 4]) requests.announced(peer, hashOf(9, 9), INV.wtx)
    expect([...requests.take(0).keys()]).toEqual([3])
    requests.failed(3, hashOf(9, 9))
    expect([...requests.take(0).keys()]).toEqual([])
    expect(requests.nextExpiryMs()).toBe(BUSY_WAIT_MS)
    requests.expire(BUSY_WAIT_MS)
    expect([...requests.take(BUSY_WAIT_MS).keys()]).toEqual([4])
  })
})

test('who announced a transaction is told when it is done with', () => {
  const requests = new TxRequests()
  for (const peer of [1, 2, 3]) requests.announced(peer, hashOf(0, 1), INV.wtx)
  requests.take(0)
  requests.peerGone(2)
  expect(requests.done(hashOf(0, 1)).sort()).toEqual([1, 3])
  expect(requests.done(hashOf(0, 1))).toEqual([])
})
