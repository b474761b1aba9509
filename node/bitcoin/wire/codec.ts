// Field combinators: a Codec<T> writes a T to bytes and reads it back; bigger codecs are made of smaller ones.
// All integers are little-endian as on Bitcoin's wire. Decoding views its input, it does not copy.

import { ProtocolError, type ProtocolErrorCode } from '../../errors.ts'
import { type HashHex, hashToHex, hexToHash } from './hex.ts'

/** Writes and reads one value. `read` throws ProtocolError and nothing else, whatever the bytes. */
export interface Codec<T> {
  write(writer: Writer, value: T): void
  read(reader: Reader): T
}

/** The value type of a codec. */
export type Of<C> = C extends Codec<infer T> ? T : never

/** Appends to a buffer that grows by doubling. */
export class Writer {
  #bytes: Uint8Array
  #view: DataView
  #length = 0

  constructor(capacity = 256) {
    this.#bytes = new Uint8Array(capacity)
    this.#view = new DataView(this.#bytes.buffer)
  }

  get length(): number {
    return this.#length
  }

  get capacity(): number {
    return this.#bytes.length
  }

  /** Empty again; keeps its buffer. */
  reset(): void {
    this.#length = 0
  }

  u8(value: number): void {
    const at = this.#take(1)
    this.#view.setUint8(at, value)
  }

  u16(value: number): void {
    const at = this.#take(2)
    this.#view.setUint16(at, value, true)
  }

  /** Big-endian, as ports are in addresses. */
  u16be(value: number): void {
    const at = this.#take(2)
    this.#view.setUint16(at, value, false)
  }

  u32(value: number): void {
    const at = this.#take(4)
    this.#view.setUint32(at, value, true)
  }

  i32(value: number): void {
    const at = this.#take(4)
    this.#view.setInt32(at, value, true)
  }

  u64(value: bigint): void {
    const at = this.#take(8)
    this.#view.setBigUint64(at, value, true)
  }

  i64(value: bigint): void {
    const at = this.#take(8)
    this.#view.setBigInt64(at, value, true)
  }

  /** CompactSize: 1, 3, 5 or 9 bytes. */
  varint(value: number): void {
    if (value < 0xfd) this.u8(value)
    else if (value <= 0xffff) {
      this.u8(0xfd)
      this.u16(value)
    } else if (value <= 0xffffffff) {
      this.u8(0xfe)
      this.u32(value)
    } else {
      this.u8(0xff)
      this.u64(BigInt(value))
    }
  }

  /** CompactSize of all 64 bits. */
  varint64(value: bigint): void {
    if (value <= 0xffffffffn) this.varint(Number(value))
    else {
      this.u8(0xff)
      this.u64(value)
    }
  }

  bytes(value: Uint8Array): void {
    const at = this.#take(value.length)
    this.#bytes.set(value, at)
  }

  /** The bytes written so far: a copy of exactly their length. */
  finish(): Uint8Array {
    return this.#bytes.slice(0, this.#length)
  }

  /** Claims room. First, on a line of its own: growing replaces `#bytes` and `#view`. */
  #take(count: number): number {
    const at = this.#length
    const end = at + count
    if (end > this.#bytes.length) {
      const grown = new Uint8Array(Math.max(end, this.#bytes.length * 2))
      grown.set(this.#bytes)
      this.#bytes = grown
      this.#view = new DataView(grown.buffer)
    }
    this.#length = end
    return at
  }
}

/** Walks over bytes; every read past the end is a ProtocolError `truncated`. */
export class Reader {
  readonly #bytes: Uint8Array
  readonly #view: DataView
  #offset = 0

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  }

  get offset(): number {
    return this.#offset
  }

  get remaining(): number {
    return this.#bytes.length - this.#offset
  }

  u8(): number {
    return this.#view.getUint8(this.#take(1))
  }

  u16(): number {
    return this.#view.getUint16(this.#take(2), true)
  }

  u16be(): number {
    return this.#view.getUint16(this.#take(2), false)
  }

  u32(): number {
    return this.#view.getUint32(this.#take(4), true)
  }

  i32(): number {
    return this.#view.getInt32(this.#take(4), true)
  }

  u64(): bigint {
    return this.#view.getBigUint64(this.#take(8), true)
  }

  i64(): bigint {
    return this.#view.getBigInt64(this.#take(8), true)
  }

  /** CompactSize in its shortest form, at most 2^53 − 1. */
  varint(): number {
    const first = this.u8()
    if (first < 0xfd) return first
    if (first === 0xfd) return this.#canonical(this.u16(), 0xfd)
    if (first === 0xfe) return this.#canonical(this.u32(), 0x10000)
    const value = this.u64()
    if (value > BigInt(Number.MAX_SAFE_INTEGER))
      throw new ProtocolError('out-of-range', 'count above 2^53 − 1')
    return this.#canonical(Number(value), 0x100000000)
  }

  /** CompactSize in its shortest form, all 64 bits. */
  varint64(): bigint {
    if (this.peek() !== 0xff) return BigInt(this.varint())
    this.u8()
    const value = this.u64()
    if (value <= 0xffffffffn)
      throw new ProtocolError('non-canonical', `${value} in a longer form than needed`)
    return value
  }

  /** A view of the next `count` bytes. */
  bytes(count: number): Uint8Array {
    const at = this.#take(count)
    return this.#bytes.subarray(at, at + count)
  }

  /** A view of what was read since `from` (an earlier `offset`). */
  since(from: number): Uint8Array {
    return this.#bytes.subarray(from, this.#offset)
  }

  /** The next byte without reading it; -1 at the end. */
  peek(ahead = 0): number {
    return this.#bytes[this.#offset + ahead] ?? -1
  }

  end(): void {
    if (this.remaining !== 0) throw new ProtocolError('trailing-bytes', `${this.remaining} left over`)
  }

  #canonical(value: number, least: number): number {
    if (value < least) throw new ProtocolError('non-canonical', `count ${value} in a longer form than needed`)
    return value
  }

