// What the ledger knows of each connected peer, and what all parts of the ledger's protocol share.

import type { PeerView, ProtocolContext } from '../bitcoin/protocol.ts'
import type { HashHex } from '../bitcoin/wire/hex.ts'
import { HANDSHAKE_MESSAGES_VERSION } from '../bitcoin/wire/messages.ts'
import type { PeerId } from '../core/host.ts'
import type { ChainParams } from '../params.ts'
import { BoundedSet } from './bounded.ts'
import type { Chain } from './chain/chain.ts'
import type { BlockEntry } from './chain/types.ts'
import type { Mempool } from './mempool.ts'
import type { LedgerCommand, Locator, PayloadOf } from './messages.ts'
import type { PoorChain } from './poor.ts'
import { NODE_NETWORK, NODE_NETWORK_LIMITED, NODE_WITNESS } from './service-bits.ts'
import type { Times } from './times.ts'

/** Who says nothing for so long may be behind a cut. */
const SILENCE_MS = 30_000
/** Transactions that a peer is known to have, so that they are not announced to it. */
const KNOWN_TRANSACTIONS = 10_000

/**
 * With so much under way to a peer its line is full, or cut: what is sent now only stands in line behind it, and is old news when
 * it arrives.
 */
export const FULL_LINE_BYTES = 8_000

export const NOTHING_ASKED: Map<HashHex, number> = new Map()

/** A peer after its handshake. Plain state; each part of the protocol changes its own share. */
export class LedgerPeer {
  // First what every message and every new block reads: among a thousand simulated peers none of it is in the caches.
  readonly view: PeerView
  readonly id: PeerId
  /** The block with most work that it is known to have. */
  best: BlockEntry | undefined
  /** The last header it got from us. */
  headerSent: BlockEntry | undefined
  /** It wants new blocks as `cmpctblock`, unasked. */
  wantsHighBandwidth = false
  wantsHeaders = false
  /** When it last sent something, and since when it does so without long silences. */
  heardMs = 0
  heardSinceMs = 0

  // Its chain (sync.ts)
  /** It announced this one; its header is not known here yet. */
  unknownBlock: HashHex | undefined
  headersAskedMs: number | undefined
  /** By this question. */
  headersAskedBy: Locator | undefined
  /** Since when it was seen to have less work than we, turn by turn. */
  behindSinceMs: number | undefined
  /** It announced a block while its answer was awaited. */
  announcedSinceAsked = false
  /** Headers are being fetched from it from the start on. */
  syncing = false
  /** Its chain, where that has too little work. */
  poor: PoorChain | undefined
  /** It was asked for what lies before a block that it announced, though headers are fetched from another, and had nothing yet. */
  askedInPassing = false
  /** Its answer is late: others are asked in its place. */
  headersLate = false
  /** Its headers were of no use; what it announces makes nobody ask for more of them until then. */
  restsUntilMs = 0

  // Blocks asked of it (download.ts)
  /** Hash → when it was asked, oldest first. Most are asked nothing, most of the time: they share one. */
  inFlight: Map<HashHex, number> = NOTHING_ASKED
  /** Since when the oldest request is the oldest. */
  downloadingSinceMs = 0
  /** It said nothing after it was asked, and is asked for nothing until it speaks. */
  mutedMs: number | undefined
  /** Since when it holds up the whole window. */
  stallingSinceMs: number | undefined
  /** The last block of `best` that we have as well. */
  common: BlockEntry | undefined

  // What it can
  /** Announces and asks for transactions by wtxid (BIP339). */
  readonly wtxidRelay: boolean
  /** Keeps blocks, all or the last ones, with witnesses: what it does not announce is to be had from it as well. */
  readonly servesBlocks: boolean
  /** Of others the blocks that they announce can be had, as long as they come with witnesses. */
  readonly servesWitnesses: boolean
  /** Has all blocks down to the first one; others the last ones only (BIP159). */
  readonly servesHistory: boolean
  /** It understands compact blocks of version 2. */
  compact = false
  /** `getblocks`: once it asks for this block it is told of our tip, and goes on. */
  continueFrom: HashHex | undefined

  // Transactions (transactions.ts)
  readonly knownTransactions = new BoundedSet<HashHex>(KNOWN_TRANSACTIONS)
  /** Where the mempool stood when it was last told of transactions: it may ask for what came before. */
  mempoolSequence = 0
  /** When it was last told of the whole mempool. */
  mempoolToldMs: number | undefined
  /** Least fee it wants to hear of, in satoshi per 1,000 virtual bytes. */
  feeFilter = 0

  constructor(view: PeerView) {
    this.view = view
    this.id = view.id
    this.wtxidRelay =
      view.protocolVersion >= HANDSHAKE_MESSAGES_VERSION && view.handshakeCommands.has('wtxidrelay')
    const has = (service: bigint) => (view.services & service) !== 0n
    this.servesWitnesses = has(NODE_WITNESS)
    this.servesHistory = has(NODE_NETWORK)
    this.servesBlocks =
      view.carriesBlocks !== false &&
      this.servesWitnesses &&
      (this.servesHistory || has(NODE_NETWORK_LIMITED))
  }

  heard(nowMs: number): void {
    if (nowMs - this.heardMs > SILENCE_MS) this.heardSinceMs = nowMs
    this.heardMs = nowMs
  }

  /** It has this block, and so all of its ancestors. */
  has(entry: BlockEntry): void {
    const { best } = this
    if (best !== entry && (!best || entry.work >= best.work)) this.best = entry
  }
}

/** What the parts of the ledger's protocol share. */
export interface LedgerEnv {
  readonly params: ChainParams
  readonly times: Times
  /** No transactions are wanted. */
  readonly blocksOnly: boolean
  readonly net: ProtocolContext
  readonly chain: Chain
  readonly mempool: Mempool
  /** Ready peers, oldest first. */
  readonly peers: ReadonlyMap<PeerId, LedgerPeer>
  /** A typed `say`. */
  send<C extends LedgerCommand>(peer: LedgerPeer, command: C, payload: PayloadOf<C>): void
}
