// What a wallet made by hand remembers of transactions that are in no block, in this life of the node and in later ones. As in Core, a
// payment that left the mempool may come back, so the coins that it spends stay spent, until it is given up or another that spends
// one of them is in the chain or in the mempool.

import { decode } from '../../bitcoin/wire/codec.ts'
import { fromHex, type HashHex, toHex } from '../../bitcoin/wire/hex.ts'
import type { Clock, Store, StoreOp } from '../../core/host.ts'
import type { Chain } from '../chain/chain.ts'
import { isCoinbase, outPointKey, txCodec } from '../chain/tx.ts'
import type { Coin, OutPoint, OutPointKey, Tx } from '../chain/types.ts'
import type { Mempool } from '../mempool.ts'
import { jsonBytes, pendingKey, readJson } from './wallet-record.ts'

export interface PendingPayment {
  readonly tx: Tx
  /** When it was first seen. */
  readonly timeMs: number
  /** What it spends, in order, as far as it was known. */
  readonly coins: readonly (Coin | undefined)[]
  readonly abandoned: boolean
}

export interface PendingOptions {
  readonly name: string
  readonly store: Store
  readonly chain: Pick<Chain, 'coin'>
  readonly clock: Pick<Clock, 'now'>
  readonly mempool: Pick<Mempool, 'get' | 'spender' | 'spentCoin'>
}

/** One line of the list; the transactions have keys of their own, which are written once. */
type Line = readonly [txid: HashHex, abandoned: boolean]

interface Stored {
  readonly hex: string
  readonly timeMs: number
  readonly coins: readonly (
    | readonly [valueSat: number, script: string, height: number, coinbase: boolean]
    | null
  )[]
}

export class PendingPayments {
  readonly #options: PendingOptions
  readonly #payments = new Map<HashHex, PendingPayment>()
  readonly #spenders = new Map<OutPointKey, Set<HashHex>>()

  constructor(options: PendingOptions) {
    this.#options = options
    const { name, store } = options
    for (const [txid, abandoned] of readJson<readonly Line[]>(store, pendingKey(name)) ?? []) {
      const stored = readJson<Stored>(store, pendingKey(name, txid))
      if (stored) this.#put({ ...paymentOf(stored), abandoned })
    }
  }

  values(): Iterable<PendingPayment> {
    return this.#payments.values()
  }

  isAbandoned(txid: HashHex): boolean {
    return this.#payments.get(txid)?.abandoned === true
  }

  /** It is in the mempool, or was in a block until now. One that was given up is so no more. */
  note(tx: Tx, coinOf = (point: OutPoint) => this.#options.mempool.spentCoin(point)): void {
    const known = this.#payments.get(tx.txid)
    if (known && (!known.abandoned || isCoinbase(tx))) return
    const payment = known ?? {
      tx,
      timeMs: this.#options.clock.now(),
      coins: tx.inputs.map(({ previous }) => coinOf(previous)),
    }
    this.#put({ ...payment, abandoned: false })
    this.#save(
      known ? [] : [{ put: pendingKey(this.#options.name, tx.txid), value: jsonBytes(storedOf(payment)) }],
    )
    // A reward that is none any more comes back with its own block only, and what hangs on it by somebody's hand.
    if (isCoinbase(tx)) this.abandon(tx.txid)
  }

  /** They are in a block. */
  confirmed(txs: Iterable<Tx>): void {
    const gone: StoreOp[] = []
    for (const { txid, inputs } of txs) {
      if (!this.#payments.delete(txid)) continue
      for (const { previous } of inputs) this.#spenders.get(outPointKey(previous))?.delete(txid)
      gone.push({ del: pendingKey(this.#options.name, txid) })
    }
    if (gone.length > 0) this.#save(gone)
  }

  /** With all that hangs on it. */
  abandon(txid: HashHex): void {
    const open = [txid]
    for (let next = open.pop(); next !== undefined; next = open.pop()) {
      const payment = this.#payments.get(next)
      if (!payment || payment.abandoned) continue
      this.#payments.set(next, { ...payment, abandoned: true })
      for (const index of payment.tx.outputs.keys())
        open.push(...(this.#spenders.get(outPointKey({ txid: next, index })) ?? []))
    }
    this.#save([])
  }

  /** A payment that is not in the mempool spends this coin all the same. */
  holds(key: OutPointKey): boolean {
    for (const txid of this.#spenders.get(key) ?? []) {
      const payment = this.#payments.get(txid)
      if (payment && !payment.abandoned && !this.#isInMempool(txid) && !this.isConflicted(payment.tx))
        return true
    }
    return false
  }

  /** Another spends one of its coins, in the chain or in the mempool, or one of those that it hangs on. */
  isConflicted(tx: Tx): boolean {
    const { chain, mempool } = this.#options
    const family = new Set([tx])
    for (const member of family)
      for (const { previous } of member.inputs) {
        const key = outPointKey(previous)
        const rival = mempool.spender(key)
        if (rival && rival.tx.txid !== member.txid) return true
        if (rival || chain.coin(key) || this.#isInMempool(previous.txid)) continue
        const parent = this.#payments.get(previous.txid)
        // What made the coin is in a block then, and so is another that spent it.
        if (!parent) return true
        family.add(parent.tx)
      }
    return false
  }

  #isInMempool(txid: HashHex): boolean {
    return this.#options.mempool.get(txid) !== undefined
  }

  #put(payment: PendingPayment): void {
    const { tx } = payment
    this.#payments.set(tx.txid, payment)
    for (const { previous } of tx.inputs) {
      const key = outPointKey(previous)
      const spenders = this.#spenders.get(key) ?? new Set()
      this.#spenders.set(key, spenders.add(tx.txid))
    }
  }

  #save(more: readonly StoreOp[]): void {
    const { name, store } = this.#options
    const list: readonly Line[] = Array.from(this.#payments, ([txid, { abandoned }]) => [txid, abandoned])
    store.commit([...more, { put: pendingKey(name), value: jsonBytes(list) }])
  }
}

function storedOf({ tx, timeMs, coins }: Omit<PendingPayment, 'abandoned'>): Stored {
  return {
    hex: toHex(tx.bytes),
    timeMs,
    coins: coins.map(coin => (coin ? [coin.valueSat, toHex(coin.script), coin.height, coin.coinbase] : null)),
  }
}

function paymentOf({ hex, timeMs, coins }: Stored): Omit<PendingPayment, 'abandoned'> {
  return {
    tx: decode(txCodec, bytesIn(hex)),
    timeMs,
    coins: coins.map(coin => {
      if (!coin) return undefined
      const [valueSat, script, height, coinbase] = coin
      return { valueSat, script: bytesIn(script), height, coinbase }
    }),
  }
}

function bytesIn(hex: string): Uint8Array {
  return fromHex(hex) ?? new Uint8Array(0)
}
