// HASH160: what an address commits to. RIPEMD-160 is not in the hashing core, which mines and never needs it.

import { ripemd160 } from '@noble/hashes/legacy.js'
import { hasher } from '../../hash.ts'

export { ripemd160 }

/** RIPEMD-160 of SHA-256; 20 bytes. */
export function hash160(message: Uint8Array): Uint8Array {
  return ripemd160(hasher.sha256(message))
}
