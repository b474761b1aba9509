// Is what lies on a node's disk what a torrent describes? The bytes are hashed anew: by node:crypto, and for version 2 by a tree
// written here from BEP 52. Shares no code with the peer.

import { createHash, type Hash } from 'node:crypto'
import type { Described, DescribedFile } from './torrent-file.ts'

/** BEP 52: a leaf is the hash of so much of a file. */
const LEAF_BYTES = 16_384
const READ_BYTES = 1024 ** 2

/** Bytes of a stored file from there on, as many as are asked for or as there are. */
export type Read = (path: readonly string[], offset: number, length: number) => Promise<Buffer>

/** What is wrong with it, in words; undefined: it is what the torrent says, under every hash that that has. */
export async function wrongWith(torrent: Described, read: Read): Promise<string | undefined> {
  const { tree, list } = torrent
  if (!tree && !list) return 'the torrent has no hashes'
  return (tree && (await wrongRoot(tree, read))) ?? (list && (await wrongPiece(torrent, list, read)))
}

async function wrongRoot(files: readonly DescribedFile[], read: Read): Promise<string | undefined> {
  for (const { path, length, root } of files) {
    if (length === 0) continue
    const leaves: Buffer[] = []
    for await (const bytes of chunks(path, length, read)) {
      if (bytes === undefined) return `${path.join('/')} is too short`
      for (let at = 0; at < bytes.length; at += LEAF_BYTES)
        leaves.push(
          createHash('sha256')
            .update(bytes.subarray(at, at + LEAF_BYTES))
            .digest(),
        )
    }
    if (!root?.equals(rootOf(leaves))) return `${path.join('/')} does not hash to its root`
  }
  return undefined
}

/** Of leaves that are filled up with zero hashes to a power of two. */
export function rootOf(leaves: readonly Buffer[]): Buffer {
  let row = [...leaves]
  let padding = Buffer.alloc(32)
  while (row.length > 1) {
    const above: Buffer[] = []
    for (let i = 0; i < row.length; i += 2) above.push(pair(row[i] as Buffer, row[i + 1] ?? padding))
    row = above
    padding = pair(padding, padding)
  }
  return row[0] ?? padding
}

const pair = (left: Buffer, right: Buffer) => createHash('sha256').update(left).update(right).digest()

/** Pieces run through all files, one behind the other. */
async function wrongPiece(
  { pieceLength }: Pick<Described, 'pieceLength'>,
  { files, hashes }: NonNullable<Described['list']>,
  read: Read,
): Promise<string | undefined> {
  const pieces = new Pieces(pieceLength, hashes)
  for (const { path, length, padding } of files) {
    for await (const bytes of padding ? zeros(length) : chunks(path, length, read)) {
      if (bytes === undefined) return `${path.join('/')} is too short`
      pieces.add(bytes)
    }
  }
  const wrong = pieces.end()
  return wrong === undefined ? undefined : `piece ${wrong} does not have its SHA-1`
}

class Pieces {
  readonly #pieceLength: number
  readonly #hashes: Buffer
  #hash: Hash = createHash('sha1')
  #filled = 0
  #piece = 0
  #wrong: number | undefined

  constructor(pieceLength: number, hashes: Buffer) {
    this.#pieceLength = pieceLength
    this.#hashes = hashes
  }

  add(bytes: Buffer): void {
    let at = 0
    while (at < bytes.length) {
      const taken = Math.min(bytes.length - at, this.#pieceLength - this.#filled)
      this.#hash.update(bytes.subarray(at, at + taken))
      this.#filled += taken
      at += taken
      if (this.#filled === this.#pieceLength) this.#close()
    }
  }

  /** The first that is wrong; the number of pieces where there are others than there should be. */
  end(): number | undefined {
    if (this.#filled > 0) this.#close()
    return this.#wrong ?? (this.#piece * 20 === this.#hashes.length ? undefined : this.#piece)
  }

  #close(): void {
    const expected = this.#hashes.subarray(20 * this.#piece, 20 * this.#piece + 20)
    if (!this.#hash.digest().equals(expected)) this.#wrong ??= this.#piece
    this.#piece += 1
    this.#filled = 0
    this.#hash = createHash('sha1')
  }
}

/** Undefined: it ends before it should. */
async function* chunks(
  path: readonly string[],
  length: number,
  read: Read,
): AsyncGenerator<Buffer | undefined> {
  for (let at = 0; at < length; at += READ_BYTES) {
    const wanted = Math.min(READ_BYTES, length - at)
    const bytes = await read(path, at, wanted)
    if (bytes.length !== wanted) {
      yield undefined
      return
    }
    yield bytes
  }
}

async function* zeros(length: number): AsyncGenerator<Buffer> {
  yield Buffer.alloc(length)
}
