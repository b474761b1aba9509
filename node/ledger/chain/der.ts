// ECDSA signatures as bytes in a script: strict DER (BIP66) ↔ the 64 bytes r‖s that the signature library takes.

const INTEGER = 0x02
const SEQUENCE = 0x30

/** The 64 bytes r‖s of a strict DER signature (no hash type behind it); undefined if BIP66 forbids it or r or s cannot fit. */
export function decodeDer(bytes: Uint8Array): Uint8Array | undefined {
  if (bytes.length < 8 || bytes.length > 72) return undefined
  if (bytes[0] !== SEQUENCE || bytes[1] !== bytes.length - 2) return undefined
  const r = readInteger(bytes, 2)
  if (r === undefined) return undefined
  const s = readInteger(bytes, 4 + r.length)
  if (s === undefined || 6 + r.length + s.length !== bytes.length) return undefined
  return join(r, s)
}

/** DER of r‖s, without a hash type behind it. */
export function encodeDer(signature: Uint8Array): Uint8Array {
  const r = minimal(signature.subarray(0, 32))
  const s = minimal(signature.subarray(32, 64))
  return Uint8Array.of(SEQUENCE, r.length + s.length + 4, INTEGER, r.length, ...r, INTEGER, s.length, ...s)
}

/** The value of the integer at `at`: at least one byte, not negative, no zero in front that is not needed. */
function readInteger(bytes: Uint8Array, at: number): Uint8Array | undefined {
  const length = bytes[at + 1] ?? 0
  const value = bytes.subarray(at + 2, at + 2 + length)
  const [first = 0, second = 0] = value
  if (bytes[at] !== INTEGER || length === 0 || value.length !== length || first >= 0x80) return undefined
  if (first === 0 && length > 1 && second < 0x80) return undefined
  return value
}

/** Both numbers, padded to 32 bytes each. */
function join(r: Uint8Array, s: Uint8Array): Uint8Array | undefined {
  const signature = new Uint8Array(64)
  for (const [number, end] of [
    [r, 32],
    [s, 64],
  ] as const) {
    const digits = number[0] === 0 ? number.subarray(1) : number
    if (digits.length > 32) return undefined
    signature.set(digits, end - digits.length)
  }
  return signature
}

/** Without needless zeros in front, and with one where the top bit would make it negative. */
function minimal(number: Uint8Array): Uint8Array {
  let start = 0
  while (start < number.length - 1 && number[start] === 0) start++
  const digits = number.subarray(start)
  return (digits[0] ?? 0) >= 0x80 ? Uint8Array.of(0, ...digits) : digits
}
