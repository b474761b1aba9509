// The set of unspent outputs, in memory, and the values by which a block moves it forth and back.

import { sameBytes } from '../../bitcoin/wire/bytes.ts'
import { type Codec, Writer } from '../../bitcoin/wire/codec.ts'
import { type HashHex, hashToHex } from '../../bitcoin/wire/hex.ts'
import { hasher } from '../../hash.ts'
import { MuHash } from '../muhash.ts'
import { isUnspendable } from '../script/kinds.ts'
import { hashBytes } from './header.ts'
import { checksumOf, seal, unseal } from './record.ts'
import { isCoinbase, outPointKey, pointOf, readOutput, writeOutput } from './tx.ts'
import type { Block, BlockUndo, Coin, OutPointKey, Tx, TxOut } from './types.ts'

/** A coin under its key, with its stored form. */
export interface CoinRecord {
  readonly key: OutPointKey
  readonly coin: Coin
  readonly bytes: Uint8Array
}

/** What a block changes in all: coins that it both makes and spends do not appear. The same value serves forth and back. */
export interface UtxoDelta {
  readonly spent: readonly CoinRecord[]
  readonly created: readonly CoinRecord[]
}

/** Tells one set of coins from another, whatever the order in which they came: their number, and the sum of their checksums. */
export interface UtxoMark {
  readonly count: number
  readonly sum: number
}

export interface UtxoStats {
  /** Transactions with at least one unspent output. */
  readonly transactions: number
  readonly outputs: number
  readonly totalSat: number
  /** Bitcoin Core's database-independent measure of the set ("bogosize"). */
  readonly serializedBytes: number
  /** Of the kind that was asked for; empty for none. */
  readonly hash: HashHex
}

/** Bitcoin Core's names: over all coins in the order of its database, over them in any order, or not at all. */
export type UtxoHash = 'hash_serialized_3' | 'muhash' | 'none'

/** A coin as the store and the set's digest have it. */
export const coinCodec: Codec<Coin> = {
  write: (w, coin) => {
    w.u32(coin.height * 2 + (coin.coinbase ? 1 : 0))
    writeOutput(w, coin)
  },
  read: r => {
    const code = r.u32()
    const { valueSat, script } = readOutput(r)
    // A copy, because a coin outlives the bytes that it was read from by far.
    return { valueSat, script: script.slice(), height: code >>> 1, coinbase: (code & 1) === 1 }
  },
}

export class UtxoSet {
  readonly #coins = new Map<OutPointKey, Coin>()
  #sum = 0

  get(key: OutPointKey): Coin | undefined {
    return this.#coins.get(key)
  }

  entries(): Iterable<readonly [OutPointKey, Coin]> {
    return this.#coins.entries()
  }

  get mark(): UtxoMark {
    return { count: this.#coins.size, sum: this.#sum }
  }

  /** Adds one coin, as when loading. */
  add(record: CoinRecord): void {
    this.#coins.set(record.key, record.coin)
    this.#sum = (this.#sum + checksumOf(record.bytes)) >>> 0
  }

  apply(delta: UtxoDelta): void {
    this.#move(delta.spent, delta.created)
  }

  revert(delta: UtxoDelta): void {
    this.#move(delta.created, delta.spent)
  }

  stats(kind: UtxoHash = 'hash_serialized_3'): UtxoStats {
    return statsOf(this.#coins, kind)
  }

  #move(gone: readonly CoinRecord[], come: readonly CoinRecord[]): void {
    for (const { key, bytes } of gone) {
      this.#coins.delete(key)
      this.#sum = (this.#sum - checksumOf(bytes)) >>> 0
    }
    for (const record of come) this.add(record)
  }
}

/** Coins as they would be after some changes, without touching what lies below. */
export class CoinView {
  readonly #below: (key: OutPointKey) => Coin | undefined
  readonly #changed = new Map<OutPointKey, Coin | undefined>()

  constructor(below: (key: OutPointKey) => Coin | undefined) {
    this.#below = below
  }

  readonly get = (key: OutPointKey): Coin | undefined =>
    this.#changed.has(key) ? this.#changed.get(key) : this.#below(key)

  add(key: OutPointKey, coin: Coin): void {
    this.#changed.set(key, coin)
  }

  spend(key: OutPointKey): void {
    this.#changed.set(key, undefined)
  }

