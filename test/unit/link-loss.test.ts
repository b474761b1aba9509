// Loss on a link, segment by segment: when a loss costs a round trip, when a timeout, and what a change of conditions forgets.

import { describe, expect, test } from 'vitest'
import { Link, type LinkConditions, PERFECT_LINK } from '../../node/core/link.ts'
import { createRandom } from '../../node/core/random.ts'

const SEGMENT_BYTES = 1448
const LATENCY_MS = 20

/** Delays beyond the latency of many frames of so many segments, far apart. */
function extraDelays(segments: number, change: Partial<LinkConditions>, count = 1_000): number[] {
  const link = new Link({ ...PERFECT_LINK, latencyMs: LATENCY_MS, ...change }, createRandom('loss'))
  return Array.from({ length: count }, (_, i) => {
    const sentMs = i * 1e7
    return link.arrival(sentMs, segments * SEGMENT_BYTES) - sentMs - LATENCY_MS
  })
}

describe('the first loss', () => {
  test('costs a round trip where four segments are under way', () => {
    const late = extraDelays(4, { loss: 0.02 }).filter(ms => ms > 0)
    expect(Math.min(...late)).toBe(2 * LATENCY_MS)
  })

  test('costs a timeout where there are fewer', () => {
    const late = extraDelays(3, { loss: 0.02 }).filter(ms => ms > 0)
    expect(Math.min(...late)).toBe(200)
  })

  test('costs a timeout of four jitters more than the round trip, where that is longer', () => {
    const late = extraDelays(1, { loss: 0.3, latencyMs: 150 }).filter(ms => ms > 130)
    expect(Math.min(...late)).toBe(150 + 300 - LATENCY_MS)
  })
})

test('only what was lost is sent again: of a thousand segments the second try loses a tenth as often as the first', () => {
  const delays = extraDelays(1_000, { loss: 0.01 })
  const share = (of: (ms: number) => boolean) => delays.filter(of).length / delays.length
  expect(share(ms => ms === 0)).toBe(0)
  expect(share(ms => ms === 2 * LATENCY_MS)).toBeCloseTo(0.99 ** 10, 1)
  expect(Math.max(...delays)).toBeLessThan(2_000)
})

test('a change of conditions forgets what was under way, to the moment', () => {
  const link = new Link({ ...PERFECT_LINK, bandwidthBps: 8_000 }, createRandom('set'))
  expect(link.arrival(0, 1_000)).toBe(1_000)
  link.set(PERFECT_LINK)
  expect(link.arrival(0, 1_000)).toBe(0)
})
