// What becomes of a peer's share of requests when a transaction comes before it was asked for.

import { expect, test } from 'vitest'
import { TxRequests } from '../../node/ledger/requests.ts'
import { announces } from '../support/tx-requests.ts'

const hashOf = (n: number) => n.toString(16).padStart(64, '0')

/** One peer announces these; a second one too, if wanted. */
function announced(from: number, to: number, requests = new TxRequests(), peers: readonly number[] = [1]) {
  for (let n = from; n < to; n++) for (const peer of peers) announces(requests, peer, hashOf(n))
  return requests
}

const asked = (requests: TxRequests) =>
  new Map([...requests.take(0)].map(([peer, items]) => [peer, items.map(({ hash }) => hash)]))

test('what came meanwhile is asked of nobody', () => {
  const requests = announced(0, 3)
  requests.done(hashOf(1))
  expect(asked(requests)).toEqual(new Map([[1, [hashOf(0), hashOf(2)]]]))
  expect(requests.inFlight).toBe(2)
})

test('and counts for nothing: of whom a hundred were asked and have come, the next is asked at once', () => {
  const requests = announced(0, 100)
  expect(asked(requests).get(1)).toHaveLength(100)
  for (let n = 0; n < 100; n++) requests.done(hashOf(n))
  announced(100, 101, requests)
  expect(asked(requests).get(1)).toEqual([hashOf(100)])
  expect(requests.inFlight).toBe(1)
})

test('of a peer that goes before it was asked, others are asked for all', () => {
  const requests = announced(0, 5, new TxRequests(), [1, 2])
  requests.peerGone(1)
  expect(asked(requests)).toEqual(new Map([[2, Array.from({ length: 5 }, (_, n) => hashOf(n))]]))
})
