// Blocks of pieces that were bad where nobody tells which of their blocks was (version 1 has hashes of pieces alone). The piece is fetched
// again from one peer; when it is good, whoever sent a block that differs from the good one lied, and nobody else did.

import type { Arriving } from './arriving.ts'
import type { Peer } from './peer.ts'

interface Suspect {
  readonly block: number
  readonly hash: Uint8Array
  readonly sender: Peer
}

/** Attempts at one piece that are remembered. */
const MAX_SUSPECTS = 4_096

export class Suspects {
  readonly #ofPiece = new Map<number, Suspect[]>()
  readonly #hash: (bytes: Uint8Array) => Uint8Array

  constructor(hash: (bytes: Uint8Array) => Uint8Array) {
    this.#hash = hash
  }

  has(piece: number): boolean {
    return this.#ofPiece.has(piece)
  }

  add({ piece, blocks, senders }: Arriving): void {
    const suspects = this.#ofPiece.get(piece) ?? []
    this.#ofPiece.set(piece, suspects)
    blocks.forEach((bytes, block) => {
      const sender = senders[block]
      if (bytes && sender && suspects.length < MAX_SUSPECTS)
        suspects.push({ block, hash: this.#hash(bytes), sender })
    })
  }

  /** The piece is good now: those who sent something else, each with the first such block. */
  liars({ piece, blocks }: Arriving): Map<Peer, number> {
    const liars = new Map<Peer, number>()
    const suspects = this.#ofPiece.get(piece)
    if (!suspects) return liars
    this.#ofPiece.delete(piece)
    const good = blocks.map(block => block && this.#hash(block))
    for (const { block, hash, sender } of suspects)
      if (!liars.has(sender) && good[block]?.some((byte, at) => byte !== hash[at])) liars.set(sender, block)
    return liars
  }
}
