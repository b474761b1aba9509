// How many peers each merit protects from eviction, and not one more: every further one is a slot that an attacker can hold.

import { describe, expect, test } from 'vitest'
import { type EvictionCandidate, selectForEviction } from '../../node/bitcoin/eviction.ts'
import { crowd } from '../support/crowd.ts'

const CROWD = 80

/** Of so many peers without any merit but age, those behind `from`, the youngest, have one. */
const crowdOf = (from: number, merit: Partial<EvictionCandidate>) =>
  crowd(CROWD, i => (i >= from ? merit : {}))

/** Those who are left when nobody more can be taken. */
function stayers(peers: readonly EvictionCandidate[]): readonly EvictionCandidate[] {
  const id = selectForEviction(peers)
  return id === undefined ? peers : stayers(peers.filter(peer => peer.id !== id))
}

describe('of many with one merit', () => {
  test.each<[what: string, count: number, merit: Partial<EvictionCandidate>]>([
    ['near peers 8', 8, { minPingMs: 1 }],
    ['givers of transactions 4', 4, { lastTransactionMs: 9 }],
    ['givers of blocks 4', 4, { lastBlockMs: 9 }],
    [
      'givers of blocks that want no transactions 8, and 4 as givers of blocks',
      12,
      { lastBlockMs: 9, relaysTransactions: false },
    ],
    ['groups that only we know 4', 4, { keyedGroup: 99 }],
  ])('%s are spared', (_, count, merit) => {
    const from = CROWD - 20
    const left = stayers(crowdOf(from, merit))
    expect(left.filter(({ id }) => id > from)).toHaveLength(count)
  })

  test('none is spared twice: 20 are left where one merit counts as much as the other', () => {
    expect(stayers(crowd(CROWD))).toHaveLength(20)
  })
})

test('who wants no transactions is spared for its blocks, however many others gave some later', () => {
  const blockOnly = { lastBlockMs: 5, relaysTransactions: false }
  const peers = crowdOf(CROWD - 8, blockOnly).map(peer =>
    peer.id > 20 && peer.id <= 60 ? { ...peer, lastBlockMs: 9 } : peer,
  )
  expect(stayers(peers).filter(({ relaysTransactions }) => !relaysTransactions)).toHaveLength(8)
})
