// Who is protected when an inbound slot is wanted.

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type EvictionCandidate, selectForEviction } from '../../node/bitcoin/eviction.ts'
import { crowd } from '../support/crowd.ts'

/** Everybody who would go, one after the other, until nobody can. */
function evictAll(peers: readonly EvictionCandidate[]): number[] {
  const gone: number[] = []
  let rest = peers
  for (let id = selectForEviction(rest); id !== undefined; id = selectForEviction(rest)) {
    gone.push(id)
    rest = rest.filter(peer => peer.id !== id)
  }
  return gone
}

describe('eviction', () => {
  test('takes nobody from few peers', () => {
    expect(selectForEviction([])).toBeUndefined()
    expect(selectForEviction(crowd(20))).toBeUndefined()
  })

  test('takes the youngest of the largest group', () => {
    const peers = crowd(60, i => ({ group: i % 3 === 0 ? 'small' : 'large' }))
    const id = selectForEviction(peers) ?? 0
    expect(peers[id - 1]?.group).toBe('large')
    expect(id).toBeGreaterThan(55)
  })

  test.each([
    ['the 8 nearest', 8, { minPingMs: 1 }],
    ['the 4 that gave the last transactions', 4, { lastTransactionMs: 9 }],
    ['the 4 that gave the last blocks', 4, { lastBlockMs: 9 }],
    ['8 more that gave blocks and want no transactions', 8, { lastBlockMs: 9, relaysTransactions: false }],
    ['4 groups that only we know', 4, { keyedGroup: 99 }],
  ])('spares %s', (_name, count, merit) => {
    // The youngest have the merit, so that nothing else protects them.
    const peers = crowd(80, i => (i >= 80 - count ? merit : {}))
    const gone = evictAll(peers)
    expect(gone.length).toBeGreaterThan(10)
    expect(gone.filter(id => id > 80 - count)).toEqual([])
  })

  test('spares the older half of the rest, whatever group it is in', () => {
    // Without that, the old group would give its youngest.
    const peers = crowd(60, i => ({ group: i < 40 ? 'old and large' : `young ${i}` }))
    expect(selectForEviction(peers)).toBe(60)
  })

  test('does not depend on the order in which peers are given', () => {
    const peer = fc.record({
      connectedMs: fc.nat(50),
      minPingMs: fc.option(fc.nat(100), { nil: undefined }),
      lastBlockMs: fc.nat(3),
      lastTransactionMs: fc.nat(3),
      relaysTransactions: fc.boolean(),
      groupNumber: fc.nat(5),
    })
    fc.assert(
      fc.property(
        fc.array(peer, { minLength: 20, maxLength: 80 }),
        fc.infiniteStream(fc.nat()),
        (list, keys) => {
          const peers = list.map(({ groupNumber, ...rest }, i) => ({
            ...rest,
            id: i + 1,
            group: `${groupNumber}`,
            keyedGroup: groupNumber * 31,
          }))
          const shuffled = peers
            .map(one => ({ one, key: keys.next().value ?? 0 }))
            .sort((a, b) => a.key - b.key)
          const id = selectForEviction(peers)
          expect(selectForEviction(shuffled.map(({ one }) => one))).toBe(id)
          if (id !== undefined) expect(peers.some(one => one.id === id)).toBe(true)
        },
      ),
    )
  })
})
