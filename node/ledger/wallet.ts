// The node's wallet: which coins are its own, what they come to, and payments made of them.
// What is confirmed it learns from blocks as they come and go, what is not from the mempool. A payment counts once the
// mempool has it: `send` only makes and signs it, and a refused one leaves no trace.

import { RPC, RpcError } from '../core/service.ts'
import type { ChainParams } from '../params.ts'
import { addressToScript, scriptToAddress } from './address.ts'
import type { Chain } from './chain/chain.ts'
import { isCoinbase, makeTx, outPointKey, pointOf } from './chain/tx.ts'
import type { Block, Coin, OutPoint, OutPointKey, Tx, TxIn, TxOut } from './chain/types.ts'
import { coinMade } from './chain/utxo.ts'
import type { AddressType } from './descriptor/address-type.ts'
import type { SigningProvider } from './descriptor/provider.ts'
import type { Mempool } from './mempool.ts'
import { SIGHASH } from './script/sighash-type.ts'
import type { Secp256k1 } from './services.ts'
import { produceSignature } from './signing/produce.ts'
import { SignatureData } from './signing/signature-data.ts'
import { TrustedSigner } from './signing/signer.ts'
import { type Funded, fund, MAX_FEE_SAT, type PaymentTerms } from './wallets/funding.ts'
import type { Keeper, OwnScript } from './wallets/keeper.ts'
import type { OwnCoin, Standing } from './wallets/own-coin.ts'
import type { PendingPayments } from './wallets/pending-payments.ts'
import type { ReuseWatch } from './wallets/reuse.ts'
import type { WalletsConfig } from './wallets/wallets-config.ts'

/** Paid when the caller names no fee rate, unless the mempool asks for more. */
const DEFAULT_SAT_PER_VB = 2
/** As Core's -discardfee. */
const DISCARD_SAT_PER_VB = 10
/** Of inputs that nothing may replace. */
const FINAL = 0xffffffff
/** An input before it is signed. */
const BLANK = { scriptSig: new Uint8Array(0), witness: [] }

export interface WalletOptions {
  readonly keeper: Keeper
  /** Loaded: its UTXO set is searched for our coins. */
  readonly chain: Chain
  readonly mempool: Mempool
  readonly secp: Secp256k1
  readonly params: ChainParams
  /** What it remembers of payments in no block; absent: their coins are free as soon as they leave the mempool. */
  readonly pending?: PendingPayments | undefined
  /** Scripts that it avoids, because they were spent from; absent: none. */
  readonly reuse?: ReuseWatch | undefined
  /** What its payments pay where nobody says it; absent: as the plan's. */
  readonly config?: Pick<
    WalletsConfig,
    | 'fallbackSatPerVb'
    | 'leastSatPerVb'
    | 'paySatPerVb'
    | 'discardSatPerVb'
    | 'maxFeeSat'
    | 'rejectLongChains'
  >
}

export interface Balance {
  /** Confirmed and mature, or unconfirmed change of our own payments. */
  readonly trustedSat: number
  /** Coinbases that cannot be spent yet. */
  readonly immatureSat: number
  /** Unconfirmed payments of others to us. */
  readonly pendingSat: number
}

export class Wallet {
  /** Coins that no payment takes by itself. */
  readonly locked = new Set<OutPointKey>()
  /** The operator's own; undefined: the default. */
  setRateSatPerVb: number | undefined
  /** Hears of the mempool no more. */
  readonly close: () => void
  readonly #options: WalletOptions
  /** Unspent on the active chain. */
  readonly #confirmed = new Map<OutPointKey, OwnCoin>()
  /** Made by transactions in the mempool, spent there again or not. */
  readonly #unconfirmed = new Map<OutPointKey, { readonly own: OwnCoin; readonly tx: Tx }>()

  constructor(options: WalletOptions) {
    this.#options = options
    this.rescan()
    this.close = options.mempool.listen({
      added: tx => this.#onAdded(tx),
      removed: tx => this.#onRemoved(tx),
    })
  }

  get pending(): PendingPayments | undefined {
    return this.#options.pending
  }

