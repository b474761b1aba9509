// Fork choice and reorganisation: whatever the order in which the blocks of a tree arrive, the same chain comes out of it.

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Chain } from '../../node/ledger/chain/chain.ts'
import type { Block, BlockEntry, OutPointKey, Tx } from '../../node/ledger/chain/types.ts'
import { chainParams } from '../../node/params.ts'
import {
  buildBlock,
  EASY_SPEC,
  mineBlock,
  mineBlocks,
  outputOf,
  RecordingStore,
  rewardOf,
  spend,
  testChain,
  testKey,
} from '../support/chain.ts'

/** No nonces to search, and coinbases that the next block may spend. */
const FAST = chainParams({ ...EASY_SPEC, checkProofOfWork: false, coinbaseMaturity: 1 })
const KEY = testKey(0).script

interface TreeBlock {
  readonly block: Block
  readonly parent: TreeBlock | undefined
  readonly height: number
  /** It, or an ancestor, claims too much. */
  readonly invalid: boolean
}

/** How a random tree grows: on which earlier block, and whether the new one is itself invalid and what it spends. */
interface Growth {
  readonly on: number
  readonly bad: boolean
  readonly spends: boolean
}

const growths = fc.array(
  fc.record({
    // Mostly near the end, so that branches get long enough to matter.
    on: fc.nat({ max: 5 }),
    bad: fc.integer({ min: 0, max: 7 }).map(n => n === 0),
    spends: fc.boolean(),
  }),
  { minLength: 1, maxLength: 24 },
)

/** Grows a tree on genesis. A chain that knows the headers serves as the builder. */
function growTree(plan: readonly Growth[]): TreeBlock[] {
  const builder = testChain({ params: FAST })
  const tree: TreeBlock[] = []
  for (const [i, { on, bad, spends }] of plan.entries()) {
    const parent = tree[tree.length - 1 - on]
    const at = parent ? (builder.entry(parent.block.hash) as BlockEntry) : builder.genesis
    const txs = spends && parent ? spendsOf(parent) : []
    // More than the subsidy and any fees.
    const claimSat = FAST.subsidySat * (bad ? 10 : 1)
    const block = buildBlock(builder, { parent: at, tag: i, txs, claimSat })
    builder.acceptHeaders([block.header])
    tree.push({ block, parent, height: at.height + 1, invalid: bad || (parent?.invalid ?? false) })
  }
  return tree
}

/** Moves the parent's reward on, twice within one block. */
function spendsOf({ block }: TreeBlock): Tx[] {
  const nothing = { valueSat: 0, script: Uint8Array.of(0x6a) }
  const reward = rewardOf(block)
  const first = spend([reward], { outputs: [{ valueSat: reward.valueSat, script: KEY }, nothing] })
  return [
    first,
    spend([outputOf(first)], {
      outputs: [
        { valueSat: 1, script: KEY },
        { valueSat: 2, script: KEY },
      ],
    }),
  ]
}

/** Gives a chain all blocks in this order, headers first; returns what was refused. */
function deliver(chain: Chain, tree: readonly TreeBlock[], order: readonly TreeBlock[]): Set<string> {
  const refused = new Set<string>()
  for (const { block } of tree) {
    try {
      chain.acceptHeaders([block.header])
    } catch {
      refused.add(block.hash)
    }
  }
  for (const { block } of order) {
    try {
      for (const { hash } of chain.acceptBlock(block).invalid) refused.add(hash)
    } catch {
      refused.add(block.hash)
    }
  }
  return refused
}

function coinsOf(chain: Chain): Map<OutPointKey, unknown> {
  return new Map([...chain.coins()].sort(([a], [b]) => (a < b ? -1 : 1)))
}

/** Those of which the chain has the header and not the block, if they may be of use. */
function missingOf(chain: Chain, tree: readonly TreeBlock[]): number {
  return tree.filter(({ block }) => chain.entry(block.hash)?.status === 'header').length
}

