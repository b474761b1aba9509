// A peer that has all suggests to each what it gave nobody yet (BEP 6): left to themselves, several fetch the same of the only one who has
// it, whose line is what everybody waits for, and none has anything to give the others.

import type { Bits } from './bits.ts'
import type { Company } from './company.ts'
import type { Peer } from './peer.ts'

/** Suggested to one peer, and not asked for. */
const AHEAD = 4

export class Suggesting {
  readonly #company: Company
  readonly #have: Bits
  /** How many of the others have it. */
  readonly #copies: (piece: number) => number
  /** Pieces that may still be with nobody else; undefined until they are first wanted. */
  #left: number[] | undefined
  /** What each was suggested and does not ask for. */
  readonly #open = new Map<Peer, Set<number>>()
  readonly #given: Set<number> = new Set()

  constructor(company: Company, have: Bits, copies: (piece: number) => number) {
    this.#company = company
    this.#have = have
    this.#copies = copies
  }

  onUnchoke(peer: Peer): void {
    this.#suggest(peer)
  }

  /** It asked for a block of the piece. */
  onRequest(peer: Peer, piece: number): void {
    if (!this.#left || this.#given.has(piece)) return
    this.#given.add(piece)
    this.#open.get(peer)?.delete(piece)
    this.#suggest(peer)
  }

  /** What it did not ask for, another may. */
  onChoked(peer: Peer): void {
    this.#left?.push(...(this.#open.get(peer) ?? []))
    this.#open.delete(peer)
  }

  #suggest(peer: Peer): void {
    if (!peer.fast || !this.#have.full || this.#left?.length === 0) return
    this.#left ??= this.#shuffled()
    const open = this.#open.get(peer) ?? new Set()
    this.#open.set(peer, open)
    while (open.size < AHEAD) {
      const piece = this.#left.pop()
      if (piece === undefined) return
      if (this.#copies(piece) > 0 || this.#given.has(piece)) continue
      open.add(piece)
      this.#company.send(peer, { type: 'suggest', piece })
    }
  }

  #shuffled(): number[] {
    const pieces = Array.from({ length: this.#have.length }, (_, piece) => piece)
    const random = this.#company.random.fork('suggestions')
    for (let i = pieces.length - 1; i > 0; i--) {
      const j = random.int(i + 1)
      ;[pieces[i], pieces[j]] = [pieces[j] as number, pieces[i] as number]
    }
    return pieces
  }
}
