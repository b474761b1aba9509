// A map of the newest: what it keeps, and that its steps cost the same however long it has been in use.

import { expect, test, vi } from 'vitest'
import { Newest } from '../../node/core/newest.ts'

test('keeps the newest, and a key that comes again keeps its place', () => {
  const newest = new Newest<string, number>(3)
  for (const [i, key] of ['a', 'b', 'c'].entries()) newest.set(key, i)
  newest.set('a', 7)
  expect([newest.get('a'), newest.size]).toEqual([7, 3])
  newest.set('d', 3)
  expect(['a', 'b', 'c', 'd'].map(key => newest.get(key))).toEqual([undefined, 1, 2, 3])
  newest.set('e', 4)
  newest.set('a', 5)
  expect(['a', 'b', 'c', 'd', 'e'].map(key => newest.get(key))).toEqual([5, undefined, undefined, 3, 4])
  expect(newest.size).toBe(3)
})

test('nobody walks over it, however many have come and gone', () => {
  const walks = [vi.spyOn(Map.prototype, 'keys'), vi.spyOn(Map.prototype, 'entries')]
  const newest = new Newest<number, number>(100)
  for (let key = 0; key < 1_000; key++) newest.set(key, key)
  const walked = walks.map(walk => walk.mock.calls.length)
  for (const walk of walks) walk.mockRestore()
  expect(walked).toEqual([0, 0])
  expect([newest.size, newest.get(899), newest.get(900)]).toEqual([100, undefined, 900])
})