/** A chain that was only ever given this branch. */
function onlyBranch(end: TreeBlock | undefined): Chain {
  const chain = testChain({ params: FAST })
  const branch: Block[] = []
  for (let at = end; at; at = at.parent) branch.unshift(at.block)
  for (const block of branch) chain.acceptBlock(block)
  return chain
}

const treeAndOrder = growths.chain(plan =>
  fc.record({
    plan: fc.constant(plan),
    order: fc.shuffledSubarray([...plan.keys()], { minLength: plan.length, maxLength: plan.length }),
  }),
)

describe('random block trees', () => {
  test('in any order of delivery end at the most work, with the coins of a chain that saw nothing else', () => {
    fc.assert(
      fc.property(treeAndOrder, ({ plan, order }) => {
        const tree = growTree(plan)
        // No room to keep blocks decoded: each is read back from the store.
        const chain = testChain({ params: FAST, blockCacheBytes: 0 })
        const shuffled = order.map(i => tree[i] as TreeBlock)
        deliver(chain, tree, shuffled)
        const valid = tree.filter(node => !node.invalid)
        const most = Math.max(0, ...valid.map(node => node.height))
        expect(chain.tip.height).toBe(most)
        const end = tree.find(node => node.block.hash === chain.tip.hash)
        expect(end?.invalid ?? false).toBe(false)

        const alone = onlyBranch(end)
        expect(alone.tip.hash).toBe(chain.tip.hash)
        expect(coinsOf(chain)).toEqual(coinsOf(alone))
        expect(chain.utxoStats()).toEqual(alone.utxoStats())
        expect(chain.verify(0)).toBe(true)
        for (const { block, invalid } of tree)
          if (!invalid) expect(chain.entry(block.hash)?.status).not.toBe('invalid')
      }),
      { numRuns: 40 },
    )
  })

  test('of equal branches, the one that was complete first stays', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 5 }),
        fc.shuffledSubarray([0, 1, 2], { minLength: 3 }),
        (length, order) => {
          const builder = testChain({ params: FAST })
          const branches = order.map(tag => {
            const blocks: Block[] = []
            for (let i = 0; i < length; i++) {
              const parent = builder.entry(blocks.at(-1)?.hash ?? builder.genesis.hash) as BlockEntry
              const block = buildBlock(builder, { parent, tag })
              builder.acceptHeaders([block.header])
              blocks.push(block)
            }
            return blocks
          })
          const chain = testChain({ params: FAST })
          for (const block of branches.flat()) chain.acceptBlock(block)
          expect(chain.tip.hash).toBe(branches[0]?.at(-1)?.hash)
        },
      ),
      { numRuns: 20 },
    )
  })

  test('reports to its caller exactly the blocks by which the old and the new chain differ', () => {
    fc.assert(
      fc.property(treeAndOrder, ({ plan, order }) => {
        const tree = growTree(plan)
        const chain = testChain({ params: FAST })
        for (const { block } of tree) chain.acceptHeaders([block.header])
        const view = [chain.genesis.hash]
        for (const i of order) {
          const before = [...view]
          try {
            const { connected, disconnected, fork } = chain.acceptBlock((tree[i] as TreeBlock).block)
            for (const block of disconnected) expect(view.pop()).toBe(block.hash)
            if (fork) expect(view.at(-1)).toBe(fork.hash)
            expect(fork === undefined).toBe(disconnected.length === 0)
            for (const block of connected) {
              expect(block.header.prev).toBe(view.at(-1))
              view.push(block.hash)
            }
          } catch {
            // A block that breaks a rule itself changes nothing.
            expect(view).toEqual(before)
          }
          expect(view.at(-1)).toBe(chain.tip.hash)
          expect(chain.missingBlocks).toBe(missingOf(chain, tree))
        }
      }),
      { numRuns: 40 },
    )
  })

  test('after every commit to the store, a restart finds a whole chain and goes on to the same end', () => {
    fc.assert(
      fc.property(treeAndOrder, fc.nat(), ({ plan, order }, kill) => {
        const tree = growTree(plan)
        const store = new RecordingStore()
        const shuffled = order.map(i => tree[i] as TreeBlock)
        const chain = testChain({ params: FAST, store })
        deliver(chain, tree, shuffled)

        const survived = store.batches.slice(0, 1 + (kill % store.batches.length))
        const restarted = testChain({ params: FAST, store: RecordingStore.of(survived) })
        expect(restarted.verify(0)).toBe(true)
        expect(restarted.missingBlocks).toBe(missingOf(restarted, tree))
        expect(restarted.tip.work <= chain.tip.work).toBe(true)
        deliver(restarted, tree, shuffled)
        expect(restarted.tip.work).toBe(chain.tip.work)
        const end = tree.find(node => node.block.hash === restarted.tip.hash)
        expect(coinsOf(restarted)).toEqual(coinsOf(onlyBranch(end)))
      }),
      { numRuns: 40 },
    )
  })
})

