// A chain of headers that has less work than ours so far: collected aside, stored only once it has proved enough.
// Without this, anybody could fill our memory and disk with cheap headers (Core's minimum-work rule).

import type { HashHex } from '../bitcoin/wire/hex.ts'
import type { BlockEntry, Header } from './chain/types.ts'
import { claimedWork } from './consensus/header-rules.ts'
import type { LedgerPeer } from './peers.ts'

/** One chain at a time, of at most so many headers (about 20 MB). */
const MAX_HEADERS_ASIDE = 50_000

/** Headers of one peer, each with its proof of work and following the one before, waiting for their sum to suffice. */
export class LowWorkChain {
  readonly peer: LedgerPeer
  readonly start: BlockEntry
  readonly headers: Header[] = []
  work: bigint

  constructor(peer: LedgerPeer, start: BlockEntry) {
    this.peer = peer
    this.start = start
    this.work = start.work
  }

  get last(): HashHex {
    return this.headers.at(-1)?.hash ?? this.start.hash
  }

  get height(): number {
    return this.start.height + this.headers.length
  }

  /** False when the headers do not continue it, or it grows too long. */
  add(headers: readonly Header[]): boolean {
    if (headers[0]?.prev !== this.last) return false
    if (this.headers.length + headers.length > MAX_HEADERS_ASIDE) return false
    for (const header of headers) {
      this.headers.push(header)
      this.work += claimedWork(header)
    }
    return true
  }
}
