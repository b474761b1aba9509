// The wallet of a light client: its keys come from the plan, its coins from blocks whose filters matched. A transaction counts when it is
// in a block, with its proof; its own payments count before, and are announced until they are in one. Nothing is known of what is
// unconfirmed and others' but what a reorganisation took out of a block.

import { decode } from '../bitcoin/wire/codec.ts'
import type { HashHex } from '../bitcoin/wire/hex.ts'
import type { Store } from '../core/host.ts'
import { RPC, RpcError } from '../core/service.ts'
import { scriptToAddress } from '../ledger/address.ts'
import { isCoinbase, outPointKey, txCodec } from '../ledger/chain/tx.ts'
import type { Block, BlockEntry, Coin, OutPoint, OutPointKey, Tx, TxOut } from '../ledger/chain/types.ts'
import { feeForWeight, type SpendableCoin, selectCoins } from '../ledger/coin-selection.ts'
import { outputWeight } from '../ledger/fee-sharing.ts'
import { type KeyOwners, KeyRing, LOOKAHEAD, type WalletKey } from '../ledger/keys.ts'
import { dustThresholdSat, isDust } from '../ledger/policy.ts'
import { isP2pkh, p2pkhScript, p2wpkhScript } from '../ledger/script/kinds.ts'
import type { Secp256k1 } from '../ledger/services.ts'
import type { LightEvent } from './events.ts'
import type { HeaderChain } from './header-chain.ts'
import { type SigningCoin, signedPayment } from './sign-payment.ts'
import { placeIn, proves, WalletStore, type WalletTx } from './wallet-store.ts'

/** Version, lock time, counts, and the witness marker; then outpoint, sequence, signature and key of an input. In weight units. */
const FRAME_WEIGHT = 50
const P2WPKH_INPUT_WEIGHT = 272
const P2PKH_INPUT_WEIGHT = 593
const MAX_INPUTS = 500
/** Unconfirmed payments that hang on each other: nobody relays longer chains of them. */
const MAX_ANCESTORS = 24
/** Transactions that it keeps. */
const MAX_TRANSACTIONS = 100_000

export interface LightWalletOptions {
  readonly seed: Uint8Array
  readonly chain: HeaderChain
  readonly store: Store
  readonly secp: Secp256k1
  readonly keyOwners: KeyOwners | undefined
  readonly nowMs: () => number
  readonly emit: (event: LightEvent) => void
}

export interface LightBalance {
  /** Confirmed and mature, or unconfirmed change of its own payments. */
  readonly trustedSat: number
  readonly pendingSat: number
  readonly immatureSat: number
}

export interface OwnCoin extends SpendableCoin, SigningCoin {
  /** Whether it can be spent now, and why not. */
  readonly standing: 'mature' | 'immature' | 'change' | 'pending'
  readonly key: WalletKey
}

export class LightWallet {
  readonly #options: LightWalletOptions
  readonly #store: WalletStore
  readonly #keys: KeyRing
  readonly #transactions = new Map<HashHex, WalletTx>()
  /** Which of them spends an output. */
  readonly #spenders = new Map<OutPointKey, HashHex>()
  #scripts: Uint8Array[] = []
  #scannedTo: HashHex | undefined

  constructor(options: LightWalletOptions) {
    this.#options = options
    this.#store = new WalletStore(options.store)
    this.#keys = new KeyRing(options.seed, options.secp, options.keyOwners)
  }

  /** What was kept. What a header no longer proves is left out, and looked for from the beginning. */
  load(): void {
    const standing = this.#store.standing()
    if (standing && standing.keys > 0) this.#keys.markUsed(this.#keys.at(standing.keys - 1))
    let whole = standing !== undefined
    for (const own of this.#store.transactions()) {
      if (own && this.#isProven(own)) this.#add(own)
      else whole = false
    }
    this.#scannedTo = whole ? standing?.scanned : undefined
  }

  #isProven({ tx, place }: WalletTx): boolean {
    const entry = place && this.#options.chain.entry(place.block)
    return place === undefined || (entry !== undefined && proves(place, tx, entry.header))
  }

  /** The block that was looked through last. */
  get scannedTo(): HashHex | undefined {
    return this.#scannedTo
  }

