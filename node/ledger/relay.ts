// Telling peers of new blocks: by inventory, by headers (BIP130), whole and unasked, or as compact blocks (BIP152). Between
// two modes the humbler way is taken: what a peer did not ask for it is not sent, but for whole blocks, which all must take.

import type { Cancel } from '../core/host.ts'
import { headerAlone, inventoryOf } from './alike.ts'
import type { Block, BlockEntry, Header } from './chain/types.ts'
import { makeCompact, type SharedCompacts } from './compact.ts'
import type { TipChange } from './intake.ts'
import { COMPACT_BLOCKS_VERSION, type CompactBlock, SENDHEADERS_VERSION } from './messages.ts'
import { FULL_LINE_BYTES, type LedgerEnv, type LedgerPeer } from './peers.ts'
import type { RelayMode } from './relay-mode.ts'

/** A new tip, with its messages made once: the core encodes a payload once for all peers that it goes to. */
interface News {
  /** The new part of the active chain; empty if it is too long to tell by headers. */
  readonly path: readonly BlockEntry[]
  readonly tip: BlockEntry
  readonly block: Block
  /** The last header, the last two, …; as far as they were sent. */
  readonly headers: (readonly Header[] | undefined)[]
}

const MAX_ANNOUNCED = 8
/** And so many to one who had to wait: an `inv` would cost another way there and back. */
const MAX_ANNOUNCED_LATE = 100
/** Peers that send us new blocks as compact blocks unasked; each costs a copy of every block. */
const MAX_HIGH_BANDWIDTH = 3
export const COMPACT_VERSION = 2n
/** A line that is full is looked at so soon again; doubling while nothing moves. */
const FIRST_LOOK_MS = 50
const MAX_LOOK_MS = 1_000

export interface BlockRelayOptions {
  readonly mode: RelayMode
  /** Those of all peers of this process. */
  readonly compacts?: SharedCompacts | undefined
  /** Peers may be asked to send blocks unasked, and before they have judged them. */
  readonly highBandwidth?: boolean | undefined
}

export class BlockRelay {
  readonly #env: LedgerEnv
  readonly #mode: RelayMode
  readonly #compacts: SharedCompacts | undefined
  readonly #isHurried: boolean
  /** Who we asked to send compact blocks unasked; whoever was first with a block longest ago comes first. */
  readonly #highBandwidth: LedgerPeer[] = []
  /** The tip's compact form, made once for all peers. */
  #compact: CompactBlock | undefined
  /**
   * Whose line is full. They are told of the tip of the moment in which there is room, not of every tip that there was: a cut of
   * minutes would leave a line nothing but old news to carry for as long again.
   */
  readonly #held = new Set<LedgerPeer>()
  /** How often that came. */
  held = 0
  #lookMs = FIRST_LOOK_MS
  #cancelLook: Cancel | undefined

  /** New blocks come whole and unasked here. */
  get isUnsolicited(): boolean {
    return this.#mode === 'unsolicited'
  }

  constructor(env: LedgerEnv, { mode, compacts, highBandwidth = true }: BlockRelayOptions) {
    this.#env = env
    this.#compacts = compacts
    this.#mode = mode
    this.#isHurried = highBandwidth
  }

  /** Whether it was asked to send new blocks as compact ones, unasked. */
  prefers(peer: LedgerPeer): boolean {
    return this.#highBandwidth.includes(peer)
  }

