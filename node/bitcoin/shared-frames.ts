// Messages that peers of one process hand to each other by reference: what one of them has made or read, the next need not
// make or read again. Frames and messages are immutable. Peers that share this speak one protocol over one magic.

import { Newest } from '../core/newest.ts'
import type { FrameStore } from './frames.ts'
import type { RouteTable } from './route.ts'
import { type Codec, encode } from './wire/codec.ts'
import type { Frame } from './wire/frame.ts'
import { encodeFrame, frameOf } from './wire/framing.ts'

/** Frames kept by their contents, and the greatest that is. Small ones are what a network says all at once. */
const KEPT = 4096
const KEPT_BYTES = 128

// What is known of a chunk and of a frame is written on them: a weak map of millions costs more than it saves.
const FRAME = Symbol('frame')
const MESSAGE = Symbol('message')
const MADE = Symbol('made')

interface Chunk extends Uint8Array {
  [FRAME]?: Frame
}

interface Read extends Frame {
  [MESSAGE]?: unknown
}

/** A message that peers share, and what became of it. */
interface Made {
  [MADE]?: { readonly command: string; readonly frame: Uint8Array }
}

export class SharedFrames implements FrameStore {
  /** The newest frames by command and payload: a header that a thousand peers announce is one frame. */
  readonly #byContent = new Newest<string, Uint8Array>(KEPT)
  #routes: RouteTable | undefined

  routes(make: () => RouteTable): RouteTable {
    this.#routes ??= make()
    return this.#routes
  }

  get(chunk: Chunk): Frame | undefined {
    return chunk[FRAME]
  }

  put(chunk: Chunk, frame: Frame): void {
    chunk[FRAME] = frame
  }

  made(magic: Uint8Array, command: string, message: unknown, codec: Codec<unknown>): Uint8Array {
    const object: Made | undefined = typeof message === 'object' && message !== null ? message : undefined
    const before = object?.[MADE]
    if (before?.command === command) return before.frame
    const frame = this.#ofContent(magic, command, encode(codec, message))
    if (object) object[MADE] = { command, frame }
    return frame
  }

  message(frame: Read): unknown {
    return frame[MESSAGE]
  }

  putMessage(frame: Read, message: unknown): void {
    frame[MESSAGE] = message
  }

  #ofContent(magic: Uint8Array, command: string, payload: Uint8Array): Uint8Array {
    if (payload.length > KEPT_BYTES) return known(command, encodeFrame(magic, command, payload))
    // As spread arguments the bytes would pass through an iterator, one object each.
    const key = `${command} ${String.fromCharCode.apply(null, payload as unknown as number[])}`
    const before = this.#byContent.get(key)
    if (before) return before
    const frame = known(command, encodeFrame(magic, command, payload))
    this.#byContent.set(key, frame)
    return frame
  }
}

/** What one has encoded oneself is whole: nobody need check it. */
function known(command: string, frame: Chunk): Uint8Array {
  frame[FRAME] = frameOf(command, frame)
  return frame
}
