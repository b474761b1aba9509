// The hashes of a content that is gone through block by block, file after file: trees of version 2, SHA-1 of pieces in version 1.

import { hasher } from '../hash.ts'
import type { MakingFile, MakingOrder } from './content-source.ts'
import { toHex } from './hex.ts'
import { BLOCK_BYTES } from './metainfo/metainfo.ts'
import type { Digests } from './storage.ts'
import { heightOf, joinHashes, rootOf } from './tree-hashes.ts'

export interface Hashes {
  /** Of each file; undefined for an empty one, and in version 1. */
  readonly roots: readonly (Uint8Array | undefined)[]
  /** Of files that are longer than a piece, by their roots in hex. */
  readonly layers: ReadonlyMap<string, Uint8Array>
  readonly pieceHashesV1: Uint8Array | undefined
}

export class Hashing {
  readonly #files: readonly MakingFile[]
  readonly #order: Pick<MakingOrder, 'pieceLength' | 'version'>
  readonly #digests: Digests | undefined
  readonly #leaves = new Map<MakingFile, Uint8Array[]>()
  readonly #sha1s: Uint8Array[] = []
  #piece: Uint8Array
  #pieceAt = 0
  #hashes: Hashes | undefined

  constructor(
    files: readonly MakingFile[],
    order: Pick<MakingOrder, 'pieceLength' | 'version'>,
    digests: Digests | undefined,
  ) {
    this.#files = files
    this.#order = order
    this.#digests = digests
    this.#piece = new Uint8Array(order.version === 'v2' ? 0 : order.pieceLength)
  }

  /** The next block of the file; files one after the other. */
  add(file: MakingFile, bytes: Uint8Array): void {
    const { version } = this.#order
    if (version !== 'v1' && bytes.length > 0) {
      const leaves = this.#leaves.get(file) ?? []
      this.#leaves.set(file, leaves)
      leaves.push(this.#digests?.sha256?.(bytes) ?? hasher.sha256(bytes))
    }
    if (version !== 'v2') this.#addV1(file, bytes)
  }

  finish(): Hashes {
    this.#hashes ??= this.#finish()
    return this.#hashes
  }

  #finish(): Hashes {
    const { pieceLength, version } = this.#order
    const layers = new Map<string, Uint8Array>()
    const base = heightOf(pieceLength / BLOCK_BYTES)
    const roots = this.#files.map(file => {
      const leaves = this.#leaves.get(file)
      if (!leaves) return undefined
      if (file.length <= pieceLength) return rootOf(joinHashes(leaves), heightOf(leaves.length), 0)
      const pieces: Uint8Array[] = []
      for (let at = 0; at < leaves.length; at += 2 ** base)
        pieces.push(rootOf(joinHashes(leaves.slice(at, at + 2 ** base)), base, 0))
      const layer = joinHashes(pieces)
      const root = rootOf(layer, heightOf(pieces.length), base)
      layers.set(toHex(root), layer)
      return root
    })
    if (this.#pieceAt > 0) this.#endPiece()
    const pieceHashesV1 =
      version === 'v2' ? undefined : Uint8Array.from(this.#sha1s.flatMap(sha1 => [...sha1]))
    return { roots, layers, pieceHashesV1 }
  }

  #addV1(file: MakingFile, bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length; ) {
      const part = bytes.subarray(at, at + this.#piece.length - this.#pieceAt)
      this.#piece.set(part, this.#pieceAt)
      this.#pieceAt += part.length
      at += part.length
      if (this.#pieceAt === this.#piece.length) this.#endPiece()
    }
    // A hybrid's files begin with a piece of their own: the rest is padding, but for that of the last.
    const last = this.#files.at(-1) === file
    const ended = bytes.length < BLOCK_BYTES || this.#isWhole(file)
    if (this.#order.version === 'hybrid' && !last && ended && this.#pieceAt > 0) {
      this.#piece.fill(0, this.#pieceAt)
      this.#pieceAt = this.#piece.length
      this.#endPiece()
    }
  }

  #isWhole(file: MakingFile): boolean {
    return (this.#leaves.get(file)?.length ?? 0) * BLOCK_BYTES >= file.length
  }

  #endPiece(): void {
    this.#sha1s.push((this.#digests as Digests).sha1(this.#piece.subarray(0, this.#pieceAt)))
    this.#pieceAt = 0
  }
}
