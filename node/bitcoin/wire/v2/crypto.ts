// What the encrypted transport (BIP324) needs of the machine: its keys, and the ciphers that they are for. Injected, so that the
// transport stays pure; in virtual time all that is secret comes from the seed.

/** One side of one connection's key exchange. */
export interface KeyPair {
  /** 64 bytes that look like any others (ElligatorSwift). */
  readonly publicKey: Uint8Array
  /** 32 bytes that both sides come to (BIP324's x-only ECDH, hashed with both public keys, the dialler's first). */
  sharedSecret(theirs: Uint8Array, initiating: boolean): Uint8Array
}

/** Gives the next bytes of a stream, exclusive-or'ed with these. */
export type StreamCipher = (bytes: Uint8Array) => Uint8Array

export interface V2Crypto {
  /** So many secret bytes. */
  random(count: number): Uint8Array
  keyPair(): KeyPair
  /** ChaCha20 (RFC 8439) from its first block on. `key`: 32 bytes; `nonce`: 12. */
  stream(key: Uint8Array, nonce: Uint8Array): StreamCipher
  /** AEAD_CHACHA20_POLY1305: writes the ciphertext of `plain` and a tag of 16 bytes to `out`, which is so long. */
  seal(key: Uint8Array, nonce: Uint8Array, aad: Uint8Array, plain: Uint8Array, out: Uint8Array): void
  /** Its inverse; undefined where the tag is not that of these bytes. */
  open(key: Uint8Array, nonce: Uint8Array, aad: Uint8Array, sealed: Uint8Array): Uint8Array | undefined
}
