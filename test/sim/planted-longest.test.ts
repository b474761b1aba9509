// A planted bug: nodes count blocks instead of work, so they follow the longest chain. The check of work must see it.

import { expect, test, vi } from 'vitest'
import { firstRed, UNEVEN_HALVES } from '../support/rehearsal.ts'

vi.mock('../../node/ledger/chain/tree.ts', async original => {
  const tree = await original<typeof import('../../node/ledger/chain/tree.ts')>()
  class CountingTree extends tree.BlockTree {
    #highest: ReturnType<CountingTree['add']> | undefined

    override get best() {
      return this.#highest ?? super.best
    }

    override add(...[header, parent]: Parameters<InstanceType<typeof tree.BlockTree>['add']>) {
      const entry = super.add(header, parent)
      Object.assign(entry, { work: parent.work + 1n })
      if (entry.height > this.best.height) this.#highest = entry
      return entry
    }
  }
  return { ...tree, BlockTree: CountingTree }
})

test('following the longest chain turns most-work red', async () => {
  const red = await firstRed(UNEVEN_HALVES, 'most-work', 40)
  expect(red?.message).toMatch(/stands on \w{64} \(height \d+, work \d+\), though it has \w{64}/)
})
