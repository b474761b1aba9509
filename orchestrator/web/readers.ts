// Who reads the page's stream: so many and no more, each with a bounded backlog, and places that are the owner's. A reader
// that takes nothing in costs little, and shuts nobody out.

import type { ServerResponse } from 'node:http'

/** What a reader is measured by. */
export type Sink = Pick<ServerResponse, 'write' | 'end' | 'destroy' | 'once' | 'writableLength'>

const MOST = 32
/** Of these, for those who may give orders. */
const OWNERS = 8
/** A reader this far behind is cut off; its browser comes back for a snapshot. */
const MAX_BACKLOG_BYTES = 1 << 20
/** A reader that has not taken in all it was sent for so long is no reader. */
const STALLED_MS = 20_000
/** Where no place is free, the guest that has been there longest gives way; but not at once, or many would chase each other. */
const SEAT_MS = 60_000

interface Reader {
  readonly sink: Sink
  readonly isOwner: boolean
  readonly sinceMs: number
  /** A snapshot may be large, and is sent in one piece. */
  readonly allowanceBytes: number
  /** Since when something waits to be taken in. */
  behindMs: number | undefined
}

export class Readers {
  readonly #readers = new Set<Reader>()
  readonly #nowMs: () => number

  constructor(nowMs: () => number = () => performance.now()) {
    this.#nowMs = nowMs
  }

  get size(): number {
    return this.#readers.size
  }

  /** Is there a place, or somebody who gives way? */
  admits(isOwner: boolean): boolean {
    if (this.#isFree(isOwner)) return true
    const [oldest] = [...this.#readers].filter(reader => !reader.isOwner)
    if (!oldest || (!isOwner && this.#nowMs() - oldest.sinceMs < SEAT_MS)) return false
    this.#drop(oldest)
    return true
  }

  /** Follows from now on; `first` is what it is sent at once. */
  add(sink: Sink, isOwner: boolean, first: readonly string[]): void {
    const bytes = first.reduce((sum, text) => sum + Buffer.byteLength(text), 0)
    const reader: Reader = {
      sink,
      isOwner,
      sinceMs: this.#nowMs(),
      allowanceBytes: bytes + MAX_BACKLOG_BYTES,
      behindMs: undefined,
    }
    for (const text of first) sink.write(text)
    this.#readers.add(reader)
    sink.once('close', () => this.#readers.delete(reader))
  }

  /** Tells everybody who keeps up, and drops who does not. */
  tell(text: string): void {
    const nowMs = this.#nowMs()
    for (const reader of this.#readers) {
      const { sink, allowanceBytes } = reader
      reader.behindMs = sink.writableLength === 0 ? undefined : (reader.behindMs ?? nowMs)
      const stalled = reader.behindMs !== undefined && nowMs - reader.behindMs >= STALLED_MS
      if (stalled || sink.writableLength > allowanceBytes) this.#drop(reader)
      else sink.write(text)
    }
  }

  end(): void {
    for (const { sink } of this.#readers) sink.end()
  }

  #isFree(isOwner: boolean): boolean {
    if (this.#readers.size >= MOST) return false
    const guests = [...this.#readers].filter(reader => !reader.isOwner).length
    return isOwner || guests < MOST - OWNERS
  }

  #drop(reader: Reader): void {
    this.#readers.delete(reader)
    reader.sink.destroy()
  }
}
