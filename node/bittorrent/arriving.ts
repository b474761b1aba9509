// Pieces some of whose blocks are here, and nothing is written yet: blocks as they came, and from whom.

import type { Peer } from './peer.ts'

export type ArrivingState =
  /** Blocks are missing. */
  | 'open'
  /** All are here; what they should hash to is not known yet. */
  | 'unhashed'
  /** They are not what they should be; hashes of the leaves are to tell which. */
  | 'doubted'
  /** They are what they should be, and cannot be written. */
  | 'unwritten'

export class Arriving {
  readonly piece: number
  readonly blocks: (Uint8Array | undefined)[]
  readonly senders: (Peer | undefined)[]
  missing: number
  state: ArrivingState = 'open'

  constructor(piece: number, blocks: number) {
    this.piece = piece
    this.blocks = new Array<Uint8Array | undefined>(blocks).fill(undefined)
    this.senders = new Array<Peer | undefined>(blocks).fill(undefined)
    this.missing = blocks
  }

  /** False: it was there. */
  put(block: number, bytes: Uint8Array, sender: Peer): boolean {
    if (this.blocks[block]) return false
    this.blocks[block] = bytes
    this.senders[block] = sender
    this.missing--
    return true
  }

  drop(block: number): void {
    if (!this.blocks[block]) return
    this.blocks[block] = undefined
    this.senders[block] = undefined
    this.missing++
  }

  /** All who gave a block. */
  givers(): Set<Peer> {
    return new Set(this.senders.filter(sender => sender !== undefined))
  }

  get bytes(): number {
    return this.blocks.reduce((sum, block) => sum + (block?.length ?? 0), 0)
  }
}
