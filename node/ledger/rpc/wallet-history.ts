// The wallet's past: every transaction that moved a coin of ours, read from the blocks when somebody asks, and from then on kept
// up with the chain. What is not confirmed comes from the mempool; what left both without the other is remembered, as long as the
// node runs.

import type { HashHex } from '../../bitcoin/wire/hex.ts'
import { isCoinbase, outPointKey } from '../chain/tx.ts'
import type { BlockEntry, Coin, OutPointKey, Tx } from '../chain/types.ts'
import type { LedgerParts } from '../parts.ts'

export interface OwnTx {
  readonly tx: Tx
  /** Undefined while it is in the mempool. */
  readonly block: BlockEntry | undefined
  /** Place in its block. */
  readonly index: number
  /** When it was first seen, in seconds; of a confirmed one the block's time. */
  readonly time: number
  /** What it spends of ours. */
  readonly debitSat: number
  /** Undefined while a coin that it spends is unknown. */
  readonly feeSat: number | undefined
  /** Places of the outputs that are ours. */
  readonly mine: ReadonlySet<number>
}

export class WalletHistory {
  readonly #parts: LedgerParts
  /** Read up to this block of the active chain. */
  #upTo: BlockEntry | undefined
  #confirmed: OwnTx[] = []
  readonly #confirmedById = new Map<HashHex, OwnTx>()
  readonly #spenders = new Map<OutPointKey, Set<HashHex>>()
  /** Blocks in which strangers spend what a transaction of ours spends. */
  readonly #rivals = new Map<OutPointKey, BlockEntry>()
  /** Seen in the mempool, or in a block that was taken off. */
  readonly #seen = new Map<HashHex, OwnTx>()
  readonly #abandoned = new Set<HashHex>()

  constructor(parts: LedgerParts) {
    this.#parts = parts
    const { mempool } = parts.env
    for (const { tx, timeMs } of mempool.entries()) this.#note(tx, timeMs)
    mempool.listen({
      added: tx => this.#note(tx, parts.env.net.clock.now()),
      removed: () => {},
    })
  }

  /** Oldest first; unconfirmed ones last. */
  all(): readonly OwnTx[] {
    this.#catchUp()
    return [...this.#confirmed, ...this.#seen.values()]
  }

  /** It is in no block and not in the mempool: nobody may ever see it again. */
  isLost({ tx, block }: OwnTx): boolean {
    return !block && !this.#parts.env.mempool.get(tx.txid)
  }

  /** Given up, or hanging on what was, or on a reward that is none any more. */
  isAbandoned(own: OwnTx): boolean {
    if (!this.isLost(own) || this.conflictDepth(own) > 0) return false
    const { pending } = this.#parts.wallet
    return this.#lostFamily(own).some(
      ({ tx }) => isCoinbase(tx) || this.#abandoned.has(tx.txid) || pending?.isAbandoned(tx.txid) === true,
    )
  }

  abandon({ tx }: OwnTx): void {
    const { pending } = this.#parts.wallet
    if (pending) pending.abandon(tx.txid)
    else this.#abandoned.add(tx.txid)
  }

