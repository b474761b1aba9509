// The machine under the node, and what is wrong with it on purpose: a clock that is off, a disk that is full.

import { join } from 'node:path'
import type { MachineConditions, MachineState } from '../api.ts'
import type { ContentFiles } from '../bittorrent/storage.ts'
import type { Clock } from '../core/host.ts'
import type { ServiceMachine } from '../kind.ts'
import { systemClock } from './clock.ts'
import { ContentFolder, DISK_FULL } from './content-files.ts'
import { openSource } from './content-source.ts'
import { digests } from './digests.ts'
import { NodeFiles } from './files.ts'
import type { Level, LevelOperation } from './store.ts'
import { Timers } from './timers.ts'

/** Calculates for so long between looks at how much processor time that took, and leaves the node its turns. */
const SLICE_MS = 5

export class Machine {
  #files: ContentFolder | undefined
  #conditions: MachineConditions = { clockSkewMs: 0, diskFull: false }

  /** What the clock says instead of the time; undefined: it runs. */
  #mockMs: number | undefined

  /** The node's own idea of the time. What shapes links and stamps events keeps the true one. */
  readonly clock: Clock = {
    now: () => this.#mockMs ?? systemClock.now() + this.#conditions.clockSkewMs,
    after: (ms, task) => this.#timers.after(this.clock.now(), ms, task),
  }

  readonly #timers = new Timers()

  /** Stops the clock at this time, or lets it run again. Timers go on, and those whose time it is now by that clock are at their end. */
  mockTime(ms: number | undefined): void {
    this.#mockMs = ms
    if (ms !== undefined) this.#timers.runDue(ms)
  }

  /** What waits has waited so much longer: all that is due by then runs. The clock stays. */
  skip(ms: number): void {
    this.#timers.runDue(this.clock.now() + ms)
  }

  set(conditions: MachineConditions): void {
    this.#conditions = conditions
  }

  state(): MachineState {
    return { ...this.#conditions, timeMs: this.clock.now(), cpuMs: cpuMs() }
  }

  /** The database on this machine's disk: while that is full, every write fails as the system would fail it. */
  disk(level: Level): Level {
    return {
      open: () => level.open(),
      close: () => level.close(),
      getSync: key => level.getSync(key),
      iterator: range => level.iterator(range),
      batch: operations => this.#write(level, operations),
    }
  }

  /** What services have of its disk, in this folder and in what they are told to share, and of its processor. */
  offers(dataDirectory: string) {
    const files = new NodeFiles(dataDirectory)
    return {
      files,
      content: this.content(dataDirectory),
      digests,
      openSource,
    } satisfies Partial<ServiceMachine>
  }

  /** Content below the node's folder, on the same disk: while that is full, there is no room for it either. */
  content(dataDirectory: string): ContentFiles {
    this.#files ??= new ContentFolder(join(dataDirectory, 'content'))
    const files = this.#files
    return {
      read: (path, offset, length) => files.read(path, offset, length),
      size: path => files.size(path),
      sync: path => files.sync(path),
      remove: path => files.remove(path),
      write: (path, offset, bytes) =>
        this.#conditions.diskFull ? DISK_FULL : files.write(path, offset, bytes),
    }
  }

  /** Nobody reads or writes any more. */
  close(): void {
    this.#files?.close()
  }

  async #write(level: Level, operations: LevelOperation[]): Promise<void> {
    if (this.#conditions.diskFull)
      throw Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' })
    await level.batch(operations)
  }
}

/** Uses so much processor time and gives how long that took, in ms: what a limit makes of it. */
export async function burn(askedMs: number): Promise<number> {
  const startedMs = performance.now()
  const untilMs = cpuMs() + askedMs
  while (cpuMs() < untilMs) {
    const sliceEndMs = performance.now() + SLICE_MS
    while (performance.now() < sliceEndMs);
    await new Promise(resolve => setImmediate(resolve))
  }
  return performance.now() - startedMs
}

function cpuMs(): number {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1000
}
