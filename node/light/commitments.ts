// Which filter each block of the chain has, as far as the peers agree or it was shown: the filter's hash, and the filter header that
// commits to it and to all before (BIP157). Kept as light/filter/<height>/<hash>. The first block's is worked out here: on it everything stands.

import { hash256 } from '../bitcoin/wire/codec.ts'
import type { HashHex } from '../bitcoin/wire/hex.ts'
import type { Store, StoreOp } from '../core/host.ts'
import { genesisBlock } from '../ledger/chain/genesis.ts'
import { seal, unseal } from '../ledger/chain/record.ts'
import type { BlockEntry } from '../ledger/chain/types.ts'
import { basicFilter, filterHash, filterHeader } from '../ledger/filters/basic-filter.ts'
import { NO_FILTER_HEADER } from '../ledger/filters/filter-index.ts'
import type { HeaderChain } from './header-chain.ts'
import { heightKey } from './keys.ts'

const FILTER = 'light/filter/'
const HASH_DIGITS = 64

export interface Commitment {
  /** Of the filter; 32 bytes in wire order. */
  readonly hash: Uint8Array
  /** Of the filter's header, likewise. */
  readonly header: Uint8Array
}

export class Commitments {
  readonly #chain: HeaderChain
  readonly #store: Store
  readonly #known = new Map<HashHex, Commitment>()
  /** The last block of the chain whose filter is known, and those of all before it. */
  #top: BlockEntry

  constructor(chain: HeaderChain, store: Store) {
    this.#chain = chain
    this.#store = store
    this.#top = chain.genesis
    const hash = filterHash(basicFilter(genesisBlock(chain.params), []))
    this.#known.set(chain.genesis.hash, { hash, header: filterHeader(hash, NO_FILTER_HEADER) })
  }

  /** What hangs together with the blocks before it; a damaged record ends it. */
  load(): void {
    for (const [key, bytes] of this.#store.scan(FILTER)) {
      const entry = this.#chain.entry(key.slice(-HASH_DIGITS))
      const before = entry?.parent && this.#known.get(entry.parent.hash)
      const hash = unseal(key, hash256, bytes)?.slice()
      if (!entry || !before || !hash) continue
      this.#known.set(entry.hash, { hash, header: filterHeader(hash, before.header) })
    }
    this.follow()
  }

  get top(): BlockEntry {
    return this.#top
  }

  get(entry: BlockEntry): Commitment | undefined {
    return this.#known.get(entry.hash)
  }

  /** The chain may go another way now. */
  follow(): void {
    const { tip } = this.#chain
    this.#top = this.#chain.forkPoint(this.#top, tip)
    for (let next = this.#chain.at(this.#top.height + 1); next && this.#known.has(next.hash); ) {
      this.#top = next
      next = this.#chain.at(next.height + 1)
    }
  }

  /** The filters of the blocks behind `top`, in order. */
  extend(hashes: readonly Uint8Array[]): void {
    const batch: StoreOp[] = []
    for (const said of hashes) {
      const hash = said.slice() // it outlives its message
      const entry = this.#chain.at(this.#top.height + 1)
      const before = this.#known.get(this.#top.hash)
      if (!entry || !before) break
      this.#known.set(entry.hash, { hash, header: filterHeader(hash, before.header) })
      batch.push({ put: keyOf(entry), value: seal(keyOf(entry), hash256, hash) })
      this.#top = entry
    }
    if (batch.length > 0) this.#store.commit(batch)
    this.follow()
  }

  /** What was held of this block was false, and so is all that stands on it, on every branch. */
  forget(root: BlockEntry): void {
    const batch: StoreOp[] = []
    for (const hash of [...this.#known.keys()]) {
      const entry = this.#chain.entry(hash)
      if (!entry || entry.height < root.height || this.#chain.ancestor(entry, root.height) !== root) continue
      this.#known.delete(hash)
      batch.push({ del: keyOf(entry) })
    }
    this.#store.commit(batch)
    if (this.#top.height >= root.height && root.parent) this.#top = root.parent
    this.follow()
  }
}

function keyOf({ hash, height }: BlockEntry): string {
  return `${FILTER}${heightKey(height)}/${hash}`
}
