// Whether a piece is what its torrent says: by its file's tree in version 2, by its SHA-1 in version 1 and where a hybrid's trees are not
// known yet.

import { hasher } from '../hash.ts'
import type { BlockMemo } from './block-memo.ts'
import { FileTree } from './file-tree.ts'
import type { Layout } from './layout.ts'
import { BLOCK_BYTES, type Metainfo } from './metainfo/metainfo.ts'
import type { Digests } from './storage.ts'

const HASH_BYTES = 32
const SHA1_BYTES = 20

export class Verifier {
  readonly #meta: Metainfo
  readonly #layout: Layout
  readonly #digests: Digests | undefined
  readonly #memo: BlockMemo | undefined
  /** Of files that have bytes, in their order; none in version 1. */
  readonly trees: readonly FileTree[]
  readonly #treeOfPiece: readonly (FileTree | undefined)[]
  readonly #byRoot = new Map<string, FileTree>()

  constructor(layout: Layout, digests: Digests | undefined, memo?: BlockMemo) {
    this.#meta = layout.meta
    this.#layout = layout
    this.#digests = digests
    this.#memo = memo
    this.trees = layout.files.filter(({ root }) => root).map(file => new FileTree(file, layout.pieceLength))
    const ofPiece = new Array<FileTree | undefined>(layout.pieces).fill(undefined)
    for (const tree of this.trees) {
      ofPiece.fill(tree, tree.firstPiece, tree.firstPiece + tree.pieces)
      this.#byRoot.set(keyOf(tree.root), tree)
    }
    this.#treeOfPiece = ofPiece
  }

  readonly #hash = (block: Uint8Array) => this.#digests?.sha256?.(block) ?? hasher.sha256(block)

  treeOf(piece: number): FileTree | undefined {
    return this.#treeOfPiece[piece]
  }

  treeAt(root: Uint8Array): FileTree | undefined {
    return this.#byRoot.get(keyOf(root))
  }

  /** Undefined: it cannot be told yet. `blocks`: all of the piece's. */
  isSound(piece: number, blocks: readonly Uint8Array[]): boolean | undefined {
    const tree = this.treeOf(piece)
    if (tree?.pieceHash(piece))
      return tree.isPiece(
        piece,
        blocks.map(block => this.leaf(block)),
      )
    const { pieceHashesV1 } = this.#meta
    if (!pieceHashesV1 || !this.#digests) return undefined
    const whole = new Uint8Array(this.#layout.fullBytes(piece))
    blocks.forEach((block, index) => {
      whole.set(block, index * BLOCK_BYTES)
    })
    const sha1 = this.#digests.sha1(whole)
    return sha1.every((byte, at) => byte === pieceHashesV1[piece * SHA1_BYTES + at])
  }

  /** Hash of a block, as its tree has it. */
  leaf(block: Uint8Array): Uint8Array {
    return this.#memo ? this.#memo.hash(block, this.#hash) : this.#hash(block)
  }

  isLeaf(block: Uint8Array, leaves: Uint8Array, index: number): boolean {
    return this.leaf(block).every((byte, at) => byte === leaves[index * HASH_BYTES + at])
  }
}

function keyOf(root: Uint8Array): string {
  return String.fromCharCode.apply(null, root as unknown as number[])
}
