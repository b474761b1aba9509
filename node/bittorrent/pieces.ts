// From blocks to verified and stored pieces: every piece is checked before a byte of it is written, and whoever spoilt one is found by
// the block that it sent. Nobody is blamed for what somebody else may have done.

import { Arriving } from './arriving.ts'
import type { Bits } from './bits.ts'
import type { Company } from './company.ts'
import type { HashExchange } from './hash-exchange.ts'
import type { KeptContent } from './kept-content.ts'
import { BLOCK_BYTES } from './metainfo/metainfo.ts'
import type { Peer } from './peer.ts'
import { Suspects } from './suspects.ts'
import type { Verifier } from './verifier.ts'

/** What cannot be written is tried again so often. */
const WRITE_AGAIN_MS = 2_000

export interface PiecesUse {
  /** It is verified and stored. */
  onPiece(arriving: Arriving): void
  /** These blocks are wanted again; all of them, where none are named. */
  onBad(piece: number, blocks?: readonly number[]): void
  /** Blocks are wanted again, and from one peer alone, so that it is known who sent them. */
  onAlone(piece: number): void
  onWasted(bytes: number): void
  /** Writing works again. */
  onUnstuck(): void
}

export interface PiecesGround {
  readonly content: KeptContent
  readonly have: Bits
  readonly verifier: Verifier
  readonly hashes: HashExchange
}

export class Pieces {
  readonly #company: Company
  readonly #ground: PiecesGround
  readonly #use: PiecesUse
  readonly #arriving = new Map<number, Arriving>()
  readonly #suspects: Suspects
  #stuckWhy: string | undefined
  #writtenMs = 0

  constructor(company: Company, ground: PiecesGround, use: PiecesUse) {
    this.#company = company
    this.#ground = ground
    this.#use = use
    this.#suspects = new Suspects(bytes => ground.verifier.leaf(bytes))
  }

  /** It cannot write: nothing more is to be asked for. */
  get stuck(): boolean {
    return this.#stuckWhy !== undefined
  }

  /** Blocks that are here and not written yet. */
  get pendingBytes(): number {
    let bytes = 0
    for (const arriving of this.#arriving.values()) bytes += arriving.bytes
    return bytes
  }

  lacks(piece: number, block: number): boolean {
    return !this.#ground.have.has(piece) && !this.#arriving.get(piece)?.blocks[block]
  }

  onBlock(peer: Peer, piece: number, block: number, bytes: Uint8Array): void {
    let arriving = this.#arriving.get(piece)
    if (!arriving) {
      arriving = new Arriving(piece, this.#ground.content.layout.blocks(piece))
      this.#arriving.set(piece, arriving)
    }
    arriving.put(block, bytes, peer)
    if (arriving.missing === 0) this.#check(arriving)
  }

  /** More hashes are known: of these pieces. */
  onHashes(first: number, count: number): void {
    for (const arriving of [...this.#arriving.values()])
      if (arriving.state === 'unhashed' && arriving.piece >= first && arriving.piece < first + count)
        this.#check(arriving)
  }

  /** Leaf hashes of a bad piece, proven; undefined: nobody has them. */
  onLeaves(piece: number, leaves: Uint8Array | undefined): void {
    const arriving = this.#arriving.get(piece)
    if (arriving?.state !== 'doubted') return
    arriving.state = 'open'
    if (leaves) this.#blameByLeaves(arriving, leaves)
    else this.#fetchAlone(arriving)
  }

  tick(nowMs: number): void {
    if (this.#stuckWhy === undefined || nowMs - this.#writtenMs < WRITE_AGAIN_MS) return
    this.#stuckWhy = undefined
    for (const arriving of [...this.#arriving.values()])
      if (arriving.state === 'unwritten') this.#write(arriving, false)
    if (this.#stuckWhy === undefined) this.#use.onUnstuck()
  }

  #check(arriving: Arriving): void {
    const { verifier, hashes } = this.#ground
    const { piece } = arriving
    const blocks = arriving.blocks as Uint8Array[]
    const sound = verifier.isSound(piece, blocks)
    if (sound === undefined) {
      arriving.state = 'unhashed'
      hashes.ask()
    } else if (this.#company.conduct.accepts(piece, sound)) this.#write(arriving, true)
    else this.#onBad(arriving)
  }

  #write(arriving: Arriving, first: boolean): void {
    const { content, have } = this.#ground
    const { piece } = arriving
    if (first)
      for (const [liar, block] of this.#suspects.liars(arriving))
        this.#company.ban(liar, 'block', piece, block)
    for (let block = 0; block < arriving.blocks.length; block++) {
      const why = content.write(piece, block * BLOCK_BYTES, arriving.blocks[block] as Uint8Array)
      if (why === undefined) continue
      this.#stuck(arriving, why, first)
      return
    }
    this.#arriving.delete(piece)
    have.set(piece)
    this.#use.onPiece(arriving)
  }

  #stuck(arriving: Arriving, why: string, tell: boolean): void {
    arriving.state = 'unwritten'
    this.#writtenMs = this.#company.clock.now()
    if (this.#stuckWhy === undefined && tell)
      this.#company.emit({ type: 'bittorrent/stuck', content: this.#company.content, why })
    this.#stuckWhy = why
  }

  #onBad(arriving: Arriving): void {
    const { piece } = arriving
    const givers = arriving.givers()
    const [only] = givers
    if (givers.size === 1 && only) {
      this.#use.onWasted(arriving.bytes)
      this.#arriving.delete(piece)
      this.#company.ban(only, 'block', piece)
      this.#use.onBad(piece)
      return
    }
    const tree = this.#ground.verifier.treeOf(piece)
    if (tree?.pieceHash(piece)) {
      arriving.state = 'doubted'
      this.#ground.hashes.wantLeaves(tree, piece)
    } else this.#fetchAlone(arriving)
  }

  #blameByLeaves(arriving: Arriving, leaves: Uint8Array): void {
    const { verifier } = this.#ground
    const bad: number[] = []
    const liars = new Map<Peer, number>()
    arriving.blocks.forEach((bytes, block) => {
      const sender = arriving.senders[block]
      if (!bytes || !sender || verifier.isLeaf(bytes, leaves, block)) return
      bad.push(block)
      if (!liars.has(sender)) liars.set(sender, block)
      this.#use.onWasted(bytes.length)
    })
    for (const block of bad) arriving.drop(block)
    for (const [liar, block] of liars) this.#company.ban(liar, 'block', arriving.piece, block)
    if (bad.length > 0) this.#use.onBad(arriving.piece, bad)
  }

  #fetchAlone(arriving: Arriving): void {
    this.#suspects.add(arriving)
    this.#use.onWasted(arriving.bytes)
    this.#arriving.delete(arriving.piece)
    this.#use.onAlone(arriving.piece)
  }
}
