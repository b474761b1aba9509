// Signed messages as Bitcoin has always had them: a recoverable signature of a prefixed text, in Base64, by the key of an address.

import { Writer } from '../bitcoin/wire/codec.ts'
import { decodeBase64, encodeBase64 } from '../core/base64.ts'
import { hasher } from '../hash.ts'
import { hash160 } from './chain/hash160.ts'
import type { Secp256k1 } from './services.ts'

const PREFIX = 'Bitcoin Signed Message:\n'
/** The first byte of a signature: which of four keys, and whether that is compressed. */
const HEADER = 27
const COMPRESSED = 4
const SIGNATURE_BYTES = 65

export function signMessage(secp: Secp256k1, privateKey: Uint8Array, message: string): string {
  const { signature, id } = secp.signRecoverable(digestOf(message), privateKey)
  return encodeBase64(Uint8Array.of(HEADER + COMPRESSED + id, ...signature))
}

/** The hash of the key that signed; undefined if that is no signature of anybody, `'malformed'` if it is no Base64. */
export function signerOf(
  secp: Secp256k1,
  signature: string,
  message: string,
): Uint8Array | 'malformed' | undefined {
  const bytes = decodeBase64(signature)
  if (!bytes) return 'malformed'
  const header = (bytes[0] ?? 0) - HEADER
  if (bytes.length !== SIGNATURE_BYTES || header < 0 || header > 7) return undefined
  const compressed = (header & COMPRESSED) !== 0
  const key = secp.recover(digestOf(message), bytes.subarray(1), header & 3, compressed)
  return key && hash160(key)
}

function digestOf(message: string): Uint8Array {
  const writer = new Writer()
  for (const text of [PREFIX, message]) {
    const bytes = new TextEncoder().encode(text)
    writer.varint(bytes.length)
    writer.bytes(bytes)
  }
  return hasher.sha256d(writer.finish())
}
