// Pieces that are stored and may not be what they were, because something else of the content is not: none is served before it was looked
// at, and all are soon. A file that was taken away and is written anew has holes, which read as zeros.

import type { Bits } from './bits.ts'
import type { KeptContent } from './kept-content.ts'
import { isStored } from './stored.ts'
import type { Verifier } from './verifier.ts'

/** Looked at a tick. */
const AT_ONCE_BYTES = 8 * 1024 * 1024

export class Doubts {
  readonly #content: KeptContent
  readonly #verifier: Verifier
  readonly #damaged: (piece: number) => void
  readonly #open = new Set<number>()

  constructor(content: KeptContent, verifier: Verifier, damaged: (piece: number) => void) {
    this.#content = content
    this.#verifier = verifier
    this.#damaged = damaged
  }

  /** One of these is not what it was. */
  raise(have: Bits): void {
    for (let piece = 0; piece < have.length; piece++) if (have.has(piece)) this.#open.add(piece)
  }

  /** It was just verified and written, or is gone. */
  settled(piece: number): void {
    this.#open.delete(piece)
  }

  /** Whether the piece may be served. */
  clears(piece: number): boolean {
    if (!this.#open.delete(piece)) return true
    if (isStored(this.#content, this.#verifier, piece) !== false) return true
    this.#damaged(piece)
    return false
  }

  tick(): void {
    let bytes = 0
    for (const piece of this.#open) {
      if (bytes >= AT_ONCE_BYTES) return
      bytes += this.#content.layout.dataBytes(piece)
      this.clears(piece)
    }
  }
}
