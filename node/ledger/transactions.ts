// Transactions between peers: announced after a random delay, fetched from one peer at a time. What becomes of one that came is
// for tx-intake.ts to say.

import type { HashHex } from '../bitcoin/wire/hex.ts'
import type { Cancel, PeerId } from '../core/host.ts'
import { BoundedSet } from './bounded.ts'
import type { Block, Tx } from './chain/types.ts'
import type { LedgerEvent } from './events.ts'
import { FeeFilter } from './fee-filter.ts'
import type { TipChange } from './intake.ts'
import { transactionIn } from './latest-block.ts'
import { INV, type Inventory, MAX_INVENTORY } from './messages.ts'
import type { PackageResult } from './package-intake.ts'
import type { LedgerEnv, LedgerPeer } from './peers.ts'
import { TxRequests } from './requests.ts'
import { type TxCounts, TxIntake } from './tx-intake.ts'
import { Unbroadcast } from './unbroadcast.ts'

/** Announced at once to one peer; the rest waits for the next turn. */
const MAX_ANNOUNCED = 1_000
/** Transactions waiting to be announced to one peer. */
const MAX_QUEUED = 20_000
/** A peer may ask for the whole mempool this often. */
const MEMPOOL_EVERY_MS = 10_000
/** Asked for in one message (Core's MAX_GETDATA_SZ). */
const MAX_ASKED = 1_000

interface Outbox {
  /** txids in the order of acceptance: parents before their children. */
  readonly txids: BoundedSet<HashHex>
  /** Set while its turn is to come. */
  cancel: Cancel | undefined
}

export class TxRelay {
  /** Our own, which no peer has asked for yet. */
  readonly unbroadcast: Unbroadcast
  readonly #env: LedgerEnv
  readonly #downloading: () => boolean
  readonly #tellsNewcomers: boolean
  readonly #requests: TxRequests
  readonly #intake: TxIntake
  readonly #outboxes = new Map<PeerId, Outbox>()
  readonly #feeFilter: FeeFilter
  /** Peers that name transactions by wtxid. */
  #wtxidPeers = 0
  /** The newest block: what is in it has been announced, if only with the block. */
  #latest: Block | undefined
  #cancelExpiry: Cancel = () => {}
  /** For when that is planned. */
  #expiryMs: number | undefined

