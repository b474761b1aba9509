// How long is waited: as long as ever where little runs, longer where many nodes share a core or launches take long.

import { expect, test } from 'vitest'
import { Pace, paceOf } from '../../orchestrator/network/pace.ts'
import { planOf } from '../support/fake-network.ts'

test('a small network waits no longer than it ever did', () => {
  for (const nodes of [1, 5, 20]) expect(new Pace(nodes, 2).ms(30_000)).toBe(30_000)
})

test('with nodes a core the waits grow, all by the same factor, and not without end', () => {
  const hundred = new Pace(100, 2)
  expect(hundred.ms(30_000)).toBe(150_000)
  expect(hundred.ms(5_000)).toBe(25_000)
  expect(new Pace(100, 16).ms(30_000)).toBe(30_000)
  expect(new Pace(10_000, 2).ms(1_000)).toBe(20_000)
})

test('launches that take long show a machine that is busy with something else', () => {
  const pace = new Pace(5, 2)
  pace.took(2_000)
  expect(pace.ms(30_000)).toBe(30_000)
  pace.took(20_000)
  pace.took(1_000)
  expect(pace.ms(30_000)).toBe(120_000)
})

test('an engine has cores of its own', () => {
  const pace = new Pace(100, 2)
  pace.on(8)
  expect(pace.ms(1_000)).toBe(1_250)
})

test('all who run a network have one', () => {
  const plan = planOf(['a-1'])
  expect(paceOf(plan)).toBe(paceOf(plan))
  expect(paceOf(planOf(['a-1']))).not.toBe(paceOf(plan))
})

test('whoever joins counts as if it had been planned', () => {
  const pace = new Pace(99, 2)
  pace.joined()
  expect(pace.ms(30_000)).toBe(new Pace(100, 2).ms(30_000))
})
