// A wallet's descriptors: which scripts are theirs, fresh ones of each type of address, and what solves them.

import { toHex } from '../../bitcoin/wire/hex.ts'
import { RPC, RpcError } from '../../core/service.ts'
import type { ChainParams } from '../../params.ts'
import { hash160 } from '../chain/hash160.ts'
import type { TxOut } from '../chain/types.ts'
import type { AddressType } from '../descriptor/address-type.ts'
import { addressTypeOfScript } from '../descriptor/node.ts'
import { SigningProvider } from '../descriptor/provider.ts'
import { type Descriptor, type Expansion, parseDescriptor } from '../descriptors.ts'
import type { Secp256k1 } from '../services.ts'
import { inputWeightOf, type Keeper, type OwnScript, UNKNOWN_INPUT_WEIGHT } from './keeper.ts'
import type { WalletsConfig } from './wallets-config.ts'
import { type StoredDescriptor, WatchedDescriptor } from './watched-descriptor.ts'

/** Keys watched beyond the last one that was given out or seen in use. Core's 1,000 would take a second to derive. */
const KEY_POOL = 100
const TYPES: readonly AddressType[] = ['bech32m', 'bech32', 'p2sh-segwit', 'legacy']

export interface DescriptorKeeperOptions {
  readonly params: ChainParams
  readonly secp: Secp256k1
  readonly stored: readonly StoredDescriptor[]
  /** The wallet has private keys, though they may be locked up. */
  readonly privateKeys: boolean
  readonly config: WalletsConfig
  /** Something changed that is to be kept. */
  onChange(): void
}

interface HdScript extends OwnScript {
  readonly of: WatchedDescriptor
  readonly position: number
}

export class DescriptorKeeper implements Keeper {
  /** Undefined: they are at hand; else what to answer to whoever wants them. */
  locked: RpcError | undefined
  readonly lookahead: number
  readonly measures = true
  readonly hasPrivateKeys: boolean
  readonly #options: DescriptorKeeperOptions
  readonly #descriptors: WatchedDescriptor[] = []
  readonly #scripts = new Map<string, HdScript>()
  /** HASH160 of each key, in hex. */
  readonly #keys = new Map<string, HdScript>()
  /** Which positions of each were looked at. */
  readonly #expanded = new Map<WatchedDescriptor, readonly [from: number, to: number]>()
  /** What does not follow from public keys, for the time in which private ones are under lock. */
  readonly #kept = new Map<string, Expansion>()
  readonly #weights = new Map<string, number>()

  constructor(options: DescriptorKeeperOptions) {
    this.#options = options
    this.hasPrivateKeys = options.privateKeys
    this.lookahead = options.config.keyPool ?? KEY_POOL
    for (const stored of options.stored)
      this.#watch(new WatchedDescriptor(options.params, options.secp, stored))
  }

  get horizon(): number {
    return this.#scripts.size
  }

  get descriptors(): readonly WatchedDescriptor[] {
    return this.#descriptors
  }

  find(script: Uint8Array): HdScript | undefined {
    return this.#scripts.get(toHex(script))
  }

  markUsed({ of, position }: HdScript): void {
    if (!of.isRange || position < of.next) return
    of.next = position + 1
    this.#topUp(of)
    this.#options.onChange()
  }

  take(type: AddressType, internal: boolean): Uint8Array {
    const of = this.#activeOf(type, internal)
    if (!of) throw new RpcError(RPC.walletKeypoolRanOut, `Error: No ${type} addresses available.`)
    this.#topUp(of)
    const script = this.#scriptAt(of, of.next)
    of.next++
    this.#options.onChange()
    return script
  }

  changeScript(type?: AddressType, payments: readonly TxOut[] = []): Uint8Array {
    const wanted = type ?? this.#changeType(payments)
    const of = wanted && this.#activeOf(wanted, true)
    const none = () =>
      new RpcError(RPC.wallet, "Transaction needs a change address, but we can't generate it.")
    if (!of) throw none()
    try {
      // It is not taken, and may be the first that is not watched yet.
      this.#topUp(of)
      return this.#scriptAt(of, of.next)
    } catch (error) {
      // Under lock, and no key was made ahead.
      if (error instanceof RpcError && error.code === RPC.walletKeypoolRanOut) throw none()
      throw error
    }
  }

  provider({ of, position }: HdScript, withPrivate: boolean): SigningProvider {
    const provider = new SigningProvider()
    const expansion = this.#expansionAt(of, position)
    if (expansion) provider.addAll(expansion.provider)
    if (!withPrivate) return provider
    if (this.locked) throw this.locked
    of.addPrivateKeys(position, provider)
    return provider
  }

  providerOfKey(publicKey: Uint8Array, withPrivate: boolean): SigningProvider | undefined {
    const own = this.#keys.get(toHex(hash160(publicKey)))
    return own && this.provider(own, withPrivate)
  }

  facts({ of }: HdScript): { readonly parent: string; readonly timestamp: number } {
    return { parent: of.name, timestamp: of.timestamp }
  }

