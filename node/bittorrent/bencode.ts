// Bencode (BEP 3), strict.

import { ProtocolError } from '../errors.ts'

export type Bencoded = number | Uint8Array | string | readonly Bencoded[] | { readonly [key: string]: Bencoded }
const MAX_DEPTH = 64
const latin1 = new TextDecoder('latin1')
const utf8 = new TextEncoder()

export function isDictionary(value: unknown): value is { readonly [key: string]: Bencoded } {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Uint8Array)
}

export function encodeBencode(value: unknown): Uint8Array {
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

function write(value: unknown, parts: Uint8Array[]): void {
  if (typeof value === 'number') parts.push(utf8.encode(`i${value}e`))
  else if (typeof value === 'string') write(utf8.encode(value), parts)
  else if (value instanceof Uint8Array) parts.push(utf8.encode(`${value.length}:`), value)
  else if (Array.isArray(value)) {
    parts.push(utf8.encode('l'))
    for (const each of value) write(each, parts)
    parts.push(utf8.encode('e'))
  } else if (isDictionary(value)) {
    parts.push(utf8.encode('d'))
    for (const key of Object.keys(value).sort()) {
      write(Uint8Array.from(key, c => c.charCodeAt(0)), parts)
      write(value[key], parts)
    }
    parts.push(utf8.encode('e'))
  }
}

export function decodeBencode(bytes: Uint8Array): Bencoded {
  const [value, end] = read(bytes, 0, 0)
  if (end !== bytes.length) throw new ProtocolError('trailing-bytes')
  return value
}

/** Where the first value ends. */
export function decodeFirst(bytes: Uint8Array): readonly [Bencoded, number] {
  return read(bytes, 0, 0)
}

function read(bytes: Uint8Array, at: number, depth: number): readonly [Bencoded, number] {
  const first = bytes[at]
  if (depth > MAX_DEPTH) throw new ProtocolError('malformed', 'too deep')
  if (first === 0x69) {
    const end = bytes.indexOf(0x65, at)
    const text = end < 0 ? '' : latin1.decode(bytes.subarray(at + 1, end))
    if (!/^(0|-?[1-9]\d{0,15})$/.test(text)) throw new ProtocolError('malformed', 'number')
    return [Number(text), end + 1]
  }
  if (first === 0x6c) {
    const list: Bencoded[] = []
    let next = at + 1
    while (bytes[next] !== 0x65) {
      const [value, end] = read(bytes, next, depth + 1)
      list.push(value)
      next = end
    }
    return [list, next + 1]
  }
  if (first === 0x64) {
    const dictionary: Record<string, Bencoded> = Object.create(null)
    let next = at + 1
    while (bytes[next] !== 0x65) {
      const [key, end] = read(bytes, next, depth + 1)
      if (!(key instanceof Uint8Array)) throw new ProtocolError('malformed', 'key')
      const [value, after] = read(bytes, end, depth + 1)
      dictionary[latin1.decode(key)] = value
      next = after
    }
    return [dictionary, next + 1]
  }
  const colon = bytes.indexOf(0x3a, at)
  const text = colon < 0 || colon - at > 10 ? '' : latin1.decode(bytes.subarray(at, colon))
  if (!/^(0|[1-9]\d*)$/.test(text)) throw new ProtocolError('malformed', 'length')
  const end = colon + 1 + Number(text)
  if (end > bytes.length) throw new ProtocolError('truncated')
  return [bytes.subarray(colon + 1, end), end]
}
