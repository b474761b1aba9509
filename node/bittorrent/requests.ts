// What is asked of whom: requests filled up to what each peer's line holds, answered by blocks, refused, given up, cancelled when
// somebody else was faster.

import type { Bits } from './bits.ts'
import type { Company } from './company.ts'
import type { Layout } from './layout.ts'
import { BLOCK_BYTES } from './metainfo/metainfo.ts'
import type { Peer } from './peer.ts'
import type { Picker } from './picker.ts'
import type { Pieces } from './pieces.ts'

/** Blocks that were given up and may come all the same are good for so long. */
const MAX_LATE = 512
const MAX_SUGGESTED = 8
/** Blocks asked of one peer at the end that were asked of others as well. */
const AGAIN_AT_ONCE = 2

export interface RequestsGround {
  readonly layout: Layout
  readonly have: Bits
  readonly picker: Picker
  readonly pieces: Pieces
}

/** What is out with one peer. Blocks by their number among all blocks: piece × blocks a piece + block. */
class Out {
  /** When each was asked for. */
  readonly asked = new Map<number, number>()
  /** Not waited for any more: choked, snubbed, cancelled. */
  readonly late = new Set<number>()
  readonly allowedFast = new Set<number>()
  readonly suggested = new Set<number>()
  /** Pieces that it refused though it had unchoked. */
  readonly refused = new Set<number>()
}

export class Requests {
  readonly #company: Company
  readonly #ground: RequestsGround
  readonly #out = new Map<Peer, Out>()
  readonly #blocksAPiece: number
  downBytes = 0
  wastedBytes = 0

  constructor(company: Company, ground: RequestsGround) {
    this.#company = company
    this.#ground = ground
    this.#blocksAPiece = Math.ceil(ground.layout.pieceLength / BLOCK_BYTES)
  }

  onPeer(peer: Peer): void {
    this.#out.set(peer, new Out())
  }

  onGone(peer: Peer): void {
    this.#release(peer)
    this.#out.delete(peer)
  }

  outstanding(peer: Peer): number {
    return this.#out.get(peer)?.asked.size ?? 0
  }

  onAllowedFast(peer: Peer, piece: number): void {
    const out = this.#out.get(peer)
    if (!out || out.allowedFast.size >= MAX_LATE) return
    out.allowedFast.add(piece)
    this.fill(peer)
  }

  onSuggest(peer: Peer, piece: number): void {
    const suggested = this.#out.get(peer)?.suggested
    if (!suggested) return
    suggested.add(piece)
    for (const oldest of suggested) {
      if (suggested.size <= MAX_SUGGESTED) break
      suggested.delete(oldest)
    }
  }

  onUnchoke(peer: Peer): void {
    this.#out.get(peer)?.refused.clear()
    this.fill(peer)
  }

  /** With the fast extension each request is answered all the same, by its block or a word; some are on their way (BEP 6). */
  onChoke(peer: Peer): void {
    if (!peer.fast) this.#release(peer)
  }

  onReject(peer: Peer, piece: number, begin: number): void {
    const out = this.#out.get(peer)
    const number = piece * this.#blocksAPiece + begin / BLOCK_BYTES
    if (!out) return
    out.late.delete(number)
    if (!out.asked.delete(number)) return
    this.#ground.picker.released(peer.id, piece, begin / BLOCK_BYTES)
    out.allowedFast.delete(piece)
    if (!peer.chokesUs) out.refused.add(piece)
    this.fill(peer)
  }

  onBlock(peer: Peer, piece: number, begin: number, bytes: Uint8Array): void {
    const { layout, pieces } = this.#ground
    const out = this.#out.get(peer)
    const block = begin / BLOCK_BYTES
    const number = piece * this.#blocksAPiece + block
    if (!out) return
    const askedMs = out.asked.get(number)
    this.#count(peer, bytes.length, askedMs)
    const wasAsked = out.asked.delete(number)
    const isLate = out.late.delete(number)
    const fits = (wasAsked || isLate) && bytes.length === layout.blockBytes(piece, block)
    if (wasAsked && !fits) this.#ground.picker.released(peer.id, piece, block)
    if (fits && pieces.lacks(piece, block)) {
      this.#cancelElsewhere(peer, number, this.#ground.picker.received(peer.id, piece, block))
      pieces.onBlock(peer, piece, block, bytes)
    } else {
      this.wastedBytes += bytes.length
      if (wasAsked && fits) this.#ground.picker.released(peer.id, piece, block)
    }
    this.fill(peer)
  }

