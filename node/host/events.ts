// The node's events: stamped, numbered, kept in a ring, and streamed as NDJSON to any number of readers.
// A reader holds a position in the ring and nothing else, so a slow one costs no memory: it is told how many it lost.

import { randomUUID } from 'node:crypto'
import type { Writable } from 'node:stream'
import type { HostEvent } from '../api.ts'
import type { AnyEvent } from '../core/host.ts'

/** Lines handed to a stream at a time. */
const CHUNK_LINES = 256

interface StreamReader {
  readonly stream: Writable
  /** Sequence number of the next event to write. */
  next: number
  /** The stream's buffer is full; its `drain` takes up the writing. */
  waiting: boolean
}

export class EventLog {
  /** Names this life of the process: sequence numbers of another one mean nothing here. */
  readonly boot = randomUUID()
  readonly #now: () => number
  readonly #lines: string[] = []
  readonly #capacity: number
  readonly #readers = new Set<StreamReader>()
  #next = 1
  #flushPlanned = false
  #closed = false

  constructor(capacity: number, now: () => number) {
    this.#capacity = capacity
    this.#now = now
  }

  /** Readers of the stream that are there right now. */
  get readers(): number {
    return this.#readers.size
  }

  /** Sequence number of the newest event; 0 before the first. */
  get last(): number {
    return this.#next - 1
  }

  emit(event: AnyEvent | HostEvent): void {
    const seq = this.#next++
    this.#lines[seq % this.#capacity] = line(event, seq, this.#now())
    if (this.#readers.size > 0 && !this.#flushPlanned) {
      this.#flushPlanned = true
      setImmediate(() => this.#flush())
    }
  }

  /**
   * Writes the events after `after` to the stream and goes on until it is closed. A position of another
   * life of the process, or none, starts with the oldest event kept.
   */
  follow(stream: Writable, after: number | undefined, boot: string | undefined): void {
    const known = after !== undefined && after <= this.last && (boot === undefined || boot === this.boot)
    const reader: StreamReader = { stream, next: known ? after + 1 : 1, waiting: false }
    if (after === undefined) reader.next = this.#oldest
    this.#readers.add(reader)
    stream.on('drain', () => {
      reader.waiting = false
      this.#write(reader)
    })
    stream.on('close', () => this.#readers.delete(reader))
    stream.on('error', () => this.#readers.delete(reader))
    this.#write(reader)
  }

  /** Ends every stream once it has what is left, those that come later too. */
  close(): void {
    this.#closed = true
    this.#flush()
  }

  get #oldest(): number {
    return Math.max(1, this.#next - this.#capacity)
  }

  #flush(): void {
    this.#flushPlanned = false
    for (const reader of this.#readers) this.#write(reader)
  }

  #write(reader: StreamReader): void {
    while (!reader.waiting && reader.next < this.#next && !reader.stream.destroyed) {
      const lost = this.#oldest - reader.next
      let text = ''
      if (lost > 0) {
        reader.next = this.#oldest
        text = line({ type: 'events-lost', count: lost }, reader.next - 1, this.#now())
      }
      const end = Math.min(this.#next, reader.next + CHUNK_LINES)
      for (; reader.next < end; reader.next++) text += this.#lines[reader.next % this.#capacity]
      reader.waiting = !reader.stream.write(text)
    }
    if (this.#closed && reader.next === this.#next) reader.stream.end()
  }
}

function line(event: AnyEvent | HostEvent, seq: number, timeMs: number): string {
  return `${JSON.stringify({ seq, timeMs, ...event })}\n`
}
