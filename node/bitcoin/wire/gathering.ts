// What has come of a header or payload that no single chunk holds whole. It takes little more memory than has come: large
// chunks are kept as they are, small ones together in blocks, and all are copied once, when the last one is there.

import { joined } from './joined.ts'

const FIRST_BLOCK_BYTES = 256
const BLOCK_BYTES = 16_384
const NO_BYTES: Uint8Array = new Uint8Array(0)

export class Gathering {
  readonly #parts: Uint8Array[] = []
  /** The last of the parts, when it is a block that has room behind it. */
  #block = NO_BYTES
  #blockLength = 0
  #length = 0

  get length(): number {
    return this.#length
  }

  /** Bytes of memory that are held. */
  get heldBytes(): number {
    return this.#parts.reduce((sum, part) => sum + part.buffer.byteLength, this.#block.length)
  }

  add(chunk: Uint8Array): void {
    this.#length += chunk.length
    // A small view must not hold a large buffer.
    if (chunk.length >= BLOCK_BYTES / 2 && chunk.length * 2 >= chunk.buffer.byteLength) {
      this.#closeBlock()
      this.#parts.push(chunk)
    } else this.#copy(chunk)
  }

  /** The first bytes, at most `count`, of one that is short. */
  start(count: number): Uint8Array {
    const first = this.#parts[0] ?? this.#block.subarray(0, this.#blockLength)
    return first.subarray(0, count)
  }

  /** All of it in one piece, and the end of this. */
  take(): Uint8Array {
    this.#closeBlock()
    const [only] = this.#parts
    return only && this.#parts.length === 1 ? only : joined(this.#parts)
  }

  #copy(chunk: Uint8Array): void {
    let left = chunk
    while (left.length > 0) {
      if (this.#blockLength === this.#block.length) this.#newBlock()
      const part = left.subarray(0, this.#block.length - this.#blockLength)
      this.#block.set(part, this.#blockLength)
      this.#blockLength += part.length
      left = left.subarray(part.length)
    }
  }

  /** As large as all that has come, so that few bytes hold few, within bounds. */
  #newBlock(): void {
    this.#closeBlock()
    this.#block = new Uint8Array(Math.min(BLOCK_BYTES, Math.max(FIRST_BLOCK_BYTES, this.#length)))
  }

  #closeBlock(): void {
    if (this.#blockLength > 0)
      this.#parts.push(
        this.#blockLength === this.#block.length ? this.#block : this.#block.slice(0, this.#blockLength),
      )
    this.#block = NO_BYTES
    this.#blockLength = 0
  }
}
