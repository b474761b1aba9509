// Who may ask for blocks, over random rounds of random peers: never more than the slots, and the best who want something.

import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Choking } from '../../node/bittorrent/choking.ts'
import type { Company } from '../../node/bittorrent/company.ts'
import type { Peer } from '../../node/bittorrent/peer.ts'
import { createRandom } from '../../node/core/random.ts'

const SLOTS = 3
const ROUND_MS = 10_000

const peerOf = fc.record({
  gave: fc.integer({ min: 0, max: 99 }),
  wantsOurs: fc.boolean(),
  snubbed: fc.boolean(),
})
type Made = { readonly gave: number; readonly wantsOurs: boolean; readonly snubbed: boolean }

function ground(made: readonly Made[], seeding: boolean) {
  let nowMs = 0
  const peers = made.map(({ gave, ...rest }) => ({
    ...rest,
    gave,
    down: { read: () => gave },
    choked: true,
    closing: false,
    optimistic: false,
    unchokedMs: Number.NEGATIVE_INFINITY,
  }))
  const company = {
    peers: new Map(peers.map((peer, at) => [at, peer as unknown as Peer])),
    conduct: { unchoking: (slots: number) => ({ slots, optimistic: 1 }) },
    random: createRandom('choking'),
    clock: { now: () => nowMs },
    send: () => {},
  } as unknown as Company
  const nothing = () => {}
  const choking = new Choking(company, {
    slots: SLOTS,
    seeding: () => seeding,
    onUnchoke: nothing,
    onChoked: nothing,
  })
  const round = () => {
    choking.tick(nowMs)
    nowMs += ROUND_MS
  }
  return { peers, round }
}

test('a peer that wants content opens to the best who want something, and to one by luck', () => {
  fc.assert(
    fc.property(fc.array(peerOf, { maxLength: 12 }), made => {
      const { peers, round } = ground(made, false)
      for (let i = 0; i < 7; i++) {
        round()
        const open = peers.filter(({ choked }) => !choked)
        const wanting = peers.filter(({ wantsOurs }) => wantsOurs)
        expect(open.every(({ wantsOurs }) => wantsOurs)).toBe(true)
        expect(open.length).toBe(Math.min(SLOTS + 1, wanting.length))
        expect(open.filter(({ optimistic }) => optimistic).length).toBe(wanting.length > SLOTS ? 1 : 0)
        const worth = (peer: (typeof peers)[number]) => (peer.snubbed ? -1 : peer.gave)
        const regular = open.filter(({ optimistic }) => !optimistic).map(worth)
        const shut = peers.filter(({ choked, wantsOurs }) => choked && wantsOurs).map(worth)
        expect(Math.min(...regular)).toBeGreaterThanOrEqual(Math.max(...shut))
      }
    }),
  )
})

test('a seed gives everybody who wants something a turn, whatever they give', () => {
  fc.assert(
    fc.property(fc.array(peerOf, { maxLength: 12 }), made => {
      const { peers, round } = ground(made, true)
      const served = new Set<number>()
      for (let i = 0; i < made.length + 1; i++) {
        round()
        expect(peers.filter(({ choked }) => !choked).length).toBeLessThanOrEqual(SLOTS + 1)
        for (const [at, { choked }] of peers.entries()) if (!choked) served.add(at)
      }
      expect([...served].sort()).toEqual(
        [...peers.entries()]
          .filter(([, { wantsOurs }]) => wantsOurs)
          .map(([at]) => at)
          .sort(),
      )
    }),
  )
})
