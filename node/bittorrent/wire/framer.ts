// Frames out of a stream of chunks. A frame that lies whole in one chunk is a view of it; one that does not is put together once, in
// memory that grows with what came and not with what was announced.

import { ProtocolError } from '../../errors.ts'
import { mostBytes } from './ids.ts'

const LENGTH_BYTES = 4
/** Of a length and a message's number. */
const HEAD_BYTES = 5
/** What the first part of a frame is given room for. */
const FIRST_ROOM_BYTES = 20 * 1024
const NOTHING = new Uint8Array(0)

export class Framer {
  /** What came last, and how much of it was taken. */
  #chunk: Uint8Array = NOTHING
  #at = 0
  /** A frame that is begun, its length before it. */
  #begun: Uint8Array = NOTHING
  #held = 0

  /** Before the next push `next` is to be asked until it has nothing. */
  push(chunk: Uint8Array): void {
    this.#chunk = this.#at === this.#chunk.length ? chunk : joined(this.#chunk.subarray(this.#at), chunk)
    this.#at = 0
  }

  /** The next whole frame, without its length; undefined: more is to come first. Throws ProtocolError. */
  next(): Uint8Array | undefined {
    if (this.#held > 0) return this.#finish()
    const left = this.#chunk.length - this.#at
    if (left >= LENGTH_BYTES) {
      const bytes = frameBytes(this.#chunk, this.#at, left)
      if (left >= bytes) {
        const from = this.#at + LENGTH_BYTES
        this.#at += bytes
        return this.#chunk.subarray(from, this.#at)
      }
    }
    this.#hold(left)
    return undefined
  }

  #finish(): Uint8Array | undefined {
    if (this.#held < HEAD_BYTES) this.#hold(Math.min(HEAD_BYTES - this.#held, this.#chunk.length - this.#at))
    if (this.#held < LENGTH_BYTES) return undefined
    const bytes = frameBytes(this.#begun, 0, this.#held)
    // A frame of nothing, and the first byte of the next came with it.
    if (bytes < this.#held) this.#at -= this.#held - bytes
    else this.#hold(Math.min(bytes - this.#held, this.#chunk.length - this.#at))
    if (this.#held < bytes) return undefined
    const frame = this.#begun.subarray(LENGTH_BYTES, bytes)
    this.#begun = NOTHING
    this.#held = 0
    return frame
  }

  /** Takes so much of the chunk to what is begun. */
  #hold(bytes: number): void {
    if (bytes <= 0) return
    const wanted = this.#held + bytes
    if (wanted > this.#begun.length) {
      const roomier = new Uint8Array(
        Math.max(wanted, this.#held === 0 ? FIRST_ROOM_BYTES : 2 * this.#begun.length),
      )
      roomier.set(this.#begun.subarray(0, this.#held))
      this.#begun = roomier
    }
    this.#begun.set(this.#chunk.subarray(this.#at, this.#at + bytes), this.#held)
    this.#held = wanted
    this.#at += bytes
  }
}

/** Of a whole frame, its length included; refused as soon as its number is there, if it may not be so long. */
function frameBytes(bytes: Uint8Array, at: number, left: number): number {
  const high = ((bytes[at] as number) << 24) | ((bytes[at + 1] as number) << 16)
  const length = (high | ((bytes[at + 2] as number) << 8) | (bytes[at + 3] as number)) >>> 0
  if (left > LENGTH_BYTES && length > mostBytes(bytes[at + LENGTH_BYTES] as number))
    throw new ProtocolError('oversize', `a frame of ${length} bytes`)
  return LENGTH_BYTES + length
}

function joined(a: Uint8Array, b: Uint8Array): Uint8Array {
  const both = new Uint8Array(a.length + b.length)
  both.set(a)
  both.set(b, a.length)
  return both
}
