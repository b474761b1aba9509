// Which coins a payment spends, and its change: those that were chosen, and others until amount and fee are paid.

import { toHex } from '../../bitcoin/wire/hex.ts'
import { RPC, RpcError } from '../../core/service.ts'
import { lackingFees } from '../ancestor-fees.ts'
import { outPointKey } from '../chain/tx.ts'
import type { OutPoint, TxOut } from '../chain/types.ts'
import { groupsOf } from '../coin-groups.ts'
import { feeForWeight, type PaymentNeed, selectCoins, withSmallest } from '../coin-selection.ts'
import type { AddressType } from '../descriptor/address-type.ts'
import { outputWeight, paidByRecipients, type SharedFee } from '../fee-sharing.ts'
import type { Mempool } from '../mempool.ts'
import { reach } from '../packages.ts'
import { dustThresholdSat, isDust, MAX_STANDARD_WEIGHT } from '../policy.ts'
import { type Keeper, UNKNOWN_INPUT_WEIGHT } from './keeper.ts'
import type { OwnCoin, Standing } from './own-coin.ts'

/** Version, lock time, counts (three bytes for many inputs), and the witness marker. */
const FRAME_WEIGHT = 4 * (4 + 4 + 3 + 1) + 2
/** With the counts in one byte each, as most transactions have them. */
const SMALL_FRAME_WEIGHT = 4 * (4 + 4 + 1 + 1) + 2
const MANY_INPUTS = 0xfd
/** Core counts the count of outputs twice. */
const COUNT_ROOM = 2
/** Of an output to a key's hash in a witness, the smallest that change may have; below this it is dust. */
const SMALL_CHANGE_WEIGHT = 4 * 31
const SMALL_CHANGE_SAT = 294
/** Of more coins than these, each payment spends some more: a payment makes two, and the UTXO set would grow for ever. */
const MANY_COINS = 200
/** Keeps a payment far below the weight that is relayed. */
const MAX_INPUTS = 500

/** A tenth of a coin is a mistake. */
export const MAX_FEE_SAT = 10_000_000
const TOO_LONG =
  'Unconfirmed UTXOs are available, but spending them creates a chain of transactions that will be rejected by the mempool'
export const TOO_DEAR = 'Fee exceeds maximum configured by user (e.g. -maxtxfee, maxfeerate)'

/** Any coin that a payment may spend; of one that is not the wallet's the weight was told. */
export type FundingCoin = Pick<OwnCoin, 'point' | 'valueSat' | 'inputWeight' | 'ancestors'>

/** How a payment is to be made. */
export interface PaymentTerms {
  readonly satPerVb?: number
  /** Also one that is below what is relayed. */
  readonly anyRate?: boolean
  /** Outputs, by their places, that the fee is taken from; none: it comes on top. */
  readonly feeFrom?: readonly number[]
  /** These coins. */
  readonly spend?: readonly OutPoint[]
  /** And others, where those do not suffice. Default: only where none was chosen. */
  readonly addCoins?: boolean
  /** Coins that were chosen and are not the wallet's. */
  readonly others?: (point: OutPoint) => FundingCoin | undefined
  /** What the input of such a coin weighs, where somebody knows it better. */
  readonly weightOf?: (point: OutPoint) => number | undefined
  readonly changeType?: AddressType | undefined
  readonly changeScript?: Uint8Array | undefined
  /** Confirmations of coins that are added. */
  readonly minConf?: number | undefined
  readonly maxConf?: number | undefined
  /** Coins of others' unconfirmed payments may be added. */
  readonly unsafe?: boolean | undefined
  /** Coins of scripts that were spent from may not be added, where the wallet avoids them. */
  readonly avoidReuse?: boolean | undefined
  readonly sequence?: number | undefined
  readonly lockTime?: number | undefined
  /** Of the transaction, at the most. */
  readonly maxWeight?: number | undefined
}

export interface Funded {
  readonly coins: readonly FundingCoin[]
  readonly outputs: readonly TxOut[]
  readonly changeIndex: number
  readonly feeSat: number
}

export interface FundingEnv {
  readonly wallet: FundingWallet
  readonly mempool: Mempool
  tipHeight(): number
}

