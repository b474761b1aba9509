// How the chain lies in the store. Keys: ledger/tip, ledger/entry/<hash>, ledger/block/<hash>, ledger/undo/<hash>,
// ledger/coin/<txid>:<n>. Every value is sealed with a checksum. Changes are staged and committed as one batch.

import type { Batch, Store, StoreOp } from '../../core/host.ts'
import { type Codec, struct, u8, u32 } from '../../wire/codec.ts'
import { type HashHex, hashToHex } from '../../wire/hex.ts'
import { blockCodec } from './block.ts'
import type { BlockCache } from './block-cache.ts'
import { hashBytes, headerCodec } from './header.ts'
import { seal, unseal } from './record.ts'
import { isCoinbase, outPointKey } from './tx.ts'
import type { Block, BlockEntry, BlockUndo, Coin, Header, TxIn } from './types.ts'
import { type CoinRecord, coinCodec, readCoin, type UtxoMark } from './utxo.ts'

const FORMAT = 1
const TIP = 'ledger/tip'
const ENTRY = 'ledger/entry/'
const BODY = 'ledger/block/'
const UNDO = 'ledger/undo/'
const COIN = 'ledger/coin/'

const STATUSES: readonly BlockEntry['status'][] = ['header', 'stored', 'valid', 'invalid']

/** A BlockEntry as stored: its parent and work follow from the tree. */
export interface StoredEntry extends Pick<BlockEntry, 'height' | 'status' | 'sequence' | 'transactions'> {
  readonly header: Header
}

export interface StoredTip {
  readonly format: number
  readonly hash: HashHex
  readonly height: number
  readonly mark: UtxoMark
}

const hashCodec: Codec<HashHex> = {
  write: (w, hash) => w.bytes(hashBytes(hash)),
  read: r => hashToHex(r.bytes(32)),
}

const statusCodec: Codec<BlockEntry['status']> = {
  write: (w, status) => w.u8(STATUSES.indexOf(status)),
  read: r => STATUSES[r.u8()] ?? 'invalid',
}

const entryCodec = struct<StoredEntry>({
  header: headerCodec,
  height: u32,
  status: statusCodec,
  sequence: u32,
  transactions: u32,
})

const tipCodec = struct<StoredTip>({
  format: u8,
  hash: hashCodec,
  height: u32,
  mark: struct<UtxoMark>({ count: u32, sum: u32 }),
})

/** As many coins as the bytes hold. */
const coinsCodec: Codec<readonly Coin[]> = {
  write: (w, coins) => {
    for (const coin of coins) coinCodec.write(w, coin)
  },
  read: r => {
    const coins: Coin[] = []
    while (r.remaining > 0) coins.push(coinCodec.read(r))
    return coins
  },
}

/** How many are shared: those of the newest blocks. */
const SHARED_OPS = 16_384

/** What chains of one process write alike: one key and one record serve them all. */
export class SharedOps {
  readonly #ops = new Map<string, StoreOp>()

  get(id: string, make: () => StoreOp): StoreOp {
    const known = this.#ops.get(id)
    if (known) return known
    const op = make()
    this.#ops.set(id, op)
    if (this.#ops.size > SHARED_OPS) this.#ops.delete(this.#ops.keys().next().value as string)
    return op
  }
}

export class ChainStore {
  readonly #store: Store
  readonly #blocks: BlockCache
  readonly #shared: SharedOps | undefined
  #staged: StoreOp[] = []
  /** Entries that changed since the last commit; written as they are by then. */
  readonly #changed = new Set<BlockEntry>()

  constructor(store: Store, blocks: BlockCache, shared?: SharedOps) {
    this.#store = store
    this.#blocks = blocks
    this.#shared = shared
  }

  // Reading

  block(hash: HashHex): Block | undefined {
    const cached = this.#blocks.get(hash)
    if (cached) return cached
    const block = this.#read(BODY + hash, blockCodec)
    if (block?.hash !== hash) return undefined
    this.#blocks.put(block)
    return block
  }

