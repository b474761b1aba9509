// The mempool between two lives of a node (Core's mempool.dat): one value in the store, written at an orderly end, and read at
// the start, where each transaction is judged anew as if it came then.

import { type Codec, decode, encode, hashHex, list, struct, u8 } from '../bitcoin/wire/codec.ts'
import type { HashHex } from '../bitcoin/wire/hex.ts'
import type { Store } from '../core/host.ts'
import { ConsensusError, ProtocolError } from '../errors.ts'
import { MIN_TX_BYTES, txCodec } from './chain/tx.ts'
import type { Tx } from './chain/types.ts'
import type { Mempool } from './mempool.ts'
import type { Unbroadcast } from './unbroadcast.ts'

const KEY = 'ledger/mempool'
const FORMAT = 1
/** As many as the bytes hold. */
const ANY = 0xffffffff

interface Kept {
  readonly tx: Tx
  readonly timeMs: number
}

interface Delta {
  readonly txid: HashHex
  readonly deltaSat: number
}

interface Stored {
  readonly format: number
  /** Parents before their children. */
  readonly entries: readonly Kept[]
  readonly deltas: readonly Delta[]
  readonly unbroadcast: readonly HashHex[]
}

const whole: Codec<number> = {
  write: (w, value) => w.i64(BigInt(Math.round(value))),
  read: r => Number(r.i64()),
}

const storedCodec: Codec<Stored> = struct<Stored>({
  format: u8,
  entries: list(struct<Kept>({ tx: txCodec, timeMs: whole }), ANY, MIN_TX_BYTES + 8),
  deltas: list(struct<Delta>({ txid: hashHex, deltaSat: whole }), ANY, 40),
  unbroadcast: list(hashHex, ANY, 32),
})

export class MempoolStore {
  readonly #store: Store
  readonly #mempool: Mempool
  readonly #unbroadcast: Unbroadcast

  constructor(store: Store, mempool: Mempool, unbroadcast: Unbroadcast) {
    this.#store = store
    this.#mempool = mempool
    this.#unbroadcast = unbroadcast
  }

  /** Where it is kept. */
  save(): string {
    const value = encode(storedCodec, {
      format: FORMAT,
      entries: Array.from(this.#mempool.entries(), ({ tx, timeMs }) => ({ tx, timeMs })),
      deltas: Array.from(this.#mempool.deltas(), ([txid, deltaSat]) => ({ txid, deltaSat })),
      unbroadcast: [...this.#unbroadcast.values()],
    })
    this.#store.commit([{ put: KEY, value }])
    return KEY
  }

  /** At an orderly end, where the node's policy is to keep it. */
  stop(): void {
    if (this.#mempool.policy.persist) this.save()
  }

  /** What cannot be read is as good as nothing: peers have it. */
  load(): void {
    const stored = this.#mempool.policy.persist ? this.#read() : undefined
    if (!stored) return
    for (const { txid, deltaSat } of stored.deltas) this.#mempool.prioritise(txid, deltaSat)
    for (const { tx, timeMs } of stored.entries) this.#restore(tx, timeMs)
    for (const txid of stored.unbroadcast) if (this.#mempool.has(txid)) this.#unbroadcast.add(txid)
  }

  #read(): Stored | undefined {
    const value = this.#store.get(KEY)
    try {
      const stored = value && decode(storedCodec, value)
      return stored?.format === FORMAT ? stored : undefined
    } catch (error) {
      if (error instanceof ProtocolError) return undefined
      throw error
    }
  }

  /** The time that it has waited counts, and what became impossible in the meantime stays away. */
  #restore(tx: Tx, timeMs: number): void {
    try {
      this.#mempool.accept(tx, timeMs)
    } catch (error) {
      if (!(error instanceof ConsensusError)) throw error
    }
  }
}
