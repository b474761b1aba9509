// The tree of headers: its short cuts lead where the long way does.

import fc from 'fast-check'
import { expect, test } from 'vitest'
import { BlockCache } from '../../node/ledger/chain/block-cache.ts'
import { makeHeader, ZERO_HASH } from '../../node/ledger/chain/header.ts'
import { ancestor, BlockTree, forkPoint, locator, pathUp } from '../../node/ledger/chain/tree.ts'
import type { Block, BlockEntry } from '../../node/ledger/chain/types.ts'
import { type buildBlock, mineBlocks, testChain } from '../support/chain.ts'

let unique = 0
function header(prev: string) {
  return makeHeader({
    version: 4,
    prev,
    merkleRoot: new Uint8Array(32),
    time: unique++,
    bits: 0x207fffff,
    nonce: 0,
  })
}

/** A tree of headers; each grows on one of the last few. */
function treeOf(plan: readonly number[]): { tree: BlockTree; entries: BlockEntry[] } {
  const tree = new BlockTree(header(ZERO_HASH))
  const entries = [tree.genesis]
  for (const back of plan) {
    const parent = entries[Math.max(0, entries.length - 1 - back)] as BlockEntry
    entries.push(tree.add(header(parent.hash), parent))
  }
  return { tree, entries }
}

const plan = fc.array(fc.oneof({ weight: 9, arbitrary: fc.constant(0) }, fc.nat({ max: 30 })), {
  maxLength: 300,
})

function chainOf(entry: BlockEntry): BlockEntry[] {
  const chain: BlockEntry[] = []
  for (let at: BlockEntry | undefined = entry; at; at = at.parent) chain.unshift(at)
  return chain
}

test('any ancestor is the one that the parents lead to', () => {
  fc.assert(
    fc.property(plan, fc.nat(), fc.nat(), (growth, which, height) => {
      const { entries } = treeOf(growth)
      const entry = entries[which % entries.length] as BlockEntry
      const wanted = height % (entry.height + 2)
      expect(ancestor(entry, wanted)).toBe(chainOf(entry)[wanted])
      expect(ancestor(entry, -1)).toBeUndefined()
    }),
  )
})

test('the fork point is the last entry that both branches share', () => {
  fc.assert(
    fc.property(plan, fc.nat(), fc.nat(), (growth, first, second) => {
      const { entries } = treeOf(growth)
      const a = entries[first % entries.length] as BlockEntry
      const b = entries[second % entries.length] as BlockEntry
      const onA = new Set(chainOf(a))
      expect(forkPoint(a, b)).toBe(chainOf(b).findLast(entry => onA.has(entry)))
      expect(pathUp(forkPoint(a, b), a).length).toBe(a.height - forkPoint(a, b).height)
    }),
  )
})

test('an ancestor far back is found in few steps', () => {
  const { entries } = treeOf(new Array(20_000).fill(0))
  const tip = entries.at(-1) as BlockEntry
  let steps = 0
  const counting = (entry: BlockEntry): BlockEntry =>
    new Proxy(entry, {
      get(target, key) {
        if (key !== 'skip' && key !== 'parent') return Reflect.get(target, key)
        steps++
        const next = key === 'skip' ? target.skip : target.parent
        return next && counting(next)
      },
    })
  for (const height of [0, 1, 777, 10_000, 19_998])
    expect(ancestor(counting(tip), height)?.height).toBe(height)
  expect(steps / 5).toBeLessThan(110)
})

test('a locator is dense at the end, thin at the beginning, and ends with genesis', () => {
  const { tree, entries } = treeOf(new Array(1_000).fill(0))
  const heights = locator(entries.at(-1) as BlockEntry).map(hash => tree.get(hash)?.height)
  expect(heights).toEqual([
    1000, 999, 998, 997, 996, 995, 994, 993, 992, 991, 990, 989, 987, 983, 975, 959, 927, 863, 735, 479, 0,
  ])
  expect(locator(tree.genesis)).toEqual([tree.genesis.hash])
})

test('the best header is the one with most work that is not invalid; of equals, the first', () => {
  const { tree, entries } = treeOf([0, 0, 2, 0, 0])
  const [, , a2, , , b3] = entries as [BlockEntry, BlockEntry, BlockEntry, BlockEntry, BlockEntry, BlockEntry]
  expect(tree.best).toBe(b3)
  const marked = tree.refuse(entries[3] as BlockEntry, 'invalid')
  expect(marked).toEqual(entries.slice(3))
  expect(tree.best).toBe(a2)
  expect(tree.add(header(b3.hash), b3).status).toBe('invalid')
  expect(tree.best).toBe(a2)
  tree.refuse(a2, 'set-aside')
  expect(tree.best).toBe(entries[1])
  expect(tree.add(header(a2.hash), a2).status).toBe('set-aside')
})

test('the cache of blocks keeps to its bytes and forgets what was not used for longest', () => {
  const chain = testChain()
  const [a, b, c] = mineBlocks(chain, 3) as [
    ReturnType<typeof buildBlock>,
    ReturnType<typeof buildBlock>,
    ReturnType<typeof buildBlock>,
  ]
  const memoryOf = (block: Block) => {
    const alone = new BlockCache()
    alone.put(block)
    return alone.bytes
  }
  const cache = new BlockCache(memoryOf(a) + memoryOf(b))
  cache.put(a)
  cache.put(b)
  expect(cache.get(a.hash)).toBe(a)
  cache.put(c)
  expect(cache.get(b.hash)).toBeUndefined()
  expect(cache.get(a.hash)).toBe(a)
  expect(cache.bytes).toBe(memoryOf(a) + memoryOf(c))
  cache.put(a)
  expect(cache.bytes).toBe(memoryOf(a) + memoryOf(c))
  expect(cache.get(c.hash)).toBe(c)
  const small = new BlockCache(1)
  small.put(a)
  expect(small.get(a.hash)).toBe(a)
  small.put(b)
  expect(small.get(a.hash)).toBeUndefined()
})
