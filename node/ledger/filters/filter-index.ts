// The filters of all blocks of the chain. Their headers are kept in memory, made anew after a start, some blocks at a time; a
// filter itself is made again from its block where it is long.

import type { HashHex } from '../../bitcoin/wire/hex.ts'
import type { Cancel, Clock } from '../../core/host.ts'
import type { Chain } from '../chain/chain.ts'
import type { BlockEntry } from '../chain/types.ts'
import { basicFilter, filterHash, filterHeader } from './basic-filter.ts'

/** Before the first block. */
export const NO_FILTER_HEADER = new Uint8Array(32)
/** Made in one go. */
const SLICE = 50
/** Filters of at most so many bytes stay in memory. */
const KEPT_BYTES = 1_024

interface Indexed {
  /** 32 bytes in wire order. */
  readonly hash: Uint8Array
  readonly header: Uint8Array
  readonly filter: Uint8Array | undefined
}

export class FilterIndex {
  readonly #chain: Chain
  readonly #clock: Clock
  /** Blocks that have left the chain stay, as in Core. */
  readonly #indexed = new Map<HashHex, Indexed>()
  #best: BlockEntry | undefined
  #cancel: Cancel | undefined

  constructor(chain: Chain, clock: Clock) {
    this.#chain = chain
    this.#clock = clock
  }

  start(): void {
    this.#work()
  }

  stop(): void {
    this.#cancel?.()
  }

  onTip(): void {
    if (!this.#cancel) this.#work()
  }

  /** All of the chain is in it. */
  get synced(): boolean {
    return this.#best === this.#chain.tip
  }

  get bestHeight(): number {
    return this.#best?.height ?? 0
  }

  /** Hash and header of a block's filter; undefined where it was never on the chain, or is not looked at yet. */
  get(entry: BlockEntry): Pick<Indexed, 'hash' | 'header'> | undefined {
    return this.#indexed.get(entry.hash)
  }

  filter(entry: BlockEntry): Uint8Array | undefined {
    const indexed = this.#indexed.get(entry.hash)
    return indexed && (indexed.filter ?? this.#make(entry))
  }

  /** Block after block towards the tip; the rest later, so that nobody waits for it. */
  readonly #work = (): void => {
    this.#cancel = undefined
    const { tip } = this.#chain
    if (this.#best) this.#best = this.#chain.forkPoint(this.#best, tip)
    for (let made = 0; made < SLICE && this.#best !== tip; made++) {
      const next = this.#best ? this.#chain.at(this.#best.height + 1) : this.#chain.genesis
      if (!next) return
      this.#index(next)
      this.#best = next
    }
    if (this.#best !== tip) this.#cancel = this.#clock.after(0, this.#work)
  }

  #index(entry: BlockEntry): void {
    if (this.#indexed.has(entry.hash)) return
    const filter = this.#make(entry)
    const hash = filterHash(filter)
    const previous = entry.parent ? this.#indexed.get(entry.parent.hash)?.header : NO_FILTER_HEADER
    const header = filterHeader(hash, previous ?? NO_FILTER_HEADER)
    this.#indexed.set(entry.hash, { hash, header, filter: filter.length <= KEPT_BYTES ? filter : undefined })
  }

  #make({ hash }: BlockEntry): Uint8Array {
    const block = this.#chain.block(hash)
    const undo = this.#chain.undo(hash)
    if (!block || !undo) throw new Error(`no block ${hash} to make a filter of`)
    return basicFilter(
      block,
      undo.spent.map(([, { script }]) => script),
    )
  }
}
