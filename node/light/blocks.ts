// Whole blocks that a light client asks for: those whose filter matches, and those that a dispute about filters is judged by. Each is
// held against its header before anybody sees it; who gives another one lies, and who gives none is asked after the others.

import type { HashHex } from '../bitcoin/wire/hex.ts'
import type { Cancel } from '../core/host.ts'
import { ConsensusError } from '../errors.ts'
import { checkBlock } from '../ledger/chain/block-rules.ts'
import type { Block, BlockEntry } from '../ledger/chain/types.ts'
import type { Inventories } from '../ledger/inventory.ts'
import { INV } from '../ledger/messages.ts'
import { hasBlock, type LightEnv, type LightPeer } from './peers.ts'

/** At once from one peer. */
const PER_PEER = 4
const LOOK_MS = 500

type Want = (block: Block) => void

interface Wanted {
  readonly entry: BlockEntry
  readonly wants: Want[]
  /** Who was asked last. */
  from: LightPeer | undefined
}

export class BlockFetcher {
  readonly #env: LightEnv
  readonly #wanted = new Map<HashHex, Wanted>()
  #cancel: Cancel | undefined
  fetched = 0

  constructor(env: LightEnv) {
    this.#env = env
  }

  stop(): void {
    this.#cancel?.()
    this.#wanted.clear()
  }

  get waiting(): number {
    return this.#wanted.size
  }

  /** `then` is called once, when the block is here; never, if nobody gives it. */
  want(entry: BlockEntry, then: Want): void {
    const wanted = this.#wanted.get(entry.hash)
    if (wanted) wanted.wants.push(then)
    else this.#wanted.set(entry.hash, { entry, wants: [then], from: undefined })
    this.#schedule()
  }

  /** Nobody needs it any more. */
  forget(entry: BlockEntry): void {
    this.#wanted.delete(entry.hash)
  }

  onBlock(peer: LightPeer, block: Block): void {
    const wanted = this.#wanted.get(block.hash)
    peer.blocksAsked.delete(block.hash)
    peer.misses = 0
    if (!wanted) return
    const why = whyFalse(block)
    if (why !== undefined) {
      wanted.from = undefined
      peer.withheld.add(block.hash)
      this.#env.blame(peer, 'block', wanted.entry.height, why)
    } else {
      this.#wanted.delete(block.hash)
      this.fetched++
      this.#env.net.useful(peer.id, 'block')
      for (const then of wanted.wants) then(block)
    }
    this.#schedule()
  }

  onNotFound(peer: LightPeer, items: Inventories): void {
    for (const { hash } of items) if (peer.blocksAsked.has(hash)) this.#missed(peer, hash)
    this.#schedule()
  }

  onPeerGone(peer: LightPeer): void {
    for (const hash of [...peer.blocksAsked.keys()]) this.#missed(peer, hash)
    this.#schedule()
  }

  /** Somebody may have what nobody had. */
  onNews(): void {
    this.#schedule()
  }

  #missed(peer: LightPeer, hash: HashHex): void {
    peer.blocksAsked.delete(hash)
    peer.withheld.add(hash)
    peer.misses++
    const wanted = this.#wanted.get(hash)
    if (wanted?.from === peer) wanted.from = undefined
  }

  #schedule(): void {
    const { net } = this.#env
    for (const wanted of this.#wanted.values()) {
      if (wanted.from) continue
      const peer = this.#choose(wanted.entry)
      if (!peer) continue
      wanted.from = peer
      peer.blocksAsked.set(wanted.entry.hash, net.clock.now())
      this.#env.send(peer, 'getdata', [{ type: INV.block, hash: wanted.entry.hash }])
    }
    if (this.#wanted.size > 0) this.#cancel ??= net.clock.after(LOOK_MS, () => this.#look())
  }

  /** Of those that are able who gives what it is asked for, and is least busy. */
  #choose(entry: BlockEntry): LightPeer | undefined {
    const able = this.#able(entry)
    // Who let us wait is not asked because the others are busy.
    const least = Math.min(...able.map(({ misses }) => misses))
    return able
      .filter(({ misses, blocksAsked }) => misses === least && blocksAsked.size < PER_PEER)
      .sort((a, b) => a.blocksAsked.size - b.blocksAsked.size)[0]
  }

  /** Those that have it, busy or not, and did not keep it back. */
  #able(entry: BlockEntry): LightPeer[] {
    return [...this.#env.peers.values()].filter(
      peer => !peer.blamed && !peer.withheld.has(entry.hash) && hasBlock(this.#env, peer, entry),
    )
  }

  /** Who keeps us waiting is passed over; where nobody is left, all are forgiven. */
  #look(): void {
    this.#cancel = undefined
    const { net, patience, peers } = this.#env
    const nowMs = net.clock.now()
    for (const peer of peers.values())
      for (const [hash, askedMs] of peer.blocksAsked)
        if (nowMs - askedMs >= patience.blockMs) this.#missed(peer, hash)
    for (const { entry, from } of this.#wanted.values())
      if (!from && this.#able(entry).length === 0)
        for (const peer of peers.values()) peer.withheld.delete(entry.hash)
    this.#schedule()
  }
}

/**
 * A block's transactions against the Merkle root of its header, by the WASM core: the root, no pair repeated (CVE-2012-2459), and a
 * coinbase first, so that nobody passes inner nodes of the tree for transactions of 64 bytes. Undefined: it is what its header says.
 */
function whyFalse(block: Block): string | undefined {
  try {
    checkBlock(block)
    return undefined
  } catch (error) {
    if (error instanceof ConsensusError) return error.reason
    throw error
  }
}
