// What the chain writes, and what it makes of it at the next start: the same chain, or a clear word on what is damaged.

import { describe, expect, test } from 'vitest'
import type { StoreOp } from '../../node/core/host.ts'
import { DamagedStore } from '../../node/errors.ts'
import { openStore } from '../../node/host/store.ts'
import { makeBlock } from '../../node/ledger/chain/block.ts'
import { BlockCache } from '../../node/ledger/chain/block-cache.ts'
import { Chain } from '../../node/ledger/chain/chain.ts'
import { BODIES, ChainStore } from '../../node/ledger/chain/chain-store.ts'
import { makeHeader } from '../../node/ledger/chain/header.ts'
import { seal } from '../../node/ledger/chain/record.ts'
import type { Block, BlockEntry, Coin, Tx } from '../../node/ledger/chain/types.ts'
import { coinCodec, UtxoSet } from '../../node/ledger/chain/utxo.ts'
import { REGTEST } from '../../node/params.ts'
import {
  buildBlock,
  coinbaseInput,
  EASY,
  mineBlock,
  mineBlocks,
  NOW_MS,
  RecordingStore,
  rewardOf,
  secp,
  solve,
  spend,
  testChain,
  testKey,
} from '../support/chain.ts'
import { temporaryDirectory } from '../support/node-config.ts'

/** Ten blocks, one with a payment, and a side block. */
function stored() {
  const store = new RecordingStore()
  const chain = testChain({ store })
  const [first] = mineBlocks(chain, 8)
  if (first === undefined) throw new Error('no block')
  const side = buildBlock(chain, { tag: 5 })
  mineBlock(chain, {
    txs: [spend([rewardOf(first)], { outputs: [{ valueSat: 3, script: testKey(1).script }] })],
  })
  chain.acceptBlock(side)
  mineBlock(chain)
  return { store, chain, side, first }
}

function reload(store: RecordingStore, params = EASY) {
  const chain = new Chain({ params, store, secp, nowMs: () => NOW_MS })
  return { chain, damaged: chain.load().damaged }
}

describe('a restart', () => {
  test('finds the same chain, side blocks and headers included', () => {
    const { store, chain, side } = stored()
    const ahead = buildBlock(chain, { tag: 6 })
    chain.acceptHeaders([ahead.header])
    const { chain: again, damaged } = reload(RecordingStore.of(store.batches))
    expect(damaged).toBeUndefined()
    expect(again.tip.hash).toBe(chain.tip.hash)
    expect(again.tip.work).toBe(chain.tip.work)
    expect(again.bestHeader.hash).toBe(ahead.hash)
    expect(again.utxoStats()).toEqual(chain.utxoStats())
    expect(again.tips().map(({ entry, status }) => [entry.hash, status])).toEqual(
      chain.tips().map(({ entry, status }) => [entry.hash, status]),
    )
    expect(again.block(side.hash)).toEqual(side)
    expect(again.verify(0)).toBe(true)
    expect(again.acceptBlock(ahead).outcome).toBe('connected')
    // The order of arrival goes on where it was.
    expect(again.tip.sequence).toBeGreaterThan(again.at(10)?.sequence ?? Number.NaN)
    expect(again.tip.sequence).toBeGreaterThan(again.entry(side.hash)?.sequence ?? Number.NaN)
  })

  test('remembers which blocks are invalid', () => {
    const { store, chain } = stored()
    const bad = buildBlock(chain, { claimSat: 5e9 + 1 })
    const misplaced = buildBlock(chain, { coinbase: { inputs: [coinbaseInput(99)] }, tag: 1 })
    for (const block of [bad, misplaced]) expect(() => chain.acceptBlock(block)).toThrow()
    const { chain: again } = reload(RecordingStore.of(store.batches))
    for (const block of [bad, misplaced])
      expect(() => again.acceptBlock(block)).toThrow(expect.objectContaining({ reason: 'duplicate-invalid' }))
    expect(again.tip.hash).toBe(chain.tip.hash)
    expect(again.bestHeader).toBe(again.tip)
  })

  test('remembers which blocks break a rule, and takes nothing that stands on them', () => {
    const { store, chain } = stored()
    mineBlocks(chain, 3)
    const greedy = buildBlock(chain, { claimSat: chain.subsidySat(4) + 1 })
    expect(() => chain.acceptBlock(greedy)).toThrow('bad-cb-amount')
    const { chain: again } = reload(RecordingStore.of(store.batches))
    const fields = { ...greedy.header, prev: greedy.hash, time: greedy.header.time + 1, nonce: 0 }
    expect(() => again.acceptHeader(solve(makeHeader(fields), again.params))).toThrow('bad-prevblk')
    expect(again.bestHeader).toBe(again.tip)
    expect(again.refusedAhead?.hash).toBe(greedy.hash)
  })

  test('judges what an earlier version could not: blocks whose scripts it did not know, and what stood on them', () => {
    const { store, chain } = stored()
    const before = store.batches.length
    const next = mineBlock(chain)
    const later = buildBlock(chain)
    chain.acceptHeaders([later.header])
    const isOf = (op: StoreOp) => 'put' in op && [next.hash, later.hash].some(hash => op.put.endsWith(hash))
    const kept = store.batches
      .slice(before)
      .flatMap(batch => batch.filter(isOf))
      .map(unjudged)
    const { chain: again } = reload(RecordingStore.of([...store.batches.slice(0, before), kept]))
    expect(again.tip.hash).toBe(next.hash)
    expect(again.bestHeader.hash).toBe(later.hash)
    expect(again.missingBlocks).toBe(1)
    expect(again.acceptBlock(later).outcome).toBe('connected')
  })

  /** The record of a header's entry with the status that there was: behind 80 bytes and the height. */
  function unjudged(op: StoreOp): StoreOp {
    if (!('put' in op) || !op.put.startsWith('ledger/entry/')) return op
    const bytes = op.value.slice(0, -4)
    bytes[84] = 4
    return {
      put: op.put,
      value: seal(op.put, { write: (w, value) => w.bytes(value), read: () => bytes }, bytes),
    }
  }

  test('goes on from blocks that waited for their parents', () => {
    const { store, chain } = stored()
    const parent = buildBlock(chain)
    const { last } = chain.acceptHeaders([parent.header])
    const child = buildBlock(chain, { parent: last })
    expect(chain.acceptBlock(child).outcome).toBe('orphan-header')
    const { chain: again } = reload(RecordingStore.of(store.batches))
    expect(again.acceptBlock(parent).connected.map(block => block.hash)).toEqual([parent.hash, child.hash])
  })

  test('keeps to the tip that was first seen', () => {
    const { store, chain, side } = stored()
    const parent = chain.entry(side.hash) as BlockEntry
    for (let tag = 8; tag < 16; tag++)
      expect(chain.acceptBlock(buildBlock(chain, { parent, tag })).outcome).toBe('side')
    const { chain: again } = reload(RecordingStore.of(store.batches))
    expect(again.tip.hash).toBe(chain.tip.hash)
    expect(again.bestHeader).toBe(again.tip)
  })

  test('a block that extends the tip is one batch, whole', () => {
    const { store, chain } = stored()
    const before = store.batches.length
    mineBlock(chain)
    expect(store.batches.length).toBe(before + 1)
    const keys = store.batches.at(-1)?.map(op => ('put' in op ? op.put : op.del).split('/')[1])
    expect(new Set(keys)).toEqual(new Set(['block', 'undo', 'entry', 'coin', 'tip']))
  })
})

