// Times between blocks as a histogram: five bins an interval, and one at the end for all that take longer than six.

import { describe, expect, it } from 'vitest'
import { noIntervals, withIntervals } from '../../orchestrator/systems/ledger/observe/intervals.ts'

const INTERVAL_MS = 1000
const seen = (...times: number[]) => times.map(firstSeenMs => ({ firstSeenMs }))
/** Bin → how many, of those that have any. */
const filled = (counts: readonly number[]) =>
  Object.fromEntries([...counts.entries()].filter(([, count]) => count > 0))

describe('a block', () => {
  it.each([
    [0, 0],
    [199, 0],
    [200, 1],
    [1000, 5],
    [5999, 29],
    [6000, 30],
    [6200, 30],
    [1e9, 30],
  ])('%i ms after the one before it falls into bin %i', (ms, bin) => {
    const none = noIntervals(INTERVAL_MS)
    expect(none.counts).toEqual(Array(31).fill(0))
    const { counts, count, sumMs } = withIntervals(none, 500, seen(500 + ms))
    expect(counts).toHaveLength(31)
    expect(filled(counts)).toEqual({ [bin]: 1 })
    expect({ count, sumMs }).toEqual({ count: 1, sumMs: ms })
  })
})

describe('several blocks', () => {
  it('are measured each from the one before, and add to what was', () => {
    const first = withIntervals(noIntervals(INTERVAL_MS), 0, seen(100, 350))
    const both = withIntervals(first, 350, seen(1350))
    expect(filled(both.counts)).toEqual({ 0: 1, 1: 1, 5: 1 })
    expect(both).toMatchObject({ binMs: 200, count: 3, sumMs: 1350 })
    expect(filled(first.counts)).toEqual({ 0: 1, 1: 1 })
  })

  it('begin with the first whose parent was seen', () => {
    expect(withIntervals(noIntervals(INTERVAL_MS), undefined, seen(5000, 5100))).toMatchObject({
      count: 1,
      sumMs: 100,
    })
  })

  it('that were seen before their parent took no time', () => {
    const { counts, sumMs } = withIntervals(noIntervals(INTERVAL_MS), 900, seen(700))
    expect(filled(counts)).toEqual({ 0: 1 })
    expect(sumMs).toBe(0)
  })
})
