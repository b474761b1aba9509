// Answering what peers ask for: headers, inventories, blocks and transactions. Holds back when a peer does not read.

import type { Cancel, PeerId } from '../core/host.ts'
import type { HashHex } from '../wire/hex.ts'
import { makeBlock } from './chain/block.ts'
import { makeTx } from './chain/tx.ts'
import type { Block, BlockEntry, Tx } from './chain/types.ts'
import {
  type GetBlockTxn,
  INV,
  type Inventory,
  type Locator,
  MAX_HEADERS,
  MAX_INVENTORY,
  NO_HASH,
} from './messages.ts'
import type { LedgerEnv, LedgerPeer } from './peers.ts'
import type { BlockRelay } from './relay.ts'

/** Blocks named in one answer to `getblocks`. */
const MAX_GETBLOCKS = 500
/** A compact block is of use near the tip only: further down nobody has its transactions any more. */
const COMPACT_DEPTH = 5
const BLOCKTXN_DEPTH = 10
/** No more is queued to a peer while so many bytes wait for it already. */
const MAX_BACKLOG_BYTES = 4_000_000
const BACKLOG_POLL_MS = 50

export class Server {
  readonly #env: LedgerEnv
  readonly #relay: BlockRelay
  readonly #transaction: (hash: HashHex, byWtxid: boolean) => Tx | undefined
  /** What is still to be answered. */
  readonly #queues = new Map<PeerId, { readonly peer: LedgerPeer; items: Inventory[]; cancel: Cancel }>()

  constructor(
    env: LedgerEnv,
    relay: BlockRelay,
    transaction: (hash: HashHex, byWtxid: boolean) => Tx | undefined,
  ) {
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
    const headers = []
    for (const entry of this.#after(locator, MAX_HEADERS)) headers.push(entry.header)
    const last = chain.entry(headers.at(-1)?.hash ?? chain.tip.hash)
    if (last) peer.headerSent = last
    this.#env.send(peer, 'headers', headers)
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

  onGetData(peer: LedgerPeer, items: readonly Inventory[]): void {
    const queue = this.#queues.get(peer.id)
    if (!queue) {
      this.#queues.set(peer.id, { peer, items: [...items], cancel: () => {} })
      this.#answer(peer.id)
    } else if (queue.items.length + items.length > MAX_INVENTORY)
      this.#env.net.disconnect(peer.id, 'asks faster than it reads')
    else queue.items.push(...items)
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
      return only && chain.isActive(only) ? [only] : []
    }
    const shared = locator.hashes.map(hash => chain.entry(hash)).find(entry => entry && chain.isActive(entry))
    const entries: BlockEntry[] = []
    let entry = chain.at((shared ?? chain.genesis).height + 1)
    for (; entry && entries.length < count; entry = chain.at(entry.height + 1)) {
      entries.push(entry)
      if (locator.stop !== NO_HASH && entry.hash === locator.stop) break
    }
    return entries
  }

  /** Answers from the queue until the peer has enough to read; then looks again a little later. */
  #answer(id: PeerId): void {
    const queue = this.#queues.get(id)
    if (!queue) return
    const { net } = this.#env
    const missing: Inventory[] = []
    let done = 0
    while (done < queue.items.length && net.backlogBytes(id) < MAX_BACKLOG_BYTES) {
      const item = queue.items[done++] as Inventory
      if (!this.#give(queue.peer, item)) missing.push(item)
    }
    if (missing.length > 0) this.#env.send(queue.peer, 'notfound', missing)
    if (!this.#queues.has(id)) return
    queue.items = queue.items.slice(done)
    if (queue.items.length === 0) this.#queues.delete(id)
    else queue.cancel = net.clock.after(BACKLOG_POLL_MS, () => this.#answer(id))
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
        const tx = this.#transaction(hash, type === INV.wtx)
        if (tx) this.#env.send(peer, 'tx', type === INV.tx ? withoutWitness(tx) : tx)
        return tx !== undefined
      }
      default:
        return true // of a kind we do not know: Core does not answer either
    }
  }

  #giveBlock(peer: LedgerPeer, type: number, hash: HashHex): boolean {
    const { chain } = this.#env
    const entry = chain.entry(hash)
    // Blocks off the active chain are served as long as they are valid: a peer may be on that branch.
    const block = entry?.status === 'valid' ? chain.block(hash) : undefined
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

/** As clients from before segregated witnesses know it: same txid, no witnesses (BIP144). */
function withoutWitness(tx: Tx): Tx {
  if (!tx.hasWitness) return tx
  return makeTx({ ...tx, inputs: tx.inputs.map(input => ({ ...input, witness: [] })) })
}

function blockWithoutWitness(block: Block): Block {
  return makeBlock(block.header, block.transactions.map(withoutWitness))
}