describe('damage', () => {
  const keysOf = (store: RecordingStore, prefix: string) => Array.from(store.scan(prefix), ([key]) => key)

  /** A copy of the store in which one thing was changed behind the chain's back. */
  function tampered(change: (store: RecordingStore) => void) {
    const { store } = stored()
    const copy = RecordingStore.of(store.batches)
    change(copy)
    return reload(copy)
  }

  test('every flipped bit that a start reads is noticed', () => {
    const { store } = stored()
    for (const key of [...keysOf(store, 'ledger/entry/'), ...keysOf(store, 'ledger/coin/'), 'ledger/tip']) {
      const value = store.get(key) as Uint8Array
      for (const at of [0, value.length >> 1, value.length - 1]) {
        const flipped = value.slice()
        flipped[at] = (flipped[at] as number) ^ 0x10
        const copy = RecordingStore.of(store.batches)
        copy.commit([{ put: key, value: flipped }])
        expect(reload(copy).damaged, `${key} at ${at}`).toMatch(/unreadable|damaged/)
      }
    }
  })

  test.each(['ledger/entry/', 'ledger/coin/'])('a missing record of %s is noticed', prefix => {
    const { store } = stored()
    for (const key of keysOf(store, prefix)) {
      const copy = RecordingStore.of(store.batches)
      copy.commit([{ del: key }])
      // The end of a side branch is nothing that anything else refers to.
      const { damaged, chain } = reload(copy)
      if (damaged === undefined) expect(chain.entry(key.slice(prefix.length))).toBeUndefined()
      else expect(damaged).not.toBe('')
      if (prefix === 'ledger/coin/') expect(damaged).toMatch(/coins/)
    }
  })

  test('a coin too many is noticed, and so is one in the place of another', () => {
    const { store } = stored()
    const [a, b] = keysOf(store, 'ledger/coin/') as [string, string]
    const swapped = RecordingStore.of(store.batches)
    swapped.commit([{ put: a, value: store.get(b) as Uint8Array }])
    expect(reload(swapped).damaged).toMatch(/unreadable/)

    // Whole records of the past: each is what was written, together they are not.
    const old = store.batches
      .flat()
      .find(op => 'put' in op && op.put.startsWith('ledger/coin/') && !store.get(op.put))
    const revived = RecordingStore.of([...store.batches, [old as never]])
    expect(reload(revived).damaged).toMatch(/coins instead of/)
    const oneForOne = RecordingStore.of([...store.batches, [old as never, { del: a }]])
    expect(reload(oneForOne).damaged).toBe('the coins are not those of the tip')
  })

  test('a body or undo record at the end of the chain that is cut short is noticed', () => {
    for (const prefix of ['ledger/block/', 'ledger/undo/']) {
      const { damaged } = tampered(store => {
        const tip = reload(RecordingStore.of(store.batches)).chain.tip.hash
        const value = store.get(prefix + tip) as Uint8Array
        store.commit([{ put: prefix + tip, value: value.slice(0, -1) }])
      })
      expect(damaged).toMatch(/is unreadable/)
    }
  })

  test('deeper down it is noticed by verify, and by a reorganisation that needs it', () => {
    const { chain } = tampered(store => {
      const hash = reload(RecordingStore.of(store.batches)).chain.at(2)?.hash
      store.commit([{ del: `ledger/undo/${hash}` }])
    })
    expect(chain.verify(6)).toBe(true)
    expect(chain.verify(0)).toBe(false)
    let parent = chain.at(1) as BlockEntry
    const branch = () => {
      for (let i = 0; i < 12; i++) {
        const block = buildBlock(chain, { parent, tag: 30 })
        chain.acceptBlock(block)
        parent = chain.entry(block.hash) as BlockEntry
      }
    }
    expect(branch).toThrow(DamagedStore)
  })

  test('a store without a tip is new only if it is empty', () => {
    expect(tampered(store => store.commit([{ del: 'ledger/tip' }])).damaged).toMatch(/tip is unreadable/)
    expect(reload(new RecordingStore()).damaged).toBeUndefined()
  })

  test('the store of another network is refused', () => {
    const { store } = stored()
    expect(reload(RecordingStore.of(store.batches), REGTEST).damaged).toBe('it belongs to another network')
  })

  test('what the host’s store throws at the start is reported, not thrown', () => {
    const { store } = stored()
    const broken = RecordingStore.of(store.batches)
    broken.get = key => {
      throw new DamagedStore(`${key} cannot be read`)
    }
    expect(reload(broken).damaged).toBe('ledger/tip cannot be read')
  })
})

