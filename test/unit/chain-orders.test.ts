// Core's InvalidateBlock and ResetBlockFailureFlags: where the tip goes, what is marked, and what a restart keeps of it.

import { expect, test } from 'vitest'
import type { Chain } from '../../node/ledger/chain/chain.ts'
import type { BlockEntry } from '../../node/ledger/chain/types.ts'
import { buildBlock, mineBlocks, RecordingStore, testChain } from '../support/chain.ts'

const entryAt = (chain: Chain, height: number) => chain.at(height) as BlockEntry

/** Six blocks, and a branch of two on the third. */
function forked() {
  const store = new RecordingStore()
  const chain = testChain({ store })
  chain.load()
  mineBlocks(chain, 6)
  const stem = entryAt(chain, 3)
  const first = buildBlock(chain, { parent: stem, tag: 1 })
  chain.acceptBlock(first)
  const second = buildBlock(chain, { parent: chain.entry(first.hash) as BlockEntry, tag: 1 })
  chain.acceptBlock(second)
  return { chain, store, stem, branch: chain.entry(second.hash) as BlockEntry }
}

test('the tip goes to the best of what is left, and back', () => {
  const { chain, branch } = forked()
  const main = chain.tip
  const before = chain.utxoStats()
  const result = chain.invalidate(entryAt(chain, 4))
  expect(chain.tip).toBe(branch)
  expect(result.disconnected.map(({ hash }) => hash)).toContain(main.hash)
  expect(result.connected.map(({ hash }) => hash).at(-1)).toBe(branch.hash)
  expect(chain.refusedAhead).toBe(main)
  expect(chain.bestHeader).toBe(branch)
  expect(chain.verify(0)).toBe(true)
  chain.reconsider(main)
  expect(chain.tip).toBe(main)
  expect(chain.utxoStats()).toEqual(before)
  expect(chain.refusedAhead).toBeUndefined()
  expect(chain.verify(0)).toBe(true)
})

test('a block beside the chain is set aside without moving the tip, and what comes on it is none', () => {
  const { chain, branch } = forked()
  const { tip } = chain
  chain.invalidate(branch)
  expect(chain.tip).toBe(tip)
  expect(chain.tips().map(({ status }) => status)).toEqual(['active', 'invalid'])
  const above = buildBlock(chain, { parent: branch, tag: 2 })
  expect(() => chain.acceptBlock(above)).toThrow('duplicate-invalid')
  expect(chain.entry(above.hash)?.status).toBe('set-aside')
})

test('marks outlast a restart, and can be taken off after it', () => {
  const { chain, store } = forked()
  const main = chain.tip
  chain.invalidate(entryAt(chain, 4))
  const again = testChain({ store: RecordingStore.of(store.batches) })
  expect(again.load()).toEqual({ damaged: undefined })
  expect(again.tip.hash).toBe(chain.tip.hash)
  expect(again.refusedAhead?.hash).toBe(main.hash)
  again.reconsider(again.entry(main.hash) as BlockEntry)
  expect(again.tip.hash).toBe(main.hash)
})

test('a block that breaks a rule is found out again when it is judged anew', () => {
  const chain = testChain()
  mineBlocks(chain, 2)
  const bad = buildBlock(chain, { claimSat: chain.subsidySat(3) + 1 })
  expect(() => chain.acceptBlock(bad)).toThrow('bad-cb-amount')
  const { invalid } = chain.reconsider(chain.entry(bad.hash) as BlockEntry)
  expect(invalid).toMatchObject([{ hash: bad.hash, reason: 'bad-cb-amount' }])
  expect(chain.entry(bad.hash)?.status).toBe('invalid')
  expect(chain.tip.height).toBe(2)
})

test('only what stands above or below is judged anew', () => {
  const { chain, stem, branch } = forked()
  const main = chain.tip
  chain.invalidate(branch)
  chain.invalidate(entryAt(chain, 5))
  chain.reconsider(main)
  expect(chain.tip).toBe(main)
  expect(branch.status).toBe('set-aside')
  chain.reconsider(stem)
  expect(branch.status).toBe('stored')
})
