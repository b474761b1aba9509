// How the chain lies in the store. Keys: ledger/tip, ledger/entry/<hash>, ledger/block/<hash>, ledger/undo/<hash>,
// ledger/coin/<txid>:<n>. Every value is sealed with a checksum. Changes are staged and committed as one batch.

import { type Codec, hashHex, struct, u8, u32 } from '../../bitcoin/wire/codec.ts'
import type { HashHex } from '../../bitcoin/wire/hex.ts'
import type { Batch, Store, StoreOp } from '../../core/host.ts'
import { Newest } from '../../core/newest.ts'
import { onceForEach } from '../once.ts'
import { blockCodec } from './block.ts'
import type { BlockCache } from './block-cache.ts'
import type { Connected } from './connected.ts'
import { headerCodec } from './header.ts'
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
/** Of these the values are large and read one at a time. */
export const BODIES: readonly string[] = [BODY, UNDO]

/** By the number that stands for them. The fifth was a block whose scripts an earlier version could not run: it is judged now. */
const STATUSES: readonly BlockEntry['status'][] = [
  'header',
  'stored',
  'valid',
  'invalid',
  'stored',
  'set-aside',
]

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
  hash: hashHex,
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

/** Of how many blocks operations are shared: the newest. */
const SHARED_BLOCKS = 4_096

interface EntryOp extends Pick<StoredEntry, 'status' | 'sequence' | 'transactions'> {
  readonly op: StoreOp
}

interface TipOp extends UtxoMark {
  readonly op: StoreOp
}

/** What chains of one process write alike: one key and one record serve them all. By block, in the few states that it has. */
export class SharedOps {
  readonly #entries = new Newest<HashHex, EntryOp[]>(SHARED_BLOCKS)
  readonly #tips = new Newest<HashHex, TipOp[]>(SHARED_BLOCKS)

  entry(entry: BlockEntry): StoreOp {
    const { hash, status, sequence, transactions } = entry
    const known = statesOf(this.#entries, hash)
    for (const one of known)
      if (one.sequence === sequence && one.status === status && one.transactions === transactions)
        return one.op
    const op = entryOp(entry)
    known.push({ status, sequence, transactions, op })
    return op
  }

  tip(tip: BlockEntry, mark: UtxoMark): StoreOp {
    const { count, sum } = mark
    const known = statesOf(this.#tips, tip.hash)
    for (const one of known) if (one.count === count && one.sum === sum) return one.op
    const op = tipOp(tip, mark)
    known.push({ count, sum, op })
    return op
  }
}

function statesOf<T>(ops: Newest<HashHex, T[]>, hash: HashHex): T[] {
  const known = ops.get(hash)
  if (known) return known
  const states: T[] = []
  ops.set(hash, states)
  return states
}

function entryOp(entry: BlockEntry): StoreOp {
  const key = ENTRY + entry.hash
  return { put: key, value: seal(key, entryCodec, entry) }
}

function tipOp({ hash, height }: BlockEntry, mark: UtxoMark): StoreOp {
  return { put: TIP, value: seal(TIP, tipCodec, { format: FORMAT, hash, height, mark }) }
}

export class ChainStore {
  readonly #store: Store
  readonly #blocks: BlockCache
  readonly #shared: SharedOps | undefined
  #staged: StoreOp[] = []
  /** Entries that changed since the last commit; written as they are by then. */
  #changed: BlockEntry[] = []

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
    this.#staged.push(this.#shared ? sharedBlockOp(block) : blockOp(block))
  }

  stageEntry(entry: BlockEntry): void {
    if (this.#changed.at(-1) !== entry) this.#changed.push(entry)
  }

  stageUndo(hash: HashHex, undo: BlockUndo): void {
    this.#staged.push(undoOp(hash, undo))
  }

  stageCoins(gone: readonly CoinRecord[], come: readonly CoinRecord[]): void {
    for (const op of coinOps(gone, come)) this.#staged.push(op)
  }

  /** What connecting a block changes, beside its entry: undo data and coins. */
  stageConnected(outcome: Connected): void {
    const ops = this.#shared ? sharedConnectedOps(outcome) : connectedOps(outcome)
    for (const op of ops) this.#staged.push(op)
  }

  stageTip(tip: BlockEntry, mark: UtxoMark): void {
    this.#staged.push(this.#shared ? this.#shared.tip(tip, mark) : tipOp(tip, mark))
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
    const changed = this.#changed.length > 1 ? new Set(this.#changed) : this.#changed
    for (const entry of changed) this.#staged.push(this.#shared ? this.#shared.entry(entry) : entryOp(entry))
    this.#changed.length = 0
    if (this.#staged.length === 0) return
    const batch: Batch = this.#staged
    this.#staged = []
    this.#store.commit(batch)
  }

  #read<T>(key: string, codec: Codec<T>): T | undefined {
    const record = this.#store.get(key)
    return record && unseal(key, codec, record)
  }
}

function coinOps(gone: readonly CoinRecord[], come: readonly CoinRecord[]): StoreOp[] {
  const ops: StoreOp[] = []
  for (const { key } of gone) ops.push({ del: COIN + key })
  for (const { key, bytes } of come) ops.push({ put: COIN + key, value: bytes })
  return ops
}

function undoOp(hash: HashHex, { spent }: BlockUndo): StoreOp {
  const key = UNDO + hash
  const coins = spent.map(([, coin]) => coin)
  return { put: key, value: seal(key, coinsCodec, coins) }
}

function blockOp(block: Block): StoreOp {
  const key = BODY + block.hash
  return { put: key, value: seal(key, blockCodec, block) }
}

function connectedOps({ block, undo, delta }: Connected): readonly StoreOp[] {
  return [undoOp(block.hash, undo), ...coinOps(delta.spent, delta.created)]
}

/**
 * How a value is written, by the value. Peers of one process that share a value share its keys and its records, too. Whoever
 * is alone keeps no record as long as its value: the cache of decoded blocks would hold each block twice.
 */
const sharedBlockOp = onceForEach(blockOp)
const sharedConnectedOps = onceForEach(connectedOps)
