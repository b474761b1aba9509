// The wallet's past: every transaction that moved a coin of ours, read from the blocks when somebody asks, and from then on kept
// up with the chain. What is not confirmed comes from the mempool.

import type { HashHex } from '../../bitcoin/wire/hex.ts'
import { isCoinbase, outPointKey } from '../chain/tx.ts'
import type { BlockEntry, Coin, Tx } from '../chain/types.ts'
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

  constructor(parts: LedgerParts) {
    this.#parts = parts
  }

  /** Oldest first; unconfirmed ones last. */
  all(): readonly OwnTx[] {
    this.#catchUp()
    const waiting: OwnTx[] = []
    for (const { tx, timeMs } of this.#parts.env.mempool.entries()) {
      const own = this.#read(tx, undefined, 0, Math.floor(timeMs / 1000), point =>
        this.#parts.env.mempool.spentCoin(point),
      )
      if (own) waiting.push(own)
    }
    return [...this.#confirmed, ...waiting]
  }

  find(txid: HashHex): OwnTx | undefined {
    return this.all().find(({ tx }) => tx.txid === txid)
  }

  /** Those of a block, on the active chain or off it. */
  inBlock(block: BlockEntry): OwnTx[] {
    const { chain } = this.#parts.env
    const spent = new Map<string, Coin>(chain.undo(block.hash)?.spent)
    const transactions = chain.block(block.hash)?.transactions ?? []
    return transactions.flatMap(
      (tx, index) =>
        this.#read(tx, block, index, block.header.time, point => spent.get(outPointKey(point))) ?? [],
    )
  }

  /** Reads all blocks again. */
  forget(): void {
    this.#upTo = undefined
    this.#confirmed = []
  }

  #catchUp(): void {
    const { chain } = this.#parts.env
    const from = this.#upTo ? chain.forkPoint(this.#upTo, chain.tip) : undefined
    if (from && from !== this.#upTo)
      this.#confirmed = this.#confirmed.filter(({ block }) => block && chain.isActive(block))
    for (let height = (from?.height ?? -1) + 1; height <= chain.tip.height; height++)
      this.#confirmed.push(...this.inBlock(chain.at(height) as BlockEntry))
    this.#upTo = chain.tip
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
