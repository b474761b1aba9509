// Hashes as text. On the wire they are 32 bytes little-endian; shown, and used as map keys, they are that reversed in hex.

const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'))

/** 64 lower-case hex digits in display order (the reverse of the wire order). */
export type HashHex = string

/** Bytes → hex in the same order. */
export function toHex(bytes: Uint8Array): string {
  let text = ''
  for (let i = 0; i < bytes.length; i++) text += HEX[bytes[i] as number]
  return text
}

/** Hex → bytes in the same order; undefined if it is not hex of whole bytes. */
export function fromHex(text: string): Uint8Array | undefined {
  if (text.length % 2 !== 0) return undefined
  const bytes = new Uint8Array(text.length / 2)
  for (let i = 0; i < bytes.length; i++) {
    const high = nibble(text.charCodeAt(2 * i))
    const low = nibble(text.charCodeAt(2 * i + 1))
    if (high < 0 || low < 0) return undefined
    bytes[i] = (high << 4) | low
  }
  return bytes
}

/** The value of a hex digit's character code; -1 if it is none. By hand: ten times as fast as parseInt, and blocks hold many hashes. */
function nibble(code: number): number {
  if (code >= 48 && code <= 57) return code - 48
  const lower = code | 32
  return lower >= 97 && lower <= 102 ? lower - 87 : -1
}

/** A hash in wire order → its display form. */
export function hashToHex(hash: Uint8Array): HashHex {
  let text = ''
  for (let i = hash.length - 1; i >= 0; i--) text += HEX[hash[i] as number]
  return text
}

/** Display form → wire order; undefined if it is not 64 hex digits. */
export function hexToHash(text: HashHex): Uint8Array | undefined {
  return text.length === 64 ? fromHex(text)?.reverse() : undefined
}
