// What a script asks of the transaction that it is executed for: are its signatures valid, have its lock times passed?

import { isLockTimeMet, isSequenceMet } from '../chain/locks.ts'
import type { Tx, TxIn, TxOut } from '../chain/types.ts'
import type { Secp256k1 } from '../services.ts'
import { decodeLaxDer } from './der.ts'
import { hasKeySize } from './encoding.ts'
import { demand } from './errors.ts'
import { legacySighash } from './sighash-legacy.ts'
import { type TaprootSpend, taprootSighash } from './sighash-taproot.ts'
import { SIGHASH } from './sighash-type.ts'
import { segwitSighash } from './sighash-witness.ts'
import { templateHash } from './template-hash.ts'

/** An input, and what it and the others of its transaction spend. */
export interface Spend {
  readonly tx: Tx
  readonly index: number
  /** What all inputs spend, in order: taproot signs it all. */
  readonly coins: readonly TxOut[]
  readonly secp: Secp256k1
}

export class Checker {
  readonly #spend: Spend
  /** The digest taken last: a multisignature tries many keys on one signature. */
  #last: { readonly script: Uint8Array; readonly type: number; readonly digest: Uint8Array } | undefined

  constructor(spend: Spend) {
    this.#spend = spend
  }

  get secp(): Secp256k1 {
    return this.#spend.secp
  }

  /** `script`: what the signature signs of the script. */
  isSigned(
    signature: Uint8Array,
    publicKey: Uint8Array,
    script: Uint8Array,
    version: 'base' | 'witness',
  ): boolean {
    if (signature.length === 0 || !hasKeySize(publicKey)) return false
    const numbers = decodeLaxDer(signature.subarray(0, -1))
    if (numbers === undefined) return false
    const digest = this.#digest(script, signature.at(-1) as number, version)
    return this.secp.verify(digest, publicKey, numbers, false)
  }

  /** BIP341, "Taproot key path spending signature"; throws the rule that a signature breaks. */
  checkSchnorr(
    signature: Uint8Array,
    publicKey: Uint8Array,
    { annex, leaf }: Pick<TaprootSpend, 'annex' | 'leaf'>,
  ): void {
    demand(signature.length === 64 || signature.length === 65, 'SCHNORR_SIG_SIZE')
    const type = signature[64] ?? SIGHASH.default
    demand(signature.length === 64 || type !== SIGHASH.default, 'SCHNORR_SIG_HASHTYPE')
    const { tx, index, coins } = this.#spend
    const digest = taprootSighash({ tx, index, coins, annex, leaf }, type)
    demand(digest !== undefined, 'SCHNORR_SIG_HASHTYPE')
    demand(this.secp.verifySchnorr(digest, publicKey, signature.subarray(0, 64)), 'SCHNORR_SIG')
  }

  /** BIP65. */
  hasPassed(lockTime: number): boolean {
    const { tx, index } = this.#spend
    return isLockTimeMet(lockTime, tx, tx.inputs[index] as TxIn)
  }

  /** BIP112. */
  hasRested(sequence: number): boolean {
    const { tx, index } = this.#spend
    return isSequenceMet(sequence, tx, tx.inputs[index] as TxIn)
  }

  /** BIP119. */
  fitsTemplate(hash: Uint8Array): boolean {
    const { tx, index } = this.#spend
    return templateHash(tx, index).every((byte, i) => byte === hash[i])
  }

  #digest(script: Uint8Array, type: number, version: 'base' | 'witness'): Uint8Array {
    if (this.#last?.script === script && this.#last.type === type) return this.#last.digest
    const { tx, index, coins, secp } = this.#spend
    const digest =
      version === 'base'
        ? legacySighash(tx, index, script, type, secp.sha256)
        : segwitSighash(tx, index, script, (coins[index] as TxOut).valueSat, type)
    this.#last = { script, type, digest }
    return digest
  }
}
