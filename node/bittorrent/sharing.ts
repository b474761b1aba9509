// One content once its info is known: what is had, what is wanted, of whom, and who gets what. The parts do the work; here they meet.

import { allowedFast } from './allowed-fast.ts'
import type { Arriving } from './arriving.ts'
import { Bits, bitfieldBytes } from './bits.ts'
import type { BlockMemo } from './block-memo.ts'
import { Choking } from './choking.ts'
import type { Company } from './company.ts'
import { Doubts } from './doubts.ts'
import type { FileTree } from './file-tree.ts'
import { HashExchange } from './hash-exchange.ts'
import { HashServing } from './hash-serving.ts'
import type { KeptContent } from './kept-content.ts'
import { BLOCK_BYTES } from './metainfo/metainfo.ts'
import { MAX_EARLY_HAVES, type Peer } from './peer.ts'
import { Picker } from './picker.ts'
import { Pieces } from './pieces.ts'
import { Requests } from './requests.ts'
import { blocksOf } from './stored.ts'
import { Suggesting } from './suggesting.ts'
import { Uploads } from './uploads.ts'
import type { Verifier } from './verifier.ts'
import { encodeMessage } from './wire/encode.ts'
import type { Message } from './wire/message.ts'

/** Given to each peer that has little (BEP 6). */
const ALLOWED_FAST = 4

export interface SharingUse {
  /** Verified and stored. */
  onPiece(piece: number): void
  /** The piece layer of this tree is known. */
  onLayer(file: number): void
  /** What was stored is so no more. */
  onDamaged(piece: number): void
}

export interface SharingOptions {
  readonly content: KeptContent
  readonly have: Bits
  readonly verifier: Verifier
  readonly slots: number
  /** For the allowed fast set (BEP 6). */
  readonly infoHash: Uint8Array
  readonly memo?: BlockMemo | undefined
}

export class Sharing {
  readonly #company: Company
  readonly #options: SharingOptions
  readonly #use: SharingUse
  readonly #fast = new Map<Peer, Set<number>>()
  readonly #serving: HashServing
  readonly #doubts: Doubts
  readonly have: Bits
  readonly picker: Picker
  readonly requests: Requests
  readonly uploads: Uploads
  readonly hashes: HashExchange
  readonly pieces: Pieces
  readonly choking: Choking
  readonly suggesting: Suggesting
  /** Verified bytes by giver, since they were last told of. */
  fresh = new Map<string, number>()
  verifiedBytes = 0

