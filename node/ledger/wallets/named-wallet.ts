// A wallet with a name: descriptors, what it may do, and its private keys, under lock or not.

import type { Cancel, Clock, Store } from '../../core/host.ts'
import { RPC, RpcError } from '../../core/service.ts'
import type { AddressType } from '../descriptor/address-type.ts'
import { HdKey } from '../descriptor/hd-key.ts'
import { Wallet, type WalletOptions } from '../wallet.ts'
import { lock, SALT_BYTES, unlock } from './cipher.ts'
import { DescriptorKeeper } from './descriptor-keeper.ts'
import { PendingPayments } from './pending-payments.ts'
import { ReuseWatch } from './reuse.ts'
import { readRecord, type WalletFlags, type WalletRecord, writeRecord } from './wallet-record.ts'
import type { WalletsConfig } from './wallets-config.ts'

export interface NamedWalletOptions extends Omit<WalletOptions, 'keeper'> {
  readonly name: string
  readonly store: Store
  readonly clock: Clock
  readonly config: WalletsConfig
  /** Random bytes, another each time. */
  bytes(count: number): Uint8Array
}

/** BIP44, BIP49, BIP84, BIP86. */
const PURPOSES: { readonly [type in AddressType]: number } = {
  legacy: 44,
  'p2sh-segwit': 49,
  bech32: 84,
  bech32m: 86,
}
const FORMS: { readonly [type in AddressType]: (key: string) => string } = {
  legacy: key => `pkh(${key})`,
  'p2sh-segwit': key => `sh(wpkh(${key}))`,
  bech32: key => `wpkh(${key})`,
  bech32m: key => `tr(${key})`,
}
/** Of all test networks (SLIP44). */
const COIN_TYPE = 1
const SEED_BYTES = 32
const MAX_UNLOCKED_S = 100_000_000
const UNLOCK_FIRST = 'Error: Please enter the wallet passphrase with walletpassphrase first.'

export class NamedWallet {
  readonly name: string
  readonly wallet: Wallet
  readonly keeper: DescriptorKeeper
  readonly birth: number
  #flags: WalletFlags
  #secrets: WalletRecord['secrets']
  /** The passphrase, while its keys are at hand. */
  #passphrase: string | undefined
  #unlockedUntilMs = 0
  #cancelRelock: Cancel = () => {}
  readonly #persistent = new Set<string>()
  readonly #options: NamedWalletOptions
  #quiet = false

