// Fetching blocks whose headers are known: from several peers at once, within a window that moves with the tip.

import type { HashHex } from '../bitcoin/wire/hex.ts'
import type { Cancel } from '../core/host.ts'
import { compactWanted, wholeWanted } from './alike.ts'
import { type BlockEntry, isRefused } from './chain/types.ts'
import { INV, type Inventories, type Inventory } from './messages.ts'
import { type LedgerEnv, type LedgerPeer, NOTHING_ASKED } from './peers.ts'

/** Asked of one peer at a time; and of small blocks more, as many as make so many bytes: else each round trip brings but sixteen. */
const IN_FLIGHT_PER_PEER = 16
const MAX_IN_FLIGHT_PER_PEER = 128
const IN_FLIGHT_BYTES = 32_000
/** How much the next block tells of the size of those to come. */
const SIZE_WEIGHT = 1 / 16
/** Blocks asked for are at most this far above the last one that we share with the peer. */
const WINDOW = 1_024
/** Who does not keep all blocks has so many below its best one (BIP159's 288, less two on their way). */
const LAST_BLOCKS = 286
/** A peer that holds up the window is dropped after this; it doubles with each drop, and shrinks as blocks arrive. */
const STALL_MAX_MS = 64_000
const STALL_DECAY = 0.85
/** With each peer that is dropped for a late block the next one is given twice the time, up to so many times: the line may be thin. */
const MAX_PATIENCE = 64
/** A peer is asked for more when this part of what it may be asked for is free. */
const REFILL_PARTS = 4
const TICK_MS = 1_000

interface Request {
  readonly entry: BlockEntry
  readonly peer: LedgerPeer
}

export class BlockDownload {
  readonly #env: LedgerEnv
  readonly #requests = new Map<HashHex, Request>()
  #stallMs: number
  #patience = 1
  /** Of the blocks that came last, about. */
  #blockBytes = IN_FLIGHT_BYTES
  #cancelTick: Cancel | undefined

  constructor(env: LedgerEnv) {
    this.#env = env
    this.#stallMs = env.times.stallMs
  }

  /** Blocks asked for and not here yet. */
  get inFlight(): number {
    return this.#requests.size
  }

  /** Who was asked for this block last. */
  askedOf(hash: HashHex): LedgerPeer | undefined {
    return this.#requests.get(hash)?.peer
  }

