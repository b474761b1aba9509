// The wallet's keys. All derive from one seed, so a node that lost its files, but not its plan, finds its coins again.
//
// Key n = SHA-256(T ‖ T ‖ seed ‖ n ‖ t) with T = SHA-256("netsplit/wallet/key"), n in 4 bytes and t in one, little-endian
// (BIP340's tagged hash). t is 0; it counts up in the one case of 2^128 in which the hash is no private key.

import { Writer } from '../bitcoin/wire/codec.ts'
import { toHex } from '../bitcoin/wire/hex.ts'
import { hasher } from '../hash.ts'
import { hash160 } from './chain/hash160.ts'
import { concat } from './chain/push.ts'
import { onceForEach } from './once.ts'
import { classify } from './script/kinds.ts'
import type { Secp256k1 } from './services.ts'

/** Keys watched beyond the last one that was handed out or seen in use: BIP44's gap limit. */
export const LOOKAHEAD = 20

export interface WalletKey {
  readonly index: number
  /** 33 bytes. */
  readonly publicKey: Uint8Array
  /** What its addresses commit to. */
  readonly hash: Uint8Array
}

/**
 * Whose key a hash is of, for wallets of one process: hash → seed, hex. A key that another wallet made is looked for by no
 * other, which spares a thousand simulated wallets twenty keys each.
 */
export type KeyOwners = Map<string, string>

export class KeyRing {
  readonly #seed: Uint8Array
  readonly #secp: Secp256k1
  readonly #owners: KeyOwners | undefined
  readonly #id: string
  readonly #keys: WalletKey[] = []
  readonly #byHash = new Map<string, WalletKey>()
  /** Other scripts that each key has, where they are watched. */
  #others: ((key: WalletKey) => readonly Uint8Array[]) | undefined
  readonly #byScript = new Map<string, WalletKey>()
  /** Key 0 is the miner's; the others go out one by one. */
  #next = 1

  constructor(seed: Uint8Array, secp: Secp256k1, owners?: KeyOwners) {
    this.#seed = seed
    this.#secp = secp
    this.#owners = owners
    this.#id = toHex(seed)
  }

  /** How many keys were handed out or seen in use. */
  get next(): number {
    return this.#next
  }

  at(index: number): WalletKey {
    while (this.#keys.length <= index) this.#derive(this.#keys.length)
    return this.#keys[index] as WalletKey
  }

  /** A key that nobody was told before. */
  take(): WalletKey {
    return this.at(this.#next++)
  }

  /** The key that can spend this script, if it is one of those handed out or of the next few. */
  find(script: Uint8Array): WalletKey | undefined {
    const { hash } = this.#owners ? knownPayee(script) : payee(script)
    if (hash === undefined) return this.#others && this.#findOther(script)
    if ((this.#owners?.get(hash) ?? this.#id) !== this.#id) return undefined
    this.at(this.#next + LOOKAHEAD - 1)
    return this.#byHash.get(hash)
  }

  /** From now on scripts are found that neither hold a key's hash nor are told here otherwise. */
  watch(others: (key: WalletKey) => readonly Uint8Array[]): void {
    this.#others = others
    for (const key of this.#keys) this.#watchOthers(key)
  }

  /** A coin of this key was seen: it counts as handed out, in an earlier life perhaps. */
  markUsed(key: WalletKey): void {
    this.#next = Math.max(this.#next, key.index + 1)
  }

  privateKey(index: number): Uint8Array {
    const tag = hasher.sha256(Uint8Array.from('netsplit/wallet/key', character => character.charCodeAt(0)))
    for (let attempt = 0; ; attempt++) {
      const writer = new Writer()
      writer.u32(index)
      writer.u8(attempt)
      const key = hasher.sha256(concat(tag, tag, this.#seed, writer.finish()))
      if (this.#secp.isPrivateKey(key)) return key
    }
  }

  #derive(index: number): void {
    const publicKey = this.#secp.publicKey(this.privateKey(index))
    const key = { index, publicKey, hash: hash160(publicKey) }
    this.#keys.push(key)
    const hash = toHex(key.hash)
    this.#byHash.set(hash, key)
    this.#owners?.set(hash, this.#id)
    this.#watchOthers(key)
  }

  #watchOthers(key: WalletKey): void {
    for (const script of this.#others?.(key) ?? []) this.#byScript.set(toHex(script), key)
  }

  #findOther(script: Uint8Array): WalletKey | undefined {
    this.at(this.#next + LOOKAHEAD - 1)
    return this.#byScript.get(toHex(script))
  }
}

/** The hash of the key that an output's script pays to, in hex; none where it pays to no key. */
function payee(script: Uint8Array): { readonly hash?: string } {
  const kind = classify(script)
  return 'hash' in kind ? { hash: toHex(kind.hash) } : {}
}

/** The same, for scripts that all wallets of one process look at. */
const knownPayee = onceForEach(payee)
