// Stored values carry a checksum over key and value, so that flipped bits and misplaced records are seen when they are read.

import { type Codec, Reader, Writer } from '../../bitcoin/wire/codec.ts'

const CHECKSUM_BYTES = 4

/** The value's bytes and their checksum. */
export function seal<T>(key: string, codec: Codec<T>, value: T): Uint8Array {
  const writer = new Writer()
  codec.write(writer, value)
  // Room for the checksum, which needs the bytes before it.
  writer.u32(0)
  const record = writer.finish()
  const at = record.length - CHECKSUM_BYTES
  viewOf(record).setUint32(at, checksum(key, record, at), true)
  return record
}

/** The value behind a key; undefined when the record is not what was written. */
export function unseal<T>(key: string, codec: Codec<T>, record: Uint8Array): T | undefined {
  const at = record.length - CHECKSUM_BYTES
  if (at < 0 || checksum(key, record, at) !== checksumOf(record)) return undefined
  try {
    const reader = new Reader(record.subarray(0, at))
    const value = codec.read(reader)
    reader.end()
    return value
  } catch {
    // Written by another version: as useless as flipped bits.
    return undefined
  }
}

/** The checksum that a sealed record ends with. */
export function checksumOf(record: Uint8Array): number {
  // Four bytes by hand: a view for each coin of each simulated peer adds up.
  const at = record.length - CHECKSUM_BYTES
  const byte = (i: number) => record[at + i] as number
  return (byte(0) | (byte(1) << 8) | (byte(2) << 16) | (byte(3) << 24)) >>> 0
}

/** FNV-1a: against accidents, not against enemies; one multiplication a byte, and no copy. */
function checksum(key: string, record: Uint8Array, end: number): number {
  let hash = 0x811c9dc5
  for (let i = 0; i < key.length; i++) hash = Math.imul(hash ^ key.charCodeAt(i), 0x01000193)
  for (let i = 0; i < end; i++) hash = Math.imul(hash ^ (record[i] as number), 0x01000193)
  return hash >>> 0
}

function viewOf(record: Uint8Array): DataView {
  return new DataView(record.buffer, record.byteOffset, record.byteLength)
}
