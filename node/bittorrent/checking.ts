// What is stored is checked before it counts, piece by piece, with pauses: a large content must not hold up its node. What is not what it
// was is wanted again; what nobody said to be there and is there all the same counts: the store is durable later than the files.

import type { Cancel, Clock } from '../core/host.ts'
import type { Bits } from './bits.ts'
import type { KeptContent } from './kept-content.ts'
import { isStored } from './stored.ts'
import type { Verifier } from './verifier.ts'

/** Between two pauses. */
const SLICE_BYTES = 8 * 1024 * 1024

export interface Checked {
  /** Pieces that are stored as they should be. */
  readonly have: Bits
  /** Pieces that were said to be, and are not. */
  readonly damaged: readonly number[]
}

export class Checking {
  readonly #clock: Clock
  readonly #content: KeptContent
  readonly #verifier: Verifier
  readonly #have: Bits
  readonly #damaged: number[] = []
  readonly #done: (checked: Checked) => void
  #piece = 0
  #cancel: Cancel | undefined

  /** `have`: what is said to be stored; `done` is told later, unless it is stopped. */
  constructor(
    clock: Clock,
    { content, verifier }: { readonly content: KeptContent; readonly verifier: Verifier },
    have: Bits,
    done: (checked: Checked) => void,
  ) {
    this.#clock = clock
    this.#content = content
    this.#verifier = verifier
    this.#have = have
    this.#done = done
    this.#cancel = clock.after(0, () => this.#next())
  }

  stop(): void {
    this.#cancel?.()
  }

  #next(): void {
    const { layout } = this.#content
    for (let bytes = 0; bytes < SLICE_BYTES; this.#piece++) {
      if (this.#piece >= layout.pieces) {
        this.#done({ have: this.#have, damaged: this.#damaged })
        return
      }
      const isSaid = this.#have.has(this.#piece)
      bytes += isSaid || this.#content.reaches(this.#piece) ? layout.dataBytes(this.#piece) : 0
      const sound = isStored(this.#content, this.#verifier, this.#piece)
      if (sound) this.#have.set(this.#piece)
      else if (this.#have.clear(this.#piece) && sound === false) this.#damaged.push(this.#piece)
    }
    this.#cancel = this.#clock.after(0, () => this.#next())
  }
}
