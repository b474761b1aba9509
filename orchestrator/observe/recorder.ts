// The run directory: what a run was made of and everything that happened in it, so that it can be read and replayed.
// events.ndjson is appended with back-pressure; other files appear whole or not at all. A full disk is said once and
// ends the recording, never the run; what the record lacks is counted, for the run's end to say.

import { createWriteStream } from 'node:fs'
import { mkdir, open, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Writable } from 'node:stream'
import { plural } from '../format.ts'
import type { Plan } from '../spec/types.ts'
import type { ObservedEvent } from './events.ts'
import { Lines } from './lines.ts'

/** While so much is held back for a slow disk, whoever can wait is to wait. */
const MANY_WAITING_BYTES = 4 << 20
/** Beyond this, events are left out and counted. */
const MAX_WAITING_BYTES = 16 << 20

/** Lines go to the stream together: a simulation tells tens of thousands a second. */
const CHUNK_BYTES = 256 * 1024

const BEHIND = 'the disk could not follow'

export interface RecorderOptions {
  /** Told once when recording stops working. */
  readonly onTrouble?: (message: string) => void
  /** Opens events.ndjson; tests have disks that fail when they are told to. */
  readonly open?: (file: string) => Writable
}

/** On the disk before it counts as kept: some disks say only then that they are full. */
const openEvents = (file: string): Writable =>
  createWriteStream(file, { flags: 'a', highWaterMark: MANY_WAITING_BYTES, flush: true })

export class Recorder {
  readonly directory: string
  readonly #onTrouble: (message: string) => void
  #events: Writable | undefined
  /** Accepted and not with the stream yet. */
  readonly #lines = new Lines()
  #waiting = 0
  /** They go there before anything else of the outside happens. */
  #due = false
  #told = 0
  #kept = 0
  #lost = 0
  #broken = false
  /** Why events are lost, if they are. */
  #trouble = ''
  /** Files that are not there or are cut, and why. */
  readonly #lacking = new Map<string, string>()

  /** Makes the directory (and `logs` in it). Rejects when that is impossible: before a run begins it can still be said. */
  static async create(directory: string, options: RecorderOptions = {}): Promise<Recorder> {
    await mkdir(join(directory, 'logs'), { recursive: true })
    return new Recorder(directory, options)
  }

  private constructor(directory: string, options: RecorderOptions) {
    this.directory = directory
    this.#onTrouble = options.onTrouble ?? (() => {})
    const { open = openEvents } = options
    this.#events = open(join(directory, 'events.ndjson'))
    this.#events.on('error', error => {
      this.#trouble ||= error.message
      this.#give(`events.ndjson: ${error.message}`)
    })
  }

  /** What is missing of the record, in words for people; undefined: it is whole. Final once it is closed. */
  get missing(): string | undefined {
    const cut = this.#told - this.#kept
    const { size } = this.#lacking
    if (cut === 0 && this.#trouble === '' && size === 0) return undefined
    const events =
      cut > 0
        ? `${cut} of ${this.#told} event${this.#told === 1 ? '' : 's'}`
        : this.#trouble && 'events.ndjson'
    const names = [...(events ? [events] : []), ...this.#lacking.keys()]
    const follow = this.#broken ? '' : BEHIND
    const whys = [...(events ? [this.#trouble || follow] : []), ...this.#lacking.values()]
    return `${names.join(', ')} (${[...new Set(whys)].filter(why => why !== '').join('; ')})`
  }

  /** Something else that belongs to the record could not be written. */
  lacks(name: string, why: string): void {
    this.#lacking.set(name, why)
  }

  /** Events left out because the disk could not follow. */
  get lost(): number {
    return this.#lost
  }

  /** The spec as it was read, YAML. */
  spec(yaml: string): Promise<void> {
    return this.file('spec.yaml', yaml)
  }

  plan(plan: Plan): Promise<void> {
    return this.file('plan.json', json(plan))
  }

  /** What is told once the record is closed comes after the run's end, and is no part of it. */
  event(event: ObservedEvent): void {
    const stream = this.#events
    if (!stream) return
    this.#told += 1
    if (this.#broken || stream.writableLength > MAX_WAITING_BYTES) {
      this.#lost += 1
      return
    }
    this.#lines.append(event)
    this.#waiting += 1
    if (this.#lines.length >= CHUNK_BYTES) this.#write()
    else if (!this.#due) {
      this.#due = true
      setImmediate(() => this.#write())
    }
  }

  /** Resolves when the disk has caught up, or is given up. Undefined: it follows. */
  behind(): Promise<void> | undefined {
    const stream = this.#events
    if (!stream?.writableNeedDrain || stream.closed) return undefined
    return new Promise(resolve => {
      const over = () => {
        stream.off('drain', over).off('close', over)
        resolve()
      }
      stream.on('drain', over).on('close', over)
    })
  }

  #write(): void {
    this.#due = false
    if (this.#lines.length === 0) return
    const lines = this.#lines.take()
    const count = this.#waiting
    this.#waiting = 0
    if (this.#broken) return
    this.#events?.write(lines, error => {
      if (!error) this.#kept += count
    })
  }

  /** Writes a file beside and renames it: readers see the old content or the new. */
  async file(name: string, content: string): Promise<void> {
    const path = join(this.directory, name)
    const beside = `${path}.part`
    try {
      const handle = await open(beside, 'w')
      try {
        await handle.writeFile(content)
        await handle.sync()
      } finally {
        await handle.close()
      }
      await rename(beside, path)
      this.#lacking.delete(name)
    } catch (error) {
      await rm(beside, { force: true }).catch(() => {})
      const why = error instanceof Error ? error.message : String(error)
      this.lacks(name, why)
      this.#give(`${name}: ${why}`)
    }
  }

  /** Everything accepted is on its way to the disk and the files are closed. Twice is fine. */
  async close(): Promise<void> {
    this.#write()
    const stream = this.#events
    this.#events = undefined
    if (!stream || stream.closed) return
    await new Promise<void>(resolve => {
      stream.once('close', resolve)
      stream.end()
    })
    if (this.#lost === 0 || this.#broken) return
    this.#trouble ||= BEHIND
    this.#give(`events.ndjson: ${plural(this.#lost, 'event')} left out, ${BEHIND}`)
  }

  #give(message: string): void {
    if (this.#broken) return
    this.#broken = true
    this.#onTrouble(`the run is no longer recorded: ${message}`)
  }
}

const json = (value: object) => `${JSON.stringify(value, null, 2)}\n`
