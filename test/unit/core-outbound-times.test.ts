// When outbound slots are looked at, and how long an address rests, to the millisecond: over doubles, with draws that are chosen.

import { describe, expect, test } from 'vitest'
import type { AddressManager } from '../../node/bitcoin/addrman.ts'
import type { Dials } from '../../node/bitcoin/dials.ts'
import { OutboundSlots } from '../../node/bitcoin/outbound.ts'
import type { Peers } from '../../node/bitcoin/peers.ts'
import type { Random } from '../../node/core/host.ts'

const CANDIDATE = { address: '44.1.0.1:8333', group: 'ipv4 44.1', services: 0n }

function setUp({ drawn = 0.5, slots = 1, candidates = [CANDIDATE], v2 = false } = {}) {
  let nowMs = 0
  const timers = new Set<{ readonly atMs: number; readonly run: () => void }>()
  const clock = {
    now: () => nowMs,
    after(ms: number, run: () => void) {
      const timer = { atMs: nowMs + ms, run }
      timers.add(timer)
      return () => void timers.delete(timer)
    },
  }
  const dialled: [ms: number, kind: string][] = []
  const sealed: boolean[] = []
  const asked: number[] = []
  let turn = 0
  const outbound = new OutboundSlots({
    clock,
    random: { float: () => drawn } as Random,
    peers: { staying: () => [] } as unknown as Peers,
    addresses: {
      select: () => candidates[turn++ % Math.max(1, candidates.length)],
      attempt() {},
      resolveCollisions() {},
      contested: () => undefined,
    } as unknown as AddressManager,
    dials: {
      v2,
      busy: () => false,
      refused: () => false,
      forSlots: () => [],
      dial: (_: string, kind: string, v2: boolean) => {
        dialled.push([nowMs, kind])
        sealed.push(v2)
      },
    } as unknown as Dials,
    slots,
    self: undefined,
    askForMore: () => void asked.push(nowMs),
  })
  /** Runs what is due, one by one, up to a moment. */
  const runUntil = (ms: number) => {
    for (;;) {
      const [next] = [...timers].sort((a, b) => a.atMs - b.atMs)
      if (!next || next.atMs > ms) break
      timers.delete(next)
      nowMs = next.atMs
      next.run()
    }
    nowMs = ms
  }
  return { outbound, dialled, sealed, asked, timers, runUntil }
}

describe('slots are looked at', () => {
  test.each([
    [0.01, 3_775, 102],
    [0.5, 5_000, 200],
    [0.99, 6_225, 298],
  ])(
    'at once, again while one is free, and soon after a change: with a draw of %f after %f and %f ms',
    (drawn, again, soon) => {
      const { outbound, asked, runUntil } = setUp({ drawn, candidates: [] })
      outbound.start()
      runUntil(again + 1)
      expect(asked).toEqual([0, expect.closeTo(again, 6)])
      outbound.kick()
      outbound.kick()
      runUntil(again + 1 + 2 * soon)
      expect(asked.slice(2)).toEqual([expect.closeTo(again + 1 + soon, 6)])
    },
  )

  test('not before the start, nor after the stop', () => {
    const { outbound, asked, timers, runUntil } = setUp({ candidates: [] })
    outbound.kick()
    runUntil(100_000)
    expect(asked).toEqual([])
    outbound.start()
    outbound.stop()
    outbound.kick()
    expect(timers.size).toBe(0)
  })
})

test('an address that does not answer rests two seconds, then twice as long each time, ten minutes at most', () => {
  const { outbound, dialled, runUntil } = setUp()
  outbound.start()
  // Kicked so often that it is dialled as soon as it may be.
  for (let ms = 0; ms <= 3_000_000; ms += 200) {
    outbound.kick()
    runUntil(ms)
  }
  const times = dialled.map(([ms]) => ms)
  const rests = times.slice(1).map((ms, i) => ms - (times[i] ?? 0))
  const wanted = [2, 4, 8, 16, 32, 64, 128, 256, 512, 600, 600].map(seconds => seconds * 1_000)
  expect(rests.slice(0, wanted.length)).toEqual(wanted)
})

test('who is said to speak the encrypted transport is dialled so, by whoever dials so at all', () => {
  const bit = 1n << 11n
  for (const [v2, services, wanted] of [
    [true, bit | 9n, true],
    [true, 9n, false],
    [false, bit | 9n, false],
  ] as const) {
    const { outbound, sealed, runUntil } = setUp({ v2, candidates: [{ ...CANDIDATE, services }] })
    outbound.start()
    runUntil(1_000)
    expect(sealed).toEqual([wanted])
  }
})

test('one that has answered is dialled again at once', () => {
  const { outbound, dialled, runUntil } = setUp()
  outbound.start()
  runUntil(1_000)
  expect(dialled).toHaveLength(1)
  outbound.answered(CANDIDATE.address)
  outbound.kick()
  runUntil(1_200)
  expect(dialled).toEqual([
    [0, 'outbound'],
    [1_200, 'outbound'],
  ])
})

test('feelers go out while every slot is full, every two minutes on average', () => {
  const { outbound, dialled, runUntil } = setUp({ slots: 0, drawn: 1 - Math.exp(-1) })
  outbound.start()
  runUntil(5 * 120_000)
  expect(dialled).toEqual([1, 2, 3, 4, 5].map(n => [expect.closeTo(n * 120_000, 3), 'feeler']))
})
