// The bytes of a connection that have come and were not taken yet. They come in any chunks, are taken by their number, and are
// copied only where the border of a chunk splits them.

import { Gathering } from './gathering.ts'

const NO_BYTES: Uint8Array = new Uint8Array(0)

export class Inflow {
  /** Chunks not looked at yet, in order; none is empty. */
  readonly #input: Uint8Array[] = []
  #inputBytes = 0
  /** The first bytes, where no single chunk holds all that were asked for. */
  #partial: Gathering | undefined

  get length(): number {
    return (this.#partial?.length ?? 0) + this.#inputBytes
  }

  /** How many chunks nobody has looked at. */
  get chunks(): number {
    return this.#input.length
  }

  /** The first of them, if nothing waits before it. */
  get first(): Uint8Array | undefined {
    return this.#partial ? undefined : this.#input[0]
  }

  push(chunk: Uint8Array): void {
    if (chunk.length === 0) return
    this.#input.push(chunk)
    this.#inputBytes += chunk.length
  }

  /** The end of what was taken was none of the taker's. */
  putBack(bytes: Uint8Array): void {
    if (bytes.length === 0) return
    this.#input.unshift(bytes)
    this.#inputBytes += bytes.length
  }

  /** The next `count` bytes, a view where one chunk holds them; undefined (and the rest kept) until they are there. */
  take(count: number): Uint8Array | undefined {
    if (!this.#partial && (this.#input[0] ?? NO_BYTES).length >= count) return this.some(count)
    if (!this.#gather(count)) return undefined
    const whole = this.#partial?.take()
    this.#partial = undefined
    return whole
  }

  /** The next bytes, as far as they are there, at most `count`, which is few. They stay. */
  peek(count: number): Uint8Array {
    this.#gather(count)
    return this.gathered(count)
  }

  /** What a `take` that was in vain has gathered, at most `count` bytes, which is few. */
  gathered(count: number): Uint8Array {
    return this.#partial?.start(count) ?? NO_BYTES
  }

  /** Next bytes, at most `count`, as many as one chunk has. None may have been gathered. */
  some(count: number): Uint8Array {
    const [first] = this.#input
    if (!first) return NO_BYTES
    const taken = first.subarray(0, count)
    this.#inputBytes -= taken.length
    if (taken.length === first.length) this.#input.shift()
    else this.#input[0] = first.subarray(count)
    return taken
  }

  /** All of it, in order. */
  rest(): readonly Uint8Array[] {
    const gathered = this.#partial ? [this.#partial.take()] : []
    this.#partial = undefined
    this.#inputBytes = 0
    return [...gathered, ...this.#input.splice(0)]
  }

  /** True once so many bytes are together. */
  #gather(count: number): boolean {
    while (this.#partial === undefined || this.#partial.length < count) {
      const part = this.some(count - (this.#partial?.length ?? 0))
      if (part.length === 0) return false
      this.#partial ??= new Gathering()
      this.#partial.add(part)
    }
    return true
  }
}
