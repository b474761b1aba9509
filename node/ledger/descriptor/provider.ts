// What solving scripts takes: public keys by their hashes, private ones, where keys come from, scripts by theirs, taproot trees
// by their outputs' keys. Descriptors give it, signers take it.

import { toHex } from '../../bitcoin/wire/hex.ts'
import { hash160 } from '../chain/hash160.ts'
import type { KeyOrigin } from './key-path.ts'
import type { TaprootTree } from './tap-tree.ts'

export class SigningProvider {
  /** By HASH160, in hex; so are the next three. */
  readonly publicKeys = new Map<string, Uint8Array>()
  readonly privateKeys: Map<string, Uint8Array>
  readonly origins = new Map<string, KeyOrigin>()
  /** Redeem scripts and witness scripts alike. */
  readonly scripts = new Map<string, Uint8Array>()
  /** By the output's key, in hex. */
  readonly taproots = new Map<string, TaprootTree>()

  constructor(privateKeys = new Map<string, Uint8Array>()) {
    this.privateKeys = privateKeys
  }

  addKey(publicKey: Uint8Array, { origin, privateKey, hash = hash160(publicKey) }: KeyFacts = {}): void {
    const id = toHex(hash)
    this.publicKeys.set(id, publicKey)
    if (origin) this.origins.set(id, origin)
    if (privateKey) this.privateKeys.set(id, privateKey)
  }

  addScript(script: Uint8Array): void {
    this.scripts.set(toHex(hash160(script)), script)
  }

  addTree(tree: TaprootTree): void {
    this.taproots.set(toHex(tree.outputKey), tree)
  }

  addAll(other: SigningProvider): this {
    for (const [id, key] of other.publicKeys) this.publicKeys.set(id, key)
    for (const [id, key] of other.privateKeys) this.privateKeys.set(id, key)
    for (const [id, origin] of other.origins) this.origins.set(id, origin)
    for (const [id, script] of other.scripts) this.scripts.set(id, script)
    for (const [key, tree] of other.taproots) this.taproots.set(key, tree)
    return this
  }

  /** The private key of the point of this x, whichever of the two it is. */
  privateByX(x: Uint8Array): Uint8Array | undefined {
    return this.#byX(x, this.privateKeys)
  }

  originOf(publicKey: Uint8Array): KeyOrigin | undefined {
    return this.origins.get(toHex(hash160(publicKey)))
  }

  originByX(x: Uint8Array): KeyOrigin | undefined {
    return this.#byX(x, this.origins)
  }

  #byX<T>(x: Uint8Array, map: ReadonlyMap<string, T>): T | undefined {
    return map.get(toHex(hash160(Uint8Array.of(2, ...x)))) ?? map.get(toHex(hash160(Uint8Array.of(3, ...x))))
  }
}

export interface KeyFacts {
  readonly origin?: KeyOrigin | undefined
  readonly privateKey?: Uint8Array | undefined
  /** The key's HASH160, where that is known. */
  readonly hash?: Uint8Array
}