  /** What `block` spent. Only the coins are stored: the block itself says which outpoints they were. */
  undo(block: Block): BlockUndo | undefined {
    const coins = this.#read(UNDO + block.hash, coinsCodec)
    const inputs = block.transactions.flatMap(tx => (isCoinbase(tx) ? [] : tx.inputs))
    if (coins?.length !== inputs.length) return undefined
    return { spent: coins.map((coin, i) => [outPointKey((inputs[i] as TxIn).previous), coin] as const) }
  }

  /** `none`: nothing was ever stored here; `damaged`: something was. */
  tip(): StoredTip | 'none' | 'damaged' {
    const record = this.#store.get(TIP)
    if (record === undefined) {
      for (const _ of this.#store.scan(ENTRY)) return 'damaged'
      return 'none'
    }
    const tip = unseal(TIP, tipCodec, record)
    return tip?.format === FORMAT ? tip : 'damaged'
  }

  /** All index entries; undefined in place of a damaged one. */
  *entries(): Generator<StoredEntry | undefined> {
    for (const [key, record] of this.#store.scan(ENTRY)) {
      const entry = unseal(key, entryCodec, record)
      yield entry?.header.hash === key.slice(ENTRY.length) ? entry : undefined
    }
  }

  /** All coins; undefined in place of a damaged one. */
  *coins(): Generator<CoinRecord | undefined> {
    for (const [key, record] of this.#store.scan(COIN)) yield readCoin(key.slice(COIN.length), record)
  }

  // Writing

  stageBlock(block: Block): void {
    this.#blocks.put(block)
    const key = BODY + block.hash
    this.#staged.push(opOf(block, () => ({ put: key, value: seal(key, blockCodec, block) })))
  }

  stageEntry(entry: BlockEntry): void {
    this.#changed.add(entry)
  }

  stageUndo(hash: HashHex, undo: BlockUndo): void {
    const key = UNDO + hash
    const coins = undo.spent.map(([, coin]) => coin)
    this.#staged.push(opOf(undo, () => ({ put: key, value: seal(key, coinsCodec, coins) })))
  }

  stageCoins(gone: readonly CoinRecord[], come: readonly CoinRecord[]): void {
    for (const { key } of gone) this.#staged.push({ del: COIN + key })
    for (const coin of come) {
      const make = () => ({ put: COIN + coin.key, value: coin.bytes })
      this.#staged.push(this.#shared ? opOf(coin, make) : make())
    }
  }

  stageTip(tip: BlockEntry, mark: UtxoMark): void {
    const { hash, height } = tip
    const make = () => ({ put: TIP, value: seal(TIP, tipCodec, { format: FORMAT, hash, height, mark }) })
    this.#staged.push(this.#op(`tip ${hash} ${mark.count} ${mark.sum}`, make))
  }

  /** How much is staged beside entries: a place to come back to. */
  get staged(): number {
    return this.#staged.length
  }

  /** Forgets what was staged since. Entries are put right by changing them back. */
  unstage(place: number): void {
    this.#staged.length = place
  }

  /** Writes everything staged, whole or not at all. */
  commit(): void {
    for (const entry of this.#changed) {
      const { hash, status, sequence, transactions } = entry
      const key = ENTRY + hash
      const make = () => ({ put: key, value: seal(key, entryCodec, entry) })
      this.#staged.push(this.#op(`${hash} ${status} ${sequence} ${transactions}`, make))
    }
    this.#changed.clear()
    if (this.#staged.length === 0) return
    const batch: Batch = this.#staged
    this.#staged = []
    this.#store.commit(batch)
  }

  #op(id: string, make: () => StoreOp): StoreOp {
    return this.#shared ? this.#shared.get(id, make) : make()
  }

  #read<T>(key: string, codec: Codec<T>): T | undefined {
    const record = this.#store.get(key)
    return record && unseal(key, codec, record)
  }
}

/** How a value is written, by the value. Peers of one process that share a value share its key and its record, too. */
const ops = new WeakMap<object, StoreOp>()

function opOf(value: object, make: () => StoreOp): StoreOp {
  const known = ops.get(value)
  if (known) return known
  const op = make()
  ops.set(value, op)
  return op
}
