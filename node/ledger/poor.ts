// A peer's chain that has too little work for us: its end and its work, followed as the peer announces more of it. Without this
// each of its blocks would look like one of which we missed the parents, and make us ask for the whole chain again.

import type { HashHex } from '../bitcoin/wire/hex.ts'
import type { Header } from './chain/types.ts'
import { claimedWork } from './consensus/header-rules.ts'

export class PoorChain {
  #tip: HashHex
  #work: bigint

  /** `work`: of the whole chain up to `tip`. */
  constructor(tip: HashHex, work: bigint) {
    this.#tip = tip
    this.#work = work
  }

  get tip(): HashHex {
    return this.#tip
  }

  get work(): bigint {
    return this.#work
  }

  /** True if these stand on its end: they are its end from now on. */
  grows(headers: readonly Header[]): boolean {
    if (headers[0]?.prev !== this.#tip) return false
    for (const header of headers) {
      this.#tip = header.hash
      this.#work += claimedWork(header)
    }
    return true
  }
}
