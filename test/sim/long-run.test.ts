// A block costs the same after any number of blocks. Told by counts: tables that keep their newest entries grow to their bounds in
// a few thousand blocks, and whoever then asks such a Map for its oldest entry with each block walks over all that were forgotten.

import { expect, test } from 'vitest'
import { simulate } from '../support/simulation.ts'

const INTERVAL_MS = 10_000
/** Beyond the bounds of what is kept by block: 4,096 of the shared operations, and about 4,500 of a node's decoded blocks. */
const BLOCKS = 4_900
const LAST = 200
/** Whatever has fewer entries is walked over in no time. */
const LARGE = 1_000

test('no table that has become large is walked over with each block, and a block makes no more events than at first', async () => {
  const walks = countWalks()
  let blocks = 0
  let events = 0
  const { testnet } = await simulate(
    `
nodes: { miners: { count: 2, share: 100% } }
chain: { blockInterval: ${INTERVAL_MS}ms, difficulty: { rule: fixed } }
load: { tx: 0/s }
`,
    type => {
      events += 1
      if (type === 'block-mined') blocks += 1
      return false
    },
  )
  const perBlock = async (count: number) => {
    const before = { walks: walks.count(), events, blocks }
    await testnet.elapse(count * INTERVAL_MS)
    const mined = blocks - before.blocks
    return { walks: (walks.count() - before.walks) / mined, events: (events - before.events) / mined }
  }
  try {
    const first = await perBlock(LAST)
    await testnet.elapse((BLOCKS - 2 * LAST) * INTERVAL_MS)
    const last = await perBlock(LAST)
    expect(last.walks).toBeLessThan(0.1)
    expect(last.events / first.events).toBeLessThan(1.05)
  } finally {
    walks.restore()
    await testnet.down('the test is over')
  }
})

/** How often anybody began to walk over a large Map. */
function countWalks(): { count(): number; restore(): void } {
  let walks = 0
  const { keys, entries, values } = Map.prototype
  const counting = <T>(begin: (this: Map<unknown, unknown>) => T) =>
    function (this: Map<unknown, unknown>): T {
      if (this.size > LARGE) walks += 1
      return begin.call(this)
    }
  const put = (how: Pick<typeof Map.prototype, 'keys' | 'entries' | 'values'>) =>
    Object.assign(Map.prototype, { ...how, [Symbol.iterator]: how.entries })
  put({ keys: counting(keys), entries: counting(entries), values: counting(values) })
  return { count: () => walks, restore: () => put({ keys, entries, values }) }
}
