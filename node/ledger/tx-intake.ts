// What becomes of a transaction that came: into the mempool, refused and remembered as such, kept until its parents come, or
// taken together with a child that pays for it. Bitcoin Core 28's ways, its "opportunistic" packages of two included.

import type { HashHex } from '../bitcoin/wire/hex.ts'
import type { PeerId } from '../core/host.ts'
import { ConsensusError, RefusedForFee, type RejectReason, WitnessStripped } from '../errors.ts'
import { isTxOffence } from './blame.ts'
import { BoundedSet } from './bounded.ts'
import type { Tx } from './chain/types.ts'
import type { LedgerEvent } from './events.ts'
import { OrphanPool, parents } from './orphans.ts'
import type { PackageResult } from './package-intake.ts'
import type { LedgerEnv, LedgerPeer } from './peers.ts'

const MAX_REJECTS = 10_000
const MAX_CONFIRMED = 10_000

/** Why transactions are refused, in kinds few enough to count. */
export interface TxCounts {
  accepted: number
  /** Whole transactions that were here already. */
  duplicate: number
  readonly rejected: { invalid: number; conflict: number; policy: number }
}

/** What others do about it. */
export interface TxWatcher {
  /** It is in the mempool, and is to be passed on. */
  accepted(tx: Tx): void
  /** Here or refused for good: nobody need be asked for it. */
  settled(hash: HashHex): void
  /** A parent of what this peer sent. */
  wanted(peer: LedgerPeer, txid: HashHex): void
}

export class TxIntake {
  readonly counts: TxCounts = {
    accepted: 0,
    duplicate: 0,
    rejected: { invalid: 0, conflict: 0, policy: 0 },
  }
  readonly orphans = new OrphanPool()
  readonly #env: LedgerEnv
  readonly #emit: (event: LedgerEvent) => void
  readonly #watcher: TxWatcher
  /** wtxids refused since the last block; txids where the witness cannot matter. */
  readonly #rejects = new BoundedSet<HashHex>(MAX_REJECTS)
  /** wtxids refused for what they pay, which a child may cure; and the pairs that were tried. */
  readonly #curable = new BoundedSet<string>(MAX_REJECTS)
  readonly #confirmed = new BoundedSet<HashHex>(MAX_CONFIRMED)

  constructor(env: LedgerEnv, emit: (event: LedgerEvent) => void, watcher: TxWatcher) {
    this.#env = env
    this.#emit = emit
    this.#watcher = watcher
  }

  /** Here, or refused: nobody need be asked for it. */
  has(hash: HashHex, byWtxid: boolean): boolean {
    return this.#curable.has(hash) || this.isSettled(hash, byWtxid)
  }

  /** But for those that a child may pay for. An orphan without a witness is found by its txid as well, which is its wtxid. */
  isSettled(hash: HashHex, byWtxid: boolean): boolean {
    const { mempool } = this.#env
    if (this.#rejects.has(hash) || this.#confirmed.has(hash) || this.orphans.has(hash)) return true
    return byWtxid ? mempool.byWtxid(hash) !== undefined : mempool.has(hash)
  }

  receive(peer: LedgerPeer, tx: Tx): void {
    if (this.has(tx.wtxid, true)) {
      this.counts.duplicate++
      // A gateway for who is behind it: passed on, though it is known here.
      if (peer.view.permissions.has('forcerelay') && this.#env.mempool.has(tx.txid))
        this.#watcher.accepted(tx)
      if (this.#curable.has(tx.wtxid)) this.#tryWithChild(peer, tx)
      return
    }
    try {
      this.accept(tx, peer)
      this.#env.net.useful(peer.id, 'transaction')
      this.adopt(tx.txid)
    } catch (error) {
      if (!(error instanceof ConsensusError)) throw error
      if (error.reason === 'missing-inputs') this.#keep(peer, tx)
      else this.#refused(tx, error, peer)
      if (error instanceof RefusedForFee) this.#tryWithChild(peer, tx)
    }
  }

  /** Into the mempool. Throws ConsensusError. */
  accept(tx: Tx, from: LedgerPeer | undefined): void {
    const { feeSat } = this.#env.mempool.accept(tx)
    this.#accepted(tx, feeSat, from)
  }

  /** What came in of these, by order of the operator. */
  acceptPackage(txs: readonly Tx[], mostSatPerKvb: number | undefined): PackageResult {
    const result = this.#env.mempool.acceptPackage(txs, mostSatPerKvb)
    for (const tx of txs) this.#settle(tx, result, undefined)
    for (const { txid } of txs) this.adopt(txid)
    return result
  }

  /** A parent came: its orphans, and theirs, may be accepted now. */
  adopt(txid: HashHex): void {
    const ready = [txid]
    for (let parent = ready.pop(); parent !== undefined; parent = ready.pop())
      for (const { tx, from } of this.orphans.childrenOf(parent)) {
        const peer = this.#env.peers.get(from)
        try {
          this.accept(tx, peer)
          ready.push(tx.txid)
        } catch (error) {
          if (!(error instanceof ConsensusError)) throw error
          if (error.reason === 'missing-inputs') continue
          this.#refused(tx, error, peer)
        }
      }
  }

  onPeerGone(peer: PeerId): void {
    this.orphans.removeFrom(peer)
  }

  /** With another tip what was refused may be good. */
  forgetRefused(): void {
    this.#rejects.clear()
    this.#curable.clear()
  }

  onConfirmed({ txid, wtxid }: Tx): void {
    this.#confirmed.add(txid)
    this.#confirmed.add(wtxid)
    this.orphans.remove(wtxid)
  }

  /** Blocks were taken off: what was confirmed may be wanted again, and with it what it spends. */
  onDisconnected(): void {
    this.#confirmed.clear()
  }

  #accepted(tx: Tx, feeSat: number, from: LedgerPeer | undefined): void {
    this.counts.accepted++
    this.orphans.remove(tx.wtxid)
    this.#settled(tx)
    this.#emit({ type: 'tx-accepted', txid: tx.txid, bytes: tx.bytes.length, feeSat, from: from?.id })
    this.#watcher.accepted(tx)
  }

  #refused(tx: Tx, error: ConsensusError, peer: LedgerPeer | undefined): void {
    const { reason } = error
    this.orphans.remove(tx.wtxid)
    if (reason === 'txn-already-in-mempool' || reason === 'txn-already-known') {
      this.counts.duplicate++
      return
    }
    this.#remember(tx, error)
    this.counts.rejected[coarse(reason)]++
    this.#emit({ type: 'tx-rejected', txid: tx.txid, reason, from: peer?.id })
    if (peer && isTxOffence(reason) && !(error instanceof WitnessStripped))
      this.#env.net.misbehaving(peer.id, { reason, detail: error.message })
  }

  /** By its wtxid, since somebody else may have put a wrong witness there; without any that would be the whole transaction. */
  #remember(tx: Tx, error: ConsensusError): void {
    if (error instanceof WitnessStripped) return
    if (error instanceof RefusedForFee) this.#curable.add(tx.wtxid)
    else this.#rejects.add(tx.wtxid)
    this.#watcher.settled(tx.wtxid)
    if (error.reason !== 'bad-txns-nonstandard-inputs') return
    // What its coins are no witness changes.
    this.#rejects.add(tx.txid)
    this.#watcher.settled(tx.txid)
  }