  /** Adds a descriptor, or what is new of one that is there. */
  add(stored: StoredDescriptor): WatchedDescriptor {
    const fresh = new WatchedDescriptor(this.#options.params, this.#options.secp, stored)
    const known = this.#descriptors.find(({ name }) => name === fresh.name)
    if (!known) return this.#watch(fresh)
    known.secret = fresh.secret ?? known.secret
    known.range = [...stored.range]
    known.next = stored.next
    known.fromHeight = Math.min(known.fromHeight, stored.fromHeight)
    this.#topUp(known)
    return known
  }

  /** The one of the same keys that is there. */
  knownAs(descriptor: Descriptor): WatchedDescriptor | undefined {
    const name = descriptor.toNormalString() ?? String(descriptor)
    return this.#descriptors.find(each => each.name === name)
  }

  has(text: string): boolean {
    return this.knownAs(this.#parsed(text)) !== undefined
  }

  /** The private keys of a descriptor that is there. */
  addSecret(text: string): void {
    const whole = this.#parsed(text)
    const known = this.knownAs(whole)
    if (known) known.secret = whole
  }

  /** Fresh addresses of its type are its from now on. */
  activate(of: WatchedDescriptor, internal: boolean): void {
    const type = of.open.addressType
    for (const other of this.#descriptors)
      if (other.active && other.internal === internal && other.open.addressType === type)
        this.deactivate(other)
    of.active = true
    of.internal = internal
  }

  deactivate(of: WatchedDescriptor): void {
    of.active = false
    of.internal = undefined
  }

  /** Watches so many keys beyond those that were given out. */
  refill(size: number): void {
    for (const of of this.#descriptors) this.#topUp(of, size)
    this.#options.onChange()
  }

  #parsed(text: string): Descriptor {
    return parseDescriptor(this.#options.params, this.#options.secp, text)
  }

  #watch(of: WatchedDescriptor): WatchedDescriptor {
    this.#descriptors.push(of)
    this.#topUp(of)
    return of
  }

  #topUp(of: WatchedDescriptor, size = this.lookahead): void {
    if (of.isRange && of.at(of.next + size - 1)) of.range[1] = Math.max(of.range[1], of.next + size)
    else if (of.isRange) return
    else of.range = [0, 1]
    const [first, end] = of.range
    const [from, to] = this.#expanded.get(of) ?? [first, first]
    for (let position = first; position < from; position++) this.#expand(of, position)
    for (let position = to; position < end; position++) this.#expand(of, position)
    this.#expanded.set(of, [Math.min(first, from), Math.max(to, end)])
  }

  #expand(of: WatchedDescriptor, position: number): void {
    const open = of.open.at(position)
    const expansion = open ?? of.secret?.at(position)
    if (expansion && !open) this.#kept.set(`${of.name}/${position}`, expansion)
    for (const script of expansion?.scripts ?? []) {
      const id = toHex(script)
      if (this.#scripts.has(id)) continue
      const own: HdScript = {
        of,
        position,
        get internal() {
          return of.internal === true
        },
        get fromHeight() {
          return of.fromHeight
        },
        inputWeight: this.#weightOf(of, script, expansion?.provider ?? new SigningProvider()),
      }
      this.#scripts.set(id, own)
      for (const key of expansion?.provider.publicKeys.keys() ?? []) this.#keys.set(key, own)
    }
  }

  /** The same for all positions of a descriptor, and found out once. */
  #weightOf(of: WatchedDescriptor, script: Uint8Array, provider: SigningProvider): number {
    const kind = `${of.name}:${script.length}:${script[0]}`
    let weight = this.#weights.get(kind)
    if (weight === undefined) {
      weight = inputWeightOf(script, provider) ?? UNKNOWN_INPUT_WEIGHT
      this.#weights.set(kind, weight)
    }
    return weight
  }

  /** That fresh addresses of a type come from. */
  #activeOf(type: AddressType, internal: boolean): WatchedDescriptor | undefined {
    return this.#descriptors.find(of => of.active && of.internal === internal && of.open.addressType === type)
  }

  #expansionAt(of: WatchedDescriptor, position: number): Expansion | undefined {
    return of.at(position) ?? this.#kept.get(`${of.name}/${position}`)
  }

  #scriptAt(of: WatchedDescriptor, position: number): Uint8Array {
    const script = this.#expansionAt(of, position)?.scripts[0]
    if (!script)
      throw new RpcError(RPC.walletKeypoolRanOut, 'Error: Keypool ran out, please call keypoolrefill first')
    return script
  }

  /** As Core chooses it: as one of the payments has it, so that the change is not told apart; else the newest. */
  #changeType(payments: readonly TxOut[]): AddressType | undefined {
    const { addressType, changeType } = this.#options.config
    if (changeType) return changeType
    if (addressType === 'legacy') return addressType
    const paid = new Set(payments.map(({ script }) => addressTypeOfScript(script)))
    const there = (type: AddressType) => this.#activeOf(type, true) !== undefined
    return (
      TYPES.find(type => paid.has(type) && there(type)) ?? TYPES.slice(0, 2).find(there) ?? TYPES.find(there)
    )
  }
}
