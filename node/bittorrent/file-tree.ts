// The Merkle tree of one file of version 2 (BEP 52), so far as it is known: its piece layer, proven against the root chunk by chunk,
// what lies above it, and below it what somebody computes who has the blocks.

import { BLOCK_BYTES, type TorrentFile } from './metainfo/metainfo.ts'
import { hashPair, heightOf, joinHashes, layerAbove, rootOf, zeroHash } from './tree-hashes.ts'

/** Hashes asked for at once at most (BEP 52 recommends it). */
const CHUNK = 512
const HASH_BYTES = 32

/** A part of the piece layer that is asked for. */
export interface LayerChunk {
  readonly tree: FileTree
  readonly index: number
  readonly length: number
}

export class FileTree {
  readonly file: TorrentFile
  readonly root: Uint8Array
  /** The first of its pieces, in the torrent. */
  readonly firstPiece: number
  readonly pieces: number
  readonly leaves: number
  /** Layer of the piece hashes, counted from the leaves; of a file that is no longer than a piece its root's. */
  readonly base: number
  /** Layers between the piece layer and the root. */
  readonly height: number
  /** Of a piece, padded. */
  readonly pieceLeaves: number
  readonly #layer: Uint8Array
  /** Chunks that are known. */
  readonly #known: boolean[]
  #missing: number
  /** The layers from the piece layer up; made when first served from. */
  #upper: readonly Uint8Array[] | undefined

  constructor(file: TorrentFile, pieceLength: number) {
    this.file = file
    this.root = file.root as Uint8Array
    this.firstPiece = Math.floor(file.offset / pieceLength)
    this.pieces = Math.ceil(file.length / pieceLength)
    this.leaves = Math.ceil(file.length / BLOCK_BYTES)
    this.height = heightOf(this.pieces)
    this.base = this.pieces === 1 ? heightOf(this.leaves) : heightOf(pieceLength / BLOCK_BYTES)
    this.pieceLeaves = 2 ** this.base
    this.#layer = new Uint8Array(this.pieces * HASH_BYTES)
    const chunks = Math.ceil(this.pieces / CHUNK)
    this.#missing = this.pieces === 1 ? 0 : chunks
    this.#known = new Array<boolean>(chunks).fill(this.pieces === 1)
    if (this.pieces === 1) this.#layer.set(this.root)
  }

  get complete(): boolean {
    return this.#missing === 0
  }

  /** All piece hashes, one after the other. */
  get layer(): Uint8Array {
    return this.#layer
  }

  /** Of a piece, counted in the torrent. Undefined: not known yet. */
  pieceHash(piece: number): Uint8Array | undefined {
    const index = piece - this.firstPiece
    if (!this.#known[Math.floor(index / CHUNK)]) return undefined
    return this.#layer.subarray(index * HASH_BYTES, (index + 1) * HASH_BYTES)
  }

  /** All of the piece layer, as a torrent file has it. False: it does not lead to the root. */
  giveLayer(layer: Uint8Array): boolean {
    if (layer.length !== this.#layer.length) return false
    if (!equal(rootOf(layer, this.height, this.base), this.root)) return false
    this.#layer.set(layer)
    this.#known.fill(true)
    this.#missing = 0
    return true
  }

  chunks(): LayerChunk[] {
    const chunks: LayerChunk[] = []
    const length = Math.min(CHUNK, 2 ** this.height)
    this.#known.forEach((known, chunk) => {
      if (!known) chunks.push({ tree: this, index: chunk * CHUNK, length })
    })
    return chunks
  }

  /** A chunk and the uncles that prove it. False: they do not. */
  giveChunk(index: number, length: number, hashes: Uint8Array): boolean {
    if (!this.#proves(this.base, index, length, hashes)) return false
    const chunk = Math.floor(index / CHUNK)
    const end = Math.min(this.pieces, index + length)
    this.#layer.set(hashes.subarray(0, (end - index) * HASH_BYTES), index * HASH_BYTES)
    if (!this.#known[chunk]) this.#missing--
    this.#known[chunk] = true
    return true
  }

  /** Leaf hashes of one piece, against its hash. */
  provesLeaves(piece: number, leaves: Uint8Array): boolean {
    const hash = this.pieceHash(piece)
    if (!hash || leaves.length < this.pieceLeaves * HASH_BYTES) return false
    return equal(rootOf(leaves.subarray(0, this.pieceLeaves * HASH_BYTES), this.base, 0), hash)
  }

  /** Leaf hashes that somebody computed of all blocks of a piece lead to its hash. Undefined: its hash is not known. */
  isPiece(piece: number, leaves: readonly Uint8Array[]): boolean | undefined {
    const hash = this.pieceHash(piece)
    return hash && equal(this.rootOfPiece(leaves), hash)
  }

  rootOfPiece(leaves: readonly Uint8Array[]): Uint8Array {
    return rootOf(joinHashes(leaves), this.base, 0)
  }

  /** Root of what lies over `index` in the layer, from the piece layer up. Needs all of that. */
  upperNode(layer: number, index: number): Uint8Array {
    this.#upper ??= this.#makeUpper()
    const hashes = this.#upper[layer - this.base] as Uint8Array
    const at = index * HASH_BYTES
    return at < hashes.length ? hashes.subarray(at, at + HASH_BYTES) : zeroHash(layer)
  }

  #makeUpper(): readonly Uint8Array[] {
    const layers = [this.#layer]
    for (let layer = 0; layer < this.height; layer++)
      layers.push(layerAbove(layers[layer] as Uint8Array, this.base + layer))
    return layers
  }

  #proves(layer: number, index: number, length: number, hashes: Uint8Array): boolean {
    const own = heightOf(length)
    const uncles = this.base + this.height - layer - own
    if (hashes.length !== (length + uncles) * HASH_BYTES) return false
    let hash = rootOf(hashes.subarray(0, length * HASH_BYTES), own, layer)
    let at = index / length
    for (let uncle = 0; uncle < uncles; uncle++) {
      const from = (length + uncle) * HASH_BYTES
      const other = hashes.subarray(from, from + HASH_BYTES)
      hash = at % 2 === 0 ? hashPair(hash, other) : hashPair(other, hash)
      at = Math.floor(at / 2)
    }
    return equal(hash, this.root)
  }
}

function equal(a: Uint8Array, b: Uint8Array): boolean {
  for (let at = 0; at < HASH_BYTES; at++) if (a[at] !== b[at]) return false
  return true
}
