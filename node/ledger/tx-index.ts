// In which block each transaction of the chain is (Core's -txindex), in memory, made anew after a start.

import type { HashHex } from '../bitcoin/wire/hex.ts'
import type { Clock } from '../core/host.ts'
import type { Chain } from './chain/chain.ts'
import type { BlockEntry } from './chain/types.ts'
import { ChainFollower } from './chain-follower.ts'

export class TxIndex {
  readonly follower: ChainFollower
  readonly #chain: Chain
  /** Those of blocks that have left the chain stay until another block has them, as in Core. */
  readonly #blocks = new Map<HashHex, HashHex>()

  constructor(chain: Chain, clock: Clock) {
    this.#chain = chain
    this.follower = new ChainFollower(chain, clock, entry => this.#take(entry))
  }

  /** The block that has it. */
  find(txid: HashHex): BlockEntry | undefined {
    const hash = this.#blocks.get(txid)
    return hash === undefined ? undefined : this.#chain.entry(hash)
  }

  /** The first transaction of all can be spent by nobody, and Core does not find it either. */
  #take(entry: BlockEntry): void {
    if (!entry.parent) return
    for (const { txid } of this.#chain.block(entry.hash)?.transactions ?? [])
      this.#blocks.set(txid, entry.hash)
  }
}