describe('a reorganisation', () => {
  /** Two branches: `a` is active, `b` has more work once its last block is there. */
  function fork(badAt?: number, store = new RecordingStore()) {
    const chain = testChain({ params: FAST, store })
    const common = mineBlocks(chain, 3)
    const base = chain.tip
    const a = [1, 2].map(tag =>
      mineBlock(chain, {
        tag,
        txs:
          tag === 1
            ? [spend([rewardOf(common[0] as Block)], { outputs: [{ valueSat: 7, script: KEY }] })]
            : [],
      }),
    )
    const b: Block[] = []
    for (let i = 0; i < 4; i++) {
      const parent = chain.entry(b.at(-1)?.hash ?? base.hash) as BlockEntry
      const block = buildBlock(chain, {
        parent,
        tag: 50 + i,
        claimSat: FAST.subsidySat + (i === badAt ? 1 : 0),
      })
      chain.acceptHeaders([block.header])
      b.push(block)
    }
    return { chain, base, a, b }
  }

  test('undoes and redoes exactly', () => {
    const { chain, base, a, b } = fork()
    const before = coinsOf(chain)
    for (const block of b.slice(0, 3)) chain.acceptBlock(block)
    expect(chain.tip.hash).toBe(b[2]?.hash)
    expect(coinsOf(chain)).not.toEqual(before)
    // The old branch comes back with two more blocks.
    const tip = chain.entry(a[1]?.hash ?? '') as BlockEntry
    const a3 = buildBlock(chain, { parent: tip, tag: 90 })
    chain.acceptBlock(a3)
    const a4 = buildBlock(chain, { parent: chain.entry(a3.hash), tag: 91 })
    const result = chain.acceptBlock(a4)
    expect(result.fork).toBe(base)
    expect(result.disconnected.map(block => block.hash)).toEqual(
      b
        .slice(0, 3)
        .map(block => block.hash)
        .reverse(),
    )
    expect(result.connected.map(block => block.hash)).toEqual([...a, a3, a4].map(block => block.hash))
    for (const [key, coin] of before) expect(chain.coin(key)).toEqual(coin)
    expect(chain.verify(0)).toBe(true)
  })

  test('that fails half way leaves everything as it was, and the branch marked', () => {
    const { chain, a, b } = fork(1)
    const before = chain.utxoStats()
    expect(chain.acceptBlock(b[0] as Block).outcome).toBe('side')
    // The second block has no more work than the tip, so its fault is not looked for yet.
    expect(chain.acceptBlock(b[1] as Block).outcome).toBe('side')
    const result = chain.acceptBlock(b[2] as Block)
    expect(result.invalid).toMatchObject([{ hash: b[1]?.hash, reason: 'bad-cb-amount' }])
    expect(result.connected).toEqual([])
    expect(chain.tip.hash).toBe(a[1]?.hash)
    expect(chain.utxoStats()).toEqual(before)
    expect(b.map(block => chain.entry(block.hash)?.status)).toEqual([
      'stored',
      'invalid',
      'invalid',
      'invalid',
    ])
    expect(chain.bestHeader).toBe(chain.tip)
    expect(chain.verify(0)).toBe(true)
    expect(mineBlock(chain).hash).toBe(chain.tip.hash)
  })

  test('that failed leaves no trace in the store either', () => {
    const store = new RecordingStore()
    const { chain, b } = fork(1, store)
    for (const block of b.slice(0, 3)) chain.acceptBlock(block)
    const restarted = testChain({ params: FAST, store: RecordingStore.of(store.batches) })
    expect(restarted.tip.hash).toBe(chain.tip.hash)
    expect(restarted.utxoStats()).toEqual(chain.utxoStats())
    expect(restarted.verify(0)).toBe(true)
    expect(b.map(block => restarted.entry(block.hash)?.status)).toEqual(
      b.map(block => chain.entry(block.hash)?.status),
    )
  })

  test('whose last block is the bad one is refused with that block’s reason', () => {
    const { chain, a, b } = fork(2)
    chain.acceptBlock(b[0] as Block)
    chain.acceptBlock(b[1] as Block)
    expect(() => chain.acceptBlock(b[2] as Block)).toThrow(
      expect.objectContaining({ reason: 'bad-cb-amount' }),
    )
    expect(chain.tip.hash).toBe(a[1]?.hash)
    expect(chain.entry(b[1]?.hash ?? '')?.status).toBe('stored')
  })

  test('happens as soon as a missing block closes the gap', () => {
    const { chain, b } = fork()
    const [b1, b2, b3, b4] = b as [Block, Block, Block, Block]
    expect(chain.acceptBlock(b4).outcome).toBe('orphan-header')
    expect(chain.acceptBlock(b2).outcome).toBe('orphan-header')
    expect(chain.acceptBlock(b3).outcome).toBe('orphan-header')
    expect(chain.tips().map(({ status, branchLength }) => [status, branchLength])).toEqual([
      ['active', 0],
      ['headers-only', 4],
    ])
    const result = chain.acceptBlock(b1)
    expect(result.connected.map(block => block.hash)).toEqual([b1, b2, b3, b4].map(block => block.hash))
    expect(chain.tip.hash).toBe(b4.hash)
    expect(chain.tips().map(({ status, branchLength }) => [status, branchLength])).toEqual([
      ['active', 0],
      ['valid-fork', 2],
    ])
  })
})

