// The one way into the chain: every block, from a peer, the miner or RPC, is accepted, told and passed on here.

import type { HashHex } from '../bitcoin/wire/hex.ts'
import type { Clock } from '../core/host.ts'
import { ConsensusError } from '../errors.ts'
import { BoundedSet } from './bounded.ts'
import type { AcceptResult, Chain } from './chain/chain.ts'
import type { Block, BlockEntry, InvalidBlock } from './chain/types.ts'
import type { LedgerEvent, SeenBy } from './events.ts'
import type { LedgerPeer } from './peers.ts'

/** Hashes that were announced and never followed by their header. */
const MAX_SEEN = 10_000
/** Blocks that wait for their parents, and who sent them. */
const MAX_SOURCES = 4_096

/** Where a block, or the first sign of it, came from. */
export interface Source {
  readonly by: SeenBy
  readonly from: LedgerPeer | undefined
}

export interface TipChange {
  readonly tip: BlockEntry
  /** In order. */
  readonly connected: readonly Block[]
  /** Old tip first. */
  readonly disconnected: readonly Block[]
  /** Of so many of these the transactions go back to the mempool; absent: of all. */
  readonly mostReturned?: number | undefined
}

/** By order many blocks may go at once: what is in the older of them is not worth the work (Core). */
const MOST_RETURNED = 10

/** What the rest of the ledger does when the chain has changed. */
export interface ChainWatcher {
  onTip(change: TipChange, source: Source): void
  /** A block that was stored earlier turned out to break a rule; `from`: who sent it, if known. */
  onInvalid(block: InvalidBlock, from: LedgerPeer | undefined): void
}

export interface IntakeCounts {
  /** Blocks received, by the message that brought them. */
  readonly received: Record<'block' | 'cmpctblock' | 'mined' | 'rpc', number>
  /** Whole blocks that were here already. */
  duplicate: number
  rejected: number
  reorgs: number
}

export class BlockIntake {
  readonly counts: IntakeCounts = {
    received: { block: 0, cmpctblock: 0, mined: 0, rpc: 0 },
    duplicate: 0,
    rejected: 0,
    reorgs: 0,
  }
  readonly #chain: Chain
  readonly #clock: Clock
  readonly #emit: (event: LedgerEvent) => void
  readonly #watcher: ChainWatcher
  readonly #seen = new BoundedSet<HashHex>(MAX_SEEN)
  readonly #sources = new Map<HashHex, LedgerPeer>()

  constructor(chain: Chain, clock: Clock, emit: (event: LedgerEvent) => void, watcher: ChainWatcher) {
    this.#chain = chain
    this.#clock = clock
    this.#emit = emit
    this.#watcher = watcher
  }

  /** A sign of a block whose header is not in the chain yet. Told once. */
  seen(hash: HashHex, { by, from }: Source): void {
    if (!this.#seen.add(hash)) return
    this.#emit({ type: 'block-seen', hash, by, from: from?.id, fromAddress: from?.view.address })
  }

  /** Takes a whole block. Throws ConsensusError when it breaks a rule. */
  accept(block: Block, source: Source & { readonly by: keyof IntakeCounts['received'] }): AcceptResult {
    if (!this.#chain.entry(block.hash)) this.seen(block.hash, source)
    const result = this.#try(block)
    if (result.outcome === 'duplicate') {
      this.counts.duplicate++
      return result
    }
    this.#received(block, result.entry, source)
    this.#changed(result, source)
    return result
  }

  /** A block that broke a rule, before or after anything of it was taken. */
  refused(hash: HashHex, { reason, deployment }: ConsensusError): void {
    this.#rejected({ hash, reason, deployment })
  }

  /** Nobody is left to blame for what it sent. */
  onPeerGone(peer: LedgerPeer): void {
    for (const [hash, from] of this.#sources) if (from === peer) this.#sources.delete(hash)
  }

  /** This block before any other of the same work; nothing where another chain has more. */
  prefer(entry: BlockEntry): void {
    this.#changed(this.#chain.prefer(entry), { by: 'rpc', from: undefined })
  }

  /** The operator's word on a block, against the rules' or back to them. */
  invalidate(entry: BlockEntry): void {
    this.#changed(this.#chain.invalidate(entry), { by: 'rpc', from: undefined }, MOST_RETURNED)
  }

  reconsider(entry: BlockEntry): void {
    this.#changed(this.#chain.reconsider(entry), { by: 'rpc', from: undefined })
  }

  /** Most work again, after the chain had stayed on a branch. */
  follow(): void {
    if (this.#chain.stays) this.#changed(this.#chain.follow(), { by: 'rpc', from: undefined })
  }

  #changed(result: AcceptResult, source: Source, mostReturned?: number): void {
    for (const block of result.invalid) this.#invalid(block)
    if (result.connected.length > 0 || result.disconnected.length > 0)
      this.#tipChanged(result, source, mostReturned)
  }

  #try(block: Block): AcceptResult {
    try {
      return this.#chain.acceptBlock(block)
    } catch (error) {
      if (error instanceof ConsensusError) this.refused(block.hash, error)
      throw error
    }
  }

  #received(block: Block, entry: BlockEntry, source: Source & { by: keyof IntakeCounts['received'] }): void {
    this.counts.received[source.by]++
    const { header } = block
    const afterMs = source.from ? this.#clock.now() - source.from.view.lastReceivedMs : 0
    this.#emit({
      type: 'block-received',
      hash: block.hash,
      prev: header.prev,
      height: entry.height,
      headerTime: header.time,
      bits: header.bits,
      transactions: block.transactions.length,
      bytes: block.size,
      from: source.from?.id,
      fromAddress: source.from?.view.address,
      ...(afterMs > 0 && { afterMs: Math.round(1000 * afterMs) / 1000 }),
    })
    if (!source.from || this.#chain.isActive(entry)) return
    if (this.#sources.size >= MAX_SOURCES) this.#sources.delete(this.#sources.keys().next().value ?? '')
    this.#sources.set(block.hash, source.from)
  }

  #invalid(block: InvalidBlock): void {
    const { hash } = block
    this.#rejected(block)
    const from = this.#sources.get(hash)
    this.#sources.delete(hash)
    this.#watcher.onInvalid(block, from)
  }

  #rejected({ hash, reason, deployment }: InvalidBlock): void {
    this.counts.rejected++
    this.#emit({ type: 'block-rejected', hash, reason, ...(deployment !== undefined && { deployment }) })
  }

  #tipChanged(
    { connected, disconnected, fork }: AcceptResult,
    source: Source,
    mostReturned: number | undefined,
  ): void {
    const tip = this.#chain.tip
    for (const block of disconnected)
      this.#emit({ type: 'block-disconnected', hash: block.hash, height: this.#heightOf(block) })
    for (const block of connected) {
      if (this.#sources.size > 0) this.#sources.delete(block.hash)
      this.#emit({ type: 'block-connected', hash: block.hash, height: this.#heightOf(block) })
    }
    const [oldTip] = disconnected
    if (oldTip && fork) {
      this.counts.reorgs++
      this.#emit({
        type: 'reorg',
        from: oldTip.hash,
        to: tip.hash,
        fork: fork.hash,
        depth: disconnected.length,
        height: tip.height,
      })
    }
    this.#emit({ type: 'tip', hash: tip.hash, height: tip.height, work: tip.work.toString(16) })
    this.#watcher.onTip({ tip, connected, disconnected, mostReturned }, source)
  }

  #heightOf(block: Block): number {
    return this.#chain.entry(block.hash)?.height ?? -1
  }
}