  /** Payments that replaced others by order, or were replaced: noted beside the wallet. */
  isBump: (txid: string) => boolean = () => false

  /** Unconfirmed, and of a payment that another may yet be in the place of: no payment is built on it unasked. */
  isShaky({ coin, point }: OwnCoin): boolean {
    return coin.height === 0 && this.isBump(point.txid)
  }

  /** A coin of a script that was spent from before, and that the wallet avoids therefore. */
  isReused({ coin }: OwnCoin): boolean {
    return this.#options.reuse?.has(coin.script) === true
  }

  /** What mined blocks pay to. */
  script(): Uint8Array {
    return this.keeper.changeScript()
  }

  get keeper(): Keeper {
    return this.#options.keeper
  }

  /** An address that was given to nobody before. */
  newAddress(type: AddressType = 'bech32', internal = false): string {
    return scriptToAddress(this.#options.params, this.keeper.take(type, internal)) as string
  }

  /** `height`: of the block that it stands in; none: of none. */
  owns(script: Uint8Array, height = Number.POSITIVE_INFINITY): boolean {
    const own = this.keeper.find(script)
    return own !== undefined && own.fromHeight <= height
  }

  /** `withReused`: with coins of scripts that the wallet avoids. */
  balance(withReused = false): Balance {
    const sums = { mature: 0, immature: 0, change: 0, pending: 0 }
    for (const [own, standing] of this.unspent())
      if (withReused || standing === 'immature' || !this.isReused(own)) sums[standing] += own.valueSat
    return {
      trustedSat: sums.mature + sums.change,
      immatureSat: sums.immature,
      pendingSat: sums.pending,
    }
  }

  /** Our coins that no transaction spends yet, confirmed ones first. */
  *unspent(): Generator<readonly [OwnCoin, Standing]> {
    const { mempool, pending } = this.#options
    for (const [key, own] of this.#confirmed)
      if (!mempool.spender(key) && !pending?.holds(key))
        yield [own, this.#isMature(own.coin) ? 'mature' : 'immature']
    const isTrusted = this.#trust()
    for (const [key, { own, tx }] of this.#unconfirmed)
      if (!mempool.spender(key) && !pending?.holds(key)) yield [own, isTrusted(tx) ? 'change' : 'pending']
  }

  /** A signed payment, to be handed to the mempool. Throws RpcError with Bitcoin Core's codes. */
  send(address: string, amountSat: number, satPerVb = this.feeRate()): Tx {
    const script = addressToScript(this.#options.params, address)
    if (script === undefined) throw new RpcError(RPC.invalidAddressOrKey, 'Invalid address')
    if (!Number.isSafeInteger(amountSat) || amountSat <= 0)
      throw new RpcError(RPC.typeError, 'Invalid amount for send')
    return this.pay([{ valueSat: amountSat, script }], { satPerVb })
  }

  /** A signed transaction that pays all of these, with change where it is worth it. */
  pay(payments: readonly TxOut[], terms: PaymentTerms = {}): Tx {
    const { coins, outputs } = this.fund(payments, terms)
    const { sequence = FINAL, lockTime = 0 } = terms
    const inputs = coins.map(({ point }) => ({ ...BLANK, sequence, previous: point }))
    return this.sign(makeTx({ version: 2, inputs, outputs, lockTime }))
  }

  /** Coins and outputs of such a transaction. */
  fund(payments: readonly TxOut[], terms: PaymentTerms = {}): Funded {
    const { chain, mempool } = this.#options
    return fund({ wallet: this, mempool, tipHeight: () => chain.tip.height }, payments, terms)
  }

  /** In satoshi per virtual byte, where the caller names none. */
  feeRate(): number {
    const { config } = this.#options
    const rate = this.setRateSatPerVb || config?.paySatPerVb || this.#defaultRate()
    return Math.max(rate, config?.leastSatPerVb ?? 0)
  }

  /**
   * No lower rate is taken, though the caller names it. A full mempool asks for more: what a wallet made by hand pays too little for
   * that waits until it is less full, as in Core; the plan's wallet does not make it.
   */
  get leastRate(): number {
    const { config, mempool } = this.#options
    if (!config) return mempool.minFeeSatPerKvb / 1000
    return Math.max(mempool.policy.minRelaySatPerKvb / 1000, config.leastSatPerVb ?? 0)
  }

  /** Change that is not worth its own spending at this rate is none; of the plan's wallet any is that is no dust. */
  get discardRate(): number {
    const { config } = this.#options
    return config ? (config.discardSatPerVb ?? DISCARD_SAT_PER_VB) : 0
  }

  get rejectsLongChains(): boolean {
    return this.#options.config?.rejectLongChains ?? true
  }

  /** A fee beyond it is a mistake (Core's -maxtxfee). */
  get maxFeeSat(): number {
    return this.#options.config?.maxFeeSat ?? MAX_FEE_SAT
  }

  /** The same transaction with our signatures wherever it spends a coin of ours. `coinOf`: coins that nobody here has seen. */
  sign(tx: Tx, coinOf: (point: OutPoint) => Coin | undefined = () => undefined): Tx {
    const { secp } = this.#options
    const coins = tx.inputs.map(({ previous }) => this.coinAt(previous)?.coin ?? coinOf(previous))
    const inputs = tx.inputs.map((input, index): TxIn => {
      const coin = coins[index]
      const provider = coin && this.providerOf(coin.script)
      if (!coin || !provider) return input
      const data = new SignatureData()
      const task = { tx, index, coins, secp, hashType: SIGHASH.default }
      produceSignature(provider, new TrustedSigner(task, this.keeper.measures === true), coin.script, data)
      return { ...input, scriptSig: data.scriptSig, witness: data.witness }
    })
    return makeTx({ ...tx, inputs })
  }

  /** What solves a script of ours. */
  providerOf(script: Uint8Array, withPrivate = true): SigningProvider | undefined {
    const own = this.keeper.find(script)
    return own && this.keeper.provider(own, withPrivate)
  }

  /** Whether an output is a coin of ours, spent by the mempool or not. */
  knows(point: OutPoint): boolean {
    return this.coinAt(point) !== undefined
  }

  /** Whether an unconfirmed transaction is our own work. */
  trusts(tx: Tx): boolean {
    return this.#trust()(tx)
  }

  /** A coin of ours, confirmed or not, spent by the mempool or not. */
  coinAt(point: OutPoint): OwnCoin | undefined {
    const key = outPointKey(point)
    return this.#confirmed.get(key) ?? this.#unconfirmed.get(key)?.own
  }

  /** Blocks were connected, in this order. */
  onConnected(blocks: readonly Block[]): void {
    for (const block of blocks) {
      const height = this.#options.chain.entry(block.hash)?.height
      if (height === undefined) throw new Error(`block ${block.hash} was connected, but is unknown`)
      this.#options.pending?.confirmed(block.transactions)
      for (const tx of block.transactions) {
        if (!isCoinbase(tx)) this.#spend(tx)
        for (const [index, output] of tx.outputs.entries()) {
          const owner = this.keeper.find(output.script)
          if (!owner) continue
          const key = outPointKey({ txid: tx.txid, index })
          // The chain's own coin: its script need not be here twice. A later block may have spent it already.
          this.#take(key, this.#options.chain.coin(key) ?? coinMade(tx, index, height), owner)
        }
      }
    }
  }

  /** Blocks were taken off, the tip first: what they spent is ours again, what they made is gone. */
  onDisconnected(blocks: readonly Block[]): void {
    for (const block of blocks) {
      const undo = this.#options.chain.undo(block)
      if (undo === undefined) throw new Error(`no undo data of block ${block.hash}, which was connected`)
      for (const [key, coin] of undo.spent) this.#adopt(key, coin)
      const spent = new Map(undo.spent)
      for (const tx of block.transactions) this.remember(tx, point => spent.get(outPointKey(point)))
      // also what the block itself spent again
      for (const { txid, outputs } of block.transactions)
        for (const index of outputs.keys()) this.#confirmed.delete(outPointKey({ txid, index }))
    }
  }

  /** Finds our coins in the chain's UTXO set, and what waits for it. A coin of a late key widens the search, so it runs until it finds no later one. */
  rescan(): void {
    let horizon: number
    do {
      horizon = this.keeper.horizon
      for (const [key, coin] of this.#options.chain.coins()) this.#adopt(key, coin)
    } while (this.keeper.horizon > horizon)
    for (const { tx } of this.#options.mempool.entries()) this.#onAdded(tx)
  }

  /** It is in a block. */
  #spend({ inputs }: Tx): void {
    const { reuse } = this.#options
    for (const { previous } of inputs) {
      const own = reuse && this.coinAt(previous)
      if (own) reuse.add(own.coin.script)
      this.#confirmed.delete(outPointKey(previous))
    }
  }

  /** Keeps in mind what pays us, or is paid by us, and is in no block, whether the mempool took it or not. */
  remember(tx: Tx, coinOf?: (point: OutPoint) => Coin | undefined): void {
    const { pending, reuse } = this.#options
    if (!pending) return
    const spent = tx.inputs.flatMap(({ previous }) => this.coinAt(previous) ?? [])
    if (spent.length === 0 && !tx.outputs.some(({ script }) => this.owns(script))) return
    for (const { coin } of spent) reuse?.add(coin.script)
    pending.note(tx, coinOf)
  }

  #adopt(key: OutPointKey, coin: Coin): void {
    const owner = this.keeper.find(coin.script)
    if (owner) this.#take(key, coin, owner)
  }

  #take(key: OutPointKey, coin: Coin, owner: OwnScript): void {
    if (coin.height < owner.fromHeight) return
    this.keeper.markUsed(owner)
    this.#confirmed.set(key, ownCoin(pointOf(key), coin, owner))
  }

  #onAdded(tx: Tx): void {
    // Nobody need keep payments from a coin that was spent.
    if (this.locked.size > 0) for (const { previous } of tx.inputs) this.locked.delete(outPointKey(previous))
    for (const [index, output] of tx.outputs.entries()) {
      const key = this.keeper.find(output.script)
      if (key === undefined) continue
      this.keeper.markUsed(key)
      const point = { txid: tx.txid, index }
      const coin = { ...output, height: 0, coinbase: false }
      this.#unconfirmed.set(outPointKey(point), { own: ownCoin(point, coin, key), tx })
    }
    this.remember(tx)
  }

  #onRemoved({ txid, outputs }: Tx): void {
    for (const index of outputs.keys()) this.#unconfirmed.delete(outPointKey({ txid, index }))
  }

  /** Tells whether an unconfirmed transaction is our own work: it and all it hangs on spend nothing but coins of ours. */
  #trust(): (tx: Tx) => boolean {
    const known = new Map<Tx, boolean>()
    const isOurs = ({ previous }: TxIn): boolean => {
      const key = outPointKey(previous)
      const made = this.#unconfirmed.get(key)
      return this.#confirmed.has(key) || (made !== undefined && isTrusted(made.tx))
    }
    const isTrusted = (tx: Tx): boolean => {
      const trusted = known.get(tx) ?? tx.inputs.every(isOurs)
      known.set(tx, trusted)
      return trusted
    }
    return isTrusted
  }

  /** As Core's wallet sees it: a block later than consensus would let it be spent. */
  #isMature(coin: Coin): boolean {
    const { chain, params } = this.#options
    return !coin.coinbase || chain.tip.height + 1 - coin.height > params.coinbaseMaturity
  }

  #defaultRate(): number {
    const { config, mempool } = this.#options
    const fallback = config?.fallbackSatPerVb ?? DEFAULT_SAT_PER_VB
    if (fallback === 0)
      throw new RpcError(
        RPC.walletInsufficientFunds,
        'Fee estimation failed. Fallbackfee is disabled. Wait a few blocks or enable -fallbackfee.',
      )
    return Math.max(fallback, Math.ceil(mempool.minFeeSatPerKvb / 1000))
  }
}

function ownCoin(point: OutPoint, coin: Coin, own: OwnScript): OwnCoin {
  return { point, coin, own, valueSat: coin.valueSat, inputWeight: own.inputWeight, ancestors: 0 }
}
