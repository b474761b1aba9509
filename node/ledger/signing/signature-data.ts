// What is known of an input's unlocking while it is being signed: signatures, scripts and keys found so far, what is missing, and,
// once it is enough, what unlocks it. Transactions, PSBTs and several signers come together here.

import { toHex } from '../../bitcoin/wire/hex.ts'
import type { KeyOrigin } from '../descriptor/key-path.ts'
import type { TaprootTree } from '../descriptor/tap-tree.ts'

export interface KeySignature {
  readonly publicKey: Uint8Array
  readonly signature: Uint8Array
}

export interface LeafFacts {
  readonly script: Uint8Array
  readonly version: number
  /** Control blocks by which it can be shown, in hex; the shortest is taken. */
  readonly controls: Set<string>
}

export interface LeafKey {
  /** Leaves in which it stands, in hex; none: it is the internal key. */
  readonly leaves: Set<string>
  readonly origin: KeyOrigin
}

export class SignatureData {
  complete = false
  /** It is unlocked by a witness. */
  inWitness = false
  scriptSig: Uint8Array = new Uint8Array(0)
  witness: readonly Uint8Array[] = []
  redeemScript: Uint8Array | undefined
  witnessScript: Uint8Array | undefined
  /** By the HASH160 of the key, in hex; so are the keys below. */
  readonly signatures = new Map<string, KeySignature>()
  readonly keys = new Map<string, { readonly publicKey: Uint8Array; readonly origin: KeyOrigin }>()

  // ---- taproot
  internalKey: Uint8Array | undefined
  root: Uint8Array | undefined
  /** By version and script, in hex. */
  readonly leaves = new Map<string, LeafFacts>()
  keySignature: Uint8Array | undefined
  /** By key and leaf, in hex, with a colon between. */
  readonly leafSignatures = new Map<string, Uint8Array>()
  /** By key, in hex. */
  readonly leafKeys = new Map<string, LeafKey>()
  /** The whole tree, where a descriptor gave it. */
  tree: TaprootTree | undefined

  // ---- what is missing
  /** HASH160 of keys that are not known, and of those that did not sign. */
  readonly missingKeys: Uint8Array[] = []
  readonly missingSignatures: Uint8Array[] = []
  missingRedeemScript: Uint8Array | undefined
  missingWitnessScript: Uint8Array | undefined

  addLeaf(version: number, script: Uint8Array, control: Uint8Array): void {
    const id = `${version}:${toHex(script)}`
    const leaf = this.leaves.get(id) ?? { script, version, controls: new Set<string>() }
    leaf.controls.add(toHex(control))
    this.leaves.set(id, leaf)
  }

  addTree(tree: TaprootTree): void {
    this.tree = tree
    this.internalKey ??= tree.internalKey
    this.root ??= tree.root
    for (const { version, script, control } of tree.leaves) this.addLeaf(version, script, control)
  }

  addLeafKey(key: Uint8Array, origin: KeyOrigin, leafHash?: Uint8Array): void {
    const id = toHex(key)
    const known = this.leafKeys.get(id) ?? { leaves: new Set<string>(), origin }
    if (leafHash) known.leaves.add(toHex(leafHash))
    this.leafKeys.set(id, known)
  }

  /** Takes over what another signer found. */
  merge(other: SignatureData): void {
    if (this.complete) return
    if (other.complete) {
      this.complete = true
      this.scriptSig = other.scriptSig
      this.witness = other.witness
      this.inWitness = other.inWitness
      return
    }
    this.redeemScript ??= other.redeemScript
    this.witnessScript ??= other.witnessScript
    for (const [id, pair] of other.signatures) if (!this.signatures.has(id)) this.signatures.set(id, pair)
  }
}
