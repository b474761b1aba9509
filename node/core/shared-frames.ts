// Messages that peers of one process hand to each other by reference: what one of them has read off a frame, the next need
// not read again. Frames and messages are immutable. Peers that share this speak one protocol over one magic.

import type { Frame } from '../wire/framing.ts'

export class SharedFrames {
  /** By the whole chunk in which the frame came, alone. */
  readonly #frames = new WeakMap<Uint8Array, Frame>()
  readonly #messages = new WeakMap<Frame, unknown>()

  get(chunk: Uint8Array): Frame | undefined {
    return this.#frames.get(chunk)
  }

  put(chunk: Uint8Array, frame: Frame): void {
    this.#frames.set(chunk, frame)
  }

  /** The message in `frame`: as `decode` gives it, or as it gave it before. */
  message(frame: Frame, decode: () => unknown): unknown {
    const known = this.#messages.get(frame)
    if (known !== undefined) return known
    const message = decode()
    this.#messages.set(frame, message)
    return message
  }
}