  constructor(company: Company, options: SharingOptions, use: SharingUse) {
    this.#company = company
    this.#options = options
    this.#use = use
    const { content, have, verifier, slots, memo } = options
    const { layout } = content
    this.have = have
    for (let piece = 0; piece < layout.pieces; piece++)
      if (have.has(piece)) this.verifiedBytes += layout.dataBytes(piece)
    this.picker = new Picker({
      pieces: layout.pieces,
      blocksOf: piece => layout.blocks(piece),
      random: company.random.fork('pieces'),
      order: company.conduct.order,
      have: have.bytes,
    })
    this.hashes = new HashExchange(company, {
      onLayer: tree => this.#onLayer(tree),
      onLeaves: (piece, leaves) => this.pieces.onLeaves(piece, leaves),
    })
    this.#doubts = new Doubts(content, verifier, piece => this.#lost(piece))
    const clears = (piece: number) => this.#doubts.clears(piece)
    const damaged = (piece: number) => this.damaged(piece)
    this.#serving = new HashServing((_tree, piece) => this.#leavesOf(piece))
    this.pieces = new Pieces(company, { content, have, verifier, hashes: this.hashes }, this.#piecesUse())
    this.requests = new Requests(company, { layout, have, picker: this.picker, pieces: this.pieces })
    const isAllowedFast = (peer: Peer, piece: number) =>
      (peer.bits?.count ?? 0) < ALLOWED_FAST && (this.#fast.get(peer)?.has(piece) ?? false)
    this.uploads = new Uploads(company, { content, have, memo, isAllowedFast, clears, damaged })
    this.suggesting = new Suggesting(company, have, piece => this.picker.copies(piece))
    this.choking = new Choking(company, {
      slots,
      seeding: () => have.full,
      onChoked: peer => {
        this.uploads.onChoked(peer)
        this.suggesting.onChoked(peer)
      },
      onUnchoke: peer => this.suggesting.onUnchoke(peer),
    })
    for (const tree of verifier.trees) if (!tree.complete) this.hashes.wantLayer(tree)
  }

  /** What it has is understood from here on. */
  join(peer: Peer): void {
    const { layout } = this.#options.content
    if (!peer.understand(layout.pieces)) {
      this.#company.ban(peer, 'protocol')
      return
    }
    this.requests.onPeer(peer)
    this.picker.peerJoined((peer.bits as Bits).bytes)
    peer.wanted = (peer.bits as Bits).beyond(this.have)
    this.#sayWhatIsHere(peer)
    this.#interest(peer)
    this.hashes.ask()
  }

  onGone(peer: Peer): void {
    this.requests.onGone(peer)
    this.uploads.onGone(peer)
    this.hashes.onGone(peer)
    this.choking.onGone(peer)
    this.suggesting.onChoked(peer)
    this.#fast.delete(peer)
    if (peer.bits) this.picker.peerLeft(peer.bits.bytes)
    this.requests.fillAll()
  }

  onMessage(peer: Peer, message: Message): void {
    switch (message.type) {
      case 'choke':
        peer.chokesUs = true
        this.requests.onChoke(peer)
        break
      case 'unchoke':
        peer.chokesUs = false
        peer.blockMs = this.#company.clock.now()
        this.requests.onUnchoke(peer)
        break
      case 'interested':
        peer.wantsOurs = true
        this.choking.onInterest()
        break
      case 'not-interested':
        peer.wantsOurs = false
        this.choking.onInterest()
        break
      case 'request':
        this.uploads.onRequest(peer, message)
        if (!peer.choked) this.suggesting.onRequest(peer, message.piece)
        break
      case 'cancel':
        this.uploads.onCancel(peer, message)
        break
      case 'piece':
        this.#onBlock(peer, message.piece, message.begin, message.block)
        break
      case 'reject':
        if (this.#isBlock(message.piece, message.begin))
          this.requests.onReject(peer, message.piece, message.begin)
        break
      case 'allowed-fast':
        if (message.piece < this.have.length) this.requests.onAllowedFast(peer, message.piece)
        break
      case 'suggest':
        if (message.piece < this.have.length) this.requests.onSuggest(peer, message.piece)
        break
      case 'have':
        this.#onHave(peer, message.piece)
        break
      case 'bitfield':
      case 'have-all':
      case 'have-none':
        this.#onBits(peer, message)
        break
      case 'hash-request':
        this.#onHashRequest(peer, message)
        break
      case 'hashes':
        this.hashes.onHashes(peer, message, message.hashes)
        break
      case 'hash-reject':
        this.hashes.onReject(peer, message)
        break
      default:
        break
    }
  }

  tick(nowMs: number): void {
    this.hashes.tick(nowMs)
    this.pieces.tick(nowMs)
    this.requests.tick(nowMs)
    this.choking.tick(nowMs)
    this.#doubts.tick()
  }

  stop(): void {
    this.uploads.stop()
  }

  /** A piece that was stored is not what it was: it is fetched anew, and no other is served before it was looked at. */
  damaged(piece: number): void {
    this.#lost(piece)
    this.#doubts.raise(this.have)
  }

  #lost(piece: number): void {
    this.#doubts.settled(piece)
    if (!this.have.clear(piece)) return
    this.verifiedBytes -= this.#options.content.layout.dataBytes(piece)
    this.#serving.forget(piece)
    this.picker.lost(piece)
    this.#use.onDamaged(piece)
    for (const peer of this.#company.peers.values())
      if (peer.has(piece)) {
        peer.wanted++
        this.#interest(peer)
      }
  }

  #piecesUse() {
    return {
      onPiece: (arriving: Arriving) => this.#onPiece(arriving),
      onBad: (piece: number, blocks?: readonly number[]) => {
        this.picker.failed(piece, blocks)
        this.requests.fillAll()
      },
      onAlone: (piece: number) => {
        this.picker.failedAlone(piece)
        this.requests.fillAll()
      },
      onWasted: (bytes: number) => {
        this.requests.wastedBytes += bytes
      },
      onUnstuck: () => this.requests.fillAll(),
    }
  }

  #onPiece({ piece, blocks, senders }: Arriving): void {
    blocks.forEach((bytes, block) => {
      const from = senders[block]?.address
      if (from !== undefined) this.fresh.set(from, (this.fresh.get(from) ?? 0) + (bytes?.length ?? 0))
    })
    this.verifiedBytes += this.#options.content.layout.dataBytes(piece)
    this.picker.verified(piece)
    this.#doubts.settled(piece)
    const frame = encodeMessage({ type: 'have', piece })
    for (const peer of this.#company.peers.values()) {
      if (!peer.bits) continue
      this.#company.sendFrame(peer, frame)
      if (!peer.has(piece)) continue
      peer.wanted--
      if (peer.wanted === 0) this.#interest(peer)
    }
    this.#use.onPiece(piece)
  }

  #onBlock(peer: Peer, piece: number, begin: number, block: Uint8Array): void {
    if (this.#isBlock(piece, begin)) this.requests.onBlock(peer, piece, begin, block)
    else this.#company.drop(peer, 'block out of range')
  }

  #isBlock(piece: number, begin: number): boolean {
    const { layout } = this.#options.content
    return piece < layout.pieces && begin % BLOCK_BYTES === 0 && begin < layout.dataBytes(piece)
  }

