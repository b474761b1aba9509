// What the ledger keeps and hands out in order: queues, keys, orphans, blocks that were read.

import { describe, expect, test } from 'vitest'
import { makeTx } from '../../node/ledger/chain/tx.ts'
import { KeyRing } from '../../node/ledger/keys.ts'
import { OrphanPool } from '../../node/ledger/orphans.ts'
import { Queue } from '../../node/ledger/queue.ts'
import { mineBlocks, RecordingStore, secp, testChain } from '../support/chain.ts'

test('a queue gives back what it was given, in order, and knows how much it holds', () => {
  const queue = new Queue<number>()
  let [pushed, shifted] = [0, 0]
  for (let round = 1; round <= 60; round++) {
    for (let i = 0; i < round; i++) queue.push(pushed++)
    for (let i = 0; i < round - 1; i++) {
      expect(queue.first).toBe(shifted)
      expect(queue.shift()).toBe(shifted++)
      expect(queue.size).toBe(pushed - shifted)
    }
    expect([...queue]).toEqual(Array.from({ length: pushed - shifted }, (_, i) => shifted + i))
  }
  while (queue.size > 0) expect(queue.shift()).toBe(shifted++)
  expect([queue.shift(), queue.first, queue.size, [...queue]]).toEqual([undefined, undefined, 0, []])
  expect(shifted).toBe(pushed)
})

describe('keys', () => {
  test('go out one by one behind the miner’s, none is left out', () => {
    const keys = new KeyRing(new Uint8Array(32), secp)
    expect(keys.next).toBe(1)
    expect([keys.take(), keys.take(), keys.take()].map(({ index }) => index)).toEqual([1, 2, 3])
    expect(keys.next).toBe(4)
  })

  test('that were seen in use go out no more', () => {
    const keys = new KeyRing(new Uint8Array(32), secp)
    keys.markUsed(keys.at(5))
    keys.markUsed(keys.at(2))
    expect(keys.take().index).toBe(6)
  })
})

test('an orphan may weigh as much as a standard transaction, 400,000, and no more', () => {
  const weighing = (weight: number) => {
    const make = (padding: number, witness: number) =>
      makeTx({
        version: 2,
        inputs: [
          {
            previous: { txid: 'ab'.repeat(32), index: 0 },
            scriptSig: new Uint8Array(padding),
            sequence: 0,
            witness: [new Uint8Array(witness)],
          },
        ],
        outputs: [{ valueSat: 1, script: new Uint8Array(22) }],
        lockTime: 0,
      })
    const rest = weight - make(99_000, 1).weight
    return make(99_000 + Math.floor(rest / 4), 1 + (rest % 4))
  }
  for (const [weight, kept] of [
    [399_999, true],
    [400_000, true],
    [400_001, false],
  ] as const) {
    const tx = weighing(weight)
    expect(tx.weight).toBe(weight)
    expect(new OrphanPool().add(tx, 1, 0)).toBe(kept)
  }
})

test('a stored block that was read is not read again while it is remembered', () => {
  const store = new RecordingStore()
  const hashes = mineBlocks(testChain({ store }), 3).map(({ hash }) => hash)
  const reads: string[] = []
  const counting = RecordingStore.of(store.batches)
  const get = counting.get.bind(counting)
  counting.get = key => {
    reads.push(key)
    return get(key)
  }
  const chain = testChain({ store: counting })
  const [hash = ''] = hashes
  const block = chain.block(hash)
  reads.length = 0
  expect(chain.block(hash)).toBe(block)
  expect(reads).toEqual([])
})