  #take(count: number): number {
    if (count > this.remaining)
      throw new ProtocolError('truncated', `${count} bytes wanted, ${this.remaining} left`)
    const at = this.#offset
    this.#offset = at + count
    return at
  }
}

/** A writer between two uses: most messages are small, and a fresh buffer for each costs more than writing it. */
let spare: Writer | undefined
const SPARE_BYTES = 64 * 1024

/** The whole value as bytes of its own. */
export function encode<T>(codec: Codec<T>, value: T): Uint8Array {
  const writer = spare ?? new Writer()
  // Taken while in use: a codec may encode parts of its value on the way.
  spare = undefined
  writer.reset()
  codec.write(writer, value)
  if (writer.capacity <= SPARE_BYTES) spare = writer
  return writer.finish()
}

/** The value that is exactly these bytes; ProtocolError otherwise. */
export function decode<T>(codec: Codec<T>, bytes: Uint8Array): T {
  const reader = new Reader(bytes)
  const value = codec.read(reader)
  reader.end()
  return value
}

export const u8: Codec<number> = { write: (w, v) => w.u8(v), read: r => r.u8() }
export const u16: Codec<number> = { write: (w, v) => w.u16(v), read: r => r.u16() }
export const u16be: Codec<number> = { write: (w, v) => w.u16be(v), read: r => r.u16be() }
export const u32: Codec<number> = { write: (w, v) => w.u32(v), read: r => r.u32() }
export const i32: Codec<number> = { write: (w, v) => w.i32(v), read: r => r.i32() }
export const u64: Codec<bigint> = { write: (w, v) => w.u64(v), read: r => r.u64() }
export const i64: Codec<bigint> = { write: (w, v) => w.i64(v), read: r => r.i64() }
export const varint: Codec<number> = { write: (w, v) => w.varint(v), read: r => r.varint() }
export const compactU64: Codec<bigint> = { write: (w, v) => w.varint64(v), read: r => r.varint64() }

/** Nothing at all: the payload of `verack`, `getaddr`, … */
export const empty: Codec<null> = { write: () => {}, read: () => null }

export const bool: Codec<boolean> = { write: (w, v) => w.u8(v ? 1 : 0), read: r => r.u8() !== 0 }

/** Exactly `size` bytes. */
export function fixed(size: number): Codec<Uint8Array> {
  return { write: (w, v) => w.bytes(v), read: r => r.bytes(size) }
}

/** A hash of 32 bytes in wire order. */
export const hash256 = fixed(32)
/** 32 bytes on the wire, display hex here; what is no hash goes as zeros, which are nobody's. */
export const hashHex: Codec<HashHex> = {
  write: (w, v) => w.bytes(hexToHash(v) ?? new Uint8Array(32)),
  read: r => hashToHex(r.bytes(32)),
}

/** A count and that many bytes, at most `max`. */
export function varbytes(max: number): Codec<Uint8Array> {
  return {
    write: (w, v) => {
      w.varint(v.length)
      w.bytes(v)
    },
    read: r => r.bytes(limited(r.varint(), max)),
  }
}

/** A count and that many Latin-1 characters, at most `max`. Never throws on odd bytes. */
export function varstring(max: number): Codec<string> {
  const bytes = varbytes(max)
  return {
    write: (w, v) =>
      bytes.write(
        w,
        Uint8Array.from(v, c => c.charCodeAt(0) & 0xff),
      ),
    read: r => String.fromCharCode(...bytes.read(r)),
  }
}

/**
 * A count and that many items, at most `max`. `minBytes`: the least an item takes, so that a count cannot lie.
 * `code`: what more of them is called.
 */
export function list<T>(
  item: Codec<T>,
  max: number,
  minBytes = 1,
  code: ProtocolErrorCode = 'out-of-range',
): Codec<readonly T[]> {
  return {
    write: (w, v) => {
      w.varint(v.length)
      for (const one of v) item.write(w, one)
    },
    read: r => {
      const count = limited(r.varint(), max, code)
      if (count * minBytes > r.remaining) throw new ProtocolError('truncated', `${count} items announced`)
      const items: T[] = []
      for (let i = 0; i < count; i++) items.push(item.read(r))
      return items
    },
  }
}

/** A record whose fields follow each other in the order of `fields`. */
export function struct<T extends object>(fields: { readonly [K in keyof T]: Codec<T[K]> }): Codec<T> {
  const entries = Object.entries(fields) as [keyof T, Codec<T[keyof T]>][]
  return {
    write: (w, v) => {
      for (const [name, codec] of entries) codec.write(w, v[name])
    },
    read: r => {
      const value = {} as T
      for (const [name, codec] of entries) value[name] = codec.read(r)
      return value
    },
  }
}

function limited(count: number, max: number, code: ProtocolErrorCode = 'out-of-range'): number {
  if (count > max) throw new ProtocolError(code, `${count} above the limit of ${max}`)
  return count
}
