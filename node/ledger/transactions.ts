// Transactions between peers: announced after a random delay, fetched from one peer at a time, orphans kept for a while.

import type { HashHex } from '../bitcoin/wire/hex.ts'
import type { Cancel, PeerId } from '../core/host.ts'
import { ConsensusError, type RejectReason } from '../errors.ts'
import { isTxOffence } from './blame.ts'
import { BoundedSet } from './bounded.ts'
import type { Tx } from './chain/types.ts'
import { MAX_MONEY_SAT } from './consensus/subsidy.ts'
import type { LedgerEvent } from './events.ts'
import type { TipChange } from './intake.ts'
import { FEEFILTER_VERSION, INV, type Inventory, MAX_INVENTORY } from './messages.ts'
import { OrphanPool, parents } from './orphans.ts'
import type { LedgerEnv, LedgerPeer } from './peers.ts'
import { TxRequests } from './requests.ts'

/** Announced at once to one peer; the rest waits for the next turn. */
const MAX_ANNOUNCED = 1_000
/** Transactions waiting to be announced to one peer. */
const MAX_QUEUED = 20_000
/** A peer may ask for the whole mempool this often. */
const MEMPOOL_EVERY_MS = 10_000
const MAX_REJECTS = 10_000
const MAX_CONFIRMED = 10_000

interface Outbox {
  /** txids in the order of acceptance: parents before their children. */
  readonly txids: BoundedSet<HashHex>
  cancel: Cancel
}

/** Why transactions are refused, in kinds few enough to count. */
export interface TxCounts {
  accepted: number
  /** Whole transactions that were here already. */
  duplicate: number
  readonly rejected: { invalid: number; conflict: number; policy: number }
}

export class TxRelay {
  readonly counts: TxCounts = {
    accepted: 0,
    duplicate: 0,
    rejected: { invalid: 0, conflict: 0, policy: 0 },
  }
  readonly #env: LedgerEnv
  readonly #emit: (event: LedgerEvent) => void
  readonly #downloading: () => boolean
  readonly #requests: TxRequests
  readonly #orphans = new OrphanPool()
  /** wtxids refused since the last block; txids where the witness cannot matter. */
  readonly #rejects = new BoundedSet<HashHex>(MAX_REJECTS)
  readonly #confirmed = new BoundedSet<HashHex>(MAX_CONFIRMED)
  readonly #outboxes = new Map<PeerId, Outbox>()
  /** What peers were told not to announce less than (BIP133); it follows the mempool, at most once a block. */
  #feeToldSat: number | undefined
  #cancelExpiry: Cancel = () => {}
  /** For when that is planned. */
  #expiryMs: number | undefined

  /** `downloading`: the chain is far from complete, and transactions are of no use. */
  constructor(env: LedgerEnv, emit: (event: LedgerEvent) => void, downloading: () => boolean) {
    this.#env = env
    this.#downloading = downloading
    this.#requests = new TxRequests(env.times.transactionMs)
    this.#emit = emit
  }

  get orphans(): number {
    return this.#orphans.size
  }