  /** Asks wherever something is missing and a slot is free. */
  schedule(): void {
    if (this.#env.chain.missingBlocks === 0) return
    for (const peer of this.#env.peers.values()) this.fill(peer)
  }

  /** Asks this peer for the next blocks that it has and we miss: to its best one, whose branch may lack one for good, or another. */
  fill(peer: LedgerPeer, best: BlockEntry | undefined = peer.best): void {
    const { chain } = this.#env
    if (chain.missingBlocks === 0 || !best || best === chain.tip) return
    if (best.parent === chain.tip) {
      peer.common = chain.tip
      // The plain case, a new block, and it is on its way or cannot be asked for.
      if (best.status !== 'header' || this.#requests.has(best.hash)) return
    } else if (best.work < chain.tip.work) return
    if (!chain.isWorthy(best)) return
    const most = this.#mostInFlight(peer)
    const free = most - peer.inFlight.size
    if (peer.mutedMs !== undefined && peer.heardMs <= peer.mutedMs) return
    peer.mutedMs = undefined
    // Not one for one: a question for each block is half as long as the block.
    if (free * REFILL_PARTS < most) return
    const { wanted, staller } = this.#next(peer, best, free)
    if (wanted.length > 0) this.#ask(peer, wanted)
    else if (staller && staller !== peer && peer.inFlight.size === 0)
      staller.stallingSinceMs ??= this.#env.net.clock.now()
  }

  /** A block came, whoever sent it. */
  arrived(hash: HashHex, bytes: number): void {
    this.#blockBytes += (bytes - this.#blockBytes) * SIZE_WEIGHT
    this.#release(hash)
  }

  /** The peer does not have it, or what it sent is of no use: it is asked for elsewhere. */
  failed(peer: LedgerPeer, hash: HashHex): void {
    if (this.askedOf(hash) !== peer) return
    this.#release(hash)
    for (const other of this.#env.peers.values()) if (other !== peer) this.fill(other)
  }

  onNotFound(peer: LedgerPeer, items: Inventories): void {
    for (const { type, hash } of items)
      if (type === INV.witnessBlock || type === INV.compactBlock || type === INV.block)
        this.failed(peer, hash)
  }

  /** Blocks connected: whoever was slow is given a little less time again. */
  connected(): void {
    this.#stallMs = Math.max(this.#env.times.stallMs, this.#stallMs * STALL_DECAY)
    this.#patience = Math.max(1, this.#patience * STALL_DECAY)
  }

  /** Asks for the whole block now, although it is in flight from this peer already as a compact one. */
  askWhole(peer: LedgerPeer, entry: BlockEntry): void {
    this.#release(entry.hash)
    this.#note(peer, entry)
    this.#env.send(peer, 'getdata', peer.servesWitnesses ? wholeWanted(entry) : strippedWanted([entry]))
  }

  /** It has the block as it is valid: before segwit that is without witnesses. */
  #canHave(peer: LedgerPeer, { parent }: BlockEntry): boolean {
    return peer.servesWitnesses || !this.#env.chain.rules.after(parent).segwit
  }

  /** The block is on its way without `getdata`: a compact block whose missing transactions were asked for. */
  expect(peer: LedgerPeer, entry: BlockEntry): void {
    this.#release(entry.hash)
    this.#note(peer, entry)
  }

  peerGone(peer: LedgerPeer): void {
    for (const hash of [...peer.inFlight.keys()]) this.#release(hash)
    this.schedule()
  }

  stop(): void {
    this.#cancelTick?.()
  }

  /** Who keeps no blocks has those only that it announces: no chain is downloaded from it. */
  #mostInFlight(peer: LedgerPeer): number {
    if (!peer.servesBlocks) return IN_FLIGHT_PER_PEER
    const fit = Math.floor(IN_FLIGHT_BYTES / this.#blockBytes)
    return Math.min(MAX_IN_FLIGHT_PER_PEER, Math.max(IN_FLIGHT_PER_PEER, fit))
  }

  #ask(peer: LedgerPeer, wanted: readonly BlockEntry[]): void {
    for (const entry of wanted) this.#note(peer, entry)
    const [only] = wanted
    if (!peer.servesWitnesses) this.#env.send(peer, 'getdata', strippedWanted(wanted))
    else if (only && wanted.length === 1) {
      const { blocksOnly, chain } = this.#env
      const compact = peer.compact && only.parent === chain.tip && !blocksOnly
      this.#env.send(peer, 'getdata', compact ? compactWanted(only) : wholeWanted(only))
    } else {
      const items = wanted.map(({ hash }) => ({ type: INV.witnessBlock, hash }))
      this.#env.send(peer, 'getdata', items)
    }
  }

  #note(peer: LedgerPeer, entry: BlockEntry): void {
    const nowMs = this.#env.net.clock.now()
    if (peer.inFlight.size === 0) peer.downloadingSinceMs = nowMs
    if (peer.inFlight.size === 0) peer.inFlight = new Map()
    peer.inFlight.set(entry.hash, nowMs)
    this.#requests.set(entry.hash, { entry, peer })
    this.#cancelTick ??= this.#env.net.clock.after(TICK_MS, this.#tick)
  }

  #release(hash: HashHex): void {
    const request = this.#requests.get(hash)
    if (!request) return
    const { peer } = request
    const oldest = peer.inFlight.keys().next().value
    this.#requests.delete(hash)
    peer.inFlight.delete(hash)
    if (peer.inFlight.size === 0) peer.inFlight = NOTHING_ASKED
    peer.stallingSinceMs = undefined
    if (oldest === hash) peer.downloadingSinceMs = this.#env.net.clock.now()
    if (this.#requests.size > 0) return
    this.#cancelTick?.()
    this.#cancelTick = undefined
  }

  /** The next `count` blocks on the peer's chain that nobody was asked for; or who holds up the window. */
  #next(
    peer: LedgerPeer,
    best: BlockEntry,
    count: number,
  ): { wanted: BlockEntry[]; staller: LedgerPeer | undefined } {
    const wanted: BlockEntry[] = []
    let staller: LedgerPeer | undefined
    const common = this.#common(peer, best)
    for (const entry of this.#window(common, best)) {
      if (isRefused(entry)) break
      if (entry.status !== 'header') {
        // A branch that we lack no block of so far: of one that is not active yet, too, or one longer than the window would never be.
        if (entry.sequence > 0) peer.common = entry
        continue
      }
      if (!this.#canHave(peer, entry)) break
      if (!peer.servesHistory && entry.height <= best.height - LAST_BLOCKS) break
      const asked = this.askedOf(entry.hash)
      if (asked) staller ??= asked
      else if (entry.height > common.height + WINDOW) return { wanted, staller }
      else if (wanted.push(entry) === count) break
    }
    return { wanted, staller: undefined }
  }

  #common(peer: LedgerPeer, best: BlockEntry): BlockEntry {
    const { chain } = this.#env
    const from = peer.common ?? chain.at(Math.min(best.height, chain.tip.height)) ?? chain.genesis
    peer.common = chain.forkPoint(from, best)
    return peer.common
  }

