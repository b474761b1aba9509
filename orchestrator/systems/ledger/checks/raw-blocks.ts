// Blocks as a node hands them out, raw, for checks that verify them with code of their own. What was fetched once is kept:
// a block is what its hash says, so a later look asks for the new ones only.

import type { Ground } from '../../../checks/check.ts'
import { hashOf, parentOf } from './raw-chain.ts'

export const HEADER_BYTES = 80
const ZERO_HASH = '0'.repeat(64)

export class RawBlocks {
  readonly #ground: Ground
  /** Node → hash → block. Nodes are not believed for each other: a store may have been damaged in one place only. */
  readonly #kept = new Map<string, Map<string, Buffer>>()

  constructor(ground: Ground) {
    this.#ground = ground
  }

  /** From genesis to `tip`, by the parents that the raw blocks name, so that no reorganisation can mix two chains. */
  async chainOf(node: string, tip: string): Promise<Buffer[]> {
    const blocks: Buffer[] = []
    for (let hash = tip; hash !== ZERO_HASH; ) {
      const block = await this.#block(node, hash)
      blocks.push(block)
      hash = parentOf(block)
    }
    return blocks.reverse()
  }

  async #block(node: string, hash: string): Promise<Buffer> {
    const kept = this.#kept.get(node) ?? new Map<string, Buffer>()
    this.#kept.set(node, kept)
    const known = kept.get(hash)
    if (known) return known
    const block = Buffer.from(String(await this.#ground.rpc(node, 'getblock', [hash, 0])), 'hex')
    const is = hashOf(block.subarray(0, HEADER_BYTES))
    if (is !== hash) throw new WrongBlock(`asked for block ${hash}, it gave ${is}`)
    kept.set(hash, block)
    return block
  }
}

/** A node that gives another block than it was asked for. */
export class WrongBlock extends Error {
  override readonly name = 'WrongBlock'
}
