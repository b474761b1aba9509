// Base58Check: bytes with a checksum of four, in an alphabet without 0, O, I and l.

import { hasher } from '../hash.ts'

const ALPHABET = '123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz'
const CHECKSUM_BYTES = 4
/** Longer texts are no address: 25 bytes take at most 35 characters. Bounds the work, which is quadratic. */
const MAX_CHARACTERS = 100

export function encodeBase58Check(payload: Uint8Array): string {
  const bytes = Uint8Array.of(...payload, ...checksum(payload))
  let rest = bytes.reduce((number, byte) => number * 256n + BigInt(byte), 0n)
  let text = ''
  for (; rest > 0n; rest /= 58n) text = ALPHABET.charAt(Number(rest % 58n)) + text
  // a number has no zeros in front: each zero byte there is a `1`
  return ALPHABET.charAt(0).repeat(leading(bytes, 0)) + text
}

/** The payload; undefined if the text is not Base58, longer than it may be, or its checksum is wrong. */
export function decodeBase58Check(text: string, maxCharacters = MAX_CHARACTERS): Uint8Array | undefined {
  const whole = decodeBase58(text, maxCharacters)
  if (whole === undefined || whole.length < CHECKSUM_BYTES) return undefined
  const payload = whole.subarray(0, -CHECKSUM_BYTES)
  const sum = checksum(payload)
  return whole.subarray(-CHECKSUM_BYTES).every((byte, i) => byte === sum[i]) ? payload : undefined
}

/** Whatever bytes a text stands for. */
export function decodeBase58(text: string, maxCharacters = MAX_CHARACTERS): Uint8Array | undefined {
  if (text.length > maxCharacters) return undefined
  const digits = Array.from(text, character => ALPHABET.indexOf(character))
  if (digits.includes(-1)) return undefined
  let rest = digits.reduce((number, digit) => number * 58n + BigInt(digit), 0n)
  const bytes: number[] = []
  for (; rest > 0n; rest /= 256n) bytes.unshift(Number(rest % 256n))
  return Uint8Array.of(...new Uint8Array(leading(digits, 0)), ...bytes)
}

function checksum(payload: Uint8Array): Uint8Array {
  return hasher.sha256d(payload).subarray(0, CHECKSUM_BYTES)
}

/** How many items in front equal `value`. */
function leading(items: ArrayLike<number>, value: number): number {
  let count = 0
  while (count < items.length && items[count] === value) count++
  return count
}
