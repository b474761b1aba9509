// Chains of headers alone, for what versions and times decide.

import { makeHeader } from '../../node/ledger/chain/header.ts'
import { BlockTree } from '../../node/ledger/chain/tree.ts'
import type { BlockEntry, Header } from '../../node/ledger/chain/types.ts'

export class Headers {
  #tree: BlockTree | undefined
  tip: BlockEntry | undefined

  /** Up to so many blocks, the genesis block included. */
  mine(blocks: number, time: number, version: number): this {
    while ((this.tip?.height ?? -1) + 1 < blocks) {
      const header = this.#header(this.tip, time, version)
      this.#tree ??= new BlockTree(header)
      this.tip = this.tip ? this.#tree.add(header, this.tip) : this.#tree.genesis
    }
    return this
  }

  #header(parent: BlockEntry | undefined, time: number, version: number): Header {
    return makeHeader({
      version,
      prev: parent?.hash ?? '0'.repeat(64),
      merkleRoot: new Uint8Array(32),
      time,
      bits: 0x207fffff,
      nonce: parent?.height ?? 0,
    })
  }
}
