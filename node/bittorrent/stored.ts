// Whether a piece lies on the machine as its torrent says.

import type { KeptContent } from './kept-content.ts'
import { BLOCK_BYTES } from './metainfo/metainfo.ts'
import type { Verifier } from './verifier.ts'

/** Undefined: its hash is not known any more. */
export function isStored(content: KeptContent, verifier: Verifier, piece: number): boolean | undefined {
  const blocks = blocksOf(content, piece)
  return blocks ? verifier.isSound(piece, blocks) : false
}

/** All blocks of a piece; undefined: they are not all there. */
export function blocksOf(content: KeptContent, piece: number): Uint8Array[] | undefined {
  const { layout } = content
  const blocks: Uint8Array[] = []
  for (let block = 0; block < layout.blocks(piece); block++) {
    const bytes = content.read(piece, block * BLOCK_BYTES, layout.blockBytes(piece, block))
    if (!bytes) return undefined
    blocks.push(bytes)
  }
  return blocks
}
