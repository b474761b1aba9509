// The simulator's queue against the plainest one there is: an array, sorted.

import { expect, it } from 'vitest'
import { createRandom } from '../../node/core/random.ts'
import { TimedQueue } from '../../orchestrator/runtime/sim/queue.ts'

const seed = process.env.TEST_SEED ?? 'queue'

interface Item {
  readonly atMs: number
  readonly number: number
}

/** What stands first in an array is the first planned of the earliest moment. */
function earliest(items: readonly Item[]): Item | undefined {
  return items.reduce<Item | undefined>(
    (first, item) => (first && first.atMs <= item.atMs ? first : item),
    undefined,
  )
}

it(`gives back what was planned by its moment, then by its turn (seed ${seed})`, () => {
  const random = createRandom(seed)
  const queue = new TimedQueue<Item>()
  let plain: Item[] = []
  for (let number = 0; number < 6_000; number++) {
    // Few moments, so that many have the same; more pushes than pops at first, fewer later.
    if (random.float() < (number < 3_500 ? 0.8 : 0.3)) {
      const item = { atMs: random.int(50), number }
      queue.push(item.atMs, item)
      plain.push(item)
    } else {
      const first = earliest(plain)
      expect(queue.firstMs).toBe(first?.atMs ?? Number.POSITIVE_INFINITY)
      expect(queue.pop()).toBe(first)
      plain = plain.filter(item => item !== first)
    }
    if (number % 1_500 === 1_499) {
      const wanted = (item: Item) => item.number % 3 !== 0
      queue.keep(wanted)
      plain = plain.filter(wanted)
    }
    expect(queue.size).toBe(plain.length)
  }
  while (plain.length > 0) {
    expect(queue.pop()).toBe(earliest(plain))
    plain = plain.filter(item => item !== earliest(plain))
  }
  expect(queue.pop()).toBeUndefined()
})