/** What it takes of a wallet. */
export interface FundingWallet {
  readonly keeper: Keeper
  readonly locked: ReadonlySet<string>
  feeRate(): number
  /** No lower one is taken, in satoshi per virtual byte. */
  readonly leastRate: number
  coinAt(point: OutPoint): OwnCoin | undefined
  readonly maxFeeSat: number
  /** Of change: what it is worth is weighed against what spending it costs, in satoshi per virtual byte. */
  readonly discardRate: number
  /** It makes no payment that the mempool would refuse for what it hangs on. */
  readonly rejectsLongChains: boolean
  isReused(own: OwnCoin): boolean
  isShaky(own: OwnCoin): boolean
  unspent(): Iterable<readonly [OwnCoin, Standing]>
}

/** Coins and outputs of such a transaction. `changeIndex`: -1 without change. Throws RpcError with Core's codes. */
export function fund(env: FundingEnv, payments: readonly TxOut[], terms: PaymentTerms): Funded {
  const { satPerVb = env.wallet.feeRate(), feeFrom = [], spend = [] } = terms
  for (const payment of payments)
    if (isDust(payment)) throw new RpcError(RPC.walletInsufficientFunds, 'Transaction amount too small')
  const least = env.wallet.leastRate
  if (!(satPerVb >= least) && terms.anyRate !== true) {
    const [said, asked] = [satPerVb, least].map(rate => `${rate.toFixed(3)} sat/vB`)
    const why = `Fee rate (${said}) is lower than the minimum fee rate setting (${asked})`
    throw new RpcError(RPC.walletInsufficientFunds, why)
  }
  const amountSat = payments.reduce((sum, { valueSat }) => sum + valueSat, 0)
  const frame = env.wallet.keeper.measures ? SMALL_FRAME_WEIGHT : FRAME_WEIGHT
  const baseWeight = payments.reduce((sum, { script }) => sum + outputWeight(script), frame)
  if (terms.maxWeight !== undefined && baseWeight + COUNT_ROOM >= terms.maxWeight)
    throw new RpcError(
      RPC.walletInsufficientFunds,
      'Maximum transaction weight is less than transaction weight without inputs',
    )
  if (terms.maxWeight !== undefined && baseWeight + COUNT_ROOM + SMALL_CHANGE_WEIGHT > terms.maxWeight)
    throw new RpcError(
      RPC.walletInsufficientFunds,
      'Maximum transaction weight is too low, can not accommodate change output',
    )
  if (amountSat === 0 && satPerVb === 0 && spend.length === 0)
    throw new RpcError(
      RPC.walletInsufficientFunds,
      'Transaction requires one destination of non-0 value, a non-0 feerate, or a pre-selected input',
    )
  const chosen = spend.map(point => chosenCoin(env, point, terms))
  // Who receives pays the fee: then the coins need to come to the amount only.
  const rate = feeFrom.length > 0 ? 0 : satPerVb
  const coins = complete(env, chosen, { amountSat, baseWeight, satPerVb: rate }, terms)
  const counted = coins.length < MANY_INPUTS ? baseWeight : baseWeight - frame + FRAME_WEIGHT
  const weight = coins.reduce((sum, input) => sum + input.inputWeight, counted)
  if (weight > (terms.maxWeight ?? MAX_STANDARD_WEIGHT))
    throw new RpcError(RPC.walletInsufficientFunds, tooHeavy(chosen.length, coins.length - chosen.length))
  const inSat = coins.reduce((sum, input) => sum + input.valueSat, 0)
  const sums = { restSat: inSat - amountSat, weight, satPerVb, lackSat: lackTogether(env, coins, satPerVb) }
  return notTooDear({ coins, ...withChange(env, payments, sums, terms) }, inSat, env.wallet.maxFeeSat)
}

/** Outputs of a payment, the fee taken from those that pay it, and the change, where there is any, last. */
function withChange(
  env: FundingEnv,
  payments: readonly TxOut[],
  sums: Pick<SharedFee, 'restSat' | 'weight' | 'satPerVb' | 'lackSat'>,
  terms: PaymentTerms,
): Pick<Funded, 'outputs' | 'changeIndex'> {
  const { restSat, weight, satPerVb, lackSat } = sums
  const { feeFrom = [] } = terms
  if (feeFrom.length === 0) {
    const change = changeOf(env, payments, { restSat: restSat - lackSat, weight, satPerVb }, terms)
    return change
      ? { outputs: [...payments, change], changeIndex: payments.length }
      : { outputs: payments, changeIndex: -1 }
  }
  // Where nothing is left over no script is asked, which a wallet may not have.
  const changeScript = restSat >= SMALL_CHANGE_SAT ? changeScriptOf(env, payments, terms) : new Uint8Array(0)
  const least = leastChangeSat(env.wallet, changeScript)
  return paidByRecipients(payments, { ...sums, feeFrom, changeScript, leastChangeSat: least })
}