  /** Others of the wallet that spend one of the same coins; of two at most one is in the chain or in the mempool. */
  conflictsOf({ tx }: OwnTx): OwnTx[] {
    this.#catchUp()
    const found = new Set<HashHex>()
    for (const { previous } of tx.inputs)
      for (const txid of this.#spenders.get(outPointKey(previous)) ?? [])
        if (txid !== tx.txid) found.add(txid)
    return [...found].flatMap(txid => this.#byId(txid) ?? [])
  }

  /** Another of the wallet spends from it, and was neither given up nor ruled out. */
  isSpentFrom({ tx }: OwnTx): boolean {
    this.#catchUp()
    const { pending } = this.#parts.wallet
    const spenders = [...tx.outputs.keys()].flatMap(index => [
      ...(this.#spenders.get(outPointKey({ txid: tx.txid, index })) ?? []),
    ])
    return spenders
      .flatMap(txid => this.#byId(txid) ?? [])
      .some(by => (pending ? !this.isAbandoned(by) && this.conflictDepth(by) === 0 : !this.isLost(by)))
  }

  /** How deep in the chain is what rules it out, or one that it hangs on; 0: nothing does. */
  conflictDepth(own: OwnTx): number {
    const { chain } = this.#parts.env
    if (own.block && chain.isActive(own.block)) return 0
    const depthOf = ({ block }: OwnTx) => (block ? chain.tip.height - block.height + 1 : 0)
    const family = this.#lostFamily(own)
    const keys = family.flatMap(({ tx }) => tx.inputs.map(({ previous }) => outPointKey(previous)))
    const others = keys.flatMap(key => this.#rivals.get(key) ?? []).filter(block => chain.isActive(block))
    const depths = [
      ...family.flatMap(each => this.conflictsOf(each)).map(depthOf),
      ...others.map(({ height }) => chain.tip.height - height + 1),
    ]
    return depths.reduce((deepest, depth) => Math.max(deepest, depth), 0)
  }

  /** Who in the mempool spends its coins, or those of one that it hangs on. */
  mempoolConflicts(own: OwnTx): Set<HashHex> {
    if (!this.isLost(own)) return new Set()
    const { mempool } = this.#parts.env
    const rivals = this.#lostFamily(own).flatMap(({ tx }) =>
      tx.inputs.flatMap(({ previous }) => mempool.spender(outPointKey(previous))?.tx.txid ?? []),
    )
    return new Set(rivals)
  }

  find(txid: HashHex): OwnTx | undefined {
    this.#catchUp()
    return this.#byId(txid)
  }

  /** Where nobody else has it: it, and all that it hangs on and nobody has either. */
  #lostFamily(own: OwnTx): OwnTx[] {
    const family = new Set([own])
    for (const { tx } of family)
      for (const { previous } of tx.inputs) {
        const parent = this.#seen.get(previous.txid)
        if (parent && this.isLost(parent)) family.add(parent)
      }
    return [...family]
  }

  #byId(txid: HashHex): OwnTx | undefined {
    return this.#seen.get(txid) ?? this.#confirmedById.get(txid)
  }

  /** By what it spends. */
  #register({ tx }: OwnTx): void {
    if (isCoinbase(tx)) return
    for (const { previous } of tx.inputs) {
      const key = outPointKey(previous)
      const others = this.#spenders.get(key)
      if (others) others.add(tx.txid)
      else this.#spenders.set(key, new Set([tx.txid]))
    }
  }

  /** Those of a block, on the active chain or off it. */
  inBlock(block: BlockEntry): OwnTx[] {
    const { chain } = this.#parts.env
    const body = chain.block(block.hash)
    if (!body) return []
    const spent = new Map<string, Coin>(chain.undo(body)?.spent)
    return body.transactions.flatMap(
      (tx, index) =>
        this.#read(tx, block, index, block.header.time, point => spent.get(outPointKey(point))) ?? [],
    )
  }

  /** Reads all blocks again, and what waits. */
  forget(): void {
    this.#upTo = undefined
    this.#confirmed = []
    this.#confirmedById.clear()
    for (const { tx, timeMs } of this.#parts.env.mempool.entries()) this.#note(tx, timeMs)
  }

  #catchUp(): void {
    const { chain } = this.#parts.env
    const from = this.#upTo ? chain.forkPoint(this.#upTo, chain.tip) : undefined
    if (from && from !== this.#upTo) {
      const gone = this.#confirmed.filter(({ block }) => !block || !chain.isActive(block))
      for (const own of gone) {
        this.#confirmedById.delete(own.tx.txid)
        this.#seen.set(own.tx.txid, { ...own, block: undefined, index: 0 })
      }
      this.#confirmed = this.#confirmed.filter(({ block }) => block && chain.isActive(block))
    }
    if (this.#upTo !== chain.tip) this.#noteKept()
    for (let height = (from?.height ?? -1) + 1; height <= chain.tip.height; height++) {
      const block = chain.at(height) as BlockEntry
      this.#noteRivals(block)
      const found = this.inBlock(block)
      this.#confirmed.push(...found)
      for (const own of found) {
        this.#seen.delete(own.tx.txid)
        this.#confirmedById.set(own.tx.txid, own)
        this.#register(own)
      }
    }
    this.#upTo = chain.tip
    this.#noteKept()
  }

  /** What was in no block in an earlier life, or while nobody asked. */
  #noteKept(): void {
    for (const { tx, timeMs, coins } of this.#parts.wallet.pending?.values() ?? []) {
      if (this.#seen.has(tx.txid)) continue
      const coinOf = new Map(tx.inputs.map(({ previous }, i) => [outPointKey(previous), coins[i]]))
      const own = this.#read(tx, undefined, 0, Math.floor(timeMs / 1000), point =>
        coinOf.get(outPointKey(point)),
      )
      if (own) this.#see(own)
    }
  }

  /** Who spends a coin of others that a transaction of ours spends, too, is none of ours. */
  #noteRivals(block: BlockEntry): void {
    if (this.#seen.size === 0) return
    for (const { txid, inputs } of this.#parts.env.chain.block(block.hash)?.transactions ?? [])
      for (const { previous } of inputs) {
        const key = outPointKey(previous)
        const ours = this.#spenders.get(key)
        if (ours && !ours.has(txid)) this.#rivals.set(key, block)
      }
  }

  #see(own: OwnTx): void {
    this.#seen.set(own.tx.txid, own)
    this.#register(own)
  }

  #note(tx: Tx, timeMs: number): void {
    const coinOf = (point: Tx['inputs'][number]['previous']) => this.#parts.env.mempool.spentCoin(point)
    const own = this.#read(tx, undefined, 0, Math.floor(timeMs / 1000), coinOf)
    if (own) this.#see(own)
  }

  #read(
    tx: Tx,
    block: BlockEntry | undefined,
    index: number,
    time: number,
    coinOf: (point: Tx['inputs'][number]['previous']) => Coin | undefined,
  ): OwnTx | undefined {
    const { wallet } = this.#parts
    const mine = new Set(
      [...tx.outputs.keys()].filter(i => wallet.owns(tx.outputs[i]?.script as Uint8Array, block?.height)),
    )
    const spent = isCoinbase(tx) ? [] : tx.inputs.map(({ previous }) => coinOf(previous))
    const own = spent.filter(
      coin => coin && wallet.owns(coin.script, coin.height > 0 ? coin.height : undefined),
    )
    if (mine.size === 0 && own.length === 0) return undefined
    const inSat = spent.every(coin => coin) && spent.length > 0 ? total(spent) : undefined
    return {
      tx,
      block,
      index,
      time,
      debitSat: total(own),
      feeSat: inSat === undefined ? undefined : inSat - total(tx.outputs),
      mine,
    }
  }
}

function total(values: readonly ({ readonly valueSat: number } | undefined)[]): number {
  return values.reduce((sum, value) => sum + (value?.valueSat ?? 0), 0)
}
