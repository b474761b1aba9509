// The filters of all blocks of the chain. Their headers are kept in memory, made anew after a start; a
// filter itself is made again from its block where it is long.

import type { HashHex } from '../../bitcoin/wire/hex.ts'
import type { Clock } from '../../core/host.ts'
import type { Chain } from '../chain/chain.ts'
import type { BlockEntry } from '../chain/types.ts'
import { ChainFollower } from '../chain-follower.ts'
import { basicFilter, filterHash, filterHeader, filterMatches } from './basic-filter.ts'

/** Before the first block. */
export const NO_FILTER_HEADER = new Uint8Array(32)
/** Filters of at most so many bytes stay in memory. */
const KEPT_BYTES = 1_024

interface Indexed {
  /** 32 bytes in wire order. */
  readonly hash: Uint8Array
  readonly header: Uint8Array
  readonly filter: Uint8Array | undefined
}

export class FilterIndex {
  readonly follower: ChainFollower
  readonly #chain: Chain
  /** Blocks that have left the chain stay, as in Core. */
  readonly #indexed = new Map<HashHex, Indexed>()

  constructor(chain: Chain, clock: Clock) {
    this.#chain = chain
    this.follower = new ChainFollower(chain, clock, entry => this.#index(entry))
  }

  /** Hash and header of a block's filter; undefined where it was never on the chain, or is not looked at yet. */
  get(entry: BlockEntry): Pick<Indexed, 'hash' | 'header'> | undefined {
    return this.#indexed.get(entry.hash)
  }

  filter(entry: BlockEntry): Uint8Array | undefined {
    const indexed = this.#indexed.get(entry.hash)
    return indexed && (indexed.filter ?? this.#make(entry))
  }

  /** Whether the block may have one of these scripts; undefined: it is not indexed. */
  matches(entry: BlockEntry, scripts: readonly Uint8Array[]): boolean | undefined {
    const filter = this.filter(entry)
    return filter && filterMatches(filter, entry.header, scripts)
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
    const undo = block && this.#chain.undo(block)
    if (!undo) throw new Error(`no block ${hash} to make a filter of`)
    return basicFilter(
      block,
      undo.spent.map(([, { script }]) => script),
    )
  }
}
