// Torrents made by hand, right ones and wrong ones: an info dictionary of any version, of which a test changes what it likes.

import { createHash } from 'node:crypto'
import { type Bencoded, encodeBencode } from '../../node/bittorrent/bencode.ts'
import type { Digests } from '../../node/bittorrent/storage.ts'

export const DIGESTS: Digests = {
  sha1: bytes => new Uint8Array(createHash('sha1').update(bytes).digest()),
}

export type Fields = { [name: string]: Bencoded | undefined }

export const PIECE = 16_384

/** One file of so many bytes, version 1. */
export function v1Info(length = 20_000, changes: Fields = {}): Fields {
  const pieces = new Uint8Array(20 * Math.ceil(length / PIECE)).fill(7)
  return { name: 'test', 'piece length': PIECE, pieces, length, ...changes }
}

/** The same of several files. */
export function v1Files(files: readonly Fields[], changes: Fields = {}): Fields {
  const length = files.reduce((sum, file) => sum + Math.max(0, Number(file.length ?? 0)), 0)
  return v1Info(length, { length: undefined, files: files as Bencoded[], ...changes })
}

/** A file of version 2: no longer than a piece it needs no layer, and its root may be any. */
export function v2File(length: number, changes: Fields = {}): Bencoded {
  return { '': { length, 'pieces root': length > 0 ? new Uint8Array(32).fill(9) : undefined, ...changes } }
}

export function v2Info(tree: Bencoded = { test: v2File(10_000) }, changes: Fields = {}): Fields {
  return { name: 'test', 'piece length': PIECE, 'meta version': 2, 'file tree': tree, ...changes }
}

export function torrent(info: Bencoded | undefined, around: Fields = {}): Uint8Array {
  return encodeBencode({ announce: 'http://tracker.example/announce', info, ...around })
}
