// Where the bytes of pieces lie: pieces and their blocks on one side, files on the other, and padding, which is zeros and lies nowhere.

import { BLOCK_BYTES, type Metainfo, type TorrentFile } from './metainfo/metainfo.ts'

/** A stretch of a piece that lies in one file. */
export interface Span {
  readonly file: TorrentFile
  /** In the file. */
  readonly offset: number
  /** In the piece. */
  readonly at: number
  readonly bytes: number
}

export class Layout {
  readonly meta: Metainfo
  readonly pieces: number
  readonly pieceLength: number
  /** Those that have bytes, in the order of their offsets. */
  readonly files: readonly TorrentFile[]
  /** Content in each piece, up to its last byte that lies in a file. */
  readonly #dataBytes: Float64Array
  /** The first file that reaches into each piece. */
  readonly #firstFile: Uint32Array

  constructor(meta: Metainfo) {
    this.meta = meta
    this.pieces = meta.pieces
    this.pieceLength = meta.pieceLength
    this.files = meta.files.filter(({ length }) => length > 0)
    this.#dataBytes = new Float64Array(meta.pieces)
    this.#firstFile = new Uint32Array(meta.pieces).fill(this.files.length)
    this.files.forEach((file, index) => {
      this.#place(file, index)
    })
    // Padding alone is asked for as it is: version 1 does not forbid such pieces.
    for (let piece = 0; piece < meta.pieces; piece++)
      if (this.#dataBytes[piece] === 0) this.#dataBytes[piece] = this.fullBytes(piece)
  }

  #place({ offset, length }: TorrentFile, index: number): void {
    const end = offset + length
    const last = Math.floor((end - 1) / this.pieceLength)
    for (let piece = Math.floor(offset / this.pieceLength); piece <= last; piece++) {
      const start = piece * this.pieceLength
      this.#dataBytes[piece] = Math.min(this.pieceLength, end - start)
      this.#firstFile[piece] = Math.min(this.#firstFile[piece] as number, index)
    }
  }

  /** With padding: what SHA-1 is taken of. */
  fullBytes(piece: number): number {
    return Math.min(this.pieceLength, this.meta.spaceBytes - piece * this.pieceLength)
  }

  /** Without the padding at its end: what is asked for. */
  dataBytes(piece: number): number {
    return this.#dataBytes[piece] as number
  }

  blocks(piece: number): number {
    return Math.ceil(this.dataBytes(piece) / BLOCK_BYTES)
  }

  blockBytes(piece: number, block: number): number {
    return Math.min(BLOCK_BYTES, this.dataBytes(piece) - block * BLOCK_BYTES)
  }

  /** Its first file; in version 2 the only one. */
  fileOf(piece: number): TorrentFile | undefined {
    return this.files[this.#firstFile[piece] as number]
  }

  /** Stretches of these bytes of the piece that lie in files. */
  spans(piece: number, begin: number, length: number): Span[] {
    const spans: Span[] = []
    const from = piece * this.pieceLength + begin
    const to = from + length
    for (let index = this.#firstFile[piece] as number; index < this.files.length; index++) {
      const file = this.files[index] as TorrentFile
      if (file.offset >= to) break
      const start = Math.max(from, file.offset)
      const end = Math.min(to, file.offset + file.length)
      if (start >= end) continue
      spans.push({
        file,
        offset: start - file.offset,
        at: start - piece * this.pieceLength,
        bytes: end - start,
      })
    }
    return spans
  }
}
