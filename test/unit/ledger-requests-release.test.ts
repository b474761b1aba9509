// What becomes of a peer's share of requests when a transaction comes before it was asked for.

import { expect, test } from 'vitest'
import { INV } from '../../node/ledger/messages.ts'
import { TxRequests } from '../../node/ledger/requests.ts'

const hashOf = (n: number) => n.toString(16).padStart(64, '0')

/** One peer announces these; a second one too, if wanted. */
function announced(from: number, to: number, requests = new TxRequests(), peers: readonly number[] = [1]) {
  for (let n = from; n < to; n++) for (const peer of peers) requests.announced(peer, hashOf(n), INV.wtx)
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

test('and takes no slot, and gives none: still a hundred are under way, and no more', () => {
  const requests = announced(0, 50)
  for (let n = 0; n < 50; n++) requests.done(hashOf(n))
  announced(100, 400, requests)
  expect(asked(requests).get(1)).toHaveLength(100)
  expect(requests.inFlight).toBe(100)
  expect(asked(requests).size).toBe(0)
})

test('of a peer that goes before it was asked, others are asked for all', () => {
  const requests = announced(0, 5, new TxRequests(), [1, 2])
  requests.peerGone(1)
  expect(asked(requests)).toEqual(new Map([[2, Array.from({ length: 5 }, (_, n) => hashOf(n))]]))
})
