// BIP324's two ciphers, one for the lengths of packets and one for packets: each takes a new key, made by the old one, after every
// 224 of them, so that whoever learns a key cannot read what went before it.

import type { StreamCipher, V2Crypto } from './crypto.ts'

export const REKEY_INTERVAL = 224
export const TAG_BYTES = 16
const KEY_BYTES = 32
const NONCE_BYTES = 12
/** In the place of a packet's number: what the next key is made of. */
const REKEY_NUMBER = 0xffff_ffff
const NO_BYTES: Uint8Array = new Uint8Array(0)
const ZEROS: Uint8Array = new Uint8Array(KEY_BYTES)

/** A number of 4 bytes, then the number of keys before in 8; both little-endian. */
function nonceOf(number: number, keys: number): Uint8Array {
  const nonce = new Uint8Array(NONCE_BYTES)
  const view = new DataView(nonce.buffer)
  view.setUint32(0, number, true)
  view.setUint32(4, keys % 2 ** 32, true)
  view.setUint32(8, Math.floor(keys / 2 ** 32), true)
  return nonce
}

/** FSChaCha20: one stream for all chunks of a key, whose next bytes are the key after it. */
export class LengthCipher {
  readonly #crypto: Pick<V2Crypto, 'stream'>
  #stream: StreamCipher
  #chunks = 0
  #keys = 0

  constructor(crypto: Pick<V2Crypto, 'stream'>, key: Uint8Array) {
    this.#crypto = crypto
    this.#stream = crypto.stream(key, nonceOf(0, 0))
  }

  /** Encrypts or decrypts. */
  crypt(chunk: Uint8Array): Uint8Array {
    const crypted = this.#stream(chunk)
    if (++this.#chunks === REKEY_INTERVAL) {
      this.#chunks = 0
      this.#stream = this.#crypto.stream(this.#stream(ZEROS), nonceOf(0, ++this.#keys))
    }
    return crypted
  }
}

/** FSChaCha20Poly1305: each packet with a nonce of its own. */
export class PacketCipher {
  readonly #crypto: Pick<V2Crypto, 'seal' | 'open'>
  #key: Uint8Array
  #packets = 0
  #keys = 0

  constructor(crypto: Pick<V2Crypto, 'seal' | 'open'>, key: Uint8Array) {
    this.#crypto = crypto
    this.#key = key
  }

  /** `out`: longer than `plain` by the tag. */
  seal(plain: Uint8Array, aad: Uint8Array, out: Uint8Array): void {
    this.#crypto.seal(this.#key, this.#nonce(), aad, plain, out)
    this.#next()
  }

  open(sealed: Uint8Array, aad: Uint8Array): Uint8Array | undefined {
    const plain = this.#crypto.open(this.#key, this.#nonce(), aad, sealed)
    this.#next()
    return plain
  }

  #nonce(): Uint8Array {
    return nonceOf(this.#packets, this.#keys)
  }

  #next(): void {
    if (++this.#packets < REKEY_INTERVAL) return
    const stream = new Uint8Array(KEY_BYTES + TAG_BYTES)
    this.#crypto.seal(this.#key, nonceOf(REKEY_NUMBER, this.#keys), NO_BYTES, ZEROS, stream)
    this.#key = stream.slice(0, KEY_BYTES)
    this.#packets = 0
    this.#keys++
  }
}
