// One content's life at this peer: its info is looked for, what is stored is checked, it is shared until it is complete, and then what was
// asked for is done.

import type { Address, Cancel, PeerId, Store } from '../core/host.ts'
import { ProtocolError } from '../errors.ts'
import { Bits } from './bits.ts'
import type { BlockMemo } from './block-memo.ts'
import { Book, type PeerSource } from './book.ts'
import { Checking } from './checking.ts'
import type { Company } from './company.ts'
import type { BittorrentEvent } from './events.ts'
import { toHex } from './hex.ts'
import { KeptContent } from './kept-content.ts'
import { Metadata, UT_METADATA } from './metadata.ts'
import { MetainfoError } from './metainfo/error.ts'
import type { Metainfo } from './metainfo/metainfo.ts'
import type { WhenComplete } from './options.ts'
import type { Peer } from './peer.ts'
import { Pex, UT_PEX } from './pex.ts'
import { Remembered } from './remembered.ts'
import { Resume } from './resume.ts'
import { hearEarly, Sharing } from './sharing.ts'
import type { ContentFiles } from './storage.ts'
import { Verifier } from './verifier.ts'
import type { Message } from './wire/message.ts'

/** What is known of a content before its info is. */
export interface Wanted {
  readonly content: string
  /** 20 bytes. */
  readonly infoHashV1?: Uint8Array | undefined
  /** 32 bytes. */
  readonly infoHashV2?: Uint8Array | undefined
  readonly name: string
  readonly trackers: readonly string[]
  readonly whenComplete: WhenComplete
}

export interface TorrentGround {
  readonly store: Store
  readonly files: ContentFiles
  readonly memo: BlockMemo | undefined
  readonly slots: number
  readonly pex: boolean
  /** The info dictionary as a metainfo. Throws where it is none. */
  parseInfo(info: Uint8Array, trackers: readonly string[]): Metainfo
  isInfo(info: Uint8Array, wanted: Wanted): boolean
  /** Its info is there: both of its hashes are known now. */
  onInfo(torrent: Torrent): void
  /** It takes part no longer: its connections are to be closed. */
  onLeft(torrent: Torrent): void
  onComplete(torrent: Torrent): void
}

export type TorrentPhase = 'info' | 'checking' | 'sharing' | 'left'

export class Torrent {
  readonly content: string
  readonly company: Company
  readonly book = new Book()
  readonly peers = new Map<PeerId, Peer>()
  readonly resume: Resume
  readonly metadata: Metadata
  readonly remembered: Remembered
  readonly #ground: TorrentGround
  readonly #pex: Pex
  #wanted: Wanted
  #meta: Metainfo | undefined
  #info: Uint8Array | undefined
  #kept: KeptContent | undefined
  #verifier: Verifier | undefined
  #checking: Checking | undefined
  #sharing: Sharing | undefined
  #left = false
  #joinedMs = 0
  #cancelEnd: Cancel | undefined

