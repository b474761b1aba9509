// The wallets of a node: the plan's, without a name, and those that were made by hand. Which are there, which are loaded, and which one
// a call means. While there are no others, it holds nothing.

import type { Clock, Random, Store } from '../../core/host.ts'
import { RPC, RpcError } from '../../core/service.ts'
import type { Block } from '../chain/types.ts'
import type { KeyOwners } from '../keys.ts'
import { Wallet, type WalletOptions } from '../wallet.ts'
import { loadNamed, NamedWallet, type NamedWalletOptions } from './named-wallet.ts'
import { PlanKeeper } from './plan-keeper.ts'
import {
  exportWallet,
  importWallet,
  notesKey,
  readList,
  readRecord,
  type WalletFlags,
  type WalletRecord,
  writeList,
  writeRecord,
} from './wallet-record.ts'
import type { WalletsConfig } from './wallets-config.ts'

export interface WalletsOptions extends Omit<WalletOptions, 'keeper'> {
  readonly plan: Wallet
  readonly config: WalletsConfig
  readonly store: Store
  readonly clock: Clock
  readonly random: Random
}

export interface LoadedWallet {
  readonly name: string
  readonly wallet: Wallet
  /** Undefined: it is the plan's. */
  readonly named: NamedWallet | undefined
}

const NOT_THERE = 'Requested wallet does not exist or is not loaded'
const NONE_LOADED =
  'No wallet is loaded. Load a wallet using loadwallet or create a new one with createwallet. (Note: A default wallet is no longer automatically created)'
const SEVERAL = 'Wallet file not specified (must request wallet RPC through /wallet/<filename> uri-path).'

export class Wallets {
  readonly #options: WalletsOptions
  readonly #loaded = new Map<string, LoadedWallet>()
  /** Names of all, and whether they are loaded at the start; the plan's only where that was changed. */
  readonly #known: Map<string, boolean>