  /** `downloading`: the chain is far from complete, and transactions are of no use. */
  constructor(
    env: LedgerEnv,
    emit: (event: LedgerEvent) => void,
    downloading: () => boolean,
    tellsNewcomers = true,
  ) {
    this.#env = env
    this.#downloading = downloading
    this.#requests = new TxRequests(env.times.transactionMs, env.times.requestDelayMs)
    this.#feeFilter = new FeeFilter(env, downloading)
    this.#intake = new TxIntake(env, emit, {
      accepted: tx => this.#announce(tx),
      settled: hash => this.#settled(hash),
      wanted: (peer, txid) => this.#wants(peer, txid, false),
    })
    this.unbroadcast = new Unbroadcast(env.net.clock, txid => this.announceAgain(txid))
    env.mempool.listen({ added: () => {}, removed: ({ txid }) => this.unbroadcast.delete(txid) })
    this.#tellsNewcomers = tellsNewcomers
  }

  get counts(): TxCounts {
    return this.#intake.counts
  }

  get orphans(): number {
    return this.#intake.orphans.size
  }

  /** What a compact block may be made of. */
  *candidates(): Iterable<Tx> {
    for (const entry of this.#env.mempool.entries()) yield entry.tx
    yield* this.#intake.orphans.transactions()
  }

  stop(): void {
    this.#cancelExpiry()
    this.unbroadcast.stop()
    for (const outbox of this.#outboxes.values()) outbox.cancel?.()
  }

  /** Who connects is told of all we have: a connection that broke may have taken announcements with it. */
  onPeerReady(peer: LedgerPeer): void {
    this.#wtxidPeers += Number(peer.wtxidRelay)
    peer.mempoolSequence = this.#env.mempool.sequence
    this.#feeFilter.onPeerReady(peer)
    if (this.#tellsNewcomers) for (const { tx } of this.#env.mempool.entries()) this.#queue(peer, tx)
  }

  onPeerGone(peer: LedgerPeer): void {
    this.#wtxidPeers -= Number(peer.wtxidRelay)
    this.#outboxes.get(peer.id)?.cancel?.()
    this.#outboxes.delete(peer.id)
    this.#intake.onPeerGone(peer.id)
    this.#requests.peerGone(peer.id)
    this.#ask()
  }

  onInv(peer: LedgerPeer, items: Iterable<Inventory>): void {
    if (!peer.view.maySendTransactions) {
      for (const _ of items) this.#violated(peer, 'transaction inv')
      return
    }
    if (this.#downloading()) return
    // What is still wanted counts as known to its announcers once it is here: hashes of nothing fill no memory.
    for (const { type, hash } of items)
      if (!this.#requests.hears(peer.id)) break
      else if (this.#intake.has(hash, type === INV.wtx)) peer.knownTransactions.add(hash)
      else this.#wants(peer, hash, type === INV.wtx)
    this.#ask()
  }

  onNotFound(peer: LedgerPeer, items: Iterable<Inventory>): void {
    for (const { hash } of items) this.#requests.failed(peer.id, hash)
    this.#ask()
  }

  onTx(peer: LedgerPeer, tx: Tx): void {
    if (!peer.view.maySendTransactions) {
      this.#violated(peer, 'transaction')
      return
    }
    if (this.#downloading()) return
    peer.knownTransactions.add(tx.txid)
    peer.knownTransactions.add(tx.wtxid)
    // Of this peer only: under that name others may have one with another witness, and this one's may be false.
    this.#requests.failed(peer.id, tx.txid)
    if (tx.hasWitness) this.#requests.failed(peer.id, tx.wtxid)
    this.#intake.receive(peer, tx)
    this.#ask()
  }

  /** It was told that none are wanted. */
  #violated(peer: LedgerPeer, what: string): void {
    this.#env.net.disconnect(peer.id, `${what} sent in violation of protocol`)
  }

  /** It asks for what only those may ask for who are served by Bloom filters (BIP111). */
  onBloom({ id, view }: LedgerPeer): void {
    if (!view.permissions.has('noban')) this.#env.net.disconnect(id, 'no Bloom filters here')
  }

  /** BIP35: everything we have and the peer would want. That is a walk over all of it: who asks again at once has no answer. */
  onMempool(peer: LedgerPeer): void {
    if (!peer.view.permissions.has('mempool')) {
      this.onBloom(peer)
      return
    }
    if (!peer.view.relaysTransactions) return
    const nowMs = this.#env.net.clock.now()
    if (nowMs - (peer.mempoolToldMs ?? Number.NEGATIVE_INFINITY) < MEMPOOL_EVERY_MS) return
    peer.mempoolToldMs = nowMs
    peer.mempoolSequence = this.#env.mempool.sequence
    const items: Inventory[] = []
    for (const { tx } of this.#env.mempool.entries()) {
      const item = this.#announcement(peer, tx.txid)
      if (item && items.push(item) === MAX_INVENTORY) break
    }
    if (items.length > 0) this.#env.send(peer, 'inv', items)
  }

  /** A transaction of our own (wallet, RPC). Throws ConsensusError when it is refused. */
  submit(tx: Tx): void {
    this.#intake.accept(tx, undefined)
    this.unbroadcast.add(tx.txid)
    this.#intake.adopt(tx.txid)
  }

  /** Tells those who do not know of it of one that is here, with the witness that it has here. */
  announceAgain(txid: HashHex): void {
    const entry = this.#env.mempool.get(txid)
    if (entry) this.#announce(entry.tx)
  }

  /** Several of them, the last of which pays for the others; no rate beyond `mostSatPerKvb` is meant. */
  submitPackage(txs: readonly Tx[], mostSatPerKvb: number | undefined): PackageResult {
    return this.#intake.acceptPackage(txs, mostSatPerKvb)
  }

  /**
   * A transaction for a peer that asks for it: one that was here when it was last told of any, or of the newest block. What it was
   * told of later than others, if at all, it need not learn by asking, or it could tell where a transaction comes from (Core's
   * FindTxForGetData).
   */
  find(peer: LedgerPeer, hash: HashHex, byWtxid: boolean): Tx | undefined {
    const { mempool } = this.#env
    const entry = byWtxid ? mempool.byWtxid(hash) : mempool.get(hash)
    const isOld = entry && entry.sequence < peer.mempoolSequence
    if (entry && !isOld) this.#planned(peer)
    const tx = isOld ? entry.tx : this.#latest && transactionIn(this.#latest, hash)
    if (tx) this.unbroadcast.delete(tx.txid)
    return tx
  }

  onTip({ connected, disconnected }: TipChange): void {
    this.#intake.forgetRefused()
    this.#latest = connected.at(-1) ?? this.#latest
    if (disconnected.length > 0) this.#intake.onDisconnected()
    for (const { transactions } of disconnected) for (const tx of transactions) this.#unconfirm(tx)
    for (const { transactions } of connected) for (const tx of transactions) this.#confirm(tx)
    if (this.orphans > 0)
      for (const { transactions } of connected) for (const tx of transactions) this.#intake.adopt(tx.txid)
    this.#feeFilter.onTip()
  }

  #unconfirm(tx: Tx): void {
    // Back in the mempool; the other side of a healed partition may never have heard of it.
    if (this.#env.mempool.has(tx.txid)) this.#announce(tx)
  }

  #confirm(tx: Tx): void {
    this.#intake.onConfirmed(tx)
    this.#requests.done(tx.txid)
    this.#requests.done(tx.wtxid)
  }

  #wants(peer: LedgerPeer, hash: HashHex, byWtxid: boolean): void {
    const { inbound, permissions } = peer.view
    // Who knows no witnesses is not asked for any (BIP144).
    const type = byWtxid ? INV.wtx : peer.servesWitnesses ? INV.witnessTx : INV.tx
    const terms = {
      preferred: !inbound || permissions.has('noban'),
      unlimited: permissions.has('relay'),
      vague: !byWtxid && this.#wtxidPeers > 0,
    }
    this.#requests.announced(peer.id, { type, hash }, terms, this.#env.net.clock.now())
  }

  /** Nobody need be asked for it, and its announcers have it. */
  #settled(hash: HashHex): void {
    for (const id of this.#requests.done(hash)) this.#env.peers.get(id)?.knownTransactions.add(hash)
  }

  /** A parent that paid too little is wanted still: its child was not here. */
  readonly #needless = ({ type, hash }: Inventory): boolean => {
    if (!this.#intake.isSettled(hash, type === INV.wtx)) return false
    this.#settled(hash)
    return true
  }

  #announce(tx: Tx): void {
    for (const peer of this.#env.peers.values()) this.#queue(peer, tx)
  }

  #queue(peer: LedgerPeer, tx: Tx): void {
    if (!peer.view.relaysTransactions || knows(peer, tx)) return
    this.#planned(peer).txids.add(tx.txid)
  }

  /** Where its news wait for its turn, which comes. */
  #planned(peer: LedgerPeer): Outbox {
    let outbox = this.#outboxes.get(peer.id)
    if (!outbox) {
      outbox = { txids: new BoundedSet(MAX_QUEUED), cancel: undefined }
      this.#outboxes.set(peer.id, outbox)
    }
    if (!outbox.cancel) this.#plan(peer, outbox)
    return outbox
  }

  /** Poisson delays, so that who made a transaction cannot be told by timing. Having no memory, they may start when needed. */
  #plan(peer: LedgerPeer, outbox: Outbox): void {
    const { net, times } = this.#env
    if (peer.view.permissions.has('noban')) {
      outbox.cancel = net.clock.after(0, () => this.#flush(peer, outbox))
      return
    }
    const meanMs = peer.view.inbound ? times.trickleInboundMs : times.trickleOutboundMs
    const waitMs = -Math.log(1 - net.random.float()) * meanMs
    outbox.cancel = net.clock.after(waitMs, () => this.#flush(peer, outbox))
  }

  #flush(peer: LedgerPeer, outbox: Outbox): void {
    const items: Inventory[] = []
    outbox.cancel = undefined
    peer.mempoolSequence = this.#env.mempool.sequence
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
    for (const [id, items] of this.#requests.take(nowMs, this.#needless)) {
      const peer = peers.get(id)
      for (let from = 0; peer && from < items.length; from += MAX_ASKED)
        this.#env.send(
          peer,
          'getdata',
          items.length > MAX_ASKED ? items.slice(from, from + MAX_ASKED) : items,
        )
    }
    this.#planExpiry(nowMs)
  }

  /** One that is planned for an earlier moment stays, and finds out: what it was planned for has mostly come by then. */
  #planExpiry(nowMs: number): void {
    const { clock } = this.#env.net
    const nextMs = this.#requests.nextExpiryMs()
    if (nextMs !== undefined && this.#expiryMs !== undefined && this.#expiryMs <= nextMs) return
    this.#cancelExpiry()
    this.#cancelExpiry = () => {}
    this.#expiryMs = nextMs
    if (nextMs !== undefined)
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