  constructor(
    wanted: Wanted,
    ground: TorrentGround,
    company: (torrent: Torrent) => Company,
    info?: Uint8Array,
  ) {
    this.content = wanted.content
    this.#wanted = wanted
    this.#ground = ground
    this.company = company(this)
    this.resume = new Resume(ground.store, wanted.content)
    this.remembered = new Remembered(this.resume, this.peers)
    this.#pex = new Pex(this.company, addresses => this.addPeers(addresses, 'pex'))
    const goal = {
      isInfo: (bytes: Uint8Array) => ground.isInfo(bytes, this.#wanted),
      found: (bytes: Uint8Array) => this.#onInfo(bytes),
    }
    this.metadata = new Metadata(this.company, goal, info)
    if (info) this.#understand(info)
  }

  get wanted(): Wanted {
    return this.#wanted
  }

  get meta(): Metainfo | undefined {
    return this.#meta
  }

  get info(): Uint8Array | undefined {
    return this.#info
  }

  get kept(): KeptContent | undefined {
    return this.#kept
  }

  get verifier(): Verifier | undefined {
    return this.#verifier
  }

  get sharing(): Sharing | undefined {
    return this.#sharing
  }

  get name(): string {
    return this.#meta?.name ?? this.#wanted.name
  }

  get left(): boolean {
    return this.#left
  }

  get phase(): TorrentPhase {
    if (this.#left) return 'left'
    if (this.#sharing) return 'sharing'
    return this.#meta ? 'checking' : 'info'
  }

  get complete(): boolean {
    return this.#sharing?.have.full ?? false
  }

  /** What it says of itself in its extension handshakes. */
  get metadataBytes(): number | undefined {
    return this.#info?.length
  }

  get isPrivate(): boolean {
    return this.#meta?.private ?? false
  }

  /** New here, with these pieces stored and verified already; undefined: none. */
  begin(have?: Bits): void {
    this.#joinedMs = this.company.clock.now()
    this.#keep()
    if (this.#info) this.resume.writeInfo(this.#info)
    for (const [file, tree] of (this.#verifier?.trees ?? []).entries())
      if (tree.complete && tree.pieces > 1) this.resume.writeLayer(file, tree.layer)
    this.#tellJoined(have?.count ?? 0)
    if (have) this.resume.enterAll(have)
    if (this.#meta) this.#share(have ?? this.#none())
  }

  /** As the store has it: what is said to be stored is checked first. */
  takeUp(left: boolean): void {
    this.#joinedMs = this.company.clock.now()
    this.#left = left
    const { content, verifier } = { content: this.#kept, verifier: this.#verifier }
    if (!content || !verifier) {
      if (!left) this.#tellJoined(0)
      return
    }
    for (const [file, tree] of verifier.trees.entries()) {
      const layer = tree.complete ? undefined : this.resume.readLayer(file)
      if (layer) tree.giveLayer(layer)
    }
    if (!this.company.conduct.remembers) {
      if (!left) this.#tellJoined(0)
      this.#share(this.#none())
      return
    }
    const have = this.resume.readHave(content.layout.pieces)
    const done = ({ have, damaged }: { readonly have: Bits; readonly damaged: readonly number[] }) => {
      this.#checking = undefined
      this.resume.enterAll(have)
      if (damaged.length > 0)
        this.#emit({ type: 'bittorrent/damaged', content: this.content, pieces: damaged.length })
      if (damaged.length > 0) this.#left = false
      if (!this.#left) this.#tellJoined(have.count)
      this.#share(have)
    }
    this.#checking = new Checking(this.company.clock, { content, verifier }, have, done)
  }

  stop(): void {
    this.#checking?.stop()
    this.#sharing?.stop()
    this.#cancelEnd?.()
  }

  /** It is to be forgotten. */
  remove(files: boolean): void {
    this.stop()
    this.resume.forget(this.#meta?.pieces ?? 0, this.#verifier?.trees.length ?? 0)
    if (files) this.#kept?.remove()
    if (!this.#left) this.#emit({ type: 'bittorrent/left', content: this.content })
    this.#left = true
  }

  addPeers(addresses: readonly Address[], source: PeerSource): void {
    if (this.isPrivate && (source === 'pex' || source === 'dht')) return
    const nowMs = this.company.clock.now()
    for (const address of addresses) this.book.add(address, source, nowMs)
  }

  /** It shook hands. */
  onPeer(peer: Peer): void {
    this.peers.set(peer.id, peer)
    if (this.#sharing) this.#sharing.join(peer)
    else if (!this.#meta && peer.fast) {
      peer.saidOurs = true
      this.company.send(peer, { type: 'have-none' })
    }
    if (this.#ground.pex) this.#pex.onPeer(peer)
  }

  onGone(peer: Peer): void {
    if (!this.peers.delete(peer.id)) return
    this.#pex.onGone(peer)
    this.metadata.onGone(peer)
    this.#sharing?.onGone(peer)
  }

  /** It told which extensions it knows. */
  onExtensions(): void {
    this.metadata.onPeer()
  }

  onMessage(peer: Peer, message: Message): void {
    if (this.#sharing) this.#sharing.onMessage(peer, message)
    else if (!hearEarly(peer, message)) this.company.ban(peer, 'protocol')
  }

  onExtension(peer: Peer, name: string, payload: Uint8Array): void {
    if (name === UT_METADATA) this.metadata.onMessage(peer, payload)
    else if (name === UT_PEX && this.#ground.pex && !this.isPrivate) this.#pex.onMessage(peer, payload)
  }

  tick(nowMs: number): void {
    if (this.#left) return
    this.metadata.tick(nowMs)
    this.remembered.tick(nowMs)
    this.#sharing?.tick(nowMs)
    if (!this.isPrivate) this.#pex.tick(nowMs)
  }

  /** It takes part again, or does something else when it is complete. */
  setWhenComplete(whenComplete: WhenComplete): void {
    this.#wanted = { ...this.#wanted, whenComplete }
    this.#left = false
    this.#keep()
    if (this.complete) this.#end()
  }

  #onInfo(info: Uint8Array): void {
    try {
      this.#understand(info)
    } catch (error) {
      if (!(error instanceof MetainfoError || error instanceof ProtocolError)) throw error
      this.#giveUp(error.message)
      return
    }
    this.resume.writeInfo(info)
    const { name, contentBytes: bytes, pieces } = this.#meta as Metainfo
    this.#emit({ type: 'bittorrent/info', content: this.content, name, bytes, pieces })
    this.#ground.onInfo(this)
    this.#share(this.#none())
  }

  /** What it is looked for by is the hash of something that is no torrent: nobody who gave it lied. */
  #giveUp(why: string): void {
    this.#emit({ type: 'bittorrent/stuck', content: this.content, why: `its info is no torrent's: ${why}` })
    this.#left = true
    this.#keep()
    this.#cancelEnd = this.company.clock.after(0, () => this.#ground.onLeft(this))
  }

  #understand(info: Uint8Array): void {
    this.#meta = this.#ground.parseInfo(info, this.#wanted.trackers)
    this.#info = info
    const { infoHashV1, infoHashV2, name } = this.#meta
    this.#wanted = { ...this.#wanted, infoHashV1, infoHashV2, name }
    this.#kept = new KeptContent(this.#meta, this.#ground.files, this.content)
    this.#verifier = new Verifier(this.#kept.layout, this.company.digests, this.#ground.memo)
  }

  #none(): Bits {
    return new Bits(this.#meta?.pieces ?? 0)
  }

  #share(have: Bits): void {
    const content = this.#kept as KeptContent
    const { infoHashV1, infoHashV2 = new Uint8Array(20) } = this.#wanted
    const infoHash = (infoHashV1 ?? infoHashV2).subarray(0, 20)
    content.writeEmpty()
    this.#sharing = new Sharing(
      this.company,
      {
        content,
        have,
        verifier: this.#verifier as Verifier,
        slots: this.#ground.slots,
        infoHash,
        memo: this.#ground.memo,
      },
      {
        onPiece: piece => this.#onPiece(piece),
        onDamaged: piece => this.#onDamaged(piece),
        onLayer: file => this.#onLayer(file),
      },
    )
    if (have.full) this.#end()
    for (const peer of [...this.peers.values()]) this.#sharing.join(peer)
  }

  #onPiece(piece: number): void {
    const sharing = this.#sharing as Sharing
    const { have } = sharing
    this.resume.enter(have, piece)
    const every = have.length < 20 ? 1 : Math.floor(have.length / 20)
    if (have.count % every === 0 || have.full) this.#tellProgress(sharing)
    if (have.full) this.#onComplete(sharing)
  }

  #tellProgress(sharing: Sharing): void {
    const { have, verifiedBytes, fresh } = sharing
    sharing.fresh = new Map()
    const from = Object.fromEntries(fresh)
    this.#emit({
      type: 'bittorrent/progress',
      content: this.content,
      pieces: have.count,
      verifiedBytes,
      from,
    })
  }

  #onComplete({ verifiedBytes, requests: { wastedBytes } }: Sharing): void {
    this.#kept?.sync()
    const ms = this.company.clock.now() - this.#joinedMs
    this.#emit({ type: 'bittorrent/complete', content: this.content, ms, verifiedBytes, wastedBytes })
    this.#ground.onComplete(this)
    this.#end()
  }

  /** What is done when it has all. Never at once: whoever sent the last block is not to be cut off in the middle of it. */
  #end(): void {
    const { whenComplete } = this.#wanted
    this.#cancelEnd?.()
    if (whenComplete === 'seed' || this.#left) return
    const afterMs = whenComplete === 'leave' ? 0 : whenComplete.ms
    this.#cancelEnd = this.company.clock.after(afterMs, () => this.#leave())
  }

  #leave(): void {
    if (!this.complete || this.#left) return
    this.#left = true
    this.#keep()
    this.#emit({ type: 'bittorrent/left', content: this.content })
    this.#ground.onLeft(this)
  }

  #onDamaged(piece: number): void {
    const { have } = this.#sharing as Sharing
    this.#cancelEnd?.()
    this.resume.enter(have, piece)
    this.#emit({ type: 'bittorrent/damaged', content: this.content, pieces: 1 })
  }

  #onLayer(file: number): void {
    const tree = this.#verifier?.trees[file]
    if (tree) this.resume.writeLayer(file, tree.layer)
  }

  #tellJoined(has: number): void {
    const { contentBytes: bytes = 0, pieces = 0 } = this.#meta ?? {}
    this.#emit({ type: 'bittorrent/joined', content: this.content, name: this.name, bytes, pieces, has })
  }

  #keep(): void {
    const { name, trackers, whenComplete, infoHashV1, infoHashV2 } = this.#wanted
    const hashes = {
      ...(infoHashV1 && { v1: toHex(infoHashV1) }),
      ...(infoHashV2 && { v2: toHex(infoHashV2) }),
    }
    this.resume.write({ name, trackers, whenComplete, left: this.#left, hashes })
  }

  #emit(event: BittorrentEvent): void {
    this.company.emit(event)
  }
}