  constructor(options: WalletsOptions) {
    this.#options = options
    this.#known = new Map(readList(options.store).map(({ name, atStart }) => [name, atStart]))
    if (this.#known.get('') ?? options.config.loaded ?? true)
      this.#loaded.set('', { name: '', wallet: options.plan, named: undefined })
    for (const [name, atStart] of this.#known) if (name !== '' && atStart) this.#open(name)
  }

  get config(): WalletsConfig {
    return this.#options.config
  }

  /** In the order in which they were loaded. */
  get loaded(): readonly LoadedWallet[] {
    return [...this.#loaded.values()]
  }

  /** All that there are. */
  get names(): readonly string[] {
    const plans = (this.#options.config.loaded ?? true) || this.#loaded.has('') ? [''] : []
    return [...new Set([...plans, ...this.#known.keys()])]
  }

  /** The one that a call was sent to, or the only one. Throws RpcError. */
  select(name: string | undefined): LoadedWallet {
    if (name !== undefined) {
      const named = this.#loaded.get(name)
      if (!named) throw new RpcError(RPC.walletNotFound, NOT_THERE)
      return named
    }
    const [only, ...more] = this.#loaded.values()
    if (!only) throw new RpcError(RPC.walletNotFound, NONE_LOADED)
    if (more.length > 0) throw new RpcError(RPC.walletNotSpecified, SEVERAL)
    return only
  }

  /** Throws RpcError where there is one of this name. */
  create(name: string, flags: WalletFlags, passphrase: string, atStart?: boolean): NamedWallet {
    if (this.names.includes(name))
      throw new RpcError(
        RPC.wallet,
        `Wallet file verification failed. Failed to create database path '${name}'. Database already exists.`,
      )
    if (passphrase !== '' && !flags.privateKeys)
      throw new RpcError(
        RPC.wallet,
        'Passphrase provided but private keys are disabled. A passphrase is only used to encrypt private keys, so cannot be used for wallets with private keys disabled.',
      )
    const blank = { ...flags, blank: true }
    const birth = Math.floor(this.#options.clock.now() / 1000)
    const made = new NamedWallet(this.#optionsFor(name), {
      flags: blank,
      descriptors: [],
      lockedCoins: [],
      birth,
    })
    if (flags.privateKeys && !flags.blank) made.setUpKeys()
    if (passphrase !== '') made.encrypt(passphrase)
    made.save()
    this.#add(made, atStart ?? false)
    return made
  }

  load(name: string, atStart?: boolean): LoadedWallet {
    if (this.#loaded.has(name))
      throw new RpcError(RPC.walletAlreadyLoaded, `Wallet "${name}" is already loaded.`)
    if (name !== '' && !this.names.includes(name))
      throw new RpcError(
        RPC.walletNotFound,
        `Wallet file verification failed. Failed to load database path '${name}'. Path does not exist.`,
      )
    this.#open(name)
    if (atStart !== undefined) this.#remember(name, atStart)
    return this.select(name)
  }

  unload(name: string, atStart?: boolean): void {
    const { named } = this.select(name)
    named?.close()
    this.#loaded.delete(name)
    if (atStart !== undefined) this.#remember(name, atStart)
  }

  /** A wallet in one text. The plan's has nothing that the plan has not. */
  backup(name: string): Uint8Array {
    const { named } = this.select(name)
    if (!named)
      throw new RpcError(RPC.wallet, 'Error: Wallet backup failed! The keys of this wallet are in the plan.')
    return exportWallet(named.record(), this.#options.store.get(notesKey(name)))
  }

  restore(name: string, bytes: Uint8Array, atStart?: boolean): NamedWallet {
    const found = importWallet(bytes)
    if (!found)
      throw new RpcError(RPC.wallet, 'Wallet file verification failed. The backup is not one of a wallet.')
    if (this.names.includes(name))
      throw new RpcError(
        RPC.walletAlreadyExists,
        `Failed to restore wallet. Database file exists in '${name}'.`,
      )
    this.#keep(name, found.record, found.notes)
    const made = new NamedWallet(this.#optionsFor(name), found.record)
    this.#add(made, atStart ?? false)
    return made
  }

  /** The plan's hears of them loaded or not: its node mines for it. */
  onConnected(blocks: readonly Block[]): void {
    this.#options.plan.onConnected(blocks)
    for (const { named } of this.#loaded.values()) named?.wallet.onConnected(blocks)
  }

  onDisconnected(blocks: readonly Block[]): void {
    this.#options.plan.onDisconnected(blocks)
    for (const { named } of this.#loaded.values()) named?.wallet.onDisconnected(blocks)
  }

  stop(): void {
    for (const { named } of this.#loaded.values()) named?.close()
  }

  #keep(name: string, record: WalletRecord, notes: Uint8Array | undefined): void {
    writeRecord(this.#options.store, name, record)
    if (notes) this.#options.store.commit([{ put: notesKey(name), value: notes }])
  }

  #add(made: NamedWallet, atStart: boolean): void {
    this.#remember(made.name, atStart)
    this.#loaded.set(made.name, { name: made.name, wallet: made.wallet, named: made })
  }

  #open(name: string): void {
    if (name === '') {
      this.#loaded.set('', { name, wallet: this.#options.plan, named: undefined })
      return
    }
    const named = readRecord(this.#options.store, name) && loadNamed(this.#optionsFor(name))
    if (named) this.#loaded.set(name, { name, wallet: named.wallet, named })
  }

  #remember(name: string, atStart: boolean): void {
    this.#known.set(name, atStart)
    writeList(
      this.#options.store,
      [...this.#known].map(([known, loads]) => ({ name: known, atStart: loads })),
    )
  }

  #optionsFor(name: string): NamedWalletOptions {
    const { plan: _, random, ...rest } = this.#options
    let drawn = 0
    // Each time others, also in a later life of the node, whose generator begins anew.
    const bytes = (count: number) =>
      random.fork(`wallet/${name}/${this.#options.clock.now()}/${drawn++}`).bytes(count)
    return { ...rest, name, bytes }
  }
}

/** Of a node that starts. */
export function makeWallets(
  { store, clock, random }: Pick<WalletsOptions, 'store' | 'clock' | 'random'>,
  { walletSeed: seed, wallets: config = {} }: { walletSeed: Uint8Array; wallets?: WalletsConfig },
  owners: KeyOwners | undefined,
  options: Omit<WalletOptions, 'keeper'>,
): { readonly wallet: Wallet; readonly wallets: Wallets } {
  const keeper = new PlanKeeper({ seed, secp: options.secp, owners, store })
  const wallet = new Wallet({ ...options, keeper })
  return {
    wallet,
    wallets: new Wallets({ ...options, plan: wallet, config, store, clock, random }),
  }
}
