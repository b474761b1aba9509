// The store: reads see every commit, batches are written whole and in order,
// a failed write stops everything. With LevelDB itself where that is cheap, with a double where it has to be slow or to fail.

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Batch, StoreOp } from '../../node/core/host.ts'
import {
  type Level,
  type LevelOperation,
  LevelStore,
  openStore,
  type StoreFailed,
} from '../../node/host/store.ts'
import { temporaryDirectory } from '../support/node-config.ts'
import { until } from '../support/until.ts'

const bytes = (...values: number[]) => Uint8Array.from(values)
const put = (key: string, ...values: number[]): StoreOp => ({ put: key, value: bytes(...values) })

const neverFails = (error: StoreFailed): unknown => {
  throw error
}

const openAt = (directory: string) =>
  openStore(directory, neverFails, { bodies: ['ledger/undo/', 'ledger/block/'] })

/** A database in memory whose writes wait until the test lets them pass or fail. */
class SlowLevel implements Level {
  readonly entries = new Map<string, Uint8Array>()
  readonly writes: LevelOperation[][] = []
  #pass: (() => void) | undefined
  #fail: ((error: Error) => void) | undefined
  closed = false
  async open() {}
  async close() {
    this.closed = true
  }
  getSync(key: string) {
    return this.entries.get(key)
  }
  iterator() {
    return { nextv: async () => [], close: async () => {} }
  }
  async batch(operations: LevelOperation[]) {
    this.writes.push(operations)
    await new Promise<void>((resolve, reject) => {
      this.#pass = resolve
      this.#fail = reject
    })
    for (const op of operations)
      if (op.type === 'put') this.entries.set(op.key, op.value)
      else this.entries.delete(op.key)
  }
  async pass() {
    await until('a write', () => this.#pass)
    this.#pass?.()
    this.#pass = undefined
  }
  async fail(message: string) {
    await until('a write', () => this.#fail)
    this.#fail?.(new Error(message))
  }
}

describe('on LevelDB', () => {
  test('what was committed is there again after closing and opening', async () => {
    const directory = temporaryDirectory()
    const first = await openAt(directory)
    first.commit([put('core/a', 1), put('ledger/block/x', 2), put('ledger/undo/x', 3), put('z', 4)])
    first.commit([{ del: 'core/a' }, put('core/b', 5)])
    await first.close()
    const second = await openAt(directory)
    expect([...second.scan('core/')]).toEqual([['core/b', bytes(5)]])
    expect([...second.scan('z')]).toEqual([['z', bytes(4)]])
    expect(second.get('ledger/block/x')).toEqual(bytes(2))
    expect(second.get('ledger/undo/x')).toEqual(bytes(3))
    expect(second.get('core/a')).toBeUndefined()
    await second.close()
  })

  test('a value read back is plain bytes, whose slice is a copy', async () => {
    const directory = temporaryDirectory()
    const store = await openAt(directory)
    store.commit([put('a', 1, 2, 3)])
    await store.close()
    const again = await openAt(directory)
    expect(Object.getPrototypeOf(again.get('a'))).toBe(Uint8Array.prototype)
    for (const [, value] of again.scan('')) expect(Object.getPrototypeOf(value)).toBe(Uint8Array.prototype)
    await again.close()
  })

  test('a second process that opens it is told that it is taken', async () => {
    const directory = temporaryDirectory()
    const store = await openAt(directory)
    await expect(openAt(directory)).rejects.toThrow('another process has it open')
    await store.close()
  })

  test('a scan sees commits made before it, and only its prefix, in order', async () => {
    const store = await openAt(temporaryDirectory())
    store.commit([put('b/2', 2), put('b/1', 1), put('a', 0), put('c', 3)])
    store.commit([{ del: 'b/2' }, put('b/10', 10)])
    expect([...store.scan('b/')]).toEqual([
      ['b/1', bytes(1)],
      ['b/10', bytes(10)],
    ])
    expect(() => [...store.scan('ledger/block/')]).toThrow('is not loaded at the start')
    store.loaded()
    expect(() => [...store.scan('b/')]).toThrow('only')
    await store.close()
  })

  test('whatever is committed in whatever turns, the store and its copy on disk are what a plain map would be', async () => {
    const key = fc.constantFrom('a', 'b', 'c', 'ledger/block/a', 'ledger/undo/a', 'ledger/c/x')
    const op: fc.Arbitrary<StoreOp> = fc.oneof(
      fc.record({ put: key, value: fc.uint8Array({ maxLength: 20 }) }),
      fc.record({ del: key }),
    )
    const turns = fc.array(fc.record({ batch: fc.array(op, { maxLength: 5 }), wait: fc.boolean() }))
    await fc.assert(
      fc.asyncProperty(turns, async turns => {
        const directory = temporaryDirectory()
        const model = new Map<string, Uint8Array>()
        const store = await openAt(directory)
        for (const { batch, wait } of turns) {
          store.commit(batch as Batch)
          for (const op of batch)
            if ('put' in op) model.set(op.put, op.value)
            else model.delete(op.del)
          for (const each of ['a', 'b', 'c', 'ledger/block/a'])
            expect(store.get(each)).toEqual(model.get(each))
          if (wait) await new Promise(resolve => setImmediate(resolve))
        }
        await store.close()
        const again = await openAt(directory)
        for (const each of ['a', 'b', 'c', 'ledger/block/a', 'ledger/undo/a', 'ledger/c/x'])
          expect(again.get(each)).toEqual(model.get(each))
        await again.close()
      }),
      { numRuns: 25 },
    )
  })
})

describe('writing', () => {
  /** Open, and its mark written. */
  async function openSlow(
    level: SlowLevel,
    onFailed: (error: StoreFailed) => unknown = neverFails,
  ): Promise<LevelStore> {
    const store = await LevelStore.open(level, false, onFailed)
    await level.pass()
    await until('the mark to be written', () => store.pendingBytes === 0)
    level.writes.length = 0
    return store
  }

  test('reads see what is not written yet, and commits of one turn go together', async () => {
    const level = new SlowLevel()
    const store = await openSlow(level)
    store.commit([put('a', 1)])
    store.commit([put('a', 2), put('b', 1)])
    expect([store.get('a'), store.get('b')]).toEqual([bytes(2), bytes(1)])
    await until('the write', () => level.writes.length === 1)
    expect(level.writes[0]?.map(op => op.key)).toEqual(['a', 'a', 'b'])
    store.commit([put('a', 3)])
    await level.pass()
    await until('the second write', () => level.writes.length === 2)
    expect(store.get('a')).toEqual(bytes(3))
    expect(store.get('b')).toEqual(bytes(1))
    expect(store.pendingBytes).toBe(2)
    await level.pass()
    await until('all to be written', () => store.pendingBytes === 0)
  })

  test('whoever asks is told when all that was committed is on the disk', async () => {
    const level = new SlowLevel()
    const store = await LevelStore.open(level, false, neverFails)
    await level.pass()
    await store.written()
    store.commit([put('a', 1)])
    let written = false
    const told = store.written().then(() => {
      written = true
    })
    await until('the write has begun', () => level.writes.length === 2)
    store.commit([put('b', 1)])
    expect(written).toBe(false)
    await level.pass()
    await until('the second one has begun', () => level.writes.length === 3)
    expect(written).toBe(false)
    await level.pass()
    await told
    expect(level.entries.get('b')).toEqual(bytes(1))
  })

  test('closing waits for what is committed', async () => {
    const level = new SlowLevel()
    const store = await openSlow(level)
    store.commit([put('a', 1)])
    const closing = store.close()
    await level.pass()
    await closing
    expect(level.closed).toBe(true)
    expect(level.entries.get('a')).toEqual(bytes(1))
  })

  test('nothing is written after a write failed, and the failure is told once', async () => {
    const level = new SlowLevel()
    const failures: string[] = []
    const store = await openSlow(level, error => failures.push(error.message))
    store.commit([put('a', 1)])
    await until('the write', () => level.writes.length === 1)
    store.commit([put('b', 1)])
    await level.fail('No space left on device')
    await until('the failure', () => failures.length > 0)
    store.commit([put('c', 1)])
    await store.close()
    expect(level.writes).toHaveLength(1)
    expect(failures).toEqual(['cannot write: No space left on device'])
  })
})
