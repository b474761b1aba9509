// The set that forgets: against a plain list that does the same slowly.

import fc from 'fast-check'
import { expect, it } from 'vitest'
import { BoundedSet } from '../../node/ledger/bounded.ts'

const CAPACITY = 5

const step = fc.record({
  do: fc.constantFrom('add', 'add', 'add', 'delete', 'shift', 'clear' as const),
  member: fc.nat({ max: 9 }),
})

it('has the members that were added last, in the order in which they came', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 300 }), steps => {
      const set = new BoundedSet<number>(CAPACITY)
      let list: number[] = []
      for (const { do: what, member } of steps) {
        const known = list.includes(member)
        if (what === 'add') {
          expect(set.add(member)).toBe(!known)
          if (!known) list.push(member)
          list = list.slice(-CAPACITY)
        } else if (what === 'delete') {
          expect(set.delete(member)).toBe(known)
          list = list.filter(other => other !== member)
        } else if (what === 'shift') {
          expect(set.shift()).toBe(list.shift())
        } else {
          if (list.length % 3 !== 0) continue // seldom: else no set grows old
          set.clear()
          list = []
        }
        expect([...set.values()]).toEqual(list)
        expect(set.size).toBe(list.length)
        for (let other = 0; other <= 9; other++) expect(set.has(other)).toBe(list.includes(other))
      }
    }),
  )
})

it('takes a member that was deleted for a new one, however often it came and went', () => {
  const set = new BoundedSet<string>(2)
  for (let i = 0; i < 3; i++) {
    set.add('a')
    set.delete('a')
  }
  for (const member of ['a', 'b', 'c']) set.add(member)
  expect([...set.values()]).toEqual(['b', 'c'])
  expect(set.shift()).toBe('b')
})
