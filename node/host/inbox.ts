// What a connection receives where its end has an access line: what comes waits for its turn on it, and while much waits, the
// socket is not read, so that the peer's own TCP waits as well.

import type { FairLine, Piece, Strand } from './fair-line.ts'

/** More than this waiting, and the socket is not read. */
const MOST_WAITING_BYTES = 65_536

interface Chunk {
  readonly bytes: Uint8Array
  /** What the line is to carry for them. */
  readonly counted: number
}

export interface InboxOptions {
  deliver(bytes: Uint8Array): unknown
  /** All that came before the end has been delivered. */
  ended(): void
  /** The socket is to be read, or not. */
  read(on: boolean): void
  /** What the line is to carry for what comes next; undefined: as much as comes. */
  count?: ((bytes: Uint8Array) => number) | undefined
}

export class Inbox implements Strand {
  readonly #options: InboxOptions
  #line: FairLine | undefined
  #waiting: Chunk[] = []
  /** Of the first: so much has been taken already. */
  #taken = 0
  /** Not delivered yet. */
  #waitingBytes = 0
  /** Not taken yet, as the line counts. */
  #counted = 0
  #reads = true
  #ended = false

  constructor(options: InboxOptions) {
    this.#options = options
  }

  receive(bytes: Uint8Array): void {
    const { count, deliver } = this.#options
    const counted = count ? count(bytes) : bytes.length
    if (!this.#line && this.#waitingBytes === 0) {
      deliver(bytes)
      return
    }
    this.#waiting.push({ bytes, counted })
    this.#waitingBytes += bytes.length
    this.#counted += counted
    this.#pace()
    this.#line?.wake(this)
  }

  /** Nothing follows. */
  end(): void {
    this.#ended = true
    if (this.#waitingBytes === 0) this.#options.ended()
  }

  set(line: FairLine | undefined): void {
    if (line === this.#line) return
    this.#line?.forget(this)
    this.#line = line
    if (this.#waiting.length === 0) return
    if (line) line.wake(this)
    else this.take(Number.POSITIVE_INFINITY)?.passed()
  }

  drop(): void {
    this.#line?.forget(this)
    this.#waiting = []
    this.#waitingBytes = 0
    this.#counted = 0
  }

  take(most: number): Piece | undefined {
    if (this.#waiting.length === 0) return undefined
    const parts: Uint8Array[] = []
    let left = Math.min(most, this.#counted)
    const bytes = left
    for (let first = this.#waiting[0]; first && (left > 0 || first.counted === 0); first = this.#waiting[0]) {
      const from = this.#taken
      const to = Math.min(first.counted, from + left)
      left -= to - from
      this.#taken = to
      const share = (counted: number) =>
        first.counted === 0 ? first.bytes.length : Math.floor((first.bytes.length * counted) / first.counted)
      const part = first.bytes.subarray(first.counted === 0 ? 0 : share(from), share(to))
      if (part.length > 0) parts.push(part)
      if (to < first.counted) break
      this.#waiting.shift()
      this.#taken = 0
    }
    this.#counted -= bytes
    return { bytes, passed: () => this.#passed(parts) }
  }

  #passed(parts: readonly Uint8Array[]): void {
    for (const part of parts) {
      this.#waitingBytes -= part.length
      this.#options.deliver(part)
    }
    this.#pace()
    if (this.#ended && this.#waitingBytes === 0) this.#options.ended()
  }

  #pace(): void {
    const reads = this.#waitingBytes <= MOST_WAITING_BYTES
    if (reads === this.#reads) return
    this.#reads = reads
    this.#options.read(reads)
  }
}
