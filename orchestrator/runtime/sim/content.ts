// Content of simulated nodes: in memory, as files of blocks. Blocks that are equal, at the same place of the same file, are one
// for all nodes of the process: a swarm takes the room of its content, and of what somebody spoilt.

import type { ContentFiles } from '../../../node/bittorrent/storage.ts'

/** As peers ask for it: BLOCK_BYTES of a torrent. */
const BLOCK = 16_384
/** So many kinds of a block are looked at for one that is equal: whoever makes up more has them for himself. */
const MAX_KINDS = 8

/** The blocks of all nodes of a simulation: who writes one gets the one that is there, if it is the same. */
export class SharedBlocks {
  readonly #files = new Map<string, Map<number, Uint8Array[]>>()

  /** A block for good: nobody may write into it. */
  keep(file: string, index: number, bytes: Uint8Array): Uint8Array {
    const blocks = this.#files.get(file) ?? new Map<number, Uint8Array[]>()
    if (blocks.size === 0) this.#files.set(file, blocks)
    const kinds = blocks.get(index)
    const known = kinds?.find(kind => kind === bytes || Buffer.compare(kind, bytes) === 0)
    if (known) return known
    const kept = bytes.slice()
    if (!kinds) blocks.set(index, [kept])
    else if (kinds.length < MAX_KINDS) kinds.push(kept)
    return kept
  }
}

interface File {
  /** Those that are missing are zeros. The last may be shorter, and so may any before what was never written. */
  readonly blocks: (Uint8Array | undefined)[]
  bytes: number
}

/** Of one node, through all its lives. */
export class MemoryContent implements ContentFiles {
  readonly #shared: SharedBlocks
  readonly #files = new Map<string, File>()

  constructor(shared: SharedBlocks) {
    this.#shared = shared
  }

  /** What was written as one block comes back as one object, the same for all nodes. */
  read(path: readonly string[], offset: number, length: number): Uint8Array | undefined {
    const file = this.#files.get(keyOf(path))
    if (!file) return undefined
    const end = Math.min(offset + length, file.bytes)
    if (end <= offset) return new Uint8Array(0)
    const first = file.blocks[Math.floor(offset / BLOCK)]
    if (offset % BLOCK === 0 && first && first.length === end - offset) return first
    const bytes = new Uint8Array(end - offset)
    for (const { index, from, to, at } of blocksOf(offset, end - offset))
      bytes.set(file.blocks[index]?.subarray(from, to) ?? [], at)
    return bytes
  }

  write(path: readonly string[], offset: number, bytes: Uint8Array): string | undefined {
    const key = keyOf(path)
    const file = this.#files.get(key) ?? { blocks: [], bytes: 0 }
    this.#files.set(key, file)
    for (const { index, from, to, at } of blocksOf(offset, bytes.length)) {
      const part = bytes.subarray(at, at + to - from)
      const had = file.blocks[index]
      const whole = from === 0 && part.length >= (had?.length ?? 0)
      file.blocks[index] = whole ? this.#shared.keep(key, index, part) : merged(had, from, part)
    }
    file.bytes = Math.max(file.bytes, offset + bytes.length)
    return undefined
  }

  size(path: readonly string[]): number | undefined {
    return this.#files.get(keyOf(path))?.bytes
  }

  sync(): void {}

  remove(path: readonly string[]): void {
    const key = keyOf(path)
    for (const file of this.#files.keys())
      if (file === key || file.startsWith(`${key}/`)) this.#files.delete(file)
  }
}

/** Elements hold no slash. */
function keyOf(path: readonly string[]): string {
  return path.join('/')
}

/** A block of one's own: the one that was there may be others' as well. */
function merged(had: Uint8Array | undefined, from: number, part: Uint8Array): Uint8Array {
  const block = new Uint8Array(Math.max(had?.length ?? 0, from + part.length))
  if (had) block.set(had)
  block.set(part, from)
  return block
}

/** Where these bytes of a file lie: from and to in a block, which begins at `at` among them. */
function* blocksOf(offset: number, length: number) {
  for (let at = 0; at < length; ) {
    const from = (offset + at) % BLOCK
    const to = Math.min(BLOCK, from + length - at)
    yield { index: Math.floor((offset + at) / BLOCK), from, to, at }
    at += to - from
  }
}
