// A content's bytes on the machine: pieces read from and written to the files that they are of.

import { Layout } from './layout.ts'
import type { Metainfo, TorrentFile } from './metainfo/metainfo.ts'
import type { ContentFiles } from './storage.ts'

const NOTHING = new Uint8Array(0)

export class KeptContent {
  readonly layout: Layout
  readonly #files: ContentFiles
  readonly #folder: string

  /** `folder`: a name of one element. */
  constructor(meta: Metainfo, files: ContentFiles, folder: string) {
    this.layout = new Layout(meta)
    this.#files = files
    this.#folder = folder
  }

  /** Bytes of a piece; what lies in no file is zeros. Undefined: they are not all there. */
  read(piece: number, begin: number, length: number): Uint8Array | undefined {
    const spans = this.layout.spans(piece, begin, length)
    const [first] = spans
    if (spans.length === 1 && first?.at === begin && first.bytes === length)
      return this.#exactly(first.file, first.offset, length)
    const bytes = new Uint8Array(length)
    for (const { file, offset, at, bytes: count } of spans) {
      const part = this.#exactly(file, offset, count)
      if (!part) return undefined
      bytes.set(part, at - begin)
    }
    return bytes
  }

  /** A word on why not; undefined: it is written. */
  write(piece: number, begin: number, bytes: Uint8Array): string | undefined {
    for (const { file, offset, at, bytes: count } of this.layout.spans(piece, begin, bytes.length)) {
      const whole = at === begin && count === bytes.length
      const part = whole ? bytes : bytes.subarray(at - begin, at - begin + count)
      const why = this.#files.write(this.#path(file), offset, part)
      if (why !== undefined) return why
    }
    return undefined
  }

  /** Files without a byte are there as the others are. */
  writeEmpty(): void {
    for (const file of this.layout.meta.files)
      if (file.length === 0 && this.#files.size(this.#path(file)) === undefined)
        this.#files.write(this.#path(file), 0, NOTHING)
  }

  /** The files are so long that the piece can be in them. */
  reaches(piece: number): boolean {
    const spans = this.layout.spans(piece, 0, this.layout.dataBytes(piece))
    return spans.every(
      ({ file, offset, bytes }) => (this.#files.size(this.#path(file)) ?? 0) >= offset + bytes,
    )
  }

  sync(): void {
    for (const file of this.layout.files) this.#files.sync(this.#path(file))
  }

  remove(): void {
    this.#files.remove([this.#folder])
  }

  /** Straight from the file. */
  readFile(file: TorrentFile, offset: number, length: number): Uint8Array | undefined {
    return this.#files.read(this.#path(file), offset, length)
  }

  #exactly(file: TorrentFile, offset: number, length: number): Uint8Array | undefined {
    const bytes = this.#files.read(this.#path(file), offset, length)
    return bytes?.length === length ? bytes : undefined
  }

  #path(file: TorrentFile): readonly string[] {
    return [this.#folder, ...file.path]
  }
}