function tooHeavy(chosen: number, added: number): string {
  const consolidate = "Please try sending a smaller amount or manually consolidating your wallet's UTXOs"
  if (added === 0) return 'Transaction too large'
  return chosen === 0
    ? `The inputs size exceeds the maximum weight. ${consolidate}`
    : `The combination of the pre-selected inputs and the wallet automatic inputs selection exceeds the transaction maximum weight. ${consolidate}`
}

function notTooDear(funded: Omit<Funded, 'feeSat'>, inSat: number, mostSat: number): Funded {
  const feeSat = funded.outputs.reduce((rest, { valueSat }) => rest - valueSat, inSat)
  if (feeSat > mostSat) throw new RpcError(RPC.walletInsufficientFunds, TOO_DEAR)
  return { ...funded, feeSat }
}

interface Need {
  readonly amountSat: number
  readonly baseWeight: number
  readonly satPerVb: number
}

function chosenCoin(
  { wallet }: FundingEnv,
  point: OutPoint,
  { others, weightOf }: PaymentTerms,
): FundingCoin {
  const own = wallet.coinAt(point) ?? others?.(point)
  // Spent by the mempool or not: who chose it may want the other payment replaced.
  if (!own) throw new RpcError(RPC.walletInsufficientFunds, 'Unable to find UTXO for external input')
  return { ...own, inputWeight: weightOf?.(point) ?? own.inputWeight }
}

/** The chosen coins, and others until they suffice. */
function complete(
  env: FundingEnv,
  chosen: readonly FundingCoin[],
  { amountSat, baseWeight, satPerVb }: Need,
  terms: PaymentTerms,
): readonly FundingCoin[] {
  const chosenSat = chosen.reduce((sum, { valueSat }) => sum + valueSat, 0)
  const weight = chosen.reduce((sum, { inputWeight }) => sum + inputWeight, baseWeight)
  const restSat = amountSat - chosenSat + lackTogether(env, chosen, satPerVb)
  if (chosen.length > 0 && restSat + feeForWeight(satPerVb, weight) <= 0) return chosen
  const adds = terms.addCoins ?? chosen.length === 0
  if (!adds)
    throw new RpcError(
      RPC.walletInsufficientFunds,
      'The preselected coins total amount does not cover the transaction target. Please allow other inputs to be automatically selected or include more coins manually',
    )
  const taken = new Set(chosen.map(({ point }) => outPointKey(point)))
  const need = { amountSat: restSat, baseWeight: weight, satPerVb }
  const more = select(env, need, terms, taken)
  if (!more) throw new RpcError(RPC.walletInsufficientFunds, 'Insufficient funds')
  return [...chosen, ...more]
}

/** Coins for a payment: confirmed ones if they suffice, else with our own unconfirmed change. */
function select(
  env: FundingEnv,
  { amountSat, baseWeight, satPerVb }: Need,
  { minConf = 0, maxConf = Number.POSITIVE_INFINITY, unsafe = false, avoidReuse = false }: PaymentTerms,
  taken: ReadonlySet<string>,
): readonly FundingCoin[] | undefined {
  const { wallet, mempool } = env
  const maxAncestors = mempool.policy.maxAncestors - 1
  const maxInputs = wallet.keeper.measures ? Number.MAX_SAFE_INTEGER : MAX_INPUTS
  const need = { amountSat, baseWeight, satPerVb, maxAncestors, maxInputs }
  const confirmed: OwnCoin[] = []
  const waiting: OwnCoin[] = []
  const tip = env.tipHeight()
  for (const [own, standing] of wallet.unspent()) {
    const key = outPointKey(own.point)
    if ((wallet.locked.size > 0 && wallet.locked.has(key)) || taken.has(key)) continue
    if (avoidReuse && wallet.isReused(own)) continue
    const depth = own.coin.height > 0 ? tip - own.coin.height + 1 : 0
    if (depth < minConf || depth > maxConf) continue
    if (standing === 'mature') confirmed.push(own)
    else if ((standing === 'change' && !wallet.isShaky(own)) || (unsafe && standing !== 'immature'))
      waiting.push(own)
  }
  const choose = avoidReuse ? selectGroups : selectCoins
  const lacking = (coins: readonly OwnCoin[]) => withLack(env, coins, satPerVb)
  const paid = choose(confirmed, need)
  if (paid) return !avoidReuse && confirmed.length > MANY_COINS ? withSmallest(paid, confirmed, need) : paid
  const free = [...confirmed, ...lacking(waiting.flatMap(own => spendable(mempool, own)))]
  const all = choose(free, need)
  if (all || !wallet.keeper.measures) return all
  const long = choose([...confirmed, ...lacking(waiting)], need)
  if (long && wallet.rejectsLongChains) throw new RpcError(RPC.walletInsufficientFunds, TOO_LONG)
  return long
}

