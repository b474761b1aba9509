// Kept peers: when each is dialled again, to the millisecond.

import { describe, expect, test } from 'vitest'
import type { Dials } from '../../node/bitcoin/dials.ts'
import { KeptPeers } from '../../node/bitcoin/kept.ts'
import type { Random } from '../../node/core/host.ts'

const PEER = '10.0.0.9:18444'

/** Dials are counted; whether one is busy or refused is for the test to say. */
function setUp(drawn = 0.5) {
  const timers: { readonly ms: number; run: (() => void) | undefined }[] = []
  const clock = {
    now: () => 0,
    after(ms: number, run: () => void) {
      const timer: (typeof timers)[number] = { ms, run }
      timers.push(timer)
      return () => {
        timer.run = undefined
      }
    },
  }
  const state = { busy: false, refused: false }
  const dialled: string[] = []
  const dials = {
    busy: () => state.busy,
    refused: () => state.refused,
    dial: (address: string, kind: string, v2: boolean) =>
      void dialled.push(`${kind} ${address}${v2 ? ' sealed' : ''}`),
  } as unknown as Dials
  const kept = new KeptPeers(clock, { float: () => drawn } as Random, dials)
  /** All delays that were planned, and the timers that still stand. */
  const delays = () => timers.map(({ ms }) => ms)
  const due = () => timers.filter(({ run }) => run !== undefined)
  return { kept, state, dialled, delays, due }
}

describe('a peer that does not answer', () => {
  const DOUBLING = [250, 500, 1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000]

  test.each([
    [0, 0.75],
    [0.5, 1],
    [1, 1.25],
  ])(
    'is dialled again after a quarter of a second, then twice as late, to a minute: a draw of %f is a factor of %f',
    (drawn, factor) => {
      const { kept, delays, due, dialled } = setUp(drawn)
      kept.add(PEER, false)
      kept.start()
      for (const _ of DOUBLING) {
        kept.ended(PEER, 0)
        expect(due()).toHaveLength(1)
        due()[0]?.run?.()
        kept.ended('10.0.0.1:1', 0) // another's end changes nothing
      }
      expect(delays()).toEqual(DOUBLING.map(ms => ms * factor))
      expect(dialled).toEqual(new Array(DOUBLING.length + 1).fill(`manual ${PEER}`))
    },
  )

  test('begins anew after a connection of ten seconds, not after a shorter one', () => {
    const { kept, delays } = setUp()
    kept.start()
    kept.add(PEER, false)
    for (const lastedMs of [0, 0, 9_999, 10_000, 0]) kept.ended(PEER, lastedMs)
    expect(delays()).toEqual([250, 500, 1_000, 250, 500])
  })
})

test('one that is refused is tried again later, one that is busy when that connection ends', () => {
  const { kept, state, delays, dialled } = setUp()
  kept.start()
  state.refused = true
  kept.add(PEER, false)
  expect([delays(), dialled]).toEqual([[250], []])
  kept.remove(PEER)
  state.busy = true
  kept.add(PEER, false)
  expect([delays(), dialled]).toEqual([[250], []])
})

test('each is dialled as it was asked for, every time', () => {
  const { kept, due, dialled } = setUp()
  kept.start()
  kept.add(PEER, true)
  kept.ended(PEER, 0)
  due()[0]?.run?.()
  expect(dialled).toEqual([`manual ${PEER} sealed`, `manual ${PEER} sealed`])
})

test('after a removal or the stop nobody is dialled', () => {
  for (const end of [(kept: KeptPeers) => kept.remove(PEER), (kept: KeptPeers) => kept.stop()]) {
    const { kept, due, dialled } = setUp()
    kept.start()
    kept.add(PEER, false)
    kept.ended(PEER, 0)
    end(kept)
    kept.ended(PEER, 0)
    expect(due()).toEqual([])
    expect(dialled).toHaveLength(1)
  }
})
