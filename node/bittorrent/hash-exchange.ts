// Hashes of version 2 from peers (BEP 52): piece layers as soon as the info is there, and the leaves of a piece that was bad, which tell
// whose block it was. What does not lead to the root is a lie, and the only one who can have told it is who sent it.

import type { PeerId } from '../core/host.ts'
import type { Company } from './company.ts'
import type { FileTree } from './file-tree.ts'
import type { Peer } from './peer.ts'
import { heightOf } from './tree-hashes.ts'
import type { HashRange } from './wire/message.ts'

/** Asked of one peer at a time. */
const AT_ONCE = 4
/** For the leaves of a bad piece so many peers are tried. */
const MAX_TRIES = 4

interface Question {
  readonly tree: FileTree
  readonly range: HashRange
  /** Whose leaves are asked for; undefined: it is a part of a piece layer. */
  readonly piece: number | undefined
  of: Peer | undefined
  askedMs: number
  /** Who did not answer. */
  readonly without: Set<PeerId>
}

export interface HashUse {
  /** More of the piece layer of this file is known. */
  onLayer(tree: FileTree): void
  /** Proven leaf hashes of a piece, padding included; undefined: nobody gives them. */
  onLeaves(piece: number, leaves: Uint8Array | undefined): void
}

export class HashExchange {
  readonly #company: Company
  readonly #use: HashUse
  readonly #questions = new Map<string, Question>()
  readonly #out = new Map<Peer, number>()

  constructor(company: Company, use: HashUse) {
    this.#company = company
    this.#use = use
  }

  /** Questions that are not answered. */
  get open(): number {
    return this.#questions.size
  }

  wantLayer(tree: FileTree): void {
    for (const { index, length } of tree.chunks()) {
      const proofs = Math.max(0, tree.height - 1)
      const range = { root: tree.root, base: tree.base, index, length, proofs }
      this.#add({ tree, range, piece: undefined, of: undefined, askedMs: 0, without: new Set() })
    }
    this.ask()
  }

  wantLeaves(tree: FileTree, piece: number): void {
    const length = tree.pieceLeaves
    const proofs = Math.max(0, heightOf(length) - 1)
    const range = { root: tree.root, base: 0, index: (piece - tree.firstPiece) * length, length, proofs }
    this.#add({ tree, range, piece, of: undefined, askedMs: 0, without: new Set() })
    this.ask()
  }

  /** Whoever can be asked is. */
  ask(): void {
    for (const [key, question] of this.#questions) {
      if (question.of) continue
      const peer = this.#whom(question)
      if (peer) {
        question.of = peer
        question.askedMs = this.#company.clock.now()
        this.#out.set(peer, (this.#out.get(peer) ?? 0) + 1)
        this.#company.send(peer, { type: 'hash-request', ...question.range })
      } else if (question.piece !== undefined) this.#giveUp(key, question.piece)
    }
  }

  onHashes(peer: Peer, range: HashRange, hashes: Uint8Array): void {
    const key = keyOf(range)
    const question = this.#questions.get(key)
    if (question?.of !== peer) return
    this.#freed(peer)
    const { tree, piece } = question
    const { index, length } = question.range
    const proven =
      piece === undefined ? tree.giveChunk(index, length, hashes) : tree.provesLeaves(piece, hashes)
    if (!proven) {
      question.of = undefined
      question.without.add(peer.id)
      this.#company.ban(peer, 'hashes', piece)
      this.ask()
      return
    }
    this.#questions.delete(key)
    if (piece === undefined) this.#use.onLayer(tree)
    else this.#use.onLeaves(piece, hashes)
    this.ask()
  }

  onReject(peer: Peer, range: HashRange): void {
    const question = this.#questions.get(keyOf(range))
    if (question?.of !== peer) return
    this.#freed(peer)
    this.#without(question, peer)
    this.ask()
  }

  onGone(peer: Peer): void {
    this.#out.delete(peer)
    for (const question of this.#questions.values()) {
      question.without.delete(peer.id)
      if (question.of === peer) question.of = undefined
    }
    this.ask()
  }

  tick(nowMs: number): void {
    for (const question of this.#questions.values()) {
      const { of, askedMs } = question
      if (of && nowMs - askedMs > this.#company.patience.answerMs) {
        this.#freed(of)
        this.#without(question, of)
      } else if (!of && nowMs - askedMs > 2 * this.#company.patience.answerMs) question.without.clear()
    }
    this.ask()
  }

  #without(question: Question, peer: Peer): void {
    question.of = undefined
    question.without.add(peer.id)
  }

  #add(question: Question): void {
    const key = keyOf(question.range)
    if (!this.#questions.has(key)) this.#questions.set(key, question)
  }

  #freed(peer: Peer): void {
    this.#out.set(peer, Math.max(0, (this.#out.get(peer) ?? 0) - 1))
  }

  #giveUp(key: string, piece: number): void {
    this.#questions.delete(key)
    this.#use.onLeaves(piece, undefined)
  }

  /** Who has most is asked first: it knows the layers. */
  #whom({ piece, without }: Question): Peer | undefined {
    if (piece !== undefined && without.size >= MAX_TRIES) return undefined
    let best: Peer | undefined
    for (const peer of this.#company.peers.values()) {
      if (!peer.v2 || peer.closing || without.has(peer.id)) continue
      if ((this.#out.get(peer) ?? 0) >= AT_ONCE && piece === undefined) continue
      const count = peer.bits?.count ?? 0
      const fits = piece === undefined ? count > 0 : peer.has(piece)
      if (fits && count > (best?.bits?.count ?? 0)) best = peer
    }
    return best
  }
}

function keyOf({ root, base, index, length }: HashRange): string {
  return `${String.fromCharCode.apply(null, root as unknown as number[])}/${base}/${index}/${length}`
}
