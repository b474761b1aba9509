// The link model, alone and inside the virtual network's lanes.

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Link, type LinkConditions, PERFECT_LINK } from '../../node/core/link.ts'
import { createRandom } from '../../node/core/random.ts'
import { VirtualClock } from '../../orchestrator/runtime/sim/clock.ts'
import { GIVE_UP_MS, Lane } from '../../orchestrator/runtime/sim/lane.ts'

const link = (conditions: Partial<LinkConditions>, seed = 'link') =>
  new Link({ ...PERFECT_LINK, ...conditions }, createRandom(seed))

const conditions: fc.Arbitrary<LinkConditions> = fc.record({
  latencyMs: fc.integer({ min: 0, max: 500 }),
  jitterMs: fc.integer({ min: 0, max: 200 }),
  bandwidthBps: fc.constantFrom(0, 56_000, 1_000_000, 1_000_000_000),
  loss: fc.constantFrom(0, 0.01, 0.3, 0.9),
  blocked: fc.constant(false),
})
const sends = fc.array(
  fc.record({ afterMs: fc.integer({ min: 0, max: 300 }), bytes: fc.integer({ min: 1, max: 100_000 }) }),
  { maxLength: 50 },
)

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}

describe('a link', () => {
  test('without conditions carries at once', () => {
    expect(link({}).arrival(1000, 1_000_000)).toBe(1000)
  })

  test('adds its latency', () => {
    expect(link({ latencyMs: 45 }).arrival(1000, 100)).toBe(1045)
  })

  test('never lets a frame overtake another, nor arrive before it was sent', () => {
    fc.assert(
      fc.property(conditions, sends, fc.string(), (given, frames, seed) => {
        const one = link(given, seed)
        let nowMs = 0
        let last = 0
        for (const { afterMs, bytes } of frames) {
          nowMs += afterMs
          const arrival = one.arrival(nowMs, bytes)
          expect(arrival).toBeGreaterThanOrEqual(last)
          expect(arrival).toBeGreaterThanOrEqual(nowMs)
          last = arrival
        }
      }),
    )
  })

  test('serialises: frames wait for each other and n bytes take n × 8 / bandwidth', () => {
    const one = link({ bandwidthBps: 1_000_000, latencyMs: 10 })
    expect(one.arrival(0, 125_000)).toBe(1010)
    expect(one.arrival(0, 125_000)).toBe(2010)
    expect(one.arrival(5000, 125_000)).toBe(6010)
  })

  test('spreads its delay as its jitter says', () => {
    const one = link({ latencyMs: 100, jitterMs: 10 })
    // Far apart, so that keeping the order does not bend the distribution.
    const delays = Array.from({ length: 4000 }, (_, i) => one.arrival(i * 1000, 100) - i * 1000)
    const average = mean(delays)
    const deviation = Math.sqrt(mean(delays.map(delay => (delay - average) ** 2)))
    expect(Math.abs(average - 100)).toBeLessThan(1)
    expect(Math.abs(deviation - 10)).toBeLessThan(1)
  })

  test('turns loss into retransmission: as many frames as are lost wait at least a timeout', () => {
    const one = link({ latencyMs: 20, loss: 0.1 })
    const delays = Array.from({ length: 4000 }, (_, i) => one.arrival(i * 1e6, 100) - i * 1e6)
    const late = delays.filter(delay => delay > 20)
    expect(Math.abs(late.length / delays.length - 0.1)).toBeLessThan(0.02)
    expect(Math.min(...late)).toBe(220)
    // A second loss of the same segment waits twice as long again.
    expect(late).toContain(620)
  })

  test('retransmits within a long frame after one round trip', () => {
    const one = link({ latencyMs: 20, loss: 0.02 })
    const delays = Array.from({ length: 2000 }, (_, i) => one.arrival(i * 1e6, 14_480) - i * 1e6)
    expect(delays).toContain(60)
  })

  test('never waits longer for a lost segment than Linux does', () => {
    // 15 retries: 200 ms doubling ten times, then two minutes each.
    expect(link({ loss: 0.999_999 }).arrival(0, 100)).toBe(204_600 + 5 * 120_000)
  })

  test('carries nothing while blocked or when all is lost', () => {
    expect(link({ blocked: true }).arrival(0, 1)).toBe(Number.POSITIVE_INFINITY)
    expect(link({ loss: 1 }).arrival(0, 1)).toBe(Number.POSITIVE_INFINITY)
  })

  test('goes on after a block as if nothing had been sent', () => {
    const one = link({ latencyMs: 10, blocked: true })
    one.arrival(0, 1e9)
    one.set({ ...PERFECT_LINK, latencyMs: 10 })
    expect(one.arrival(500, 100)).toBe(510)
  })

  test('draws the same for the same seed', () => {
    const arrivals = (seed: string) => {
      const one = link({ latencyMs: 50, jitterMs: 20, loss: 0.2 }, seed)
      return Array.from({ length: 50 }, (_, i) => one.arrival(i * 10, 2000))
    }
    expect(arrivals('a')).toEqual(arrivals('a'))
    expect(arrivals('a')).not.toEqual(arrivals('b'))
  })
})

