// Blocks read lately, so that serving and reorganising do not decode them again. Bounded by the memory that they take.

import type { HashHex } from '../../bitcoin/wire/hex.ts'
import type { Block } from './types.ts'

const DEFAULT_BYTES = 8 * 1024 * 1024
/** Of so many blocks a part goes at once: whoever asks a Map for its oldest entry walks over all that went before. */
const MANY = 64
const PART_FREED = 1 / 16
/** What objects, their slots and their views of the bytes take, as measured: decoded, a payment of 222 bytes takes 2,500. */
const BLOCK_OVERHEAD_BYTES = 1_500
const TX_OVERHEAD_BYTES = 700
const PART_OVERHEAD_BYTES = 450

export class BlockCache {
  readonly #capacityBytes: number
  readonly #blocks = new Map<HashHex, Block>()
  /** Used last. */
  #newest: Block | undefined
  #bytes = 0

  constructor(capacityBytes = DEFAULT_BYTES) {
    this.#capacityBytes = capacityBytes
  }

  get bytes(): number {
    return this.#bytes
  }

  get(hash: HashHex): Block | undefined {
    if (this.#newest?.hash === hash) return this.#newest
    const block = this.#blocks.get(hash)
    if (block === undefined) return undefined
    // A Map keeps the order of insertion: the first is always the one not used for longest.
    this.#blocks.delete(hash)
    this.#blocks.set(hash, block)
    this.#newest = block
    return block
  }

  put(block: Block): void {
    if (!this.#blocks.delete(block.hash)) this.#bytes += memoryOf(block)
    this.#blocks.set(block.hash, block)
    this.#newest = block
    if (this.#bytes <= this.#capacityBytes) return
    const leftBytes = this.#capacityBytes * (this.#blocks.size < MANY ? 1 : 1 - PART_FREED)
    for (const [hash, oldest] of this.#blocks) {
      // The newest stays, however large.
      if (this.#bytes <= leftBytes || hash === block.hash) break
      this.#blocks.delete(hash)
      this.#bytes -= memoryOf(oldest)
    }
  }
}

/** Bytes that a decoded block takes, roughly: ten times its size on the wire. */
function memoryOf({ size, transactions }: Block): number {
  let bytes = BLOCK_OVERHEAD_BYTES + size + transactions.length * TX_OVERHEAD_BYTES
  for (const { inputs, outputs } of transactions)
    bytes += (inputs.length + outputs.length) * PART_OVERHEAD_BYTES
  return bytes
}