describe('verify', () => {
  /** Writes to a store with all checksums right, as a bug would. */
  function forged(change: (writer: ChainStore, chain: Chain) => void) {
    const { store } = stored()
    const copy = RecordingStore.of(store.batches)
    const writer = new ChainStore(copy, new BlockCache())
    change(writer, reload(copy).chain)
    writer.commit()
    return reload(copy)
  }

  test('goes as deep as it is asked to', () => {
    const { chain, first } = stored()
    expect(chain.verify(1)).toBe(true)
    expect(chain.verify(1_000)).toBe(true)
    expect(chain.undo(first.hash)?.spent).toEqual([])
  })

  test('sees a block that is not the one its header commits to', () => {
    const { chain, damaged } = forged((writer, chain) => {
      const block = chain.block(chain.tip.hash) as Block
      const other = buildBlock(chain, { parent: chain.tip.parent as BlockEntry, tag: 77 })
      writer.stageBlock(makeBlock(block.header, other.transactions))
    })
    expect(damaged).toBeUndefined()
    expect(chain.verify(1)).toBe(false)
  })

  test('sees coins that are not those that the blocks make', () => {
    const { chain, damaged } = forged((writer, chain) => {
      const { txid } = (chain.block(chain.tip.hash) as Block).transactions[0] as Tx
      const key = `${txid}:0`
      const coin = chain.coin(key) as Coin
      const record = (valueSat: number) => ({ key, coin, bytes: seal(key, coinCodec, { ...coin, valueSat }) })
      const right = record(coin.valueSat)
      const wrong = record(coin.valueSat + 1)
      const utxo = new UtxoSet()
      for (const [other, found] of chain.coins())
        utxo.add(other === key ? wrong : { key: other, coin: found, bytes: seal(other, coinCodec, found) })
      writer.stageCoins([right], [wrong])
      writer.stageTip(chain.tip, utxo.mark)
    })
    expect(damaged).toBeUndefined()
    expect(chain.verify(1)).toBe(false)
  })
})

test('on LevelDB, as a node keeps it, the chain comes back after the process', async () => {
  const directory = temporaryDirectory()
  const open = () =>
    openStore(
      directory,
      error => {
        throw error
      },
      { bodies: BODIES },
    )
  const first = await open()
  const chain = testChain({ store: first })
  first.loaded()
  mineBlocks(chain, 20)
  const side = buildBlock(chain, { parent: chain.at(18) as BlockEntry, tag: 3 })
  chain.acceptBlock(side)
  await first.close()

  const second = await open()
  const again = testChain({ store: second })
  second.loaded()
  expect(again.tip.hash).toBe(chain.tip.hash)
  expect(again.utxoStats()).toEqual(chain.utxoStats())
  expect(again.verify(0)).toBe(true)
  expect(again.block(side.hash)).toEqual(side)
  await second.close()
})