describe('a lane', () => {
  const setUp = (given: Partial<LinkConditions>) => {
    const clock = new VirtualClock(0)
    const arrived: string[] = []
    let gaveUp = false
    const lane = new Lane(
      clock,
      createRandom('lane'),
      { ...PERFECT_LINK, ...given },
      {
        onFrame: frame => arrived.push(`${clock.now()} ${frame.length} bytes`),
        onGiveUp: () => {
          gaveUp = true
        },
      },
    )
    return {
      clock,
      arrived,
      lane,
      send: (name: string, bytes = 100) => lane.send(bytes, () => arrived.push(`${clock.now()} ${name}`)),
      set: (change: Partial<LinkConditions>) => lane.set({ ...PERFECT_LINK, ...given, ...change }),
      gaveUp: () => gaveUp,
    }
  }

  test('hands on frames as they are', () => {
    const { clock, arrived, lane, send } = setUp({ latencyMs: 10 })
    lane.send(70, new Uint8Array(70))
    send('a')
    expect(lane.backlogBytes).toBe(170)
    clock.runUntil(10)
    expect(arrived).toEqual(['10 70 bytes', '10 a'])
    expect(lane.backlogBytes).toBe(0)
  })

  test('delivers in order at the moments of its link', () => {
    const { clock, arrived, send } = setUp({ latencyMs: 10, bandwidthBps: 8000 })
    send('a', 10)
    send('b', 10)
    clock.runUntil(100)
    expect(arrived).toEqual(['20 a', '30 b'])
  })

  test('cut under way delivers nothing, and everything in order after the heal', () => {
    const { clock, arrived, send, set, lane } = setUp({ latencyMs: 10 })
    send('on its way')
    clock.runUntil(5)
    set({ blocked: true })
    send('queued')
    clock.runUntil(60_000)
    expect(arrived).toEqual([])
    expect(lane.backlogBytes).toBe(200)
    set({})
    clock.runUntil(70_000)
    expect(arrived).toEqual(['60010 on its way', '60010 queued'])
    expect(lane.backlogBytes).toBe(0)
  })

  test('gives new conditions to what is on its way, too', () => {
    const { clock, arrived, send, set } = setUp({ bandwidthBps: 8 })
    send('slow', 1000)
    set({ bandwidthBps: 0, latencyMs: 50 })
    set({ bandwidthBps: 0, latencyMs: 50 }) // the same again changes nothing
    clock.runUntil(100)
    expect(arrived).toEqual(['50 slow'])
  })

  test('keeps its order whatever happens to its link', () => {
    const change = fc.record({
      afterMs: fc.integer({ min: 0, max: 300 }),
      to: conditions,
      blocked: fc.boolean(),
    })
    fc.assert(
      fc.property(sends, fc.array(change, { maxLength: 8 }), (frames, changes) => {
        const { clock, arrived, send, set } = setUp({ latencyMs: 100, jitterMs: 50 })
        let atMs = 0
        for (const { afterMs, to, blocked } of changes) {
          atMs += afterMs
          clock.after(atMs, () => set({ ...to, blocked }))
        }
        atMs = 0
        for (const [i, { afterMs, bytes }] of frames.entries()) {
          atMs += afterMs
          clock.after(atMs, () => send(`${i}`, bytes))
        }
        clock.after(60_000, () => set({ bandwidthBps: 0, loss: 0, blocked: false }))
        clock.runUntil(120_000)
        expect(arrived.map(one => Number(one.split(' ')[1]))).toEqual(frames.map((_, i) => i))
      }),
    )
  })

  test('gives up after as long as TCP does, and not before', () => {
    const { clock, send, set, gaveUp } = setUp({})
    set({ blocked: true })
    clock.runUntil(2 * GIVE_UP_MS)
    expect(gaveUp()).toBe(false) // nothing was sent: TCP has nothing to miss
    send('lost')
    clock.runUntil(clock.now() + GIVE_UP_MS - 1)
    expect(gaveUp()).toBe(false)
    clock.runUntil(clock.now() + 1)
    expect(gaveUp()).toBe(true)
  })

  test('does not give up when the block ends in time', () => {
    const { clock, arrived, send, set, gaveUp } = setUp({ blocked: true })
    send('held')
    clock.runUntil(GIVE_UP_MS - 1)
    set({ blocked: false })
    clock.runUntil(2 * GIVE_UP_MS)
    expect(gaveUp()).toBe(false)
    expect(arrived).toHaveLength(1)
  })

  test('closed loses what is on its way', () => {
    const { clock, arrived, send, lane } = setUp({ latencyMs: 10 })
    send('a')
    lane.close()
    send('b')
    clock.runUntil(100)
    expect(arrived).toEqual([])
    expect(clock.pending).toBe(0)
  })
})
