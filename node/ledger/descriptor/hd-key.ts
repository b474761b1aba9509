// Extended keys (BIP32): a key and a chain code from which a tree of keys follows; as text with the version bytes of test networks.

import { hmac } from '@noble/hashes/hmac.js'
import { sha512 } from '@noble/hashes/sha2.js'
import { sameBytes } from '../../bitcoin/wire/bytes.ts'
import { Writer } from '../../bitcoin/wire/codec.ts'
import { decodeBase58Check, encodeBase58Check } from '../base58.ts'
import { hash160 } from '../chain/hash160.ts'
import { concat } from '../chain/push.ts'
import type { Secp256k1 } from '../services.ts'

/** Behind a number of a path: derived from the private key alone. */
export const HARDENED = 0x80000000
/** BIP32, "Serialization format": `tpub` and `tprv`. */
const PUBLIC_VERSION = Uint8Array.of(0x04, 0x35, 0x87, 0xcf)
const PRIVATE_VERSION = Uint8Array.of(0x04, 0x35, 0x83, 0x94)
const PAYLOAD_BYTES = 78
/** 78 bytes and a checksum take 111 characters. */
const MAX_CHARACTERS = 112
const MAX_DEPTH = 255

/** Where a key stands in the tree, and what comes after it. */
interface Place {
  readonly depth: number
  /** First four bytes of the parent's identifier. */
  readonly parent: Uint8Array
  readonly child: number
  readonly chainCode: Uint8Array
}

export class HdKey {
  readonly publicKey: Uint8Array
  /** Undefined in one that can derive public keys only. */
  readonly privateKey: Uint8Array | undefined
  readonly #place: Place
  readonly #secp: Secp256k1

  constructor(secp: Secp256k1, place: Place, key: { publicKey: Uint8Array } | { privateKey: Uint8Array }) {
    this.#secp = secp
    this.#place = place
    this.privateKey = 'privateKey' in key ? key.privateKey : undefined
    this.publicKey = 'privateKey' in key ? secp.publicKey(key.privateKey) : key.publicKey
  }

  /** BIP32, "Master key generation"; undefined for the seed of 2^127 that gives none. */
  static fromSeed(secp: Secp256k1, seed: Uint8Array): HdKey | undefined {
    const [privateKey, chainCode] = halves(ascii('Bitcoin seed'), seed)
    if (!secp.isPrivateKey(privateKey)) return undefined
    return new HdKey(secp, { depth: 0, parent: new Uint8Array(4), child: 0, chainCode }, { privateKey })
  }

  /** First four bytes of the key's identifier. */
  get fingerprint(): Uint8Array {
    return hash160(this.publicKey).subarray(0, 4)
  }

  /** Undefined where a hardened child is asked of a public key, or none exists. */
  child(number: number): HdKey | undefined {
    const { depth, chainCode } = this.#place
    if (depth >= MAX_DEPTH) return undefined
    const hardened = number >= HARDENED
    if (hardened && !this.privateKey) return undefined
    const parent = hardened ? concat(Uint8Array.of(0), this.privateKey as Uint8Array) : this.publicKey
    const [tweak, next] = halves(chainCode, concat(parent, u32(number)))
    const place = { depth: depth + 1, parent: this.fingerprint, child: number, chainCode: next }
    if (this.privateKey) {
      const privateKey = this.#secp.addToPrivateKey(this.privateKey, tweak)
      return privateKey && new HdKey(this.#secp, place, { privateKey })
    }
    const publicKey = this.#secp.addToPublicKey(this.publicKey, tweak)
    return publicKey && new HdKey(this.#secp, place, { publicKey })
  }

  derive(path: readonly number[]): HdKey | undefined {
    return path.reduce<HdKey | undefined>((key, number) => key?.child(number), this)
  }

  /** The same without its private part. */
  neutered(): HdKey {
    return new HdKey(this.#secp, this.#place, { publicKey: this.publicKey })
  }

  toString(): string {
    return this.#encoded(PUBLIC_VERSION, this.publicKey)
  }

  /** Undefined without a private key. */
  toPrivateString(): string | undefined {
    return this.privateKey && this.#encoded(PRIVATE_VERSION, concat(Uint8Array.of(0), this.privateKey))
  }

  #encoded(version: Uint8Array, key: Uint8Array): string {
    const { depth, parent, child, chainCode } = this.#place
    return encodeBase58Check(concat(version, Uint8Array.of(depth), parent, u32(child), chainCode, key))
  }
}

/** Undefined for a text that is no extended key of a test network. */
export function decodeHdKey(secp: Secp256k1, text: string): HdKey | undefined {
  const payload = decodeBase58Check(text, MAX_CHARACTERS)
  return payload && hdKeyOfBytes(secp, payload)
}

function hdKeyOfBytes(secp: Secp256k1, payload: Uint8Array): HdKey | undefined {
  if (payload.length !== PAYLOAD_BYTES) return undefined
  const [version, key] = [payload.subarray(0, 4), payload.slice(45)]
  const place = {
    depth: payload[4] as number,
    parent: payload.slice(5, 9),
    child: new DataView(payload.buffer, payload.byteOffset + 9).getUint32(0),
    chainCode: payload.slice(13, 45),
  }
  const isRoot = place.child === 0 && place.parent.every(byte => byte === 0)
  if (place.depth === 0 && !isRoot) return undefined
  if (sameBytes(version, PUBLIC_VERSION) && secp.isPoint(key))
    return new HdKey(secp, place, { publicKey: key })
  const privateKey = key.slice(1)
  if (!sameBytes(version, PRIVATE_VERSION) || key[0] !== 0 || !secp.isPrivateKey(privateKey)) return undefined
  return new HdKey(secp, place, { privateKey })
}

/** `/84h/0h/7`; hardened numbers with `h` or an apostrophe behind them. */
export function pathText(path: readonly number[], mark: 'h' | "'" = 'h'): string {
  return path.map(number => `/${number % HARDENED}${number >= HARDENED ? mark : ''}`).join('')
}

function halves(key: Uint8Array, data: Uint8Array): [Uint8Array, Uint8Array] {
  const whole = hmac(sha512, key, data)
  return [whole.slice(0, 32), whole.slice(32)]
}

/** Big-endian, as only BIP32 has numbers here. */
function u32(number: number): Uint8Array {
  const writer = new Writer()
  writer.u32(number)
  return writer.finish().reverse()
}

function ascii(text: string): Uint8Array {
  return Uint8Array.from(text, character => character.charCodeAt(0))
}
