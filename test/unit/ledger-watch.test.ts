// The watch over deadlines: its turns are a fixed time apart, and it takes those in which there is something to see.

import { expect, test } from 'vitest'
import { Watch } from '../../node/ledger/watch.ts'
import { VirtualClock } from '../../orchestrator/runtime/sim/clock.ts'

const START_MS = 1_000_005

/** A watch with a turn every ten seconds, and when it looked, in ms after its start. `nextMs`: what it sees then. */
function setUp(nextMs: (atMs: number) => number = () => Number.POSITIVE_INFINITY) {
  const clock = new VirtualClock(START_MS)
  const skewed = { aheadMs: 0, now: () => clock.now() + skewed.aheadMs, after: clock.after.bind(clock) }
  const looks: number[] = []
  const watch = new Watch(skewed, 10_000, nowMs => {
    looks.push(nowMs - START_MS)
    return START_MS + nextMs(nowMs - START_MS)
  })
  watch.start()
  return { watch, looks, skewed, runUntil: (ms: number) => clock.runUntil(START_MS + ms) }
}

test('looks once, in the next turn after a change', () => {
  const { watch, looks, runUntil } = setUp()
  runUntil(33_000)
  watch.arm()
  watch.arm()
  runUntil(100_000)
  expect(looks).toEqual([40_000])
})

test('looks in the first turn from a moment on, unless something changes before', () => {
  const { watch, looks, runUntil } = setUp()
  watch.arm(START_MS + 52_000)
  watch.arm(START_MS + 80_000)
  runUntil(100_000)
  expect(looks).toEqual([60_000])
  watch.arm(START_MS + 152_000)
  watch.arm()
  runUntil(200_000)
  expect(looks).toEqual([60_000, 110_000])
})

test('looks again when the deadline falls that it saw', () => {
  const { watch, looks, runUntil } = setUp(atMs => (atMs < 60_000 ? atMs + 25_000 : Number.POSITIVE_INFINITY))
  watch.arm()
  runUntil(300_000)
  expect(looks).toEqual([10_000, 40_000, 70_000])
})

test('does not wait for a moment that a clock put forward has passed', () => {
  const { watch, looks, skewed, runUntil } = setUp()
  watch.arm(START_MS + 1_000_000)
  skewed.aheadMs = 2_000_000
  watch.arm()
  runUntil(10_000)
  expect(looks).toEqual([2_010_000])
})

test('looks no more when it was stopped', () => {
  const { watch, looks, runUntil } = setUp()
  watch.arm()
  watch.stop()
  runUntil(100_000)
  expect(looks).toEqual([])
})
