// Reads LevelDB's tables as LevelDB writes them (doc/table_format.md) and says whether they are whole. LevelDB has the checksums
// and does not look at them when it reads: a flipped bit would be another value, or another key.

import { DamagedStore } from '../errors.ts'
import { storedChecksum } from './crc32c.ts'

const FOOTER_BYTES = 48
/** Little-endian, the last eight bytes. */
const MAGIC = [0x8b80fb57, 0xdb477524] as const
const UNCOMPRESSED = 0

interface Handle {
  readonly at: number
  readonly size: number
}

/** Throws DamagedStore where a block is not what was written. */
export function checkTable(name: string, table: Uint8Array): void {
  const wrong = (what: string) => new DamagedStore(`${name}: ${what}`)
  const reader = new Reader(table, () => wrong('cannot be read'))
  const [metaIndex, index] = handlesInFooter(reader, wrong)
  for (const handle of [metaIndex, index]) check(table, handle, wrong)
  // Ours are not compressed; of one that is, LevelDB itself reads the index.
  if (table[index.at + index.size] !== UNCOMPRESSED) return
  for (const handle of handlesIn(reader, index)) check(table, handle, wrong)
}

function handlesInFooter(
  reader: Reader,
  wrong: (what: string) => DamagedStore,
): readonly [metaIndex: Handle, index: Handle] {
  const { length } = reader.bytes
  if (length < FOOTER_BYTES) throw wrong('is cut off')
  const [low, high] = [reader.fixed32(length - 8), reader.fixed32(length - 4)]
  if (low !== MAGIC[0] || high !== MAGIC[1]) throw wrong('has no end')
  reader.at = length - FOOTER_BYTES
  return [reader.handle(), reader.handle()]
}

/** Behind each block: its type (1) and the checksum of block and type (4). */
function check(table: Uint8Array, { at, size }: Handle, wrong: (what: string) => DamagedStore): void {
  const end = at + size + 1
  if (end + 4 > table.length) throw wrong(`no block at ${at}`)
  const stored = new DataView(table.buffer, table.byteOffset, table.length).getUint32(end, true)
  if (stored !== storedChecksum(table, at, end)) throw wrong(`wrong checksum at ${at}`)
}

/** The values of a block of entries: shared key bytes, own key bytes, value bytes, then both; restart points at its end. */
function* handlesIn(reader: Reader, { at, size }: Handle): Generator<Handle> {
  const restarts = reader.fixed32(at + size - 4)
  const end = at + size - 4 * (restarts + 1)
  let next = at
  while (next < end) {
    reader.at = next
    reader.varint()
    const [keyBytes, valueBytes] = [reader.varint(), reader.varint()]
    next = reader.at + keyBytes + valueBytes
    reader.at += keyBytes
    yield reader.handle()
  }
}

class Reader {
  at = 0
  readonly bytes: Uint8Array
  readonly #wrong: () => DamagedStore

  constructor(bytes: Uint8Array, wrong: () => DamagedStore) {
    this.bytes = bytes
    this.#wrong = wrong
  }

  handle(): Handle {
    return { at: this.varint(), size: this.varint() }
  }

  /** Seven bits a byte, the lowest first; up to 64 bits, of which a file's offsets need fewer than a double has. */
  varint(): number {
    let value = 0
    for (let factor = 1; factor < 2 ** 49; factor *= 128) {
      const byte = this.bytes[this.at++]
      if (byte === undefined) throw this.#wrong()
      value += (byte & 0x7f) * factor
      if (byte < 0x80) return value
    }
    throw this.#wrong()
  }

  fixed32(at: number): number {
    if (at < 0 || at + 4 > this.bytes.length) throw this.#wrong()
    return new DataView(this.bytes.buffer, this.bytes.byteOffset, this.bytes.length).getUint32(at, true)
  }
}