/** Of wallets made by hand: what each coin costs that hangs on what pays too little. */
function withLack(
  { wallet, mempool }: FundingEnv,
  coins: readonly OwnCoin[],
  satPerVb: number,
): readonly OwnCoin[] {
  if (!wallet.keeper.measures || coins.length === 0) return coins
  const points = coins.map(({ point }) => point)
  const { each } = lackingFees(mempool, points, satPerVb)
  return coins.map(own => ({ ...own, lackSat: each.get(outPointKey(own.point)) ?? 0 }))
}

/** The same of all that are spent together. */
export function lackTogether(
  { wallet, mempool }: Pick<FundingEnv, 'wallet' | 'mempool'>,
  coins: readonly FundingCoin[],
  satPerVb: number,
): number {
  if (!wallet.keeper.measures) return 0
  const points = coins.map(({ point }) => point)
  return lackingFees(mempool, points, satPerVb).togetherSat
}

/** All coins of a script, or none. */
function selectGroups(coins: readonly OwnCoin[], need: PaymentNeed): OwnCoin[] | undefined {
  const { whole, rests } = groupsOf(coins, ({ coin }) => toHex(coin.script))
  const chosen = selectCoins(whole, need) ?? selectCoins([...whole, ...rests], need)
  return chosen?.flatMap(({ members }) => members)
}

/** Nothing where the mempool would not let us build on this coin. */
function spendable(mempool: Mempool, own: OwnCoin): OwnCoin[] {
  const entry = mempool.get(own.point.txid)
  if (entry === undefined) return []
  const family = [...reach([entry], 'parents')]
  const hasRoom = family.every(member => member.descendants.count < mempool.policy.maxDescendants)
  return hasRoom ? [{ ...own, ancestors: entry.ancestors.count }] : []
}

/** An output for what is left, unless it would not be worth its own fee: then the miner has it. */
function changeOf(
  env: FundingEnv,
  payments: readonly TxOut[],
  { restSat, weight, satPerVb }: { restSat: number; weight: number; satPerVb: number },
  terms: PaymentTerms,
): TxOut | undefined {
  // Of what would not even pay for the smallest output no script is asked, which a wallet may not have.
  if (restSat < feeForWeight(satPerVb, weight + SMALL_CHANGE_WEIGHT) + SMALL_CHANGE_SAT) return undefined
  const script = changeScriptOf(env, payments, terms)
  const valueSat = restSat - feeForWeight(satPerVb, weight + outputWeight(script))
  return valueSat >= leastChangeSat(env.wallet, script) ? { valueSat, script } : undefined
}

/** Less is left to the miner. */
function leastChangeSat({ keeper, discardRate }: FundingWallet, script: Uint8Array): number {
  const spendSat =
    discardRate > 0
      ? feeForWeight(discardRate, keeper.find(script)?.inputWeight ?? UNKNOWN_INPUT_WEIGHT) + 1
      : 0
  return Math.max(dustThresholdSat(script), spendSat)
}

function changeScriptOf(
  { wallet }: FundingEnv,
  payments: readonly TxOut[],
  { changeScript, changeType }: PaymentTerms,
): Uint8Array {
  return changeScript ?? wallet.keeper.changeScript(changeType, payments)
}
