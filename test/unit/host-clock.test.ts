// The machine's clock and what hangs on its timers.

import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { nowMs, systemClock } from '../../node/host/clock.ts'
import { watchHeartbeat } from '../../node/host/heartbeat.ts'

test('the clock tells the time of day, finer than a millisecond, and never goes back', () => {
  const earliestMs = Date.now() - 1_000
  const times = Array.from({ length: 1_000 }, nowMs)
  expect(times[0]).toBeGreaterThan(earliestMs)
  expect(times[0]).toBeLessThan(Date.now() + 1_000)
  expect(times.some(time => !Number.isInteger(time))).toBe(true)
  expect(times).toEqual([...times].sort((a, b) => a - b))
})

describe('with timers held', () => {
  beforeEach(() => {
    vi.useFakeTimers()
  })
  afterEach(() => {
    vi.useRealTimers()
  })

  test('the clock follows when the wall clock steps', () => {
    const before = systemClock.now()
    vi.setSystemTime(Date.now() + 3_600_000)
    expect(systemClock.now() - before).toBeGreaterThanOrEqual(3_599_000)
    vi.setSystemTime(Date.now() - 7_200_000)
    expect(systemClock.now()).toBeLessThan(before)
  })

  test('a task runs once at its time, and not after it was cancelled', () => {
    const ran: string[] = []
    systemClock.after(100, () => ran.push('kept'))
    const cancel = systemClock.after(100, () => ran.push('cancelled'))
    cancel()
    vi.advanceTimersByTime(99)
    expect(ran).toEqual([])
    vi.advanceTimersByTime(10_000)
    expect(ran).toEqual(['kept'])
  })

  test('a task further ahead than any timer of Node can wait runs then, not at once', () => {
    const monthMs = 30 * 24 * 3_600_000
    const ran: string[] = []
    systemClock.after(monthMs, () => ran.push('kept'))
    const cancel = systemClock.after(monthMs, () => ran.push('cancelled'))
    vi.advanceTimersByTime(monthMs - 1)
    expect(ran).toEqual([])
    cancel()
    vi.advanceTimersByTime(1)
    expect(ran).toEqual(['kept'])
    expect(vi.getTimerCount()).toBe(0)
  })

  test('a heartbeat ends once nobody has asked for its time, and only once', () => {
    let asked = false
    let abandoned = 0
    watchHeartbeat(
      1_000,
      () => asked,
      () => abandoned++,
    )
    asked = true
    vi.advanceTimersByTime(5_000)
    asked = false
    vi.advanceTimersByTime(900)
    expect(abandoned).toBe(0)
    vi.advanceTimersByTime(100)
    expect(abandoned).toBe(1)
    vi.advanceTimersByTime(5_000)
    expect(abandoned).toBe(1)
  })

  test('before anybody has asked once a heartbeat may be longer, and never after', () => {
    let asked = false
    const abandoned: number[] = []
    const watch = () =>
      watchHeartbeat(
        1_000,
        () => asked,
        afterMs => abandoned.push(afterMs),
        5_000,
      )
    watch()
    vi.advanceTimersByTime(4_900)
    expect(abandoned).toEqual([])
    vi.advanceTimersByTime(100)
    expect(abandoned).toEqual([5_000])
    watch()
    asked = true
    vi.advanceTimersByTime(100)
    asked = false
    vi.advanceTimersByTime(900)
    expect(abandoned).toEqual([5_000])
    vi.advanceTimersByTime(100)
    expect(abandoned).toEqual([5_000, 1_000])
  })

  test('a heartbeat of 0 never ends', () => {
    watchHeartbeat(
      0,
      () => false,
      () => {
        throw new Error('ended')
      },
    )
    expect(vi.getTimerCount()).toBe(0)
  })
})
