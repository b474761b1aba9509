// The node's wallet: which coins are its own, what they come to, and payments made of them.
// What is confirmed it learns from blocks as they come and go, what is not from the mempool. A payment counts once the
// mempool has it: `send` only makes and signs it, and a refused one leaves no trace.

import { RPC, RpcError } from '../core/service.ts'
import type { ChainParams } from '../params.ts'
import { addressToScript, scriptToAddress } from './address.ts'
import type { Chain } from './chain/chain.ts'
import { isCoinbase, makeTx, outPointKey } from './chain/tx.ts'
import type { Block, Coin, OutPoint, OutPointKey, Tx, TxIn, TxOut } from './chain/types.ts'
import { coinMade } from './chain/utxo.ts'
import { feeForWeight, type SpendableCoin, selectCoins, withSmallest } from './coin-selection.ts'
import type { AddressType } from './descriptor/node.ts'
import type { SigningProvider } from './descriptor/provider.ts'
import { outputWeight, paidByRecipients } from './fee-sharing.ts'
import type { Mempool } from './mempool.ts'
import { reach } from './packages.ts'
import { dustThresholdSat, isDust } from './policy.ts'
import { SIGHASH } from './script/sighash-type.ts'
import type { Secp256k1 } from './services.ts'
import { produceSignature } from './signing/produce.ts'
import { SignatureData } from './signing/signature-data.ts'
import { TrustedSigner } from './signing/signer.ts'
import type { Keeper, OwnScript } from './wallets/keeper.ts'

/** Paid when the caller names no fee rate, unless the mempool asks for more. */
const DEFAULT_SAT_PER_VB = 2
/** Version, lock time, counts (three bytes for many inputs), and the witness marker. */
const FRAME_WEIGHT = 4 * (4 + 4 + 3 + 1) + 2
/** An input before it is signed. */
const BLANK = { scriptSig: new Uint8Array(0), sequence: 0xffffffff, witness: [] }
/** Of more coins than these, each payment spends some more: a payment makes two, and the UTXO set would grow for ever. */
const MANY_COINS = 200
/** Keeps a payment far below the weight that is relayed. */
const MAX_INPUTS = 500

export interface WalletOptions {
  readonly keeper: Keeper
  /** Loaded: its UTXO set is searched for our coins. */
  readonly chain: Chain
  readonly mempool: Mempool
  readonly secp: Secp256k1
  readonly params: ChainParams
}

export interface Balance {
  /** Confirmed and mature, or unconfirmed change of our own payments. */
  readonly trustedSat: number
  /** Coinbases that cannot be spent yet. */
  readonly immatureSat: number
  /** Unconfirmed payments of others to us. */
  readonly pendingSat: number
}

export interface OwnCoin extends SpendableCoin {
  readonly point: OutPoint
  /** While it is unconfirmed, its height is 0. */
  readonly coin: Coin
  readonly own: OwnScript
}

/** Confirmed and spendable · coinbase that is too young · unconfirmed, of our own making · unconfirmed, of others. */
export type Standing = 'mature' | 'immature' | 'change' | 'pending'

/** How a payment is to be made. */
export interface PaymentTerms {
  readonly satPerVb?: number
  /** Outputs, by their places, that the fee is taken from; none: it comes on top. */
  readonly feeFrom?: readonly number[]
  /** Just these coins. */
  readonly spend?: readonly OutPoint[]
}

export interface Funded {
  readonly coins: readonly OwnCoin[]
  readonly outputs: readonly TxOut[]
  readonly changeIndex: number
}

export class Wallet {
  /** Coins that no payment takes by itself. */
  readonly locked = new Set<OutPointKey>()
  /** The operator's own; undefined: the default. */
  setRateSatPerVb: number | undefined
  readonly #options: WalletOptions
  /** Unspent on the active chain. */
  readonly #confirmed = new Map<OutPointKey, OwnCoin>()
  /** Made by transactions in the mempool, spent there again or not. */
  readonly #unconfirmed = new Map<OutPointKey, { readonly own: OwnCoin; readonly tx: Tx }>()

