// Who makes signatures: of a transaction's input, with one hash type; or of none, for the size that they would have.

import { concat } from '../chain/push.ts'
import { makeTx } from '../chain/tx.ts'
import type { Tx, TxIn, TxOut } from '../chain/types.ts'
import { encodeDer } from '../script/der.ts'
import { STANDARD_FLAGS } from '../script/flags.ts'
import { legacySighash } from '../script/sighash-legacy.ts'
import { NO_CODE_SEPARATOR, taprootSighash } from '../script/sighash-taproot.ts'
import { SIGHASH } from '../script/sighash-type.ts'
import { segwitSighash } from '../script/sighash-witness.ts'
import { tapTweak } from '../script/taproot.ts'
import { verifySpend } from '../script/verify.ts'
import type { Secp256k1 } from '../services.ts'

export type Unlocking = Pick<TxIn, 'scriptSig' | 'witness'>

export interface Signer {
  /** Undefined where it cannot sign. `version`: which digest. */
  ecdsa(privateKey: Uint8Array, script: Uint8Array, version: 'base' | 'witness'): Uint8Array | undefined
  schnorr(privateKey: Uint8Array, where: SchnorrPlace): Uint8Array | undefined
  /** Does it unlock the input? */
  accepts(unlocking: Unlocking): boolean
}

/** Of a leaf, or of the output's key: then what an internal key is to be tweaked by, if it is one (BIP341). */
export interface SchnorrPlace {
  readonly leafHash?: Uint8Array
  readonly tweak?: { readonly root: Uint8Array | undefined }
}

/** In the place of coins that nobody knows. */
export const NO_COIN: TxOut = { valueSat: 0, script: new Uint8Array(0) }

export interface SigningTask {
  readonly tx: Tx
  readonly index: number
  /** What all inputs spend, in order; taproot signs it all, so it takes them all. */
  readonly coins: readonly (TxOut | undefined)[]
  readonly secp: Secp256k1
  readonly hashType: number
}

export class InputSigner implements Signer {
  protected readonly task: SigningTask
  /** All of them, with something in the place of those that are unknown. */
  readonly #coins: readonly TxOut[]
  readonly #allKnown: boolean

  constructor(task: SigningTask) {
    this.task = task
    this.#allKnown = task.coins.every(coin => coin !== undefined)
    this.#coins = this.#allKnown ? (task.coins as readonly TxOut[]) : task.coins.map(coin => coin ?? NO_COIN)
  }

  ecdsa(privateKey: Uint8Array, script: Uint8Array, version: 'base' | 'witness'): Uint8Array {
    const { tx, index, secp, hashType } = this.task
    const type = hashType === SIGHASH.default ? SIGHASH.all : hashType
    const digest =
      version === 'base'
        ? legacySighash(tx, index, script, type, secp.sha256)
        : segwitSighash(tx, index, script, (this.#coins[index] as TxOut).valueSat, type)
    return concat(encodeDer(this.signEcdsa(digest, privateKey)), Uint8Array.of(type))
  }

  protected signEcdsa(digest: Uint8Array, privateKey: Uint8Array): Uint8Array {
    return signLowR(this.task.secp, digest, privateKey)
  }

  schnorr(privateKey: Uint8Array, { leafHash, tweak }: SchnorrPlace): Uint8Array | undefined {
    const { tx, index, secp, hashType } = this.task
    if (!this.#allKnown) return undefined
    const leaf = leafHash && { hash: leafHash, codeSeparator: NO_CODE_SEPARATOR }
    const digest = taprootSighash({ tx, index, coins: this.#coins, annex: undefined, leaf }, hashType)
    const key = tweak ? tweaked(secp, privateKey, tweak.root) : privateKey
    if (!digest || !key) return undefined
    const signature = secp.signSchnorr(digest, key)
    return hashType === SIGHASH.default ? signature : concat(signature, Uint8Array.of(hashType))
  }

  accepts(unlocking: Unlocking): boolean {
    const { tx, index, secp } = this.task
    const spend = { tx: withUnlocking(tx, index, unlocking), index, coins: this.#coins, secp }
    return verifySpend(spend, STANDARD_FLAGS) === undefined
  }
}

/**
 * The wallet's own payments are good: nobody tries them out. `short`: its signatures are as short as they were weighed; else nobody
 * asks for the shortest.
 */
export class TrustedSigner extends InputSigner {
  readonly #short: boolean

  constructor(task: SigningTask, short: boolean) {
    super(task)
    this.#short = short
  }

  override accepts(): boolean {
    return true
  }

  protected override signEcdsa(digest: Uint8Array, privateKey: Uint8Array): Uint8Array {
    return this.#short ? super.signEcdsa(digest, privateKey) : this.task.secp.sign(digest, privateKey)
  }
}

/** The transaction with one input unlocked. */
export function withUnlocking(tx: Tx, index: number, unlocking: Unlocking): Tx {
  const inputs = tx.inputs.map((input, i) => (i === index ? { ...input, ...unlocking } : input))
  return makeTx({ ...tx, inputs })
}

/** BIP341, "Taproot key path spending": the key whose point is even, plus what commits to the tree. */
function tweaked(
  secp: Secp256k1,
  privateKey: Uint8Array,
  root: Uint8Array | undefined,
): Uint8Array | undefined {
  const point = secp.publicKey(privateKey)
  const even = point[0] === 2 ? privateKey : secp.negatePrivateKey(privateKey)
  return secp.addToPrivateKey(even, tapTweak(point.subarray(1), root))
}

/** A first number below 2^255 takes 32 bytes and not 33: tries until there is one, as Core does. */
function signLowR(secp: Secp256k1, digest: Uint8Array, privateKey: Uint8Array): Uint8Array {
  let signature = secp.sign(digest, privateKey)
  for (let attempt = 1; (signature[0] as number) >= 0x80; attempt++) {
    const entropy = new Uint8Array(32)
    new DataView(entropy.buffer).setUint32(0, attempt, true)
    signature = secp.sign(digest, privateKey, entropy)
  }
  return signature
}

/** Signs nothing: what it gives is as long as what a signer would give. */
export class SizeSigner implements Signer {
  readonly #ecdsa: Uint8Array
  readonly #schnorr: Uint8Array

  constructor(hashType: number = SIGHASH.default) {
    this.#ecdsa = new Uint8Array(71).fill(1)
    this.#schnorr = new Uint8Array(hashType === SIGHASH.default ? 64 : 65).fill(1)
  }

  ecdsa(): Uint8Array {
    return this.#ecdsa
  }

  schnorr(): Uint8Array {
    return this.#schnorr
  }

  accepts(): boolean {
    return true
  }
}
