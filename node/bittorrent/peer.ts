// One connection, and what is known of the peer at its other end. Plain state; each part of a torrent changes its own share.

import type { Address, Line, PeerId } from '../core/host.ts'
import { PingTimes } from '../core/ping-times.ts'
import { Bits } from './bits.ts'
import type { PeerSource } from './book.ts'
import { Pipeline } from './pipeline.ts'
import { Rate } from './rate.ts'

/** What a peer said that it has before anybody here knew how many pieces there are. */
export interface EarlyWord {
  all: boolean
  bits: Uint8Array | undefined
  readonly pieces: Set<number>
}

/** The limit of early `have`s: more pieces than a sound torrent has at its start. */
export const MAX_EARLY_HAVES = 10_000

export class Peer {
  readonly id: PeerId
  readonly inbound: boolean
  /** What it was dialled by, or came from. */
  readonly seen: Address
  readonly #line: Line
  readonly ping = new PingTimes()
  readonly openedMs: number

  /** Where it listens, as far as that is known. */
  listens: Address | undefined
  source: PeerSource
  /** 40 hex digits, once it shook hands. */
  peerId = ''
  client = ''
  shook = false
  fast = false
  dht = false
  /** It speaks version 2 over this connection: hash requests are for it. */
  v2 = false
  /** Numbers that it gave extension messages (BEP 10). */
  extensions: { readonly [name: string]: number } = {}
  extensionsKnown = false
  metadataBytes: number | undefined
  /** Requests that it lets wait. */
  maxRequests = 250
  uploadOnly = false

  /** Undefined until the info is there. */
  bits: Bits | undefined
  readonly early: EarlyWord = { all: false, bits: undefined, pieces: new Set() }
  /** It was told what is here. */
  saidOurs = false
  /** Pieces of those that it has which are lacked here. */
  wanted = 0

  chokesUs = true
  wantsOurs = false
  choked = true
  interested = false
  /** It let requests lie. */
  snubbed = false
  optimistic = false
  unchokedMs = 0

  readonly down = new Rate()
  readonly up = new Rate()
  readonly pipeline = new Pipeline(this.down)
  downBytes = 0
  upBytes = 0
  /** Verified bytes since they were last told of. */
  freshBytes = 0
  sentMs: number
  heardMs: number
  blockMs: number
  closing = false

  constructor(id: PeerId, line: Line, seen: Address, source: PeerSource, inbound: boolean, nowMs: number) {
    this.id = id
    this.#line = line
    this.seen = seen
    this.inbound = inbound
    this.source = source
    this.openedMs = nowMs
    this.sentMs = nowMs
    this.heardMs = nowMs
    this.blockMs = nowMs
    if (!inbound) this.listens = seen
  }

  get address(): Address {
    return this.listens ?? this.seen
  }

  get backlogBytes(): number {
    return this.#line.backlogBytes
  }

  /** Undefined index: it does not speak this. */
  extension(name: string): number | undefined {
    const number = this.extensions[name]
    return number === 0 ? undefined : number
  }

  write(frame: Uint8Array, nowMs: number): void {
    if (this.closing) return
    this.sentMs = nowMs
    this.#line.send(frame)
  }

  has(piece: number): boolean {
    return this.bits?.has(piece) ?? false
  }

  get complete(): boolean {
    return this.bits?.full ?? (this.early.all || false)
  }

  /** The info is there: what it said is understood. False: it makes no sense. */
  understand(pieces: number): boolean {
    const { all, bits, pieces: haves } = this.early
    const known = bits ? Bits.from(bits, pieces) : new Bits(pieces)
    if (!known) return false
    if (all) known.fill()
    for (const piece of haves) {
      if (piece >= pieces) return false
      known.set(piece)
    }
    haves.clear()
    this.bits = known
    return true
  }
}
