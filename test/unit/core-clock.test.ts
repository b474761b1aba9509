// Virtual time.

import fc from 'fast-check'
import { expect, test } from 'vitest'
import { VirtualClock } from '../../orchestrator/runtime/sim/clock.ts'

test('tasks run by their moment, and those of one moment as they were planned', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 20 }), { maxLength: 200 }), delays => {
      const clock = new VirtualClock(1000)
      const ran: { at: number; order: number }[] = []
      delays.forEach((ms, order) => {
        clock.after(ms, () => ran.push({ at: clock.now(), order }))
      })
      clock.runUntil(2000)
      const wanted = delays
        .map((ms, order) => ({ at: 1000 + ms, order }))
        .sort((a, b) => a.at - b.at || a.order - b.order)
      expect(ran).toEqual(wanted)
      expect(clock.now()).toBe(2000)
    }),
  )
})

test('cancelled tasks never run, however many there are', () => {
  const clock = new VirtualClock(0)
  const ran: number[] = []
  const cancels = Array.from({ length: 5000 }, (_, i) => clock.after(i % 97, () => ran.push(i)))
  cancels.forEach((cancel, i) => {
    if (i % 10 !== 0) cancel()
    if (i % 20 === 1) cancel() // twice is harmless
  })
  expect(clock.pending).toBe(500)
  clock.runUntil(100)
  expect(ran).toHaveLength(500)
  expect(ran.every(i => i % 10 === 0)).toBe(true)
  expect(clock.pending).toBe(0)
})

test('tasks may plan and cancel others, also at their own moment', () => {
  const clock = new VirtualClock(0)
  const ran: string[] = []
  const cancelLate = clock.after(5, () => ran.push('late'))
  clock.after(5, () => {
    ran.push('first')
    clock.after(0, () => ran.push('at once'))
    clock.after(-3, () => ran.push('never in the past'))
  })
  clock.after(4, cancelLate)
  clock.runUntil(5)
  expect(ran).toEqual(['first', 'at once', 'never in the past'])
})

test('a run stops at its end and leaves later tasks', () => {
  const clock = new VirtualClock(0)
  let ran = false
  clock.after(10.5, () => {
    ran = true
  })
  clock.runUntil(10)
  expect([ran, clock.nextMs]).toEqual([false, 10.5])
  expect(clock.step()).toBe(true)
  expect([ran, clock.now(), clock.step(), clock.nextMs]).toEqual([
    true,
    10.5,
    false,
    Number.POSITIVE_INFINITY,
  ])
})
