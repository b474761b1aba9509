// ECDSA signatures as bytes in a script: DER ↔ the 64 bytes r‖s that the signature library takes. The hash type, which stands
// behind them in a script, is no part of what is read here.

const INTEGER = 0x02
const SEQUENCE = 0x30
const MAX_STRICT_BYTES = 72
/** Half the order of the group (SEC 2), big-endian: the largest s that counts as low (BIP146). */
const HALF_ORDER = Uint8Array.of(
  ...[0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
  ...[0x5d, 0x57, 0x6e, 0x73, 0x57, 0xa4, 0x50, 0x1d, 0xdf, 0xe9, 0x2f, 0x46, 0x68, 0x1b, 0x20, 0xa0],
)
const ORDER = Uint8Array.of(
  ...[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xfe],
  ...[0xba, 0xae, 0xdc, 0xe6, 0xaf, 0x48, 0xa0, 0x3b, 0xbf, 0xd2, 0x5e, 0x8c, 0xd0, 0x36, 0x41, 0x41],
)

/** Is it what BIP66 allows? Numbers too large for the group are none of its business. */
export function isStrictDer(bytes: Uint8Array): boolean {
  return strictNumbers(bytes) !== undefined
}

/** The 64 bytes r‖s of a strict DER signature; undefined if BIP66 forbids it or r or s cannot fit. */
export function decodeDer(bytes: Uint8Array): Uint8Array | undefined {
  const numbers = strictNumbers(bytes)
  return numbers && join(...numbers)
}

/**
 * The 64 bytes r‖s of whatever OpenSSL once read as a signature, as Core still does where BIP66 is not in force: lengths may be
 * long, or wrong on the outside; numbers may have zeros in front, or none where they would be negative; anything may follow.
 * Zeros, which no key has signed, if r or s is no number of the group; undefined for what cannot be read.
 */
export function decodeLaxDer(bytes: Uint8Array): Uint8Array | undefined {
  if (bytes[0] !== SEQUENCE) return undefined
  const outer = bytes[1]
  if (outer === undefined) return undefined
  const start = outer & 0x80 ? 2 + (outer & 0x7f) : 2
  if (start > bytes.length) return undefined
  const r = laxInteger(bytes, start)
  const s = r && laxInteger(bytes, r.end)
  if (r === undefined || s === undefined) return undefined
  const both = join(r.value, s.value)
  const fits = both && isLess(both.subarray(0, 32), ORDER) && isLess(both.subarray(32), ORDER)
  return fits ? both : new Uint8Array(64)
}

/** BIP146: does s lie in the upper half? Then n − s would do as well, and is what everybody signs. */
export function hasHighS(signature: Uint8Array): boolean {
  return isLess(HALF_ORDER, signature.subarray(32, 64))
}

/** DER of r‖s. */
export function encodeDer(signature: Uint8Array): Uint8Array {
  const r = minimal(signature.subarray(0, 32))
  const s = minimal(signature.subarray(32, 64))
  return Uint8Array.of(SEQUENCE, r.length + s.length + 4, INTEGER, r.length, ...r, INTEGER, s.length, ...s)
}

function strictNumbers(bytes: Uint8Array): [r: Uint8Array, s: Uint8Array] | undefined {
  if (bytes.length < 8 || bytes.length > MAX_STRICT_BYTES) return undefined
  if (bytes[0] !== SEQUENCE || bytes[1] !== bytes.length - 2) return undefined
  const r = strictInteger(bytes, 2)
  if (r === undefined) return undefined
  const s = strictInteger(bytes, 4 + r.length)
  if (s === undefined || 6 + r.length + s.length !== bytes.length) return undefined
  return [r, s]
}

/** The value of the integer at `at`: at least one byte, not negative, no zero in front that is not needed. */
function strictInteger(bytes: Uint8Array, at: number): Uint8Array | undefined {
  const length = bytes[at + 1] ?? 0
  const value = bytes.subarray(at + 2, at + 2 + length)
  const [first = 0, second = 0] = value
  if (bytes[at] !== INTEGER || length === 0 || value.length !== length || first >= 0x80) return undefined
  if (first === 0 && length > 1 && second < 0x80) return undefined
  return value
}

function laxInteger(bytes: Uint8Array, at: number): { value: Uint8Array; end: number } | undefined {
  const short = bytes[at + 1]
  if (bytes[at] !== INTEGER || short === undefined) return undefined
  let length = short
  let start = at + 2
  if (short & 0x80) {
    const digits = laxDigits(bytes.subarray(start, start + (short & 0x7f)), short & 0x7f)
    if (digits === undefined) return undefined
    length = digits
    start += short & 0x7f
  }
  const end = start + length
  return end <= bytes.length ? { value: bytes.subarray(start, end), end } : undefined
}

/** A length in its long form, of at most three digits that are not zeros in front. */
function laxDigits(digits: Uint8Array, count: number): number | undefined {
  if (digits.length < count) return undefined
  const significant = withoutZeros(digits)
  if (significant.length > 3) return undefined
  return significant.reduce((length, digit) => length * 256 + digit, 0)
}

/** Both numbers, padded to 32 bytes each. */
function join(r: Uint8Array, s: Uint8Array): Uint8Array | undefined {
  const signature = new Uint8Array(64)
  for (const [number, end] of [
    [r, 32],
    [s, 64],
  ] as const) {
    const digits = withoutZeros(number)
    if (digits.length > 32) return undefined
    signature.set(digits, end - digits.length)
  }
  return signature
}

/** Without needless zeros in front, and with one where the top bit would make it negative. */
function minimal(number: Uint8Array): Uint8Array {
  const digits = withoutZeros(number)
  const [first = 0x80] = digits
  return first >= 0x80 ? Uint8Array.of(0, ...digits) : digits
}

function withoutZeros(number: Uint8Array): Uint8Array {
  let start = 0
  while (start < number.length && number[start] === 0) start++
  return number.subarray(start)
}

/** Of numbers of one length, big-endian. */
function isLess(a: Uint8Array, b: Uint8Array): boolean {
  for (let i = 0; i < b.length; i++) if (a[i] !== b[i]) return (a[i] as number) < (b[i] as number)
  return false
}
