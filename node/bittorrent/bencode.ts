// Bencode (BEP 3): numbers, byte strings, lists, and dictionaries by byte strings. Every value has one encoding: what is not that one
// is refused, but for the order of a dictionary's keys, which many programs get wrong, where `anyOrder` says so.

import { ProtocolError } from '../errors.ts'

/**
 * A dictionary's keys are byte strings, one character a byte (Latin-1), and it has no prototype. Text is encoded as UTF-8, and comes
 * back as bytes.
 */
export type Bencoded =
  | number
  | Uint8Array
  | string
  | readonly Bencoded[]
  | { readonly [key: string]: Bencoded | undefined }

export type Dictionary = { readonly [key: string]: Bencoded | undefined }

export interface DecodeOptions {
  /** Keys of dictionaries may stand in any order. */
  readonly anyOrder?: boolean
}

/** Lists and dictionaries in each other. */
const MAX_DEPTH = 100
/** Values in all: a byte takes a hundred as a value. */
const MAX_VALUES = 3_000_000
const [INTEGER, LIST, DICTIONARY, END, COLON] = [0x69, 0x6c, 0x64, 0x65, 0x3a]
const [ZERO, NINE, MINUS] = [0x30, 0x39, 0x2d]
const KEY_PART = 4096
const utf8 = new TextEncoder()

export function isDictionary(value: unknown): value is Dictionary {
  return (
    typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Uint8Array)
  )
}

/**
 * Byte strings as text, one character a byte: what dictionaries go by. A part at a time, for an engine keeps each sum of two texts: a
 * key as long as a torrent, byte by byte, would take thirty times its bytes.
 */
export function keyOf(bytes: Uint8Array): string {
  let key = ''
  for (let at = 0; at < bytes.length; at += KEY_PART)
    key += String.fromCharCode(...bytes.subarray(at, at + KEY_PART))
  return key
}

export function bytesOf(key: string): Uint8Array {
  const bytes = new Uint8Array(key.length)
  for (let at = 0; at < key.length; at++) bytes[at] = key.charCodeAt(at)
  return bytes
}

/** Fields that are undefined are left out. */
export function encodeBencode(value: Bencoded): Uint8Array {
  const parts: Uint8Array[] = []
  write(value, parts)
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0))
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.length
  }
  return whole
}

function write(value: Bencoded, parts: Uint8Array[]): void {
  if (typeof value === 'number') {
    if (!Number.isSafeInteger(value)) throw new RangeError(`${value} cannot be bencoded`)
    parts.push(utf8.encode(`i${value}e`))
  } else if (typeof value === 'string') write(utf8.encode(value), parts)
  else if (value instanceof Uint8Array) parts.push(utf8.encode(`${value.length}:`), value)
  else if (Array.isArray(value)) {
    parts.push(Uint8Array.of(LIST))
    for (const each of value as readonly Bencoded[]) write(each, parts)
    parts.push(Uint8Array.of(END))
  } else {
    parts.push(Uint8Array.of(DICTIONARY))
    const dictionary = value as Dictionary
    for (const key of Object.keys(dictionary).sort()) {
      const each = dictionary[key]
      if (each === undefined) continue
      write(bytesOf(key), parts)
      write(each, parts)
    }
    parts.push(Uint8Array.of(END))
  }
}

/** Byte strings are views of `bytes`. Throws ProtocolError. */
export function decodeBencode(bytes: Uint8Array, options: DecodeOptions = {}): Bencoded {
  const [value, end] = decodeFirst(bytes, options)
  if (end !== bytes.length) throw new ProtocolError('trailing-bytes', `bencode, ${bytes.length - end} bytes`)
  return value
}

/** The first value, and where it ends: something else may follow (BEP 9). */
export function decodeFirst(
  bytes: Uint8Array,
  options: DecodeOptions = {},
): readonly [value: Bencoded, end: number] {
  const reader = new Reader(bytes, options.anyOrder === true)
  return [reader.value(0), reader.at]
}

/** The bytes of one of a dictionary's values, as they stand there: what is hashed must not be encoded anew. */
export function rawValue(
  bytes: Uint8Array,
  key: string,
  options: DecodeOptions = {},
): Uint8Array | undefined {
  const reader = new Reader(bytes, options.anyOrder === true)
  let found: Uint8Array | undefined
  reader.dictionary(0, (each, from) => {
    if (each === key) found = bytes.subarray(from, reader.at)
  })
  return found
}

class Reader {
  at = 0
  readonly #bytes: Uint8Array
  readonly #anyOrder: boolean
  #values = 0

  constructor(bytes: Uint8Array, anyOrder: boolean) {
    this.#bytes = bytes
    this.#anyOrder = anyOrder
  }

  value(depth: number): Bencoded {
    if (depth > MAX_DEPTH) throw malformed('too deep')
    if (++this.#values > MAX_VALUES) throw malformed('too many values')
    const first = this.#bytes[this.at]
    if (first === undefined) throw new ProtocolError('truncated', 'bencode')
    if (first === INTEGER) return this.#integer()
    if (first === LIST) return this.#list(depth)
    if (first === DICTIONARY) return this.dictionary(depth)
    return this.#string()
  }

  /** `onEntry`: behind each, with where its value begins. */
  dictionary(depth: number, onEntry?: (key: string, from: number) => void): Dictionary {
    const entries: { [key: string]: Bencoded } = Object.create(null)
    if (this.#bytes[this.at++] !== DICTIONARY) throw malformed('no dictionary')
    let last: string | undefined
    while (!this.#ends()) {
      const key = keyOf(this.#string())
      if (last !== undefined && !this.#anyOrder && key < last) throw malformed('keys out of order')
      if (key in entries) throw malformed('a key twice')
      const from = this.at
      entries[key] = this.value(depth + 1)
      last = key
      onEntry?.(key, from)
    }
    return entries
  }

  #list(depth: number): readonly Bencoded[] {
    const values: Bencoded[] = []
    this.at++
    while (!this.#ends()) values.push(this.value(depth + 1))
    return values
  }

  #integer(): number {
    this.at++
    const isNegative = this.#bytes[this.at] === MINUS
    if (isNegative) this.at++
    const number = this.#digits(END)
    if (isNegative && number === 0) throw malformed('minus nothing')
    return isNegative ? -number : number
  }

  #string(): Uint8Array {
    const length = this.#digits(COLON)
    const from = this.at
    if (length > this.#bytes.length - from) throw new ProtocolError('truncated', 'bencode')
    this.at = from + length
    return this.#bytes.subarray(from, this.at)
  }

  /** Up to `end`, which is passed over; no zero before another digit. */
  #digits(end: number): number {
    const from = this.at
    let number = 0
    for (;;) {
      const digit = this.#bytes[this.at]
      if (digit === undefined) throw new ProtocolError('truncated', 'bencode')
      if (digit === end) break
      if (digit < ZERO || digit > NINE) throw malformed('no digit')
      number = number * 10 + (digit - ZERO)
      if (number > Number.MAX_SAFE_INTEGER) throw malformed('too large a number')
      this.at++
    }
    const digits = this.at - from
    if (digits === 0) throw malformed('no digits')
    if (digits > 1 && this.#bytes[from] === ZERO) throw malformed('a number that begins with zero')
    this.at++
    return number
  }

  #ends(): boolean {
    const byte = this.#bytes[this.at]
    if (byte === undefined) throw new ProtocolError('truncated', 'bencode')
    if (byte !== END) return false
    this.at++
    return true
  }
}

function malformed(what: string): ProtocolError {
  return new ProtocolError('malformed', `bencode: ${what}`)
}