  #settled({ txid, wtxid }: Tx): void {
    this.#watcher.settled(txid)
    this.#watcher.settled(wtxid)
  }

  /**
   * Keeps an orphan and asks its sender for the parents that we miss. By their txids, so that one that was confirmed long ago is asked
   * for, too, and not found: to look for its coin would tell the sender what is here.
   */
  #keep(peer: LedgerPeer, tx: Tx): void {
    const { mempool, net } = this.#env
    const unknown = [...parents(tx)].filter(txid => !mempool.has(txid))
    const curable = unknown.filter(txid => this.#curable.has(txid))
    this.#settled(tx)
    // It can pay for one parent.
    if (curable.length > 1 || unknown.some(txid => this.#rejects.has(txid))) {
      this.#rejects.add(tx.txid)
      this.#rejects.add(tx.wtxid)
      return
    }
    if (!this.orphans.add(tx, peer.id, net.clock.now())) return
    for (const txid of unknown) if (!this.isSettled(txid, false)) this.#watcher.wanted(peer, txid)
  }

  /** A parent that pays too little, and a child of it that was kept as an orphan. */
  #tryWithChild(peer: LedgerPeer, parent: Tx): void {
    const found = this.#childOf(parent, peer.id)
    if (!found) return
    const result = this.#env.mempool.acceptPackage([parent, found.tx])
    if (result.flaw) this.#curable.add(pair(parent, found.tx))
    this.#settle(found.tx, result, this.#env.peers.get(found.from))
    this.#settle(parent, result, peer)
    if (result.flaw) return
    this.adopt(parent.txid)
    this.adopt(found.tx.txid)
  }

  /** Not tried yet; of the same sender, the newest first, or else any, so that nobody can send false ones to be tried first. */
  #childOf(parent: Tx, peer: PeerId): { readonly tx: Tx; readonly from: PeerId } | undefined {
    const untried = this.orphans
      .childrenOf(parent.txid)
      .filter(({ tx }) => !this.#curable.has(pair(parent, tx)))
    const own = untried.findLast(({ from }) => from === peer)
    if (own || untried.length === 0) return own
    return untried[this.#env.net.random.int(untried.length)]
  }

  #settle(tx: Tx, { outcomes }: PackageResult, peer: LedgerPeer | undefined): void {
    const outcome = outcomes.get(tx.wtxid)
    if (outcome?.kind === 'accepted') this.#accepted(tx, outcome.feeSat, peer)
    else if (outcome?.kind === 'refused' && outcome.error.reason !== 'missing-inputs')
      this.#refused(tx, outcome.error, peer)
  }
}

function pair(parent: Tx, child: Tx): string {
  return `${parent.wtxid}+${child.wtxid}`
}

const CONFLICTS: ReadonlySet<RejectReason> = new Set<RejectReason>([
  'txn-mempool-conflict',
  'insufficient fee',
  'insufficient fee (including sibling eviction)',
  'too many potential replacements',
  'too many potential replacements (including sibling eviction)',
  'replacement-adds-unconfirmed',
])

function coarse(reason: RejectReason): keyof TxCounts['rejected'] {
  if (isTxOffence(reason)) return 'invalid'
  return CONFLICTS.has(reason) ? 'conflict' : 'policy'
}