  /** Asks for as much as its line holds. */
  fill(peer: Peer): void {
    const { picker, pieces, have } = this.#ground
    const out = this.#out.get(peer)
    const { bits } = peer
    if (!out || !bits || peer.closing || !peer.interested || have.full || pieces.stuck) return
    if (peer.chokesUs && (!peer.fast || out.allowedFast.size === 0)) return
    const nowMs = this.#company.clock.now()
    const depth = peer.snubbed ? 1 : Math.min(peer.maxRequests, peer.pipeline.depth(nowMs))
    const room = depth - out.asked.size
    if (room <= 0) return
    const may = peer.chokesUs
      ? (piece: number) => out.allowedFast.has(piece)
      : out.refused.size > 0
        ? (piece: number) => !out.refused.has(piece)
        : undefined
    // What is on its way from others is asked for again only of one who has nothing else to do.
    const again = out.asked.size === 0 ? AGAIN_AT_ONCE : 0
    const asking = { bits: bits.bytes, count: room, again, suggested: out.suggested, may }
    for (const { piece, block } of picker.pick(peer.id, asking)) this.#ask(peer, out, piece, block, nowMs)
  }

  /** Peers that let requests lie are not waited for; what they were asked for, others are. */
  tick(nowMs: number): void {
    for (const [peer, { asked }] of this.#out) {
      const [first] = asked.values()
      const since = Math.max(peer.blockMs, first ?? nowMs)
      if (first !== undefined && nowMs - since > this.#company.patience.blockMs) {
        peer.snubbed = true
        this.#cancelAll(peer)
      }
      this.fill(peer)
    }
  }

  fillAll(): void {
    for (const peer of this.#out.keys()) this.fill(peer)
  }

  #ask(peer: Peer, { asked, late }: Out, piece: number, block: number, nowMs: number): void {
    const number = piece * this.#blocksAPiece + block
    asked.set(number, nowMs)
    late.delete(number)
    const length = this.#ground.layout.blockBytes(piece, block)
    this.#company.send(peer, { type: 'request', piece, begin: block * BLOCK_BYTES, length })
  }

  #count(peer: Peer, bytes: number, askedMs: number | undefined): void {
    const nowMs = this.#company.clock.now()
    peer.down.add(bytes, nowMs)
    peer.downBytes += bytes
    peer.blockMs = nowMs
    peer.snubbed = false
    if (askedMs !== undefined) peer.pipeline.received(askedMs, nowMs)
    this.downBytes += bytes
  }

  /** Others who were asked for it as well (endgame). */
  #cancelElsewhere(by: Peer, number: number, others: readonly number[]): void {
    for (const id of others) {
      const peer = this.#company.peers.get(id)
      const out = peer && peer !== by ? this.#out.get(peer) : undefined
      if (peer && out?.asked.delete(number)) this.#cancel(peer, out, number)
    }
  }

  #cancelAll(peer: Peer): void {
    const out = this.#out.get(peer)
    if (!out) return
    for (const number of [...out.asked.keys()]) {
      out.asked.delete(number)
      this.#freed(peer, number)
      this.#cancel(peer, out, number)
    }
  }

  #cancel(peer: Peer, out: Out, number: number): void {
    keepLate(out, number)
    const piece = Math.floor(number / this.#blocksAPiece)
    const block = number % this.#blocksAPiece
    const length = this.#ground.layout.blockBytes(piece, block)
    this.#company.send(peer, { type: 'cancel', piece, begin: block * BLOCK_BYTES, length })
  }

  #release(peer: Peer): void {
    const out = this.#out.get(peer)
    if (!out) return
    for (const number of [...out.asked.keys()]) {
      out.asked.delete(number)
      keepLate(out, number)
      this.#freed(peer, number)
    }
  }

  #freed(peer: Peer, number: number): void {
    const block = number % this.#blocksAPiece
    this.#ground.picker.released(peer.id, Math.floor(number / this.#blocksAPiece), block)
  }
}

function keepLate({ late }: Out, number: number): void {
  late.add(number)
  for (const oldest of late) {
    if (late.size <= MAX_LATE) break
    late.delete(oldest)
  }
}