  constructor(options: NamedWalletOptions, record: WalletRecord) {
    this.#options = options
    this.name = options.name
    this.birth = record.birth
    this.#flags = record.flags
    this.#secrets = record.secrets
    this.keeper = new DescriptorKeeper({
      params: options.params,
      secp: options.secp,
      stored: record.descriptors,
      privateKeys: record.flags.privateKeys,
      config: options.config,
      onChange: () => this.save(),
    })
    if (record.secrets) this.keeper.locked = unlockFirst()
    this.#quiet = true
    const { chain, clock, mempool, name, store } = options
    this.wallet = new Wallet({
      ...options,
      keeper: this.keeper,
      pending: new PendingPayments({ name, store, chain, clock, mempool }),
      reuse: new ReuseWatch(name, store, () => this.#flags.avoidReuse),
    })
    this.#quiet = false
    for (const key of record.lockedCoins) this.lockCoin(key, true)
  }

  get flags(): WalletFlags {
    return this.#flags
  }

  get isEncrypted(): boolean {
    return this.#secrets !== undefined
  }

  /** In seconds; 0 while it is locked. Undefined without a passphrase. */
  get unlockedUntil(): number | undefined {
    return this.isEncrypted ? Math.floor(this.#unlockedUntilMs / 1000) : undefined
  }

  set avoidReuse(on: boolean) {
    this.#flags = { ...this.#flags, avoidReuse: on }
    this.save()
  }

  lockCoin(key: string, persistent: boolean): void {
    this.wallet.locked.add(key as never)
    if (persistent) this.#persistent.add(key)
  }

  unlockCoin(key: string): void {
    this.wallet.locked.delete(key as never)
    this.#persistent.delete(key)
  }

  /** A new master key, and descriptors of it for each type of address, for others and for change. */
  setUpKeys(): void {
    const master = HdKey.fromSeed(this.#options.secp, this.#options.bytes(SEED_BYTES))
    if (!master) throw new Error('a seed that gives no key: one of 2^127')
    for (const type of Object.keys(PURPOSES) as AddressType[])
      for (const internal of [false, true]) this.addDescriptor(master, type, internal)
    this.#flags = { ...this.#flags, blank: false }
    this.keepSecrets()
  }

  /** Descriptors with private keys were added. */
  keepSecrets(): void {
    if (this.isEncrypted && this.#passphrase !== undefined) this.#lockUp()
    this.save()
  }

  /** The descriptor of a type of address below a master key, active. Undefined where it is there already. */
  addDescriptor(master: HdKey, type: AddressType, internal: boolean): string | undefined {
    const path = [PURPOSES[type], COIN_TYPE, 0].map(step => `/${step}h`).join('')
    const key = `${master.toPrivateString()}${path}/${internal ? 1 : 0}/*`
    const text = FORMS[type](key)
    if (this.keeper.has(text)) return undefined
    const of = this.keeper.add({
      text,
      range: [0, 0],
      next: 0,
      timestamp: Math.floor(this.#options.clock.now() / 1000),
      fromHeight: 0,
    })
    this.keeper.activate(of, internal)
    return of.name
  }

  /** Locks its private keys up, and begins anew with another master key, as Core does: the old one lay open. */
  encrypt(passphrase: string): void {
    if (!this.#flags.privateKeys)
      throw new RpcError(
        RPC.walletEncryptionFailed,
        'Error: wallet does not contain private keys, nothing to encrypt.',
      )
    if (this.isEncrypted)
      throw new RpcError(
        RPC.walletWrongEncryptionState,
        'Error: running with an encrypted wallet, but encryptwallet was called.',
      )
    if (passphrase === '') throw new RpcError(RPC.invalidParameter, 'passphrase cannot be empty')
    const blank = this.#flags.blank
    this.#passphrase = passphrase
    this.#lockUp()
    if (!blank) this.setUpKeys()
    this.relock()
    this.save()
  }

  /** Puts the private keys at hand, for so many seconds. */
  unlock(passphrase: string, seconds: number): void {
    const texts = this.#open(passphrase)
    this.#passphrase = passphrase
    this.keeper.locked = undefined
    for (const stored of texts) this.keeper.addSecret(stored)
    const lastingMs = Math.min(seconds, MAX_UNLOCKED_S) * 1000
    const { clock } = this.#options
    this.#unlockedUntilMs = clock.now() + lastingMs
    this.#cancelRelock()
    this.#cancelRelock = clock.after(lastingMs, () => this.relock())
  }

  changePassphrase(before: string, after: string): void {
    const texts = this.#open(before)
    if (after === '') throw new RpcError(RPC.invalidParameter, 'passphrase cannot be empty')
    this.#secrets = lock(JSON.stringify(texts), after, this.#options.bytes(SALT_BYTES))
    if (this.#passphrase !== undefined) this.#passphrase = after
    this.save()
  }

  relock(): void {
    if (!this.isEncrypted) return
    this.#cancelRelock()
    this.#passphrase = undefined
    this.#unlockedUntilMs = 0
    this.keeper.locked = unlockFirst()
    for (const each of this.keeper.descriptors) each.secret = undefined
  }

  /** Throws where its private keys are under lock. */
  wantKeys(): void {
    if (this.keeper.locked) throw this.keeper.locked
  }

  save(): void {
    if (this.#quiet) return
    writeRecord(this.#options.store, this.name, this.record())
  }

  record(): WalletRecord {
    return {
      flags: this.#flags,
      descriptors: this.keeper.descriptors.map(each => each.stored(!this.isEncrypted)),
      lockedCoins: [...this.#persistent].filter(key => this.wallet.locked.has(key as never)),
      birth: this.birth,
      ...(this.#secrets && { secrets: this.#secrets }),
    }
  }

  close(): void {
    this.#cancelRelock()
    this.wallet.close()
  }

  /** All private texts that are at hand. */
  #lockUp(): void {
    const texts = this.keeper.descriptors.flatMap(each => (each.secret ? [each.stored(true).text] : []))
    this.#secrets = lock(JSON.stringify(texts), this.#passphrase as string, this.#options.bytes(SALT_BYTES))
  }

  #open(passphrase: string): readonly string[] {
    const texts = this.#secrets && unlock(this.#secrets, passphrase)
    if (texts === undefined)
      throw new RpcError(RPC.walletPassphraseIncorrect, 'Error: The wallet passphrase entered was incorrect.')
    return JSON.parse(texts)
  }
}

/** Loads one that is kept; undefined where there is none. */
export function loadNamed(options: NamedWalletOptions): NamedWallet | undefined {
  const record = readRecord(options.store, options.name)
  return record && new NamedWallet(options, record)
}

function unlockFirst(): RpcError {
  return new RpcError(RPC.walletUnlockNeeded, UNLOCK_FIRST)
}
