// The node's store on LevelDB. Reads are synchronous and see every commit at once; writes follow in order, each batch whole,
// behind the node's back. kill −9 loses at most what was not written yet; a failed write stops the store for good,
// so what is on disk is always a state that was. LevelDB does not check what a bad disk gives back: those who store values seal them.

import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import type { Batch, Store, StoreOp } from '../core/host.ts'
import { DamagedStore } from '../errors.ts'
import { checkLog } from './level-log.ts'
import { checkTable } from './level-table.ts'
import { plain } from './plain-bytes.ts'

/** The first entry of every store, and what it holds. */
const MARK = 'store/format'
const FORMAT = 1
/** A file beside LevelDB's, which leaves it alone: the mark was written once. */
const FILLED = 'FILLED'
/** Commits waiting are written together up to this size. */
const WRITE_BYTES = 4 * 1024 * 1024
/** Entries fetched at a time while loading. */
const LOAD_ENTRIES = 1_000

/** What the store needs of a database; LevelDB, or a test's double. */
export interface Level {
  open(): Promise<void>
  close(): Promise<void>
  getSync(key: string): Uint8Array | undefined
  iterator(range: { gte?: string; lt?: string }): LevelIterator
  batch(operations: LevelOperation[]): Promise<void>
}
export type LevelOperation = { type: 'put'; key: string; value: Uint8Array } | { type: 'del'; key: string }
interface LevelIterator {
  nextv(count: number): Promise<[string, Uint8Array][]>
  close(): Promise<void>
}

/** The store cannot be opened or written: another process holds it, no permission, the disk is full. */
export class StoreFailed extends Error {
  override readonly name = 'StoreFailed'
}

export class LevelStore implements Store {
  readonly #level: Level
  /** Prefixes of what is large, and read one at a time while the node runs: not loaded at the start. */
  readonly #bodies: readonly string[]
  readonly #onFailed: (error: StoreFailed) => void
  /** Entries on disk at the start; undefined once everything is loaded. */
  #loaded: Map<string, Uint8Array> | undefined = new Map()
  /** Newest value of every key that is not on disk yet; undefined: deleted. */
  readonly #pending = new Map<string, { readonly value: Uint8Array | undefined; readonly commit: number }>()
  #waiting: Batch[] = []
  #commits = 0
  #writing: Promise<void> | undefined
  #failed = false

  private constructor(level: Level, onFailed: (error: StoreFailed) => void, bodies: readonly string[]) {
    this.#level = level
    this.#bodies = bodies
    this.#onFailed = onFailed
  }

  /**
   * Opens and loads all but what lies below `bodies`, prefixes of keys. Throws DamagedStore or StoreFailed.
   * `filled`: it was written to before. LevelDB passes over what it cannot read, to the point of finding nothing at all;
   * so the first thing ever written is a mark that must be there for good. `check`: of its files, once it is ours alone.
   */
  static async open(
    level: Level,
    filled: boolean,
    onFailed: (error: StoreFailed) => void,
    {
      bodies = [],
      check = () => {},
    }: { readonly bodies?: readonly string[]; readonly check?: () => void } = {},
  ): Promise<LevelStore> {
    const store = new LevelStore(level, onFailed, [...bodies].sort())
    try {
      await level.open()
      check()
      await store.#load()
      const mark = store.get(MARK)
      if (filled && mark?.[0] !== FORMAT) throw new DamagedStore('its beginning cannot be read')
      if (!mark) store.commit([{ put: MARK, value: Uint8Array.of(FORMAT) }])
    } catch (error) {
      await level.close().catch(() => {})
      throw openError(error)
    }
    return store
  }

  /** Throws DamagedStore where the disk gives nothing back. */
  get(key: string): Uint8Array | undefined {
    const pending = this.#pending.get(key)
    if (pending) return pending.value
    try {
      const stored = this.#level.getSync(key)
      return stored && plain(stored)
    } catch (error) {
      throw new DamagedStore(`${key} cannot be read: ${reasonOf(error as Error)}`)
    }
  }

