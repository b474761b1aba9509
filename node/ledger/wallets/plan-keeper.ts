// The wallet's keys of the plan, and the scripts that they have: P2WPKH and P2PKH from the start; P2SH-P2WPKH and P2TR only once such an
// address was asked for, since nobody else has coins there and a thousand simulated wallets would look for them in vain.

import type { Store } from '../../core/host.ts'
import { hash160 } from '../chain/hash160.ts'
import type { AddressType } from '../descriptor/address-type.ts'
import { SigningProvider } from '../descriptor/provider.ts'
import { tapTree } from '../descriptor/tap-tree.ts'
import { type KeyOwners, KeyRing, LOOKAHEAD, type WalletKey } from '../keys.ts'
import { isP2pkh, p2pkhScript, p2shScript, p2wpkhScript } from '../script/kinds.ts'
import { p2trScript } from '../script/taproot.ts'
import type { Secp256k1 } from '../services.ts'
import type { Keeper, OwnScript } from './keeper.ts'

/** Outpoint, sequence and length of the script: 41 bytes; then signature (72 at most) and key with their lengths. */
const P2WPKH_INPUT_WEIGHT = 4 * 41 + 1 + 1 + 72 + 1 + 33
const P2PKH_INPUT_WEIGHT = 4 * (41 + 1 + 72 + 1 + 33) + 1
const P2SH_P2WPKH_INPUT_WEIGHT = 4 * (41 + 23) + 1 + 1 + 72 + 1 + 33
const P2TR_INPUT_WEIGHT = 4 * 41 + 1 + 1 + 64
/** The miner's key; change goes there as well. A test network has no privacy to lose, and its wallets stay small this way. */
const HOME_KEY = 0
/** In the store: addresses of the later kinds were given out. */
const WIDE = 'wallet/wide'

export interface PlanKeeperOptions {
  /** Whoever has it can spend. */
  readonly seed: Uint8Array
  readonly secp: Secp256k1
  /** Keys of all wallets of this process. */
  readonly owners?: KeyOwners | undefined
  /** Absent: it forgets which kinds of addresses were given out. */
  readonly store?: Store | undefined
}

interface PlanScript extends OwnScript {
  readonly key: WalletKey
}

export class PlanKeeper implements Keeper {
  readonly hasPrivateKeys = true
  readonly lookahead = LOOKAHEAD
  readonly #options: PlanKeeperOptions
  readonly #keys: KeyRing
  #wide: boolean

  constructor(options: PlanKeeperOptions) {
    this.#options = options
    this.#keys = new KeyRing(options.seed, options.secp, options.owners)
    this.#wide = false
    if (options.store?.get(WIDE)) this.#widen()
  }

  get horizon(): number {
    return this.#keys.next + (this.#wide ? 0.5 : 0)
  }

  /** Keys that were given out or seen in use, the miner's first. */
  *given(): Generator<{ readonly publicKey: Uint8Array; readonly privateKey: Uint8Array }> {
    for (let index = 0; index < this.#keys.next; index++)
      yield { publicKey: this.#keys.at(index).publicKey, privateKey: this.#keys.privateKey(index) }
  }

  find(script: Uint8Array): PlanScript | undefined {
    const key = this.#keys.find(script)
    return key && { key, internal: key.index === HOME_KEY, fromHeight: 0, inputWeight: weightOf(script) }
  }

  markUsed({ key }: PlanScript): void {
    this.#keys.markUsed(key)
  }

  take(type: AddressType): Uint8Array {
    if ((type === 'p2sh-segwit' || type === 'bech32m') && !this.#wide) {
      this.#widen()
      this.#options.store?.commit([{ put: WIDE, value: Uint8Array.of(1) }])
    }
    return this.#scriptOf(this.#keys.take(), type)
  }

  changeScript(type?: AddressType): Uint8Array {
    if (type !== undefined && type !== 'bech32') return this.take(type)
    return p2wpkhScript(this.#keys.at(HOME_KEY).hash)
  }

  provider({ key }: PlanScript, withPrivate: boolean): SigningProvider {
    const provider = new SigningProvider()
    const privateKey = withPrivate ? this.#keys.privateKey(key.index) : undefined
    // As Core has it for a key that comes from no other: its own fingerprint, and no way from there.
    const origin = { fingerprint: key.hash.subarray(0, 4), path: [] }
    provider.addKey(key.publicKey, { origin, privateKey, hash: key.hash })
    if (!this.#wide) return provider
    provider.addScript(p2wpkhScript(key.hash))
    const tree = tapTree(this.#options.secp, key.publicKey.subarray(1), [])
    if (tree) provider.addTree(tree)
    return provider
  }

  providerOfKey(publicKey: Uint8Array, withPrivate: boolean): SigningProvider | undefined {
    const own = this.find(p2wpkhScript(hash160(publicKey)))
    return own && this.provider(own, withPrivate)
  }

  #widen(): void {
    this.#wide = true
    this.#keys.watch(key => [this.#scriptOf(key, 'p2sh-segwit'), this.#scriptOf(key, 'bech32m')])
  }

  #scriptOf({ hash, publicKey }: WalletKey, type: AddressType): Uint8Array {
    if (type === 'legacy') return p2pkhScript(hash)
    if (type === 'bech32') return p2wpkhScript(hash)
    if (type === 'p2sh-segwit') return p2shScript(hash160(p2wpkhScript(hash)))
    const tree = tapTree(this.#options.secp, publicKey.subarray(1), [])
    if (!tree) throw new Error('a key of the wallet is no point')
    return p2trScript(tree.outputKey)
  }
}

function weightOf(script: Uint8Array): number {
  if (isP2pkh(script)) return P2PKH_INPUT_WEIGHT
  if (script[0] === 0) return P2WPKH_INPUT_WEIGHT
  return script.length === 34 ? P2TR_INPUT_WEIGHT : P2SH_P2WPKH_INPUT_WEIGHT
}