  /** The path from `common` (exclusive) to `best`, as far as the window reaches and one further. */
  #window(common: BlockEntry, best: BlockEntry): BlockEntry[] {
    const path: BlockEntry[] = []
    let entry = this.#env.chain.ancestor(best, Math.min(best.height, common.height + WINDOW + 1))
    for (; entry && entry.height > common.height; entry = entry.parent) path.push(entry)
    return path.reverse()
  }

  #tick = (): void => {
    this.#cancelTick = undefined
    const { clock } = this.#env.net
    const nowMs = clock.now()
    for (const peer of [...this.#env.peers.values()]) this.#judge(peer, nowMs)
    this.#askOthers(nowMs - this.#env.times.blockRetryMs)
    if (this.#requests.size > 0) this.#cancelTick ??= clock.after(TICK_MS, this.#tick)
  }

  /** Drops a peer that stalls the window, or whose oldest block is far too late. */
  #judge(peer: LedgerPeer, nowMs: number): void {
    const { net, peers, times } = this.#env
    if (peer.stallingSinceMs !== undefined && nowMs - peer.stallingSinceMs > this.#stallMs) {
      this.#stallMs = Math.min(Math.max(STALL_MAX_MS, this.#env.times.stallMs), this.#stallMs * 2)
      net.disconnect(peer.id, 'stalling')
      return
    }
    if (peer.inFlight.size === 0) return
    let others = -1
    for (const one of peers.values()) if (one.inFlight.size > 0) others++
    const { mutedMs } = peer
    if (mutedMs !== undefined && peer.heardMs <= mutedMs) return
    const patienceMs = times.blockDownloadMs * (1 + others / 2) * this.#patience
    if (nowMs - peer.downloadingSinceMs <= patienceMs) return
    if (nowMs - peer.heardMs >= patienceMs / 2) {
      this.#mute(peer, nowMs)
      return
    }
    this.#patience = Math.min(MAX_PATIENCE, this.#patience * 2)
    net.disconnect(peer.id, 'block download timeout')
  }

  /**
   * Not a word for long: its line may be cut, and whoever hangs up on a cut line has to wait for a dial that goes through
   * when it has healed. Others are asked instead, and it again once it speaks; who stays silent ends with its pings.
   */
  #mute(peer: LedgerPeer, nowMs: number): void {
    peer.mutedMs = nowMs
    for (const hash of [...peer.inFlight.keys()]) this.#release(hash)
    for (const other of this.#env.peers.values()) if (other !== peer) this.fill(other)
  }

  /** Near the tip, a late block need not wait until its peer is given up. Far from it, whoever is slow is better dropped. */
  #askOthers(lateMs: number): void {
    const { bestHeader, tip } = this.#env.chain
    if (bestHeader.height > tip.height + IN_FLIGHT_PER_PEER) return
    for (const { entry, peer } of [...this.#requests.values()])
      if ((peer.inFlight.get(entry.hash) ?? lateMs) < lateMs) this.#askAnother(entry, peer)
  }

  #askAnother(entry: BlockEntry, late: LedgerPeer): void {
    for (const peer of this.#env.peers.values()) {
      if (peer === late || peer.inFlight.size > 0 || !peer.best || !this.#canHave(peer, entry)) continue
      if (this.#env.chain.ancestor(peer.best, entry.height) !== entry) continue
      this.#release(entry.hash)
      this.#ask(peer, [entry])
      return
    }
  }
}

/** `getdata` of these without witnesses. */
function strippedWanted(wanted: readonly BlockEntry[]): Inventory[] {
  return wanted.map(({ hash }) => ({ type: INV.block, hash }))
}
