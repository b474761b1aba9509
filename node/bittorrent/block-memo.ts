// What was once made of a block, by its bytes in memory, which nobody changes: its hash, and the frame that it goes in. In the simulator
// peers hand each other the same frames; on a machine nothing would ever be found here.

import { encodeMessage } from './wire/encode.ts'

interface Framed {
  readonly piece: number
  readonly begin: number
  readonly frame: Uint8Array
}

interface Hashed {
  readonly offset: number
  readonly length: number
  readonly hash: Uint8Array
}

export class BlockMemo {
  readonly #frames = new WeakMap<Uint8Array, Framed>()
  readonly #hashes = new WeakMap<ArrayBufferLike, Hashed>()

  /** The `piece` message that serves it. */
  frame(piece: number, begin: number, block: Uint8Array): Uint8Array {
    const known = this.#frames.get(block)
    if (known?.piece === piece && known.begin === begin) return known.frame
    const frame = encodeMessage({ type: 'piece', piece, begin, block })
    this.#frames.set(block, { piece, begin, frame })
    return frame
  }

  hash(block: Uint8Array, make: (block: Uint8Array) => Uint8Array): Uint8Array {
    const known = this.#hashes.get(block.buffer)
    if (known?.offset === block.byteOffset && known.length === block.length) return known.hash
    const hash = make(block)
    this.#hashes.set(block.buffer, { offset: block.byteOffset, length: block.length, hash })
    return hash
  }
}