  /** What a compact block may be made of. */
  *candidates(): Iterable<Tx> {
    for (const entry of this.#env.mempool.entries()) yield entry.tx
    yield* this.#orphans.transactions()
  }

  stop(): void {
    this.#cancelExpiry()
    for (const outbox of this.#outboxes.values()) outbox.cancel()
  }

  /** Who connects is told of all we have: a connection that broke may have taken announcements with it. */
  onPeerReady(peer: LedgerPeer): void {
    this.#feeToldSat ??= this.#leastFeeSat()
    this.#sendFee(peer, this.#feeToldSat)
    for (const { tx } of this.#env.mempool.entries()) this.#queue(peer, tx)
  }

  onPeerGone(peer: LedgerPeer): void {
    this.#outboxes.get(peer.id)?.cancel()
    this.#outboxes.delete(peer.id)
    this.#orphans.removeFrom(peer.id)
    this.#requests.peerGone(peer.id)
    this.#ask()
  }

  onInv(peer: LedgerPeer, items: Iterable<Inventory>): void {
    // What is still wanted counts as known to its announcers once it is here: hashes of nothing fill no memory.
    for (const { type, hash } of items)
      if (!this.#requests.hears(peer.id)) break
      else if (this.#has(hash, type === INV.wtx)) peer.knownTransactions.add(hash)
      else this.#wants(peer, hash, type === INV.wtx ? INV.wtx : INV.witnessTx)
    this.#ask()
  }

  onNotFound(peer: LedgerPeer, items: Iterable<Inventory>): void {
    for (const { hash } of items) this.#requests.failed(peer.id, hash)
    this.#ask()
  }

  onTx(peer: LedgerPeer, tx: Tx): void {
    peer.knownTransactions.add(tx.txid)
    peer.knownTransactions.add(tx.wtxid)
    for (const hash of [tx.txid, tx.wtxid])
      for (const id of this.#requests.done(hash)) this.#env.peers.get(id)?.knownTransactions.add(hash)
    if (this.#has(tx.wtxid, true)) this.counts.duplicate++
    else this.#receive(peer, tx)
    this.#ask()
  }

  /** BIP35: everything we have and the peer would want. That is a walk over all of it: who asks again at once has no answer. */
  onMempool(peer: LedgerPeer): void {
    if (!peer.view.relaysTransactions) return
    const nowMs = this.#env.net.clock.now()
    if (nowMs - (peer.mempoolToldMs ?? Number.NEGATIVE_INFINITY) < MEMPOOL_EVERY_MS) return
    peer.mempoolToldMs = nowMs
    const items: Inventory[] = []
    for (const { tx } of this.#env.mempool.entries()) {
      const item = this.#announcement(peer, tx.txid)
      if (item && items.push(item) === MAX_INVENTORY) break
    }
    if (items.length > 0) this.#env.send(peer, 'inv', items)
  }

  /** A transaction of our own (wallet, RPC). Throws ConsensusError when it is refused. */
  submit(tx: Tx): void {
    this.#accept(tx, undefined)
    this.#adopt(tx.txid)
  }

  /** A transaction for a peer that asks for it. */
  find(hash: HashHex, byWtxid: boolean): Tx | undefined {
    const { mempool } = this.#env
    return (byWtxid ? mempool.byWtxid(hash) : mempool.get(hash))?.tx
  }

  onTip({ connected, disconnected }: TipChange): void {
    this.#rejects.clear()
    for (const { transactions } of disconnected) for (const tx of transactions) this.#unconfirm(tx)
    for (const { transactions } of connected) for (const tx of transactions) this.#confirm(tx)
    if (this.#orphans.size > 0)
      for (const { transactions } of connected) for (const tx of transactions) this.#adopt(tx.txid)
    this.#tellFee(this.#leastFeeSat())
  }

  #unconfirm(tx: Tx): void {
    this.#confirmed.delete(tx.txid)
    this.#confirmed.delete(tx.wtxid)
    // Back in the mempool; the other side of a healed partition may never have heard of it.
    if (this.#env.mempool.has(tx.txid)) this.#announce(tx)
  }

  #confirm({ txid, wtxid }: Tx): void {
    this.#confirmed.add(txid)
    this.#confirmed.add(wtxid)
    this.#requests.done(txid)
    this.#requests.done(wtxid)
    this.#orphans.remove(wtxid)
  }

  #tellFee(satPerKvb: number): void {
    if (satPerKvb === this.#feeToldSat) return
    this.#feeToldSat = satPerKvb
    for (const peer of this.#env.peers.values()) this.#sendFee(peer, satPerKvb)
  }

  #sendFee(peer: LedgerPeer, satPerKvb: number): void {
    if (peer.view.protocolVersion >= FEEFILTER_VERSION) this.#env.send(peer, 'feefilter', BigInt(satPerKvb))
  }

  /** While the chain is downloaded transactions are not looked at: nobody need announce any (Core sends the same). */
  #leastFeeSat(): number {
    return this.#downloading() ? MAX_MONEY_SAT : this.#env.mempool.minFeeSatPerKvb
  }

  #has(hash: HashHex, byWtxid: boolean): boolean {
    const { mempool } = this.#env
    if (this.#rejects.has(hash) || this.#confirmed.has(hash)) return true
    return byWtxid ? mempool.byWtxid(hash) !== undefined || this.#orphans.has(hash) : mempool.has(hash)
  }

  #receive(peer: LedgerPeer, tx: Tx): void {
    try {
      this.#accept(tx, peer)
      this.#env.net.useful(peer.id, 'transaction')
      this.#adopt(tx.txid)
    } catch (error) {
      if (!(error instanceof ConsensusError)) throw error
      if (error.reason === 'missing-inputs') this.#keep(peer, tx)
      else this.#refused(tx, error, peer)
    }
  }

  /** Into the mempool, and on to the peers. Throws ConsensusError. */
  #accept(tx: Tx, from: LedgerPeer | undefined): void {
    const { feeSat } = this.#env.mempool.accept(tx)
    this.counts.accepted++
    this.#emit({ type: 'tx-accepted', txid: tx.txid, bytes: tx.bytes.length, feeSat, from: from?.id })
    this.#announce(tx)
  }

  #refused(tx: Tx, error: ConsensusError, peer: LedgerPeer | undefined): void {
    const { reason } = error
    if (reason === 'txn-already-in-mempool' || reason === 'txn-already-known') {
      this.counts.duplicate++
      return
    }
    this.#rejects.add(tx.wtxid)
    this.counts.rejected[coarse(reason)]++
    this.#emit({ type: 'tx-rejected', txid: tx.txid, reason, from: peer?.id })
    if (peer && isTxOffence(reason)) this.#env.net.misbehaving(peer.id, { reason, detail: error.message })
  }

  /** Keeps an orphan and asks its sender for the parents that we miss. */
  #keep(peer: LedgerPeer, tx: Tx): void {
    const { chain, mempool, net } = this.#env
    const unknown = [...parents(tx)].filter(txid => !mempool.has(txid))
    if (unknown.some(txid => this.#rejects.has(txid))) {
      this.#rejects.add(tx.wtxid)
      return
    }
    if (!this.#orphans.add(tx, peer.id, net.clock.now())) return
    for (const { previous } of tx.inputs) {
      const { txid, index } = previous
      if (mempool.has(txid) || chain.coin(`${txid}:${index}`)) continue
      this.#wants(peer, txid, INV.witnessTx)
    }
  }

  #wants(peer: LedgerPeer, hash: HashHex, type: number): void {
    this.#requests.announced(peer.id, hash, type, !peer.view.inbound)
  }

  /** A parent came: its orphans, and theirs, may be accepted now. */
  #adopt(txid: HashHex): void {
    const ready = [txid]
    for (let parent = ready.pop(); parent !== undefined; parent = ready.pop())
      for (const { tx, from } of this.#orphans.childrenOf(parent)) {
        const peer = this.#env.peers.get(from)
        try {
          this.#accept(tx, peer)
          this.#orphans.remove(tx.wtxid)
          ready.push(tx.txid)
        } catch (error) {
          if (!(error instanceof ConsensusError)) throw error
          if (error.reason === 'missing-inputs') continue
          this.#orphans.remove(tx.wtxid)
          this.#refused(tx, error, peer)
        }
      }
  }

  #announce(tx: Tx): void {
    for (const peer of this.#env.peers.values()) this.#queue(peer, tx)
  }

  #queue(peer: LedgerPeer, tx: Tx): void {
    if (!peer.view.relaysTransactions || knows(peer, tx)) return
    let outbox = this.#outboxes.get(peer.id)
    if (!outbox) {
      outbox = { txids: new BoundedSet(MAX_QUEUED), cancel: () => {} }
      this.#outboxes.set(peer.id, outbox)
    }
    if (outbox.txids.size === 0) this.#plan(peer, outbox)
    outbox.txids.add(tx.txid)
  }

  /** Poisson delays, so that who made a transaction cannot be told by timing. Having no memory, they may start when needed. */
  #plan(peer: LedgerPeer, outbox: Outbox): void {
    const { net, times } = this.#env
    const meanMs = peer.view.inbound ? times.trickleInboundMs : times.trickleOutboundMs
    const waitMs = -Math.log(1 - net.random.float()) * meanMs
    outbox.cancel = net.clock.after(waitMs, () => this.#flush(peer, outbox))
  }

  #flush(peer: LedgerPeer, outbox: Outbox): void {
    const items: Inventory[] = []
    for (let turn = 0; turn < MAX_ANNOUNCED; turn++) {
      const txid = outbox.txids.shift()
      if (txid === undefined) break
      const item = this.#announcement(peer, txid)
      if (item) items.push(item)
    }
    if (outbox.txids.size > 0) this.#plan(peer, outbox)
    if (items.length > 0) this.#env.send(peer, 'inv', items)
  }