  /** What is looked for: the scripts of all keys that were given out, and of the next few. Only grows. */
  get scripts(): readonly Uint8Array[] {
    const wanted = 2 * (this.#keys.next + LOOKAHEAD)
    for (let index = this.#scripts.length / 2; this.#scripts.length < wanted; index++) {
      const { hash } = this.#keys.at(index)
      this.#scripts.push(p2wpkhScript(hash), p2pkhScript(hash))
    }
    return this.#scripts
  }

  /** Of those the ones of keys that were given out or seen in use. */
  get usedScripts(): readonly Uint8Array[] {
    return this.scripts.slice(0, 2 * this.#keys.next)
  }

  newAddress(kind: 'bech32' | 'legacy'): string {
    const { hash } = this.#keys.take()
    this.#commit()
    const script = kind === 'bech32' ? p2wpkhScript(hash) : p2pkhScript(hash)
    return scriptToAddress(this.#options.chain.params, script) as string
  }

  owns(script: Uint8Array): boolean {
    return this.#keys.find(script) !== undefined
  }

  /** Where its own payments bring back what is left over. */
  isChange(script: Uint8Array): boolean {
    return this.#keys.find(script)?.index === 0
  }

  /** Oldest first, unconfirmed ones last. */
  all(): readonly WalletTx[] {
    const heightOf = ({ place }: WalletTx) => this.heightOf(place?.block) ?? Number.POSITIVE_INFINITY
    const order = (one: WalletTx) => one.place?.index ?? 0
    return [...this.#transactions.values()].sort(
      (a, b) => heightOf(a) - heightOf(b) || order(a) - order(b) || a.time - b.time,
    )
  }

  get(txid: HashHex): WalletTx | undefined {
    return this.#transactions.get(txid)
  }

  get size(): number {
    return this.#transactions.size
  }

  heightOf(block: HashHex | undefined): number | undefined {
    return block === undefined ? undefined : this.#options.chain.entry(block)?.height
  }

  /** An output of the wallet's own that one of its transactions made. */
  output({ txid, index }: OutPoint): TxOut | undefined {
    const output = this.#transactions.get(txid)?.tx.outputs[index]
    return output && this.owns(output.script) ? output : undefined
  }

  balance(): LightBalance {
    const sums = { mature: 0, immature: 0, change: 0, pending: 0 }
    for (const { standing, valueSat } of this.unspent()) sums[standing] += valueSat
    return {
      trustedSat: sums.mature + sums.change,
      pendingSat: sums.pending,
      immatureSat: sums.immature,
    }
  }

  *unspent(): Generator<OwnCoin> {
    for (const own of this.#transactions.values())
      for (const [index, { script, valueSat }] of own.tx.outputs.entries()) {
        const point = { txid: own.tx.txid, index }
        const key = this.#keys.find(script)
        if (!key || this.#spenders.has(outPointKey(point))) continue
        const coinbase = isCoinbase(own.tx)
        const coin: Coin = { valueSat, script, height: this.heightOf(own.place?.block) ?? 0, coinbase }
        const inputWeight = isP2pkh(script) ? P2PKH_INPUT_WEIGHT : P2WPKH_INPUT_WEIGHT
        const ancestors = own.place ? 0 : 1 + this.#ancestorsOf(own.tx).size
        const standing = this.#standingOf(own, coin)
        yield { point, coin, key, valueSat, inputWeight, ancestors, standing }
      }
  }

  /** Its own payments that are in no block yet. */
  unconfirmed(): readonly WalletTx[] {
    return [...this.#transactions.values()].filter(own => !own.place && this.#isOwn(own.tx))
  }

  /** A signed payment, which counts from now on. Throws RpcError with Core's codes. */
  pay(payment: TxOut, satPerVb: number): Tx {
    if (isDust(payment)) throw new RpcError(RPC.walletInsufficientFunds, 'Transaction amount too small')
    const baseWeight = FRAME_WEIGHT + outputWeight(payment.script)
    const need = { amountSat: payment.valueSat, baseWeight, satPerVb }
    const limits = { maxAncestors: MAX_ANCESTORS, maxInputs: MAX_INPUTS }
    const all = [...this.unspent()]
    const mature = all.filter(({ standing }) => standing === 'mature')
    const trusted = all.filter(({ standing }) => standing === 'mature' || standing === 'change')
    const coins = selectCoins(mature, { ...need, ...limits }) ?? selectCoins(trusted, { ...need, ...limits })
    if (!coins) throw new RpcError(RPC.walletInsufficientFunds, 'Insufficient funds')
    const weight = coins.reduce((sum, { inputWeight }) => sum + inputWeight, baseWeight)
    const inSat = coins.reduce((sum, { valueSat }) => sum + valueSat, 0)
    const home = p2wpkhScript(this.#keys.at(0).hash)
    const restSat = inSat - payment.valueSat - feeForWeight(satPerVb, weight + outputWeight(home))
    const change = restSat >= dustThresholdSat(home) ? [{ valueSat: restSat, script: home }] : []
    const tx = signedPayment(coins, [payment, ...change], this.#keys, this.#options.secp)
    this.take(tx)
    this.#options.emit({ type: 'light-paid', txid: tx.txid, sat: payment.valueSat })
    return tx
  }

  /** A transaction that its operator made elsewhere: it is announced as its own. */
  take(tx: Tx): void {
    if (this.#transactions.has(tx.txid)) return
    const own: WalletTx = { tx, place: undefined, time: Math.floor(this.#options.nowMs() / 1000) }
    this.#add(own)
    this.#store.put(own)
    this.#commit()
  }

  /** Gives up a payment that is in no block, and what hangs on it. */
  abandon(txid: HashHex): void {
    this.#forget(txid)
    this.#commit()
  }

  /** The block whose filter matched. What it says twice counts once. */
  apply(entry: BlockEntry, block: Block): void {
    for (const [index, tx] of block.transactions.entries()) {
      const known = this.#transactions.get(tx.txid)
      if (!known && !this.#concerns(tx)) continue
      if (known?.place?.block === entry.hash) continue
      const place = placeIn(block, index)
      // Blocks come without witnesses: of its own payments it has them. Others' outlive the block.
      const own = known ?? { tx: decode(txCodec, tx.bytes.slice()), place, time: entry.header.time }
      own.place = place
      for (const { previous } of tx.inputs) {
        const other = this.#spenders.get(outPointKey(previous))
        if (other !== undefined && other !== tx.txid) this.#forget(other)
      }
      this.#add(own)
      this.#store.put(own)
      this.#tell(own, entry.height)
    }
  }

  /** Blocks above this one were left. */
  rewind(fork: BlockEntry): void {
    const { chain } = this.#options
    for (const own of this.all().toReversed()) {
      const entry = own.place && chain.entry(own.place.block)
      if (!entry || chain.isActive(entry)) continue
      this.#tell(own, 0)
      own.place = undefined
      if (isCoinbase(own.tx)) this.#forget(own.tx.txid)
      else this.#store.put(own)
    }
    this.reached(fork)
  }

  /** All blocks up to this one were looked through. */
  reached({ hash }: BlockEntry): void {
    this.#scannedTo = hash
    this.#commit()
  }

  /** What the wallet gained by it. */
  gainOf(tx: Tx): number {
    const received = tx.outputs.reduce((sum, out) => sum + (this.owns(out.script) ? out.valueSat : 0), 0)
    return tx.inputs.reduce((sum, { previous }) => sum - (this.output(previous)?.valueSat ?? 0), received)
  }

  #tell(own: WalletTx, height: number): void {
    const { txid } = own.tx
    this.#options.emit({
      ...{ type: 'light-payment', txid, sat: this.gainOf(own.tx), height, block: own.place?.block ?? '' },
    })
  }

  #commit(): void {
    const { chain } = this.#options
    this.#store.commit({ scanned: this.#scannedTo ?? chain.genesis.hash, keys: this.#keys.next })
  }

  #add(own: WalletTx): void {
    if (this.#transactions.size >= MAX_TRANSACTIONS) return
    const { tx } = own
    this.#transactions.set(tx.txid, own)
    if (!isCoinbase(tx))
      for (const { previous } of tx.inputs) this.#spenders.set(outPointKey(previous), tx.txid)
    for (const { script } of tx.outputs) {
      const key = this.#keys.find(script)
      if (key) this.#keys.markUsed(key)
    }
  }

  /** With all that spends it. */
  #forget(txid: HashHex): void {
    const own = this.#transactions.get(txid)
    if (!own) return
    for (const index of own.tx.outputs.keys()) {
      const child = this.#spenders.get(outPointKey({ txid, index }))
      if (child !== undefined) this.#forget(child)
    }
    this.#transactions.delete(txid)
    for (const { previous } of own.tx.inputs) {
      const key = outPointKey(previous)
      if (this.#spenders.get(key) === txid) this.#spenders.delete(key)
    }
    this.#store.remove(txid)
  }

  #concerns(tx: Tx): boolean {
    if (tx.outputs.some(({ script }) => this.owns(script))) return true
    return tx.inputs.some(({ previous }) => this.output(previous) !== undefined)
  }

  /** Every coin that it spends is this wallet's. */
  #isOwn(tx: Tx): boolean {
    return tx.inputs.every(({ previous }) => this.output(previous) !== undefined)
  }

  #standingOf({ tx, place }: WalletTx, { coinbase, height }: Coin): OwnCoin['standing'] {
    const { tip, params } = this.#options.chain
    if (!place) return this.#isOwn(tx) ? 'change' : 'pending'
    return coinbase && tip.height + 1 - height <= params.coinbaseMaturity ? 'immature' : 'mature'
  }

  #ancestorsOf(tx: Tx, found = new Set<HashHex>()): ReadonlySet<HashHex> {
    for (const { previous } of tx.inputs) {
      const parent = this.#transactions.get(previous.txid)
      if (!parent || parent.place || found.has(previous.txid)) continue
      found.add(previous.txid)
      this.#ancestorsOf(parent.tx, found)
    }
    return found
  }
}