describe('a gap that closes', () => {
  test('under two branches of equal work gives the tip to the one whose end came first', () => {
    for (const order of [
      [1, 2],
      [2, 1],
    ]) {
      const chain = testChain({ params: FAST })
      const base = buildBlock(chain)
      const parent = chain.acceptHeaders([base.header]).last
      const twins = order.map(tag => buildBlock(chain, { parent, tag }))
      for (const twin of twins) expect(chain.acceptBlock(twin).outcome).toBe('orphan-header')
      expect(chain.acceptBlock(base).outcome).toBe('connected')
      expect(chain.tip.hash).toBe(twins[0]?.hash)
    }
  })
})

test('a reorganisation reads each block once, whoever has to be told of it', () => {
  const store = new RecordingStore()
  const reads = new Map<string, number>()
  const get = store.get.bind(store)
  store.get = key => {
    if (key.startsWith('ledger/block/')) reads.set(key, (reads.get(key) ?? 0) + 1)
    return get(key)
  }
  const chain = testChain({ params: FAST, store, blockCacheBytes: 0 })
  const fork = mineBlock(chain)
  mineBlocks(chain, 8)
  let parent = chain.entry(fork.hash) as BlockEntry
  for (let tag = 100; tag < 108; tag++) parent = chain.acceptBlock(buildBlock(chain, { parent, tag })).entry
  reads.clear()
  const result = chain.acceptBlock(buildBlock(chain, { parent, tag: 108 }))
  for (const block of result.disconnected) expect(chain.undo(block)).toBeDefined()
  expect([result.disconnected.length, result.connected.length]).toEqual([8, 9])
  expect(Math.max(...reads.values())).toBe(1)
})
