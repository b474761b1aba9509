// Hashes as text. On the wire they are 32 bytes little-endian; shown, and used as map keys, they are that reversed in hex.

/** Each byte's two digits, as character codes. */
const HIGH = Uint8Array.from({ length: 256 }, (_, byte) => digit(byte >> 4))
const LOW = Uint8Array.from({ length: 256 }, (_, byte) => digit(byte & 15))
/** A digit's value by its character code; negative for everything else. */
const VALUES = Int8Array.from({ length: 128 }, (_, code) => digitValue(code))
/** Digits are ASCII, which Latin-1 reads fastest. Adding up strings instead takes three times as long on Node 20. */
const LATIN1 = new TextDecoder('latin1')
const HASH_DIGITS = new Uint8Array(64)

/** 64 lower-case hex digits in display order (the reverse of the wire order). */
export type HashHex = string

/** Bytes → hex in the same order. */
export function toHex(bytes: Uint8Array): string {
  const digits = new Uint8Array(2 * bytes.length)
  for (let i = 0; i < bytes.length; i++) writeByte(digits, i, bytes[i] as number)
  return LATIN1.decode(digits)
}

/** Hex → bytes in the same order; undefined if it is not hex of whole bytes. */
export function fromHex(text: string): Uint8Array | undefined {
  if (text.length % 2 !== 0) return undefined
  const bytes = new Uint8Array(text.length / 2)
  for (let i = 0; i < bytes.length; i++) {
    const byte = byteAt(text, 2 * i)
    if (byte < 0) return undefined
    bytes[i] = byte
  }
  return bytes
}

/** A hash in wire order → its display form. */
export function hashToHex(hash: Uint8Array): HashHex {
  for (let i = 0; i < 32; i++) writeByte(HASH_DIGITS, i, hash[31 - i] as number)
  return LATIN1.decode(HASH_DIGITS)
}

/** Display form → wire order; undefined if it is not 64 hex digits. */
export function hexToHash(text: HashHex): Uint8Array | undefined {
  if (text.length !== 64) return undefined
  const hash = new Uint8Array(32)
  for (let i = 0; i < 32; i++) {
    const byte = byteAt(text, 62 - 2 * i)
    if (byte < 0) return undefined
    hash[i] = byte
  }
  return hash
}

/** In the order of the bytes on the wire, in which Core keeps and tells of sets of hashes; for `sort`. */
export function byHash(a: HashHex, b: HashHex): number {
  for (let at = a.length - 2; at >= 0; at -= 2) {
    const difference = byteAt(a, at) - byteAt(b, at)
    if (difference !== 0) return difference
  }
  return 0
}

function writeByte(digits: Uint8Array, index: number, byte: number): void {
  digits[2 * index] = HIGH[byte] as number
  digits[2 * index + 1] = LOW[byte] as number
}

/** The byte that two digits stand for; negative if they are none. A table: parseInt takes ten times as long. */
function byteAt(text: string, at: number): number {
  const high = VALUES[text.charCodeAt(at)] ?? -1
  const low = VALUES[text.charCodeAt(at + 1)] ?? -1
  return high < 0 || low < 0 ? -1 : (high << 4) | low
}

function digit(value: number): number {
  return value.toString(16).charCodeAt(0)
}

function digitValue(code: number): number {
  const value = Number.parseInt(String.fromCharCode(code), 16)
  return Number.isNaN(value) ? -1 : value
}