  *scan(prefix: string): Iterable<readonly [key: string, value: Uint8Array]> {
    const loaded = this.#loaded
    if (!loaded) throw new Error('scan is for the start only')
    if (this.#bodies.some(body => prefix.startsWith(body)))
      throw new Error(`${prefix} is not loaded at the start`)
    const keys = new Set([...loaded.keys(), ...this.#pending.keys()])
    const wanted = [...keys].filter(key => key.startsWith(prefix)).sort()
    for (const key of wanted) {
      const pending = this.#pending.get(key)
      const value = pending ? pending.value : loaded.get(key)
      if (value) yield [key, value]
    }
  }

  commit(batch: Batch): void {
    if (this.#failed || batch.length === 0) return
    this.#commits += 1
    for (const op of batch) {
      const [key, value] = 'put' in op ? [op.put, op.value] : [op.del, undefined]
      this.#pending.set(key, { value, commit: this.#commits })
    }
    this.#waiting.push(batch)
    this.#writing ??= this.#write()
  }

  /** Everybody has loaded: gives the memory back. */
  loaded(): void {
    this.#loaded = undefined
  }

  /** Writes the mark again: shows at once whether anything can be written. */
  touch(): void {
    this.commit([{ put: MARK, value: Uint8Array.of(FORMAT) }])
  }

  /** Bytes of keys and values that are not on disk yet. */
  get pendingBytes(): number {
    let bytes = 0
    for (const [key, { value }] of this.#pending) bytes += key.length + (value?.length ?? 0)
    return bytes
  }

  /** Resolves when nothing waits to be written. */
  async written(): Promise<void> {
    while (this.#writing) await this.#writing
  }

  /** Writes what waits, then lets go of the database. */
  async close(): Promise<void> {
    await this.written()
    await this.#level.close()
  }

  async #load(): Promise<void> {
    let from: string | undefined
    for (const body of [...this.#bodies, undefined]) {
      await this.#loadRange({ ...(from && { gte: from }), ...(body && { lt: body }) })
      from = body && after(body)
    }
  }

  async #loadRange(range: { gte?: string; lt?: string }): Promise<void> {
    const iterator = this.#level.iterator(range)
    try {
      for (;;) {
        const entries = await iterator.nextv(LOAD_ENTRIES)
        if (entries.length === 0) return
        for (const [key, value] of entries) this.#loaded?.set(key, plain(value))
      }
    } finally {
      await iterator.close()
    }
  }

  /** Writes batch after batch until none waits. Yields first, so that commits of one turn go together. */
  async #write(): Promise<void> {
    await Promise.resolve()
    try {
      while (this.#waiting.length > 0) {
        const { operations, batches } = this.#takeWaiting()
        const upTo = this.#commits - this.#waiting.length
        await this.#level.batch(operations)
        for (const batch of batches) for (const op of batch) this.#written(op, upTo)
      }
    } catch (error) {
      this.#fail(error as Error)
    } finally {
      this.#writing = undefined
    }
  }

  #takeWaiting(): { operations: LevelOperation[]; batches: Batch[] } {
    const operations: LevelOperation[] = []
    let bytes = 0
    let count = 0
    for (const batch of this.#waiting) {
      if (bytes > WRITE_BYTES) break
      count += 1
      for (const op of batch) {
        operations.push(
          'put' in op ? { type: 'put', key: op.put, value: op.value } : { type: 'del', key: op.del },
        )
        bytes += 'put' in op ? op.value.length : op.del.length
      }
    }
    return { operations, batches: this.#waiting.splice(0, count) }
  }

  #written(op: StoreOp, upTo: number): void {
    const key = 'put' in op ? op.put : op.del
    const pending = this.#pending.get(key)
    if (pending && pending.commit <= upTo) this.#pending.delete(key)
  }

  /** Nothing after a failed batch is written: a hole would be damage. */
  #fail(error: Error): void {
    this.#failed = true
    this.#waiting = []
    this.#onFailed(new StoreFailed(`cannot write: ${reasonOf(error)}`))
  }
}

export interface StoreOptions {
  /** Prefixes of keys whose values are large: not loaded at the start. */
  readonly bodies?: readonly string[]
  /** Stands between the store and its database. */
  readonly disk?: (level: Level) => Level
}

/** The store in a directory, which is made when missing. DamagedStore or StoreFailed. */
export async function openStore(
  directory: string,
  onFailed: (error: StoreFailed) => void,
  { bodies = [], disk = level => level }: StoreOptions = {},
): Promise<LevelStore> {
  const { filled, tables } = lookAt(directory)
  const check = () => checkTables(directory, tables)
  const store = await LevelStore.open(disk(await createLevel(directory)), filled, onFailed, { bodies, check })
  if (!filled) void store.written().then(() => writeMarker(directory))
  return store
}

/** Tables as they were found: name → size and time of the last change. */
type Tables = ReadonlyMap<string, string>

/** Was it written to before, and what tables has it? Checks on the way the log, in which LevelDB would pass over damage. */
function lookAt(directory: string): { readonly filled: boolean; readonly tables: Tables } {
  try {
    mkdirSync(directory, { recursive: true })
    const names = readdirSync(directory)
    for (const name of names) if (name.endsWith('.log')) checkLog(name, readFileSync(join(directory, name)))
    // One is made whenever the database is opened, and another before the last is removed.
    if (names.includes('CURRENT') && !names.some(name => name.endsWith('.log')))
      throw new DamagedStore('its log is gone')
    const hasBytes = (name: string) => /\.(log|ldb)$/.test(name) && statSync(join(directory, name)).size > 0
    const tables = names
      .filter(name => name.endsWith('.ldb'))
      .map(name => [name, stampOf(directory, name)] as const)
    return { filled: names.includes(FILLED) || names.some(hasBytes), tables: new Map(tables) }
  } catch (error) {
    if (error instanceof DamagedStore) throw error
    throw new StoreFailed(`cannot open: ${(error as Error).message}`)
  }
}

/**
 * Those that are in use: opening removed what a write that was cut off had left, and what has changed since is being written.
 */
function checkTables(directory: string, tables: Tables): void {
  for (const [name, stamp] of tables) {
    const table = unchanged(directory, name, stamp)
    if (table) checkTable(name, table)
  }
}

/** LevelDB is at work meanwhile: a table that it has put into another one may go at any moment, and that is no damage. */
function unchanged(directory: string, name: string, stamp: string): Uint8Array | undefined {
  try {
    return stampOf(directory, name) === stamp ? readFileSync(join(directory, name)) : undefined
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}

function stampOf(directory: string, name: string): string {
  const { size, mtimeMs } = statSync(join(directory, name))
  return `${size} ${mtimeMs}`
}

/** Its mark has been written: files that are empty at the next start have lost it. */
function writeMarker(directory: string): void {
  try {
    writeFileSync(join(directory, FILLED), '')
  } catch {
    // Then only what the files say is known of it.
  }
}

async function createLevel(directory: string): Promise<Level> {
  const { ClassicLevel } = await import('classic-level')
  return new ClassicLevel<string, Uint8Array>(directory, {
    keyEncoding: 'utf8',
    valueEncoding: 'view',
    compression: false,
    cacheSize: 1024 * 1024,
    writeBufferSize: 2 * 1024 * 1024,
  })
}

/** Renames a damaged store out of the way and gives its new place. */
export function setAside(directory: string, nowMs: number): string {
  const stamp = new Date(nowMs).toISOString().replaceAll(':', '-')
  let place = `${directory}.damaged-${stamp}`
  for (let again = 2; existsSync(place); again++) place = `${directory}.damaged-${stamp}-${again}`
  renameSync(directory, place)
  return place
}

/** The first key after all that start with `prefix`. */
function after(prefix: string): string {
  const last = prefix.length - 1
  return prefix.slice(0, last) + String.fromCharCode(prefix.charCodeAt(last) + 1)
}

interface LevelError extends Error {
  readonly code?: string
  readonly cause?: LevelError
}

function openError(error: unknown): Error {
  if (!(error instanceof Error)) return new StoreFailed(String(error))
  if (error instanceof DamagedStore) return error
  const code = (error as LevelError).cause?.code ?? (error as LevelError).code
  if (code === 'LEVEL_LOCKED') return new StoreFailed('another process has it open')
  // What the files hold comes as an I/O error as well (a table that is cut off, one that is gone): all that is not the
  // machine's is damage. Nothing is lost by that: what is damaged is set aside.
  if (MACHINE.test(reasonOf(error))) return new StoreFailed(`cannot open: ${reasonOf(error)}`)
  return new DamagedStore(reasonOf(error))
}

/** As strerror(3) says what the machine refuses: rights, room, descriptors, memory. */
const MACHINE =
  /Permission denied|Operation not permitted|Read-only file system|No space left|[Qq]uota exceeded|File too large|Too many open files|Cannot allocate memory|Not a directory|Resource temporarily unavailable/

function reasonOf(error: Error): string {
  return (error as LevelError).cause?.message ?? error.message
}
