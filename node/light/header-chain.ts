// The chain of headers of a light client: all rules that a header alone can break, most work first, and no block behind it. Kept
// as light/header/<height>/<hash>; a record that is not what its key says is left out with all that stands on it, and fetched anew.

import { encode, Reader } from '../bitcoin/wire/codec.ts'
import type { HashHex } from '../bitcoin/wire/hex.ts'
import type { Store, StoreOp } from '../core/host.ts'
import type { SharedValidation } from '../ledger/chain/connect.ts'
import { genesisBlock } from '../ledger/chain/genesis.ts'
import { HEADER_BYTES, headerCodec } from '../ledger/chain/header.ts'
import { HeaderAcceptance } from '../ledger/chain/header-acceptance.ts'
import { ancestor, BlockTree, forkPoint, locator, pathUp } from '../ledger/chain/tree.ts'
import type { BlockEntry, Header } from '../ledger/chain/types.ts'
import { medianTimePast } from '../ledger/consensus/header-rules.ts'
import { RuleBook } from '../ledger/consensus/rules.ts'
import type { ChainParams } from '../params.ts'
import { heightKey } from './keys.ts'

const HEADER = 'light/header/'

export interface HeaderChainModules {
  readonly params: ChainParams
  readonly store: Store
  readonly nowMs: () => number
  readonly shared: SharedValidation | undefined
}

/** The chain goes another way, or further. Tip first. */
export interface ChainChange {
  readonly left: readonly BlockEntry[]
  readonly fork: BlockEntry
}

export class HeaderChain {
  readonly params: ChainParams
  readonly #store: Store
  readonly #tree: BlockTree
  readonly #acceptance: HeaderAcceptance
  /** By height. */
  readonly #active: BlockEntry[]
  #staged: StoreOp[] = []

  constructor({ params, store, nowMs, shared }: HeaderChainModules) {
    this.params = params
    this.#store = store
    this.#tree = new BlockTree(genesisBlock(params).header)
    this.#active = [this.#tree.genesis]
    const chain = this
    this.#acceptance = new HeaderAcceptance(
      {
        ...{ params, nowMs, shared, leastWork: 0n },
        // Signals bring rules for what is in blocks, and headers are no different for them.
        rules: new RuleBook(params),
        store: { stageEntry: entry => this.#stage(entry) },
      },
      this.#tree,
      {
        get tip() {
          return chain.tip
        },
        ancestor: (entry, height) => this.ancestor(entry, height),
      },
    )
  }

  /** Parents come before their children: keys are by height. */
  load(): void {
    for (const [key, bytes] of this.#store.scan(HEADER)) {
      const header = bytes.length === HEADER_BYTES ? headerCodec.read(new Reader(bytes)) : undefined
      const parent = header && this.#tree.get(header.prev)
      if (header && parent && key === keyOf(header.hash, parent.height + 1)) this.#tree.add(header, parent)
    }
    this.#follow()
  }

  get tip(): BlockEntry {
    return this.#active.at(-1) as BlockEntry
  }

  get genesis(): BlockEntry {
    return this.#tree.genesis
  }

  /** Of all branches. */
  get size(): number {
    return this.#tree.size
  }

  entry(hash: HashHex): BlockEntry | undefined {
    return this.#tree.get(hash)
  }

  at(height: number): BlockEntry | undefined {
    return this.#active[height]
  }

  isActive(entry: BlockEntry): boolean {
    return this.#active[entry.height] === entry
  }

  ancestor(entry: BlockEntry, height: number): BlockEntry | undefined {
    return this.isActive(entry) && height <= entry.height ? this.#active[height] : ancestor(entry, height)
  }

  forkPoint(a: BlockEntry, b: BlockEntry): BlockEntry {
    return forkPoint(a, b)
  }

  /** From here, dense at first: what `getheaders` carries. */
  locator(from: BlockEntry): HashHex[] {
    return locator(from)
  }

  medianTimePast(entry: BlockEntry): number {
    return medianTimePast(entry)
  }

  leaves(): Iterable<BlockEntry> {
    return this.#tree.leaves()
  }

  /** Takes headers, each on one known before it; throws the rule that the first bad one breaks, and keeps those before it. The last one's entry. */
  accept(headers: readonly Header[]): BlockEntry {
    try {
      return this.#acceptance.acceptAll(headers).last
    } finally {
      if (this.#staged.length > 0) this.#store.commit(this.#staged)
      this.#staged = []
    }
  }

  /** Goes over to the branch of most work; undefined where it stands on it. */
  advance(): ChainChange | undefined {
    const before = this.tip
    if (this.#tree.best === before) return undefined
    const fork = forkPoint(before, this.#tree.best)
    const left = this.#active.slice(fork.height + 1).reverse()
    this.#follow()
    return { left, fork }
  }

  #follow(): void {
    const { best } = this.#tree
    const fork = forkPoint(this.tip, best)
    this.#active.length = fork.height + 1
    for (const entry of pathUp(fork, best)) this.#active.push(entry)
  }

  #stage(entry: BlockEntry): void {
    this.#staged.push({ put: keyOf(entry.hash, entry.height), value: encode(headerCodec, entry.header) })
  }
}

function keyOf(hash: HashHex, height: number): string {
  return `${HEADER}${heightKey(height)}/${hash}`
}