  onPeerReady(peer: LedgerPeer): void {
    const { protocolVersion } = peer.view
    if (this.#mode === 'compact' && protocolVersion >= COMPACT_BLOCKS_VERSION)
      this.#env.send(peer, 'sendcmpct', { highBandwidth: false, version: COMPACT_VERSION })
    if (this.#mode !== 'inv' && protocolVersion >= SENDHEADERS_VERSION)
      this.#env.send(peer, 'sendheaders', null)
  }

  onPeerGone(peer: LedgerPeer): void {
    const place = this.#highBandwidth.indexOf(peer)
    if (place >= 0) this.#highBandwidth.splice(place, 1)
    this.#held.delete(peer)
  }

  stop(): void {
    this.#cancelLook?.()
  }

  /** The new part of the active chain goes to everybody who does not have it, as soon as there is room on the line. */
  announce(change: TipChange): void {
    const { connected, tip } = change
    const block = connected.at(-1)
    if (!block) return
    const news: News = {
      path: connected.length <= MAX_ANNOUNCED ? pathOf(tip, connected.length) : [],
      tip,
      block,
      headers: [],
    }
    for (const peer of this.#env.peers.values()) {
      if (this.#has(peer, tip)) continue
      if (this.#held.size > 0 && this.#held.has(peer)) continue
      if (peer.view.backlogBytes < FULL_LINE_BYTES) this.#announceTo(peer, news)
      else this.#hold(peer)
    }
  }

  /** This peer was first to bring a new block: let it send the next ones unasked. */
  prefer(peer: LedgerPeer): void {
    if (!this.#isHurried || this.#mode !== 'compact' || !peer.compact || this.#highBandwidth.at(-1) === peer)
      return
    if (this.#env.blocksOnly) return
    const chosen = this.#highBandwidth
    const place = chosen.indexOf(peer)
    if (place >= 0) chosen.splice(place, 1)
    else {
      if (chosen.length >= MAX_HIGH_BANDWIDTH) {
        const [dropped] = chosen.splice(evicted(chosen, peer), 1)
        if (dropped) this.#env.send(dropped, 'sendcmpct', { highBandwidth: false, version: COMPACT_VERSION })
      }
      this.#env.send(peer, 'sendcmpct', { highBandwidth: true, version: COMPACT_VERSION })
    }
    chosen.push(peer)
  }

  /** One compact form a block, so that its nonce is drawn once. */
  compactOf(block: Block): CompactBlock {
    if (this.#compact?.header.hash !== block.hash)
      this.#compact = this.#compacts ? this.#compacts.get(block, this.#make) : this.#make(block)
    return this.#compact
  }

  readonly #make = (block: Block): CompactBlock => makeCompact(block, this.#env.net.random.u64())

  #hold(peer: LedgerPeer): void {
    this.#held.add(peer)
    this.held++
    this.#lookMs = FIRST_LOOK_MS
    this.#cancelLook ??= this.#env.net.clock.after(this.#lookMs, this.#lookAtHeld)
  }

  /** Tells those for whom there is room now. */
  readonly #lookAtHeld = (): void => {
    const { chain, net } = this.#env
    const { tip } = chain
    const block = chain.block(tip.hash)
    const news = block && { path: pathOf(tip, MAX_ANNOUNCED_LATE), tip, block, headers: [] }
    this.#lookMs = Math.min(MAX_LOOK_MS, this.#lookMs * 2)
    for (const peer of [...this.#held]) {
      if (peer.view.backlogBytes >= FULL_LINE_BYTES) continue
      this.#held.delete(peer)
      this.#lookMs = FIRST_LOOK_MS
      if (news && !this.#has(peer, tip)) this.#announceTo(peer, news)
    }
    this.#cancelLook = this.#held.size > 0 ? net.clock.after(this.#lookMs, this.#lookAtHeld) : undefined
  }

  #announceTo(peer: LedgerPeer, news: News): void {
    const { path } = news
    let first = 0 // that it does not have; what it has it has from the start on
    for (; first < path.length; first++) if (!this.#has(peer, path[first] as BlockEntry)) break
    const missing = path.length - first
    const parent = path[first]?.parent
    const connects = parent !== undefined && (first > 0 || this.#has(peer, parent))
    if (connects && missing === 1 && this.#mode === 'unsolicited') this.#env.send(peer, 'block', news.block)
    else if (connects && missing === 1 && peer.wantsHighBandwidth && this.#mode === 'compact')
      this.#env.send(peer, 'cmpctblock', this.compactOf(news.block))
    else if (connects && peer.wantsHeaders && this.#mode !== 'inv')
      this.#env.send(peer, 'headers', headersOf(news, missing))
    else {
      this.#env.send(peer, 'inv', inventoryOf(news.tip))
      return
    }
    peer.headerSent = news.tip
  }

  /** Known to have it, or to have its header from us. */
  #has(peer: LedgerPeer, entry: BlockEntry): boolean {
    return this.#reaches(peer.best, entry) || this.#reaches(peer.headerSent, entry)
  }

  #reaches(from: BlockEntry | undefined, entry: BlockEntry): boolean {
    if (!from || from.height < entry.height) return false
    return from === entry || this.#env.chain.ancestor(from, entry.height) === entry
  }
}

/** The last `count` entries up to `tip`, in order. */
function pathOf(tip: BlockEntry, count: number): BlockEntry[] {
  const path = [tip]
  for (let at = tip.parent; at && path.length < count; at = at.parent) path.push(at)
  return path.reverse()
}

function headersOf({ headers, path, tip }: News, count: number): readonly Header[] {
  if (count === 1) return headerAlone(tip)
  headers[count] ??= path.slice(-count).map(entry => entry.header)
  return headers[count]
}

/** The one to drop; an inbound newcomer must not push out our last outbound one, whom no attacker chose. */
function evicted(peers: readonly LedgerPeer[], newcomer: LedgerPeer): number {
  const outbound = peers.filter(peer => !peer.view.inbound).length
  return newcomer.view.inbound && outbound === 1 && peers[0]?.view.inbound === false ? 1 : 0
}
