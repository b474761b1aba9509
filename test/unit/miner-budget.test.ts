// The hash-rate budget on its own, in made-up time.

import fc from 'fast-check'
import { expect, test } from 'vitest'
import { HashBudget } from '../../node/host/hash-budget.ts'
import { RateMeter } from '../../node/host/rate-meter.ts'

const RATES = [1_000, 50_000, 200_000, 2_000_000]

/** A worker that hashes 5 MH/s and oversleeps by up to `lateMs`, for `seconds`. Returns what it was granted. */
function worked(budget: HashBudget, rate: number, seconds: number, lateMs: (turn: number) => number): number {
  let nowMs = 12_345
  let granted = 0
  budget.setRate(rate, nowMs)
  const endMs = nowMs + 1000 * seconds
  for (let turn = 0; nowMs < endMs; turn++) {
    const hashes = budget.take(50_000, nowMs)
    if (hashes === 0) nowMs += budget.waitMs(nowMs) + lateMs(turn)
    granted += hashes
    nowMs += hashes / 5000
  }
  return granted
}

test('a budget is held within 5 % over 10 s, however late the worker wakes', () => {
  fc.assert(
    fc.property(fc.constantFrom(...RATES), fc.array(fc.nat(400), { minLength: 1 }), (rate, late) => {
      const granted = worked(new HashBudget(), rate, 10, turn => late[turn % late.length] as number)
      expect(granted / (10 * rate)).toBeGreaterThan(0.95)
      expect(granted / (10 * rate)).toBeLessThanOrEqual(1.05)
    }),
  )
})

test('without a limit everything is granted', () => {
  const budget = new HashBudget()
  budget.setRate(0, 0)
  expect(budget.take(1_000_000, 0)).toBe(1_000_000)
})

test('a rate below one hash per portion still gets its hashes', () => {
  expect(worked(new HashBudget(), 3, 20, () => 0)).toBeGreaterThanOrEqual(58)
})

test('a new rate begins with an empty bucket, the same rate keeps what was saved', () => {
  const budget = new HashBudget()
  budget.setRate(1000, 0)
  budget.setRate(1000, 500)
  expect(budget.take(10_000, 500)).toBe(500)
  budget.setRate(2000, 600)
  expect(budget.take(10_000, 600)).toBe(0)
})

test('no more than one second is made up for', () => {
  const budget = new HashBudget()
  budget.setRate(1000, 0)
  expect(budget.take(1_000_000, 3_600_000)).toBe(1000)
})

test('hashes that were granted and not tried are granted again', () => {
  const budget = new HashBudget()
  budget.setRate(1000, 0)
  expect(budget.take(100, 100)).toBe(100)
  budget.giveBack(90)
  expect(budget.take(1000, 100)).toBe(90)
})

test('the meter gives the rate of the last seconds, and none when work has stopped', () => {
  const meter = new RateMeter()
  meter.start(0, 0)
  for (let second = 1; second <= 30; second++) meter.rate(1000 * second, 500 * second)
  for (let second = 31; second <= 45; second++) meter.rate(1000 * second, 15_000 + 2000 * (second - 30))
  expect(meter.rate(45_000, 45_000)).toBe(2000)
  meter.stop()
  expect(meter.rate(46_000, 45_000)).toBe(0)
  meter.start(100_000, 45_000)
  expect(meter.rate(101_000, 45_700)).toBe(700)
})
