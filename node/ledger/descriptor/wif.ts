// Private keys as text (wallet import format): Base58Check of a version byte, the key, and a one where its public key is compressed.

import { decodeBase58Check, encodeBase58Check } from '../base58.ts'
import type { Secp256k1 } from '../services.ts'

/** On all test networks. */
const WIF_VERSION = 239
const COMPRESSED = 1
const KEY_BYTES = 32

export interface Secret {
  readonly privateKey: Uint8Array
  /** 33 bytes, or 65 where the text says that it is not compressed. */
  readonly publicKey: Uint8Array
}

/** Undefined where the text is no private key of a test network. */
export function decodeWif(secp: Secp256k1, text: string): Secret | undefined {
  const payload = decodeBase58Check(text)
  if (payload?.[0] !== WIF_VERSION) return undefined
  const compressed = payload.length === KEY_BYTES + 2 && payload.at(-1) === COMPRESSED
  if (!compressed && payload.length !== KEY_BYTES + 1) return undefined
  const privateKey = payload.slice(1, 1 + KEY_BYTES)
  if (!secp.isPrivateKey(privateKey)) return undefined
  return { privateKey, publicKey: secp.publicKey(privateKey, compressed) }
}

export function encodeWif(key: Uint8Array, compressed = true): string {
  return encodeBase58Check(Uint8Array.of(WIF_VERSION, ...key, ...(compressed ? [COMPRESSED] : [])))
}
