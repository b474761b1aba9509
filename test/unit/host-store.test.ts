// The store: reads see every commit, batches are written whole and in order, a failed write stops everything,
// damage is noticed. With LevelDB itself where that is cheap, with a double where it has to be slow or to fail.

import { readdirSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Batch, StoreOp } from '../../node/core/host.ts'
import { DamagedStore } from '../../node/errors.ts'
import { checkLog } from '../../node/host/level-log.ts'
import {
  type Level,
  type LevelOperation,
  LevelStore,
  openStore,
  StoreFailed,
  setAside,
} from '../../node/host/store.ts'
import { temporaryDirectory } from '../support/node-config.ts'
import { until } from '../support/until.ts'

const bytes = (...values: number[]) => Uint8Array.from(values)
const put = (key: string, ...values: number[]): StoreOp => ({ put: key, value: bytes(...values) })

const neverFails = (error: StoreFailed): unknown => {
  throw error
}

const openAt = (directory: string) => openStore(directory, neverFails)

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

describe('damage', () => {
  async function filled(): Promise<string> {
    const directory = temporaryDirectory()
    const store = await openAt(directory)
    for (let i = 0; i < 50; i++) {
      store.commit([put(`key/${i}`, ...new Array(100).fill(i))])
      // Commits of one turn would be one record of the log.
      if (i % 10 === 0) await until('the write', () => store.pendingBytes === 0)
    }
    store.commit([put('ledger/block/1', 1, 2, 3)])
    await store.close()
    return directory
  }

  test.each<[what: string, harm: (directory: string, manifest: string) => void]>([
    ['an empty CURRENT', directory => truncateSync(join(directory, 'CURRENT'), 0)],
    [
      'a CURRENT that names nothing',
      directory => writeFileSync(join(directory, 'CURRENT'), 'MANIFEST-999999\n'),
    ],
    ['a MANIFEST cut short', (_, manifest) => truncateSync(manifest, 10)],
    ['a MANIFEST that is gone', (_, manifest) => rmSync(manifest)],
    ['a MANIFEST full of noise', (_, manifest) => writeFileSync(manifest, Buffer.alloc(200, 0xa5))],
  ])('%s is found when it is opened', async (_, harm) => {
    const directory = await filled()
    const manifest = readdirSync(directory).find(name => name.startsWith('MANIFEST')) ?? ''
    harm(directory, join(directory, manifest))
    await expect(openAt(directory)).rejects.toThrow(DamagedStore)
  })

  const logOf = (directory: string) =>
    join(directory, readdirSync(directory).find(name => name.endsWith('.log')) ?? '')

  test('that leaves nothing to read is not taken for a new store', async () => {
    const directory = await filled()
    writeFileSync(logOf(directory), Buffer.alloc(5_000))
    await expect(openAt(directory)).rejects.toThrow('its beginning cannot be read')
  })

  test('that emptied the only log is not taken for a new store, and neither is a log that is gone', async () => {
    const emptied = await filled()
    truncateSync(logOf(emptied), 0)
    await expect(openAt(emptied)).rejects.toThrow('its beginning cannot be read')
    const gone = await filled()
    rmSync(logOf(gone))
    await expect(openAt(gone)).rejects.toThrow('its log is gone')
  })

  test('of any byte of the log is found when it is opened', async () => {
    const log = readFileSync(logOf(await filled()))
    checkLog('000003.log', log)
    // A record whose length grew beyond the end of the file looks like one that was being written.
    const lengths = new Set<number>()
    for (let at = 0; at < log.length; at += 7 + log.readUInt16LE(at + 4)) lengths.add(at + 4).add(at + 5)
    fc.assert(
      fc.property(fc.nat(log.length - 1), fc.integer({ min: 1, max: 255 }), (at, flip) => {
        const harmed = Uint8Array.from(log)
        harmed[at] = (harmed[at] ?? 0) ^ flip
        if (!lengths.has(at)) expect(() => checkLog('000003.log', harmed)).toThrow(DamagedStore)
      }),
    )
  })

  test('is not what a write that was cut off leaves behind, wherever it was cut', async () => {
    const directory = await filled()
    const log = readFileSync(logOf(directory))
    expect(log.length).toBeGreaterThan(5_000)
    fc.assert(
      fc.property(fc.nat(log.length), size => {
        checkLog('000003.log', log.subarray(0, size))
      }),
    )
    truncateSync(logOf(directory), log.length - 50)
    const store = await openAt(directory)
    expect(store.get('key/0')).toEqual(new Uint8Array(100))
    await store.close()
  })

  test('is found in logs of many blocks of LevelDB’s, whose records are split', async () => {
    const directory = temporaryDirectory()
    const store = await openAt(directory)
    for (let i = 0; i < 20; i++) store.commit([{ put: `big/${i}`, value: new Uint8Array(40_000).fill(i) }])
    await store.close()
    const log = readFileSync(logOf(directory))
    checkLog('000003.log', log)
    for (let at = 100; at < log.length - 60_000; at += 32_768) {
      const harmed = Uint8Array.from(log)
      harmed[at] = (harmed[at] ?? 0) ^ 1
      expect(() => checkLog('000003.log', harmed)).toThrow('wrong checksum')
    }
  })

  describe.each(['.ldb', '.log', 'CURRENT', 'MANIFEST'])('of %s', part => {
    /** Lives of a store until each kind of file is there, and something in it; the values by key. */
    async function lived(lives: number): Promise<{ directory: string; values: Map<string, number> }> {
      const directory = join(temporaryDirectory(), 'store')
      const values = new Map<string, number>()
      for (let life = 0; life < lives; life++) {
        const store = await openAt(directory)
        for (let i = 0; i < 8; i++) {
          for (const key of [`key/${life}/${i}`, `ledger/block/${life}/${i}`]) {
            store.commit([{ put: key, value: new Uint8Array(500).fill(i) }])
            values.set(key, i)
          }
          await store.written()
        }
        await store.close()
      }
      return { directory, values }
    }

    const cut = (share: number) => (file: string) =>
      truncateSync(file, Math.floor(statSync(file).size * share))
    const flip = (share: number) => (file: string) => {
      const bytes = readFileSync(file)
      const at = Math.floor((bytes.length - 1) * share)
      bytes[at] = (bytes[at] ?? 0) ^ 0x10
      writeFileSync(file, bytes)
    }
    const fill = (byte: number) => (file: string) =>
      writeFileSync(file, Buffer.alloc(statSync(file).size, byte))
    const shares = [0, 0.01, 0.2, 0.5, 0.8, 0.95, 0.99, 1]
    const harms: [what: string, harm: (file: string) => void][] = [
      ['gone', file => rmSync(file)],
      ...[0, 0.01, 0.5, 0.99].map(
        share => [`cut to ${share}`, cut(share)] as [string, (file: string) => void],
      ),
      ...shares.map(share => [`a bit flipped at ${share}`, flip(share)] as [string, (file: string) => void]),
      ['zeros', fill(0)],
      ['noise', fill(0xa5)],
    ]

    test.each(harms)('%s: is found, or what is left is what was once written', async (_, harm) => {
      for (const lives of [1, 3]) {
        const { directory, values } = await lived(lives)
        const files = readdirSync(directory).filter(name => name.startsWith(part) || name.endsWith(part))
        for (const name of files) harm(join(directory, name))
        if (files.length === 0) continue // no table in the first life
        const store = await openAt(directory).catch((error: unknown) => error)
        if (!(store instanceof LevelStore)) {
          expect(store).toBeInstanceOf(DamagedStore)
          continue
        }
        // Of a log that was cut, what was written last is lost, and nothing else.
        const found = [...values].map(([key, value]) => {
          const bytes = store.get(key)
          if (bytes !== undefined) expect(bytes).toEqual(new Uint8Array(500).fill(value))
          return bytes !== undefined
        })
        expect(part).toMatch(/log|CURRENT/)
        expect(found.lastIndexOf(true)).toBe(found.filter(each => each).length - 1)
        await store.close()
      }
    })
  })

  test('is not what the machine refuses: rights, a disk, descriptors', async () => {
    const level = new SlowLevel()
    for (const [words, kind] of [
      ['IO error: /x/000005.ldb: Invalid argument', DamagedStore],
      ['IO error: /x/000005.ldb: No such file or directory', DamagedStore],
      ['IO error: /x/000005.ldb: Input/output error', DamagedStore],
      ['IO error: /x/LOCK: Permission denied', StoreFailed],
      ['IO error: /x/MANIFEST-000002: No space left on device', StoreFailed],
      ['IO error: /x/000005.ldb: Too many open files', StoreFailed],
      ['IO error: /x/LOCK: Read-only file system', StoreFailed],
    ] as const) {
      level.open = async () => {
        throw Object.assign(new Error('Database failed to open'), { cause: new Error(words) })
      }
      await expect(LevelStore.open(level, true, neverFails), words).rejects.toThrow(kind)
    }
  })

  test('is not a table that was being written when the node died', async () => {
    const directory = temporaryDirectory()
    const store = await openAt(directory)
    store.commit([put('a', 1)])
    await store.close()
    writeFileSync(join(directory, '000099.ldb'), Buffer.alloc(5_000, 7))
    const again = await openAt(directory)
    expect(again.get('a')).toEqual(bytes(1))
    await again.close()
  })

  test('a folder that cannot be had is the machine’s, not a bug', async () => {
    const file = join(temporaryDirectory(), 'file')
    writeFileSync(file, '')
    await expect(openAt(join(file, 'store'))).rejects.toThrow(StoreFailed)
  })

  test('is set aside under a name of its own, twice in the same moment too', async () => {
    const directory = join(temporaryDirectory(), 'store')
    const names: string[] = []
    for (let i = 0; i < 2; i++) {
      await (await openAt(directory)).close()
      names.push(setAside(directory, 0))
    }
    expect(names).toEqual([
      `${directory}.damaged-1970-01-01T00-00-00.000Z`,
      `${directory}.damaged-1970-01-01T00-00-00.000Z-2`,
    ])
  })
})
