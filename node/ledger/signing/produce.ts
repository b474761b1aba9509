// Unlocks an input: finds out what its script takes, signs with the keys that are there, and puts together what is complete.

import { toHex } from '../../bitcoin/wire/hex.ts'
import { hash160, ripemd160 } from '../chain/hash160.ts'
import { concat, pushData } from '../chain/push.ts'
import type { SigningProvider } from '../descriptor/provider.ts'
import { classify, p2pkhScript, type ScriptKind } from '../script/kinds.ts'
import { solveTaproot } from './produce-taproot.ts'
import type { SignatureData } from './signature-data.ts'
import type { Signer } from './signer.ts'

type Version = 'base' | 'witness'

/** What a script takes, items of a stack; and whether that is all. */
interface Step {
  readonly kind: ScriptKind['kind']
  readonly items: readonly Uint8Array[]
  readonly solved: boolean
}

const EMPTY = new Uint8Array(0)
/** These may stand in no other. */
const WRAPPERS = new Set(['p2sh', 'p2wsh', 'p2wpkh', 'p2tr'])

/** Signs for `script` into `data`; whether it is complete then. */
export function produceSignature(
  provider: SigningProvider,
  signer: Signer,
  script: Uint8Array,
  data: SignatureData,
): boolean {
  return data.complete || new Producer(provider, signer, data).produce(script)
}

class Producer {
  readonly #provider: SigningProvider
  readonly #signer: Signer
  readonly #data: SignatureData

  constructor(provider: SigningProvider, signer: Signer, data: SignatureData) {
    this.#provider = provider
    this.#signer = signer
    this.#data = data
  }

  produce(script: Uint8Array): boolean {
    const data = this.#data
    let step = this.#step(script, 'base')
    let redeem: Uint8Array | undefined
    if (step.solved && step.kind === 'p2sh') {
      redeem = step.items[0] as Uint8Array
      data.redeemScript = redeem
      const inner = this.#step(redeem, 'base')
      step = { ...inner, solved: inner.solved && inner.kind !== 'p2sh' && inner.kind !== 'p2tr' }
    }
    let witness: readonly Uint8Array[] | undefined
    if (step.kind === 'p2tr' || step.kind === 'witness') {
      data.inWitness = true
      if (step.solved) witness = step.items
      step = { ...step, items: [] }
    } else if (step.solved && (step.kind === 'p2wpkh' || step.kind === 'p2wsh')) {
      const inner = step.kind === 'p2wpkh' ? this.#keyHash(step) : this.#scriptHash(step)
      witness = inner.items
      step = { ...step, items: [], solved: inner.solved }
    }
    data.witness = witness ?? []
    const pushes = redeem ? [...step.items, redeem] : step.items
    data.scriptSig = concat(...pushes.map(pushItem))
    data.complete = step.solved && this.#signer.accepts(data)
    return data.complete
  }

  #keyHash({ items }: Step): Step {
    this.#data.inWitness = true
    return this.#step(p2pkhScript(items[0] as Uint8Array), 'witness')
  }

  #scriptHash({ items: [script = EMPTY] }: Step): Step {
    const inner = this.#step(script, 'witness')
    // Core tries what has no key yet once more by another way, and names what is missing for each.
    if (!inner.solved && inner.items.length === 0) this.#step(script, 'witness')
    this.#data.inWitness = true
    this.#data.witnessScript = script
    return { ...inner, items: [...inner.items, script], solved: inner.solved && !WRAPPERS.has(inner.kind) }
  }

  #step(script: Uint8Array, version: Version): Step {
    const kind = classify(script)
    const step = (items: readonly Uint8Array[] | undefined): Step => ({
      kind: kind.kind,
      items: items ?? [],
      solved: items !== undefined,
    })
    switch (kind.kind) {
      case 'p2pk': {
        const signature = this.#sign(kind.key, script, version)
        return step(signature && [signature])
      }
      case 'p2pkh': {
        const key = this.#publicKey(kind.hash)
        const signature = key && this.#sign(key, script, version)
        return step(key && signature && [signature, key])
      }
      case 'p2wpkh':
        return step([kind.hash])
      case 'p2sh':
        return step(this.#scriptOf(kind.scriptHash, 'missingRedeemScript', kind.scriptHash))
      case 'p2wsh':
        return step(this.#scriptOf(ripemd160(kind.scriptHash), 'missingWitnessScript', kind.scriptHash))
      case 'multisig':
        return { kind: kind.kind, ...this.#multisig(kind, script, version) }
      case 'p2tr':
        return step(solveTaproot(this.#provider, this.#signer, kind.key, this.#data))
      case 'anchor':
        return step([])
      default:
        return step(undefined)
    }
  }

  /** Signs with all keys that are there, since another signer may want another choice; takes as many as it needs. */
  #multisig(
    { required, keys }: ScriptKind & { readonly kind: 'multisig' },
    script: Uint8Array,
    version: Version,
  ): Pick<Step, 'items' | 'solved'> {
    const signatures = keys.flatMap(key => this.#sign(key, script, version) ?? [])
    const taken = signatures.slice(0, required)
    const padding = Array.from({ length: required - taken.length }, () => EMPTY)
    // The first item is what OP_CHECKMULTISIG takes too many.
    return { items: [EMPTY, ...taken, ...padding], solved: taken.length === required }
  }

  #sign(publicKey: Uint8Array, script: Uint8Array, version: Version): Uint8Array | undefined {
    const hash = hash160(publicKey)
    const id = toHex(hash)
    const known = this.#data.signatures.get(id)
    if (known) return known.signature
    const origin = this.#provider.origins.get(id)
    if (origin && !this.#data.keys.has(id)) this.#data.keys.set(id, { publicKey, origin })
    const privateKey = this.#provider.privateKeys.get(id)
    // BIP143, "Restrictions on public key type".
    const allowed = version === 'base' || publicKey.length === 33
    const signature = privateKey && allowed ? this.#signer.ecdsa(privateKey, script, version) : undefined
    if (signature) this.#data.signatures.set(id, { publicKey, signature })
    else this.#data.missingSignatures.push(hash)
    return signature
  }

  #publicKey(hash: Uint8Array): Uint8Array | undefined {
    const id = toHex(hash)
    const key =
      this.#data.signatures.get(id)?.publicKey ??
      this.#data.keys.get(id)?.publicKey ??
      this.#provider.publicKeys.get(id)
    if (!key) this.#data.missingKeys.push(hash)
    return key
  }

  #scriptOf(
    hash: Uint8Array,
    missing: 'missingRedeemScript' | 'missingWitnessScript',
    full: Uint8Array,
  ): Uint8Array[] | undefined {
    const id = toHex(hash)
    const known = [this.#data.redeemScript, this.#data.witnessScript]
    const script = this.#provider.scripts.get(id) ?? known.find(each => each && toHex(hash160(each)) === id)
    if (!script) this.#data[missing] = full
    return script && [script]
  }
}

/** BIP62, rule 3: nothing and small numbers have opcodes of their own. */
function pushItem(item: Uint8Array): Uint8Array {
  return item.length === 0 ? Uint8Array.of(0) : pushData(item)
}
