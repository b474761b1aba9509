// Compact blocks (BIP152, version 2) as pure values: making one, and putting a block together from one and a mempool.

import type { HashHex } from '../bitcoin/wire/hex.ts'
import { hexToHash } from '../bitcoin/wire/hex.ts'
import { Newest } from '../core/newest.ts'
import { ProtocolError } from '../errors.ts'
import { hasher } from '../hash.ts'
import { makeBlock } from './chain/block.ts'
import type { Block, Header, Tx } from './chain/types.ts'
import type { CompactBlock } from './messages.ts'
import { onceForEach } from './once.ts'
import { sipHash24 } from './siphash.ts'

/** A transaction weighs at least this much (60 bytes without a witness), so a block holds only so many. */
const MIN_TX_WEIGHT = 240

/** wtxids in wire order: asked for again with every compact block. */
const bytesOfWtxid = onceForEach((tx: Tx) => hexToHash(tx.wtxid) as Uint8Array)

/** The key of a compact block's short ids: the first 16 bytes of SHA-256(header ‖ nonce). */
function shortIdKey(header: Header, nonce: bigint): Uint8Array {
  const message = new Uint8Array(88)
  message.set(header.bytes)
  new DataView(message.buffer).setBigUint64(80, nonce, true)
  return hasher.sha256(message).subarray(0, 16)
}

function shortId(key: Uint8Array, tx: Tx): number {
  const { low, high } = sipHash24(key, bytesOfWtxid(tx))
  return (high & 0xffff) * 0x100000000 + low
}

/** Only the coinbase is prefilled: nobody else can have it. */
export function makeCompact(block: Block, nonce: bigint): CompactBlock {
  const key = shortIdKey(block.header, nonce)
  const [coinbase, ...rest] = block.transactions
  return {
    header: block.header,
    nonce,
    shortIds: rest.map(tx => shortId(key, tx)),
    prefilled: coinbase ? [{ index: 0, tx: coinbase }] : [],
  }
}

/** How many compact forms are shared: those of the blocks that are on their way now. */
const SHARED_FORMS = 64

/** Compact forms by block hash, for peers of one process: one nonce serves them all, and the form is made and read once. */
export class SharedCompacts {
  readonly #forms = new Newest<HashHex, CompactBlock>(SHARED_FORMS)

  get(block: Block, make: (block: Block) => CompactBlock): CompactBlock {
    const known = this.#forms.get(block.hash)
    if (known) return known
    const form = make(block)
    this.#forms.set(block.hash, form)
    return form
  }
}

/** Blocks of which the compact form is all there is: put together once, whoever reads it. */
const wholes = new WeakMap<CompactBlock, Block>()

/** The block that a peer of this process put together of this very message, with nothing but what the message holds. */
export function wholeOf(compact: CompactBlock): Block | undefined {
  return wholes.get(compact)
}

/** A block of which some transactions are still missing. */
export class PartialBlock {
  readonly header: Header
  readonly #compact: CompactBlock
  readonly #transactions: (Tx | undefined)[]

  private constructor(compact: CompactBlock, transactions: (Tx | undefined)[]) {
    this.header = compact.header
    this.#compact = compact
    this.#transactions = transactions
  }

  /**
   * Fills in what `candidates` has. Undefined when two transactions of the block share a short id: nobody's fault,
   * the whole block must be asked for. A compact block that cannot be one at all is a ProtocolError.
   */
  static open(
    compact: CompactBlock,
    candidates: Iterable<Tx>,
    maxBlockWeight: number,
  ): PartialBlock | undefined {
    const transactions = place(compact, maxBlockWeight)
    const slots = emptySlots(compact, transactions)
    if (!slots) return undefined
    if (slots.size > 0) fillFrom(candidates, shortIdKey(compact.header, compact.nonce), slots, transactions)
    return new PartialBlock(compact, transactions)
  }

  /** Places without a transaction, ascending. */
  missing(): number[] {
    const places: number[] = []
    for (const [index, tx] of this.#transactions.entries()) if (!tx) places.push(index)
    return places
  }

  /** Are so many transactions missing? */
  lacks(count: number): boolean {
    return this.missing().length === count
  }

  /** The block, with `transactions` in the missing places. ProtocolError if they are not as many as were missing. */
  complete(transactions: readonly Tx[]): Block {
    const missing = this.missing()
    if (missing.length !== transactions.length)
      throw new ProtocolError('malformed', `${transactions.length} transactions for ${missing.length} places`)
    for (const [i, index] of missing.entries()) this.#transactions[index] = transactions[i]
    const block = makeBlock(this.header, this.#transactions as Tx[])
    if (this.#compact.shortIds.length === 0) wholes.set(this.#compact, block)
    return block
  }
}

function place(compact: CompactBlock, maxBlockWeight: number): (Tx | undefined)[] {
  const count = compact.shortIds.length + compact.prefilled.length
  if (count === 0 || count > maxBlockWeight / MIN_TX_WEIGHT)
    throw new ProtocolError('malformed', `a compact block of ${count} transactions`)
  const transactions = new Array<Tx | undefined>(count).fill(undefined)
  for (const { index, tx } of compact.prefilled) {
    if (index >= count) throw new ProtocolError('malformed', `transaction ${index} of ${count}`)
    transactions[index] = tx
  }
  return transactions
}

/** Short id → its place; undefined if two places have one id. */
function emptySlots(
  compact: CompactBlock,
  transactions: readonly (Tx | undefined)[],
): Map<number, number> | undefined {
  const slots = new Map<number, number>()
  const ids = compact.shortIds.values()
  for (const [index, tx] of transactions.entries()) {
    if (tx) continue
    const id = ids.next().value as number
    if (slots.has(id)) return undefined
    slots.set(id, index)
  }
  return slots
}

/** Two candidates for one place: neither is trusted, the transaction is asked for. */
function fillFrom(
  candidates: Iterable<Tx>,
  key: Uint8Array,
  slots: ReadonlyMap<number, number>,
  transactions: (Tx | undefined)[],
): void {
  const disputed = new Set<number>()
  for (const tx of candidates) {
    const index = slots.get(shortId(key, tx))
    if (index === undefined || disputed.has(index)) continue
    const present = transactions[index]
    if (!present) transactions[index] = tx
    else if (present.wtxid !== tx.wtxid) {
      transactions[index] = undefined
      disputed.add(index)
    }
  }
}