  #onHave(peer: Peer, piece: number): void {
    if (!peer.bits || piece >= peer.bits.length) {
      this.#company.ban(peer, 'protocol')
      return
    }
    if (!peer.bits.set(piece)) return
    this.picker.peerHas(piece)
    if (this.have.has(piece)) return
    peer.wanted++
    if (peer.wanted === 1) this.#interest(peer)
    else if (this.requests.outstanding(peer) === 0) this.requests.fill(peer)
  }

  /** What comes later takes the place of what was said before: aria2 says it again where that is shorter than many `have`s. */
  #onBits(peer: Peer, message: Message): void {
    const { length } = this.have
    const known = message.type === 'bitfield' ? Bits.from(message.bits, length) : new Bits(length)
    if (!known) {
      this.#company.ban(peer, 'protocol')
      return
    }
    if (message.type === 'have-all') known.fill()
    if (peer.bits) this.picker.peerLeft(peer.bits.bytes)
    peer.bits = known
    this.picker.peerJoined(known.bytes)
    peer.wanted = known.beyond(this.have)
    this.#interest(peer)
    this.hashes.ask()
  }

  /** It is told whether anything that it has is wanted. */
  #interest(peer: Peer): void {
    const wanted = peer.wanted > 0
    if (wanted !== peer.interested) {
      peer.interested = wanted
      this.#company.send(peer, { type: wanted ? 'interested' : 'not-interested' })
    }
    if (wanted) this.requests.fill(peer)
  }

  #sayWhatIsHere(peer: Peer): void {
    const { have } = this
    if (!peer.saidOurs) {
      if (have.count === 0) {
        if (peer.fast) this.#company.send(peer, { type: 'have-none' })
      } else if (have.full && peer.fast) this.#company.send(peer, { type: 'have-all' })
      else
        this.#company.send(peer, { type: 'bitfield', bits: have.bytes.slice(0, bitfieldBytes(have.length)) })
    }
    peer.saidOurs = true
    if (peer.fast && this.#company.conduct.givesFast && (peer.bits?.count ?? 0) < ALLOWED_FAST)
      this.#allowFast(peer)
  }

  #allowFast(peer: Peer): void {
    const pieces = allowedFast(
      peer.seen,
      this.#options.infoHash,
      this.have.length,
      ALLOWED_FAST,
      this.#company.digests,
    )
    if (pieces.length === 0) return
    this.#fast.set(peer, new Set(pieces))
    for (const piece of pieces)
      if (this.have.has(piece)) this.#company.send(peer, { type: 'allowed-fast', piece })
  }

  #onLayer(tree: FileTree): void {
    this.pieces.onHashes(tree.firstPiece, tree.pieces)
    if (!tree.complete) return
    this.#use.onLayer(this.#options.verifier.trees.indexOf(tree))
    // A file that is there twice has one tree.
    for (const other of this.#options.verifier.trees)
      if (!other.complete && other.file.length === tree.file.length && other.giveLayer(tree.layer))
        this.pieces.onHashes(other.firstPiece, other.pieces)
  }

  #onHashRequest(
    peer: Peer,
    range: Extract<Message, { readonly type: 'hash-request' | 'hash-reject' }>,
  ): void {
    const { root, base, index, length, proofs } = range
    const tree = this.#options.verifier.treeAt(root)
    const hashes = tree && this.#serving.answer(tree, range)
    const asked = { root, base, index, length, proofs }
    if (hashes)
      this.#company.send(peer, {
        type: 'hashes',
        ...asked,
        hashes: this.#company.conduct.hashes(range, hashes),
      })
    else this.#company.send(peer, { type: 'hash-reject', ...asked })
  }

  #leavesOf(piece: number): readonly Uint8Array[] | undefined {
    const { content, verifier } = this.#options
    const blocks = this.have.has(piece) ? blocksOf(content, piece) : undefined
    return blocks?.map(block => verifier.leaf(block))
  }
}

/** What a peer says of its pieces before anybody knows how many there are. False: it makes no sense. */
export function hearEarly(peer: Peer, message: Message): boolean {
  const { early } = peer
  if (message.type === 'have') {
    early.pieces.add(message.piece)
    return early.pieces.size <= MAX_EARLY_HAVES
  }
  if (message.type === 'choke') peer.chokesUs = true
  if (message.type === 'unchoke') peer.chokesUs = false
  if (message.type === 'interested') peer.wantsOurs = true
  if (message.type === 'not-interested') peer.wantsOurs = false
  if (message.type !== 'bitfield' && message.type !== 'have-all' && message.type !== 'have-none') return true
  early.all = message.type === 'have-all'
  early.bits = message.type === 'bitfield' ? message.bits.slice() : undefined
  early.pieces.clear()
  return true
}
