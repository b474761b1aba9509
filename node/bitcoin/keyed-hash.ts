// A hash that only the holder of the key can foresee: where an address lands, and which group is protected,
// cannot be aimed at from outside.

import { hasher } from '../hash.ts'

export type KeyedHash = (...parts: readonly (string | number)[]) => number

/** 32-bit hashes of texts and numbers under `key`. */
export function keyedHash(key: Uint8Array): KeyedHash {
  const encoder = new TextEncoder()
  return (...parts) => {
    const text = encoder.encode(parts.join('\n'))
    const bytes = new Uint8Array(key.length + text.length)
    bytes.set(key)
    bytes.set(text, key.length)
    const hash = hasher.sha256(bytes)
    return new DataView(hash.buffer, hash.byteOffset).getUint32(0, true)
  }
}