  constructor(options: WalletOptions) {
    this.#options = options
    this.rescan()
    for (const { tx } of options.mempool.entries()) this.#onAdded(tx)
    options.mempool.listen({ added: tx => this.#onAdded(tx), removed: tx => this.#onRemoved(tx) })
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

  balance(): Balance {
    const sums = { mature: 0, immature: 0, change: 0, pending: 0 }
    for (const [{ valueSat }, standing] of this.unspent()) sums[standing] += valueSat
    return {
      trustedSat: sums.mature + sums.change,
      immatureSat: sums.immature,
      pendingSat: sums.pending,
    }
  }

  /** Our coins that no transaction spends yet, confirmed ones first. */
  *unspent(): Generator<readonly [OwnCoin, Standing]> {
    const { mempool } = this.#options
    for (const [key, own] of this.#confirmed)
      if (!mempool.spender(key)) yield [own, this.#isMature(own.coin) ? 'mature' : 'immature']
    const isTrusted = this.#trust()
    for (const [key, { own, tx }] of this.#unconfirmed)
      if (!mempool.spender(key)) yield [own, isTrusted(tx) ? 'change' : 'pending']
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
    const inputs = coins.map(({ point }) => ({ ...BLANK, previous: point }))
    return this.sign(makeTx({ version: 2, inputs, outputs, lockTime: 0 }))
  }

  /** Coins and outputs of such a transaction. `changeIndex`: -1 without change. */
  fund(
    payments: readonly TxOut[],
    { satPerVb = this.feeRate(), feeFrom = [], spend = [] }: PaymentTerms = {},
  ): Funded {
    for (const payment of payments)
      if (isDust(payment)) throw new RpcError(RPC.walletInsufficientFunds, 'Transaction amount too small')
    const least = this.#options.mempool.minFeeSatPerKvb / 1000
    if (!(satPerVb >= least)) {
      const why = `Fee rate (${satPerVb} sat/vB) is lower than the minimum fee rate setting (${least} sat/vB)`
      throw new RpcError(RPC.walletInsufficientFunds, why)
    }
    const amountSat = payments.reduce((sum, { valueSat }) => sum + valueSat, 0)
    const baseWeight = payments.reduce((sum, { script }) => sum + outputWeight(script), FRAME_WEIGHT)
    const chosen = spend.map(point => this.#ownSpendable(point))
    // Who receives pays the fee: then the coins need to come to the amount only.
    const rate = feeFrom.length > 0 ? 0 : satPerVb
    const coins = chosen.length > 0 ? chosen : this.#select(amountSat, baseWeight, rate)
    const weight = coins.reduce((sum, input) => sum + input.inputWeight, baseWeight)
    const inSat = coins.reduce((sum, input) => sum + input.valueSat, 0)
    if (inSat < amountSat + feeForWeight(rate, weight))
      throw new RpcError(RPC.walletInsufficientFunds, 'Insufficient funds')
    if (feeFrom.length > 0) {
      const terms = { restSat: inSat - amountSat, weight, satPerVb, feeFrom, changeScript: this.script() }
      return { coins, ...paidByRecipients(payments, terms) }
    }
    const change = this.#change(inSat - amountSat, weight, satPerVb)
    return {
      coins,
      outputs: change ? [...payments, change] : payments,
      changeIndex: change ? payments.length : -1,
    }
  }

  #ownSpendable(point: OutPoint): OwnCoin {
    const own = this.#own(point)
    if (!own || this.#options.mempool.spender(outPointKey(point)))
      throw new RpcError(
        RPC.walletInsufficientFunds,
        `Insufficient funds: ${outPointKey(point)} is no coin to spend`,
      )
    return own
  }

  /** In satoshi per virtual byte, where the caller names none. */
  feeRate(): number {
    return this.setRateSatPerVb ?? this.#defaultRate()
  }

  /** The same transaction with our signatures wherever it spends a coin of ours. `coinOf`: coins that nobody here has seen. */
  sign(tx: Tx, coinOf: (point: OutPoint) => Coin | undefined = () => undefined): Tx {
    const { secp } = this.#options
    const coins = tx.inputs.map(({ previous }) => this.#own(previous)?.coin ?? coinOf(previous))
    const inputs = tx.inputs.map((input, index): TxIn => {
      const coin = coins[index]
      const provider = coin && this.providerOf(coin.script)
      if (!coin || !provider) return input
      const data = new SignatureData()
      const task = { tx, index, coins, secp, hashType: SIGHASH.default }
      produceSignature(provider, new TrustedSigner(task), coin.script, data)
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
    return this.#own(point) !== undefined
  }

  /** Whether an unconfirmed transaction is our own work. */
  trusts(tx: Tx): boolean {
    return this.#trust()(tx)
  }

  /** A coin of ours, confirmed or not, spent by the mempool or not. */
  #own(point: OutPoint): OwnCoin | undefined {
    const key = outPointKey(point)
    return this.#confirmed.get(key) ?? this.#unconfirmed.get(key)?.own
  }

  /** Blocks were connected, in this order. */
  onConnected(blocks: readonly Block[]): void {
    for (const block of blocks) {
      const height = this.#options.chain.entry(block.hash)?.height
      if (height === undefined) throw new Error(`block ${block.hash} was connected, but is unknown`)
      for (const tx of block.transactions) {
        if (!isCoinbase(tx))
          for (const { previous } of tx.inputs) this.#confirmed.delete(outPointKey(previous))
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
      const undo = this.#options.chain.undo(block.hash)
      if (undo === undefined) throw new Error(`no undo data of block ${block.hash}, which was connected`)
      for (const [key, coin] of undo.spent) this.#adopt(key, coin)
      // also what the block itself spent again
      for (const { txid, outputs } of block.transactions)
        for (const index of outputs.keys()) this.#confirmed.delete(outPointKey({ txid, index }))
    }
  }

  /** Finds our coins in the chain's UTXO set. A coin of a late key widens the search, so it runs until it finds no later one. */
  rescan(): void {
    let horizon: number
    do {
      horizon = this.keeper.horizon
      for (const [key, coin] of this.#options.chain.coins()) this.#adopt(key, coin)
    } while (this.keeper.horizon > horizon)
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
    for (const [index, output] of tx.outputs.entries()) {
      const key = this.keeper.find(output.script)
      if (key === undefined) continue
      this.keeper.markUsed(key)
      const point = { txid: tx.txid, index }
      const coin = { ...output, height: 0, coinbase: false }
      this.#unconfirmed.set(outPointKey(point), { own: ownCoin(point, coin, key), tx })
    }
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

  /** Coins for a payment: confirmed ones if they suffice, else with our own unconfirmed change. */
  #select(amountSat: number, baseWeight: number, satPerVb: number): OwnCoin[] {
    const maxAncestors = this.#options.mempool.limits.maxPackageCount - 1
    const need = { amountSat, baseWeight, satPerVb, maxAncestors, maxInputs: MAX_INPUTS }
    const confirmed: OwnCoin[] = []
    const change: OwnCoin[] = []
    for (const [own, standing] of this.unspent()) {
      if (this.locked.size > 0 && this.locked.has(outPointKey(own.point))) continue
      if (standing === 'mature') confirmed.push(own)
      else if (standing === 'change') change.push(own)
    }
    const paid = selectCoins(confirmed, need)
    if (paid) return confirmed.length > MANY_COINS ? withSmallest(paid, confirmed, need) : paid
    const coins = selectCoins([...confirmed, ...change.flatMap(own => this.#spendableChange(own))], need)
    if (coins === undefined) throw new RpcError(RPC.walletInsufficientFunds, 'Insufficient funds')
    return coins
  }

  /** Nothing where the mempool would not let us build on this coin. */
  #spendableChange(own: OwnCoin): OwnCoin[] {
    const { mempool } = this.#options
    const entry = mempool.get(own.point.txid)
    if (entry === undefined) return []
    const family = [...reach([entry], 'parents')]
    const hasRoom = family.every(member => member.descendants.count < mempool.limits.maxPackageCount)
    return hasRoom ? [{ ...own, ancestors: entry.ancestors.count }] : []
  }

  /** An output for what is left, unless it would not be worth its own fee: then the miner has it. */
  #change(restSat: number, weight: number, satPerVb: number): TxOut | undefined {
    const script = this.script()
    const valueSat = restSat - feeForWeight(satPerVb, weight + outputWeight(script))
    return valueSat >= dustThresholdSat(script) ? { valueSat, script } : undefined
  }

  #defaultRate(): number {
    return Math.max(DEFAULT_SAT_PER_VB, Math.ceil(this.#options.mempool.minFeeSatPerKvb / 1000))
  }
}

function ownCoin(point: OutPoint, coin: Coin, own: OwnScript): OwnCoin {
  return { point, coin, own, valueSat: coin.valueSat, inputWeight: own.inputWeight, ancestors: 0 }
}

function pointOf(key: OutPointKey): OutPoint {
  return { txid: key.slice(0, 64), index: Number(key.slice(65)) }
}
