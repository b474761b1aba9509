// Hashes of version 2 for peers that ask (BEP 52): of layers that are known, and of leaves below pieces that are here. How many there
// are to be is the asker's business, whether a power of two or not; libtorrent asks for whole layers of a small file.

import type { FileTree } from './file-tree.ts'
import { hashPair, heightOf, zeroHash } from './tree-hashes.ts'
import type { HashRange } from './wire/message.ts'

const HASH_BYTES = 32
/** Nobody needs more in an answer. */
const MAX_HASHES = 8_192
/** Pieces whose hashes are kept, because the next question is about them too. */
const KEPT_PIECES = 4

export class HashServing {
  readonly #leavesOf: (tree: FileTree, piece: number) => readonly Uint8Array[] | undefined
  /** By piece: layers from its leaves up. */
  readonly #kept = new Map<number, readonly (readonly Uint8Array[])[]>()

  /** `leavesOf`: hashes of a piece's blocks; undefined where it is not here. */
  constructor(leavesOf: (tree: FileTree, piece: number) => readonly Uint8Array[] | undefined) {
    this.#leavesOf = leavesOf
  }

  /** A piece changed. */
  forget(piece: number): void {
    this.#kept.delete(piece)
  }

  /** Undefined: they are not known here, or make no sense. */
  answer(tree: FileTree, { base, index, length, proofs }: HashRange): Uint8Array | undefined {
    const top = tree.base + tree.height
    const isSound = length >= 1 && length <= MAX_HASHES && base <= top && index + length <= 2 ** (top - base)
    if (!isSound || !tree.complete) return undefined
    const own = heightOf(length)
    const uncles = Math.min(top - base - own, Math.max(0, proofs - Math.max(0, own - 1)))
    if (uncles > 0 && index % 2 ** own !== 0) return undefined
    const hashes = new Uint8Array((length + uncles) * HASH_BYTES)
    for (let at = 0; at < length; at++) if (!this.#put(hashes, at, tree, base, index + at)) return undefined
    for (let uncle = 0; uncle < uncles; uncle++) {
      const sibling = Math.floor(index / 2 ** (own + uncle)) ^ 1
      if (!this.#put(hashes, length + uncle, tree, base + own + uncle, sibling)) return undefined
    }
    return hashes
  }

  #put(hashes: Uint8Array, at: number, tree: FileTree, layer: number, index: number): boolean {
    const hash = layer >= tree.base ? tree.upperNode(layer, index) : this.#below(tree, layer, index)
    if (hash) hashes.set(hash, at * HASH_BYTES)
    return hash !== undefined
  }

  #below(tree: FileTree, layer: number, index: number): Uint8Array | undefined {
    const up = tree.base - layer
    const piece = Math.floor(index / 2 ** up)
    if (piece >= tree.pieces) return zeroHash(layer)
    const layers = this.#layersOf(tree, tree.firstPiece + piece)
    return layers && ((layers[layer] as readonly Uint8Array[])[index % 2 ** up] ?? zeroHash(layer))
  }

  #layersOf(tree: FileTree, piece: number): readonly (readonly Uint8Array[])[] | undefined {
    const kept = this.#kept.get(piece)
    if (kept) return kept
    const leaves = this.#leavesOf(tree, piece)
    if (!leaves) return undefined
    const layers = [leaves]
    for (let layer = 1; layer < tree.base; layer++)
      layers.push(above(layers[layer - 1] as readonly Uint8Array[], layer))
    this.#kept.set(piece, layers)
    for (const oldest of this.#kept.keys()) {
      if (this.#kept.size <= KEPT_PIECES) break
      this.#kept.delete(oldest)
    }
    return layers
  }
}

function above(below: readonly Uint8Array[], layer: number): Uint8Array[] {
  return Array.from({ length: Math.ceil(below.length / 2) }, (_, index) =>
    hashPair(below[2 * index] as Uint8Array, below[2 * index + 1] ?? zeroHash(layer - 1)),
  )
}
