// Frames out of a stream.

import { ProtocolError } from '../../errors.ts'

const MAX_FRAME = 2 * 1024 * 1024

export class Framer {
  #rest: Uint8Array = new Uint8Array(0)
  #at = 0

  push(bytes: Uint8Array): void {
    const left = this.#rest.length - this.#at
    if (left === 0) this.#rest = bytes
    else {
      const both = new Uint8Array(left + bytes.length)
      both.set(this.#rest.subarray(this.#at))
      both.set(bytes, left)
      this.#rest = both
    }
    this.#at = 0
  }

  next(): Uint8Array | undefined {
    const rest = this.#rest
    const at = this.#at
    if (rest.length - at < 4) return undefined
    const length = (((rest[at] as number) << 24) | ((rest[at + 1] as number) << 16) | ((rest[at + 2] as number) << 8) | (rest[at + 3] as number)) >>> 0
    if (length > MAX_FRAME) throw new ProtocolError('oversize')
    if (rest.length - at - 4 < length) return undefined
    this.#at = at + 4 + length
    return rest.subarray(at + 4, at + 4 + length)
  }
}