  apply(delta: UtxoDelta): void {
    for (const { key } of delta.spent) this.spend(key)
    for (const { key, coin } of delta.created) this.add(key, coin)
  }

  revert(delta: UtxoDelta): void {
    for (const { key } of delta.created) this.spend(key)
    for (const { key, coin } of delta.spent) this.add(key, coin)
  }

  /** True when nothing differs from below any more. */
  get unchanged(): boolean {
    for (const [key, coin] of this.#changed) if (!sameCoin(coin, this.#below(key))) return false
    return true
  }
}

/** The spendable outputs of a transaction in a block at `height`. */
export function* coinsMade(tx: Tx, height: number): Generator<readonly [OutPointKey, Coin]> {
  for (const [index, { script }] of tx.outputs.entries())
    if (!isUnspendable(script)) yield [outPointKey({ txid: tx.txid, index }), coinMade(tx, index, height)]
}

/** One of them. */
export function coinMade(tx: Tx, index: number, height: number): Coin {
  const { valueSat, script } = tx.outputs[index] as TxOut
  // The script is copied: a view would keep the whole block's bytes alive as long as the coin.
  return { valueSat, script: script.slice(), height, coinbase: isCoinbase(tx) }
}

/** The change that a block at `height` makes, given what it spent. */
export function deltaOf(block: Block, height: number, undo: BlockUndo): UtxoDelta {
  const made = new Map(block.transactions.flatMap(tx => [...coinsMade(tx, height)]))
  const spent: CoinRecord[] = []
  for (const [key, coin] of undo.spent) if (!made.delete(key)) spent.push(coinRecord(key, coin))
  return { spent, created: Array.from(made, ([key, coin]) => coinRecord(key, coin)) }
}

function coinRecord(key: OutPointKey, coin: Coin): CoinRecord {
  return { key, coin, bytes: seal(key, coinCodec, coin) }
}

/** Reads a stored coin; undefined when it is not what was written. */
export function readCoin(key: OutPointKey, bytes: Uint8Array): CoinRecord | undefined {
  const coin = unseal(key, coinCodec, bytes)
  return coin && { key, coin, bytes }
}

function sameCoin(a: Coin | undefined, b: Coin | undefined): boolean {
  if (a === undefined || b === undefined) return a === b
  return (
    a.valueSat === b.valueSat &&
    a.height === b.height &&
    a.coinbase === b.coinbase &&
    sameBytes(a.script, b.script)
  )
}

function statsOf(coins: ReadonlyMap<OutPointKey, Coin>, kind: UtxoHash): UtxoStats {
  const transactions = new Set<HashHex>()
  let totalSat = 0
  let serializedBytes = 0
  for (const [key, coin] of coins) {
    transactions.add(key.slice(0, 64))
    totalSat += coin.valueSat
    serializedBytes += 32 + 4 + 4 + 8 + 2 + coin.script.length
  }
  const hash = kind === 'none' ? '' : hashToHex(kind === 'muhash' ? unordered(coins) : ordered(coins))
  return { transactions: transactions.size, outputs: coins.size, totalSat, serializedBytes, hash }
}

/** In the order of Core's database: by transaction id in wire order, then by output. */
function ordered(coins: ReadonlyMap<OutPointKey, Coin>): Uint8Array {
  const rows = Array.from(coins, ([key, coin]) => {
    const txid = hashBytes(key.slice(0, 64))
    return { order: hashToHex(txid.toReversed()), index: Number(key.slice(65)), key, coin }
  })
  rows.sort((a, b) => (a.order === b.order ? a.index - b.index : a.order < b.order ? -1 : 1))
  const writer = new Writer(rows.length * 80 + 1)
  for (const { key, coin } of rows) writeWhole(writer, key, coin)
  return hasher.sha256d(writer.finish())
}

/** A few microseconds a coin, for numbers of 3,072 bits. */
function unordered(coins: ReadonlyMap<OutPointKey, Coin>): Uint8Array {
  const hash = new MuHash()
  for (const [key, coin] of coins) {
    const writer = new Writer()
    writeWhole(writer, key, coin)
    hash.insert(writer.finish())
  }
  return hash.digest()
}

/** As both hashes have it. */
function writeWhole(writer: Writer, key: OutPointKey, coin: Coin): void {
  const { txid, index } = pointOf(key)
  writer.bytes(hashBytes(txid))
  writer.u32(index)
  coinCodec.write(writer, coin)
}
