// What a torrent is (BEP 3, 52): the description of content by hashes, of version 1 (SHA-1 over pieces of all files in a row),
// version 2 (a SHA-256 Merkle tree a file) or both ("hybrid", aligned by padding files). Immutable.

/** A leaf of the trees of version 2, and what peers ask each other for: 16 KiB (BEP 52). */
export const BLOCK_BYTES = 16_384

export type TorrentVersion = 'v1' | 'v2' | 'hybrid'

export interface Metainfo {
  readonly version: TorrentVersion
  /** The bencoded info dictionary, as it came. */
  readonly info: Uint8Array
  /** SHA-1 of it (20 bytes); absent in v2. */
  readonly infoHashV1?: Uint8Array
  /** SHA-256 of it (32 bytes); absent in v1. */
  readonly infoHashV2?: Uint8Array
  /** Of the file or of the folder. A single path element, safe as a file's name. */
  readonly name: string
  /** A power of two from 16 KiB on, but for version 1, which allows any number. */
  readonly pieceLength: number
  /** In the order of their pieces; padding files are left out. */
  readonly files: readonly TorrentFile[]
  /** Pieces of all files. In v2 and hybrid a file begins with a piece of its own. */
  readonly pieces: number
  /** From the first byte to the last of the piece space, padding included, but for what pads the last file. */
  readonly spaceBytes: number
  /** Of files, without padding. */
  readonly contentBytes: number
  /** 20 bytes a piece; absent in v2. */
  readonly pieceHashesV1?: Uint8Array
  readonly trackers: readonly string[]
  /** BEP 27: peers come from the trackers alone. */
  readonly private: boolean
}

export interface TorrentFile {
  /** Below the content's folder: at least one element, each safe as a file's name. A single file's path is the torrent's name. */
  readonly path: readonly string[]
  readonly length: number
  /** Where it begins in the piece space. */
  readonly offset: number
  /** Root of its Merkle tree (32 bytes); absent in v1, and for empty files. */
  readonly root?: Uint8Array
}

/** Who is meant by a magnet link (BEP 9, 53): the hashes, and what else it says. */
export interface Magnet {
  readonly infoHashV1?: Uint8Array
  /** From `urn:btmh:1220…` (BEP 52). */
  readonly infoHashV2?: Uint8Array
  readonly name?: string
  readonly trackers: readonly string[]
  /** `x.pe`. */
  readonly peers: readonly string[]
}
