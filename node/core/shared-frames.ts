// Messages that peers of one process hand to each other by reference: what one of them has read off a frame, the next need
// not read again. Frames and messages are immutable. Peers that share this speak one protocol over one magic.

import { type Frame, frameOf } from '../wire/framing.ts'

/** Frames kept by their contents, and the greatest that is. Small ones are what a network says all at once. */
const KEPT = 4096
const KEPT_BYTES = 128

export class SharedFrames {
  /** By the whole chunk in which the frame came, alone. */
  readonly #frames = new WeakMap<Uint8Array, Frame>()
  readonly #messages = new WeakMap<Frame, unknown>()
  /** The newest frames by command and payload: a header that a thousand peers announce is one frame. */
  readonly #made = new Map<string, Uint8Array>()

  get(chunk: Uint8Array): Frame | undefined {
    return this.#frames.get(chunk)
  }

  put(chunk: Uint8Array, frame: Frame): void {
    this.#frames.set(chunk, frame)
  }

  /** The frame of this message; `encode` makes it if nobody has made one like it. */
  made(command: string, payload: Uint8Array, encode: () => Uint8Array): Uint8Array {
    if (payload.length > KEPT_BYTES) return this.#remember(command, encode())
    const key = `${command} ${String.fromCharCode(...payload)}`
    const known = this.#made.get(key)
    if (known) return known
    const frame = this.#remember(command, encode())
    this.#made.set(key, frame)
    if (this.#made.size > KEPT) this.#made.delete(this.#made.keys().next().value as string)
    return frame
  }

  /** What one encodes is whole: nobody need check it. */
  #remember(command: string, bytes: Uint8Array): Uint8Array {
    this.#frames.set(bytes, frameOf(command, bytes))
    return bytes
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