  /** How to tell this peer of the transaction; undefined if it is gone, known there, or pays less than it cares for. */
  #announcement(peer: LedgerPeer, txid: HashHex): Inventory | undefined {
    const entry = this.#env.mempool.get(txid)
    if (!entry || knows(peer, entry.tx)) return undefined
    if (1000 * entry.feeSat < peer.feeFilter * Math.ceil(entry.tx.weight / 4)) return undefined
    const hash = peer.wtxidRelay ? entry.tx.wtxid : txid
    peer.knownTransactions.add(hash)
    return { type: peer.wtxidRelay ? INV.wtx : INV.tx, hash }
  }

  /** Sends the requests that can be sent, and comes back when the oldest is too late. */
  #ask(): void {
    const { net, peers } = this.#env
    const nowMs = net.clock.now()
    for (const [id, items] of this.#requests.take(nowMs)) {
      const peer = peers.get(id)
      if (peer) this.#env.send(peer, 'getdata', items)
    }
    this.#planExpiry(nowMs)
  }

  #planExpiry(nowMs: number): void {
    const { clock } = this.#env.net
    const nextMs = this.#requests.nextExpiryMs()
    if (nextMs === this.#expiryMs) return
    this.#cancelExpiry()
    this.#expiryMs = nextMs
    if (nextMs === undefined) this.#cancelExpiry = () => {}
    else
      this.#cancelExpiry = clock.after(Math.max(0, nextMs - nowMs), () => {
        this.#expiryMs = undefined
        this.#requests.expire(clock.now())
        this.#ask()
      })
  }
}

function knows(peer: LedgerPeer, tx: Tx): boolean {
  return peer.knownTransactions.has(peer.wtxidRelay ? tx.wtxid : tx.txid)
}

function coarse(reason: RejectReason): keyof TxCounts['rejected'] {
  if (isTxOffence(reason)) return 'invalid'
  return reason === 'txn-mempool-conflict' ? 'conflict' : 'policy'
}
