// What a light client knows of each connected peer, and what all parts of it share.

import type { PeerView, ProtocolContext } from '../bitcoin/protocol.ts'
import type { HashHex } from '../bitcoin/wire/hex.ts'
import { HANDSHAKE_MESSAGES_VERSION } from '../bitcoin/wire/messages.ts'
import type { PeerId } from '../core/host.ts'
import { BoundedSet } from '../ledger/bounded.ts'
import type { BlockEntry } from '../ledger/chain/types.ts'
import type { LedgerCommand, PayloadOf } from '../ledger/messages.ts'
import type { Times } from '../ledger/times.ts'
import type { ChainParams } from '../params.ts'
import type { Lie, LightEvent } from './events.ts'
import type { HeaderChain } from './header-chain.ts'

const NODE_NETWORK = 1n
const NODE_COMPACT_FILTERS = 64n
/** Blocks that it was asked for in vain, so far as remembered. */
const MAX_WITHHELD = 1_000

/** Filter headers that it was asked for: of these blocks. */
export interface FilterQuestion {
  readonly start: number
  readonly stop: BlockEntry
  readonly askedMs: number
}

/** A peer after its handshake. Plain state; each part of the client changes its own share. */
export class LightPeer {
  readonly view: PeerView
  readonly id: PeerId
  /** It keeps all blocks. */
  readonly servesBlocks: boolean
  /** And their filters (BIP157). */
  readonly servesFilters: boolean
  readonly wtxidRelay: boolean
  /** The block with most work that it is known to have. */
  best: BlockEntry | undefined
  /** When it was asked for headers; undefined: they came. */
  headersAskedMs: number | undefined
  /** It announced a block meanwhile. */
  announcedSince = false
  filterQuestion: FilterQuestion | undefined
  /** The last block up to which it said the same of all filters as we have it. */
  confirmed: BlockEntry | undefined
  /** It was proven to lie, and is on its way out. */
  blamed = false
  /** It let us wait, and is not waited for until it says something. */
  mute = false
  /** Blocks asked of it, and since when. */
  readonly blocksAsked = new Map<HashHex, number>()
  /** How often it did not give a block that it was asked for, since it last gave one. */
  misses = 0
  /** What it did not give when it was asked. */
  readonly withheld = new BoundedSet<HashHex>(MAX_WITHHELD)
  /** Least fee it wants to hear of, in satoshi per 1,000 virtual bytes. */
  feeFilter = 0

  constructor(view: PeerView) {
    this.view = view
    this.id = view.id
    this.servesBlocks = (view.services & NODE_NETWORK) !== 0n
    this.servesFilters = this.servesBlocks && (view.services & NODE_COMPACT_FILTERS) !== 0n
    this.wtxidRelay =
      view.protocolVersion >= HANDSHAKE_MESSAGES_VERSION && view.handshakeCommands.has('wtxidrelay')
  }

  /** It has this block, and so all of its ancestors. */
  has(entry: BlockEntry): void {
    if (!this.best || entry.work > this.best.work) this.best = entry
  }
}

/** What the parts of a light client share. */
export interface LightEnv {
  readonly params: ChainParams
  readonly times: Times
  /** Who has not answered a question about filters, or given a block, by then is not waited for. However slow the blocks come: it depends on the line. */
  readonly patience: { readonly answerMs: number; readonly blockMs: number }
  readonly net: ProtocolContext
  readonly chain: HeaderChain
  /** Ready peers, oldest first. */
  readonly peers: ReadonlyMap<PeerId, LightPeer>
  /** A typed `say`. */
  send<C extends LedgerCommand>(peer: LightPeer, command: C, payload: PayloadOf<C>): void
  emit(event: LightEvent): void
  /** It was proven to lie: told by name, banned and hung up on. */
  blame(peer: LightPeer, lie: Lie, height: number, detail: string): void
}

/** It is known to have this block. */
export function hasBlock({ chain }: LightEnv, { best }: LightPeer, entry: BlockEntry): boolean {
  return best !== undefined && chain.ancestor(best, entry.height) === entry
}
