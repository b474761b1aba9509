// Locks a wallet's secrets up with a passphrase: a key stretched from it (PBKDF2), HMAC-SHA512 over a counter as a key stream, and a
// tag over what comes of it. Enough to tell who knows the passphrase; coins of a test network need no more.

import { hmac } from '@noble/hashes/hmac.js'
import { pbkdf2 } from '@noble/hashes/pbkdf2.js'
import { sha512 } from '@noble/hashes/sha2.js'
import { fromHex, toHex } from '../../bitcoin/wire/hex.ts'
import { concat } from '../chain/push.ts'

/** In hex. */
export interface Locked {
  readonly salt: string
  readonly data: string
  readonly tag: string
}

const ROUNDS = 2_000
const KEY_BYTES = 64
const BLOCK_BYTES = 64
export const SALT_BYTES = 16

export function lock(text: string, passphrase: string, salt: Uint8Array): Locked {
  const [streamKey, tagKey] = keysOf(passphrase, salt)
  const data = crypted(new TextEncoder().encode(text), streamKey)
  return { salt: toHex(salt), data: toHex(data), tag: toHex(hmac(sha512, tagKey, data)) }
}

/** Undefined where the passphrase is another. */
export function unlock({ salt, data, tag }: Locked, passphrase: string): string | undefined {
  const [bytes, seed] = [fromHex(data), fromHex(salt)]
  if (!bytes || !seed) return undefined
  const [streamKey, tagKey] = keysOf(passphrase, seed)
  if (toHex(hmac(sha512, tagKey, bytes)) !== tag) return undefined
  return new TextDecoder().decode(crypted(bytes, streamKey))
}

function keysOf(passphrase: string, salt: Uint8Array): readonly [stream: Uint8Array, tag: Uint8Array] {
  const options = { c: ROUNDS, dkLen: 2 * KEY_BYTES }
  const both = pbkdf2(sha512, new TextEncoder().encode(passphrase), salt, options)
  return [both.subarray(0, KEY_BYTES), both.subarray(KEY_BYTES)]
}

/** Its own inverse. */
function crypted(bytes: Uint8Array, key: Uint8Array): Uint8Array {
  const blocks = Array.from({ length: Math.ceil(bytes.length / BLOCK_BYTES) }, (_, i) => {
    const counter = new Uint8Array(4)
    new DataView(counter.buffer).setUint32(0, i)
    return hmac(sha512, key, counter)
  })
  const stream = concat(...blocks)
  return bytes.map((byte, i) => byte ^ (stream[i] as number))
}
