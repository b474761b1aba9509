// Answering what peers ask for: headers, inventories, blocks and transactions. Holds back when a peer does not read.

import type { HashHex } from '../bitcoin/wire/hex.ts'
import type { Cancel, PeerId } from '../core/host.ts'
import { headerAlone } from './alike.ts'
import { makeBlock } from './chain/block.ts'
import { makeTx } from './chain/tx.ts'
import type { Block, BlockEntry, Tx } from './chain/types.ts'
import { workOfBits } from './consensus/target.ts'
import {
  type GetBlockTxn,
  INV,
  type Inventories,
  type Inventory,
  type Locator,
  MAX_HEADERS,
  MAX_INVENTORY,
  NO_HASH,
} from './messages.ts'
import type { LedgerEnv, LedgerPeer } from './peers.ts'
import { Queue } from './queue.ts'
import type { BlockRelay } from './relay.ts'

/** Blocks named in one answer to `getblocks`. */
const MAX_GETBLOCKS = 500
/** A compact block is of use near the tip only: further down nobody has its transactions any more. */
const COMPACT_DEPTH = 5
const BLOCKTXN_DEPTH = 10
/** Answered in one go: a block may have to be read from the disk. Honest peers ask for fewer blocks at a time. */
const MAX_ANSWERED = 1_000
const BLOCK_COUNTS = 50
/** A branch is old by its headers' times, or by the work that was done since. */
const MAX_STALE_MS = 30 * 24 * 60 * 60_000
const BACKLOG_POLL_MS = 50
/** Entries that wait for their answers, of all peers. Beyond it nobody asks for more than honest peers do at once (Core's MAX_GETDATA_SZ). */
const MAX_UNANSWERED = 400_000
const HONEST = 1_000

/** What a peer asked for and has no answer to yet, inventory by inventory. */
class Unanswered {
  readonly #rest = new Queue<Iterator<Inventory>>()
  #first: Iterator<Inventory> | undefined
  length = 0
  cancel: Cancel = () => {}

  add(items: Inventories): void {
    this.#rest.push(items[Symbol.iterator]())
    this.length += items.length
  }

  next(): Inventory | undefined {
    for (;;) {
      this.#first ??= this.#rest.shift()
      if (!this.#first) return undefined
      const { done, value } = this.#first.next()
      if (!done) {
        this.length--
        return value
      }
      this.#first = undefined
    }
  }
}

/** One that this peer may have. */
type FindTransaction = (peer: LedgerPeer, hash: HashHex, byWtxid: boolean) => Tx | undefined

export class Server {
  readonly #env: LedgerEnv
  readonly #relay: BlockRelay
  readonly #transaction: FindTransaction
  /** What is still to be answered, of peers that have enough to read for now. */
  readonly #queues = new Map<PeerId, Unanswered>()

  constructor(env: LedgerEnv, relay: BlockRelay, transaction: FindTransaction) {
    this.#env = env
    this.#relay = relay
    this.#transaction = transaction
  }

  onPeerGone(peer: LedgerPeer): void {
    this.#queues.get(peer.id)?.cancel()
    this.#queues.delete(peer.id)
  }

  stop(): void {
    for (const { cancel } of this.#queues.values()) cancel()
    this.#queues.clear()
  }

  onGetHeaders(peer: LedgerPeer, locator: Locator): void {
    const { chain } = this.#env
    // What is no chain yet is nobody's to follow; and who got nothing would ask again and again (Core).
    if (!chain.isWorthy()) {
      this.#env.send(peer, 'headers', [])
      return
    }
    const entries = this.#after(locator, MAX_HEADERS)
    // Who asks for one block is told nothing where there is nothing to tell (Core).
    if (locator.hashes.length === 0 && entries.length === 0) return
    peer.headerSent = entries.at(-1) ?? chain.tip
    const [only] = entries
    const alone = only && entries.length === 1
    this.#env.send(peer, 'headers', alone ? headerAlone(only) : entries.map(entry => entry.header))
  }

  /** For older clients, which learn of blocks by their hashes. */
  onGetBlocks(peer: LedgerPeer, locator: Locator): void {
    const entries = this.#after(locator, MAX_GETBLOCKS).filter(entry => entry.hash !== locator.stop)
    if (entries.length === 0) return
    if (entries.length === MAX_GETBLOCKS) peer.continueFrom = entries.at(-1)?.hash
    this.#env.send(
      peer,
      'inv',
      entries.map(({ hash }) => ({ type: INV.block, hash })),
    )
  }

