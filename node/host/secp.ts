// ECDSA and Schnorr signatures over secp256k1 by tiny-secp256k1 (libsecp256k1 in WASM); public keys by OpenSSL until that is loaded.

import { createECDH, createHash, type Hash } from 'node:crypto'
import { createRequire } from 'node:module'
import type { RunningHash } from '../hash.ts'
import type { Secp256k1 } from '../ledger/services.ts'

type Library = typeof import('tiny-secp256k1')

/** The order of the group (SEC 2), big-endian. */
const ORDER = Buffer.from('fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141', 'hex')

/**
 * Loads the library at its first signature: that costs 12 MB and 25 ms, which a peer that has seen no transaction yet
 * need not pay. A miner wants a public key before that; OpenSSL takes longer for one (3 ms), but is there. `atOnce`: many
 * peers share it, as in a simulation.
 */
export function createSecp256k1({ atOnce = false } = {}): Secp256k1 {
  let library: Library | undefined
  const load = (): Library => {
    // by `require`, since a call here cannot wait for `import()`
    library ??= createRequire(import.meta.url)('tiny-secp256k1') as Library
    return library
  }

  if (atOnce) load()

  return {
    verify(hash, publicKey, signature, strict) {
      return unlessRefused(() => load().verify(hash, publicKey, signature, strict)) ?? false
    },
    verifySchnorr(hash, publicKey, signature) {
      return unlessRefused(() => load().verifySchnorr(hash, publicKey, signature)) ?? false
    },
    tweakPublicKey(publicKey, tweak) {
      const tweaked = unlessRefused(() => load().xOnlyPointAddTweak(publicKey, tweak))
      return tweaked ? { key: tweaked.xOnlyPubkey, parity: tweaked.parity } : undefined
    },
    sha256: () => new OpensslSha256(createHash('sha256')),
    sign: (hash, privateKey, entropy) => load().sign(hash, privateKey, entropy),
    signSchnorr: (hash, privateKey) => load().signSchnorr(hash, privateKey, new Uint8Array(32)),
    signRecoverable(hash, privateKey) {
      const { signature, recoveryId } = load().signRecoverable(hash, privateKey)
      return { signature, id: recoveryId }
    },
    recover(hash, signature, id, compressed) {
      try {
        return load().recover(hash, signature, id as 0 | 1 | 2 | 3, compressed) ?? undefined
      } catch {
        return undefined // the library's way to say that there is no such point
      }
    },
    isPrivateKey,
    isPoint: bytes => load().isPoint(bytes),
    publicKey(privateKey, compressed = true) {
      if (!isPrivateKey(privateKey)) throw new RangeError('not a private key')
      return library?.pointFromScalar(privateKey, compressed) ?? publicKeyByOpenssl(privateKey, compressed)
    },
    addToPrivateKey: (privateKey, tweak) =>
      unlessRefused(() => load().privateAdd(privateKey, tweak)) ?? undefined,
    addToPublicKey: (publicKey, tweak) =>
      unlessRefused(() => load().pointAddScalar(publicKey, tweak, true)) ?? undefined,
    negatePrivateKey: privateKey => load().privateNegate(privateKey),
  }
}

/** Undefined for the library's way to say: not a point on the curve, or a number not below the group's order. */
function unlessRefused<T>(call: () => T): T | undefined {
  try {
    return call()
  } catch (error) {
    if (error instanceof TypeError) return undefined
    throw error
  }
}

/** OpenSSL uses the processor's own instructions, where it has them: five times as fast as what WebAssembly can. */
class OpensslSha256 implements RunningHash {
  readonly #hash: Hash

  constructor(hash: Hash) {
    this.#hash = hash
  }

  update(piece: Uint8Array): this {
    this.#hash.update(piece)
    return this
  }

  digest(): Uint8Array {
    return new Uint8Array(this.#hash.digest())
  }

  copy(): OpensslSha256 {
    return new OpensslSha256(this.#hash.copy())
  }
}

/** 1 … order − 1, in 32 bytes. */
export function isPrivateKey(bytes: Uint8Array): boolean {
  return bytes.length === 32 && bytes.some(byte => byte !== 0) && ORDER.compare(bytes) > 0
}

function publicKeyByOpenssl(privateKey: Uint8Array, compressed: boolean): Uint8Array {
  const pair = createECDH('secp256k1')
  pair.setPrivateKey(privateKey)
  return new Uint8Array(pair.getPublicKey(null, compressed ? 'compressed' : 'uncompressed'))
}
