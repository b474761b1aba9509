// What a torrent is made of: what is asked for, and where its bytes come from.

import type { TorrentVersion } from './metainfo/metainfo.ts'
import type { WhenComplete } from './options.ts'

export interface MakingFile {
  readonly path: readonly string[]
  readonly length: number
}

export interface MakingOrder {
  readonly name: string
  readonly pieceLength: number
  readonly version: TorrentVersion
  readonly trackers: readonly string[]
  readonly whenComplete: WhenComplete
  readonly generate?: { readonly seed: string; readonly files: readonly MakingFile[] }
  /** Of the machine: a file, or a folder with all in it. */
  readonly from?: string
}

/** Files of the machine that are shared as they are. */
export interface ContentSource {
  readonly files: readonly MakingFile[]
  /** Undefined: they cannot be read. */
  read(file: MakingFile, offset: number, length: number): Uint8Array | undefined
}