  onGetData(peer: LedgerPeer, items: Inventories): void {
    const before = this.#queues.get(peer.id)
    const length = (before?.length ?? 0) + items.length
    if (length > MAX_INVENTORY || (length > HONEST && this.#unanswered() + items.length > MAX_UNANSWERED)) {
      this.#env.net.disconnect(peer.id, 'asks faster than it reads')
      return
    }
    const queue = before ?? new Unanswered()
    queue.add(items)
    if (!before) this.#answer(peer, queue)
  }

  onGetBlockTxn(peer: LedgerPeer, { hash, indexes }: GetBlockTxn): void {
    const { chain, net } = this.#env
    const entry = chain.entry(hash)
    if (!entry || entry.status === 'header' || !chain.isActive(entry)) return
    if (entry.height < chain.tip.height - BLOCKTXN_DEPTH) {
      this.onGetData(peer, [{ type: INV.witnessBlock, hash }])
      return
    }
    const block = chain.block(hash)
    if (!block) return
    const transactions: Tx[] = []
    for (const index of indexes) {
      const tx = block.transactions[index]
      if (!tx) {
        net.misbehaving(peer.id, { reason: 'getblocktxn with out-of-bounds tx indices' })
        return
      }
      transactions.push(tx)
    }
    this.#env.send(peer, 'blocktxn', { hash, transactions })
  }

  /** The active chain behind the first hash of the locator that is on it, up to `stop`. */
  #after(locator: Locator, count: number): BlockEntry[] {
    const { chain } = this.#env
    if (locator.hashes.length === 0) {
      const only = chain.entry(locator.stop)
      return only && this.#mayServe(only) ? [only] : []
    }
    const entries: BlockEntry[] = []
    let entry = chain.at(this.#shared(locator).height + 1)
    for (; entry && entries.length < count; entry = chain.at(entry.height + 1)) {
      entries.push(entry)
      if (locator.stop !== NO_HASH && entry.hash === locator.stop) break
    }
    return entries
  }

  /** The first hash of the locator that is on the active chain. */
  #shared({ hashes }: Locator): BlockEntry {
    const { chain } = this.#env
    for (const hash of hashes) {
      const entry = chain.entry(hash)
      if (entry && chain.isActive(entry)) return entry
    }
    return chain.genesis
  }

  /** Answers until the peer has enough to read, or others want their turn; then goes on a little later. */
  #answer(peer: LedgerPeer, queue: Unanswered): void {
    const { net, peers } = this.#env
    const { id } = peer
    const missing: Inventory[] = []
    let room = MAX_ANSWERED
    while (room > 0 && !net.hasEnough(id)) {
      const item = queue.next()
      if (!item) break
      room -= isTransaction(item) ? 1 : BLOCK_COUNTS
      if (!this.#give(peer, item)) missing.push(item)
    }
    if (missing.length > 0) this.#env.send(peer, 'notfound', missing)
    this.#queues.delete(id)
    if (queue.length === 0 || !peers.has(id)) return
    queue.cancel = net.clock.after(room > 0 ? BACKLOG_POLL_MS : 0, () => this.#answer(peer, queue))
    this.#queues.set(id, queue)
  }

  #unanswered(): number {
    let length = 0
    for (const queue of this.#queues.values()) length += queue.length
    return length
  }

  #give(peer: LedgerPeer, { type, hash }: Inventory): boolean {
    switch (type) {
      case INV.block:
      case INV.witnessBlock:
      case INV.compactBlock:
        return this.#giveBlock(peer, type, hash)
      case INV.tx:
      case INV.witnessTx:
      case INV.wtx: {
        // Who wants none announced gets none (Core): a connection for blocks alone is closed at the first.
        if (!peer.view.relaysTransactions) return true
        const tx = this.#transaction(peer, hash, type === INV.wtx)
        if (tx) this.#env.send(peer, 'tx', type === INV.tx ? withoutWitness(tx) : tx)
        return tx !== undefined
      }
      default:
        return true // of a kind we do not know: Core does not answer either
    }
  }

  /**
   * Blocks off the active chain are served as long as they are valid, since a peer may be on that branch, and young: old ones would
   * tell nodes apart by what they have seen (Core's BlockRequestAllowed).
   */
  #mayServe(entry: BlockEntry): boolean {
    const { chain, params } = this.#env
    if (entry.status !== 'valid') return false
    if (chain.isActive(entry)) return true
    const { bestHeader } = chain
    const blocks = (bestHeader.work - entry.work) / workOfBits(bestHeader.header.bits)
    return (
      (bestHeader.header.time - entry.header.time) * 1000 < MAX_STALE_MS &&
      Number(blocks) * params.blockIntervalMs < MAX_STALE_MS
    )
  }

  #giveBlock(peer: LedgerPeer, type: number, hash: HashHex): boolean {
    const { chain } = this.#env
    const entry = chain.entry(hash)
    const block = entry && this.#mayServe(entry) ? chain.block(hash) : undefined
    if (!entry || !block) return false
    if (type === INV.compactBlock && entry.height >= chain.tip.height - COMPACT_DEPTH)
      this.#env.send(peer, 'cmpctblock', this.#relay.compactOf(block))
    else this.#env.send(peer, 'block', type === INV.block ? blockWithoutWitness(block) : block)
    if (peer.continueFrom === hash) {
      peer.continueFrom = undefined
      this.#env.send(peer, 'inv', [{ type: INV.block, hash: chain.tip.hash }])
    }
    return true
  }
}

function isTransaction({ type }: Inventory): boolean {
  return type === INV.tx || type === INV.witnessTx || type === INV.wtx
}

/** As clients from before segregated witnesses know it: same txid, no witnesses (BIP144). */
function withoutWitness(tx: Tx): Tx {
  if (!tx.hasWitness) return tx
  return makeTx({ ...tx, inputs: tx.inputs.map(input => ({ ...input, witness: [] })) })
}

function blockWithoutWitness(block: Block): Block {
  return makeBlock(block.header, block.transactions.map(withoutWitness))
}
