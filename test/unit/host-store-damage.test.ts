// Damage of the store: every kind, in every file of LevelDB's, is found when it is opened, and what is no damage is not taken
// for it. Real stores, harmed on the disk.

import { readdirSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { StoreOp } from '../../node/core/host.ts'
import { DamagedStore } from '../../node/errors.ts'
import { checkLog } from '../../node/host/level-log.ts'
import { type Level, LevelStore, openStore, StoreFailed, setAside } from '../../node/host/store.ts'
import { temporaryDirectory } from '../support/node-config.ts'
import { until } from '../support/until.ts'

const bytes = (...values: number[]) => Uint8Array.from(values)
const put = (key: string, ...values: number[]): StoreOp => ({ put: key, value: bytes(...values) })

const neverFails = (error: StoreFailed): unknown => {
  throw error
}

const openAt = (directory: string) => openStore(directory, neverFails)

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
    const level: Level = {
      open: async () => {},
      close: async () => {},
      getSync: () => undefined,
      iterator: () => ({ nextv: async () => [], close: async () => {} }),
      batch: async () => {},
    }
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
