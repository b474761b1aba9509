// RPC that has a payment replaced by one with a higher fee (BIP125), or given up.

import { RPC, RpcError, type RpcTable } from '../../core/service.ts'
import { scriptToAddress } from '../address.ts'
import { lackingFees } from '../ancestor-fees.ts'
import { makeTx, outPointKey } from '../chain/tx.ts'
import type { Tx, TxOut } from '../chain/types.ts'
import { feeForWeight } from '../coin-selection.ts'
import { outputWeight } from '../fee-sharing.ts'
import { coinText } from '../money.ts'
import { encodePsbt, makePsbt } from '../psbt/psbt.ts'
import { signalsReplacement } from '../replacement.ts'
import type { PaymentTerms } from '../wallets/funding.ts'
import { UNKNOWN_INPUT_WEIGHT } from '../wallets/keeper.ts'
import { coins, hash, integer } from './arguments.ts'
import { outputsOf } from './payment-arguments.ts'
import { type Desk, wantKeys } from './wallet-desk.ts'
import type { OwnTx } from './wallet-history.ts'
import { fillPsbt } from './wallet-psbt-fill.ts'
import { type Options, type OptionTypes, optionsOf, rateTerms, sequenceOf } from './wallet-terms.ts'

/** What a payment pays more than the one that it replaces, at least; Core's wallet takes five times what its mempool wants. */
const INCREMENT_SAT_PER_VB = 5
const TYPES: OptionTypes = {
  confTarget: 'number',
  conf_target: 'number',
  fee_rate: 'any',
  replaceable: 'bool',
  estimate_mode: 'string',
  outputs: 'any',
  original_change_index: 'number',
}
const KEYS = Object.keys(TYPES)

export function bumpRpc(desk: () => Desk): RpcTable {
  return {
    bumpfee: {
      params: ['txid', 'options?'],
      options: KEYS,
      summary: 'Replaces a payment that waits by one that pays a higher fee.',
      handle: params => {
        if (!desk().parts.wallet.keeper.hasPrivateKeys)
          throw new RpcError(
            RPC.wallet,
            'bumpfee is not available with wallets that have private keys disabled. Use psbtbumpfee instead.',
          )
        const { tx, oldFeeSat, feeSat, own } = bumped(desk(), params, true)
        const { parts, notes } = desk()
        const signed = parts.wallet.sign(tx)
        parts.transactions.submit(signed)
        const { comment, to } = notes.payment(own.tx.txid) ?? {}
        notes.note(signed.txid, { comment, to, replaces: own.tx.txid })
        notes.note(own.tx.txid, { replacedBy: signed.txid })
        return { txid: signed.txid, origfee: coins(oldFeeSat), fee: coins(feeSat), errors: [] }
      },
    },
    psbtbumpfee: {
      params: ['txid', 'options?'],
      options: KEYS,
      summary: 'The same as a PSBT, not signed.',
      handle: params => {
        const { tx, oldFeeSat, feeSat } = bumped(desk(), params, false)
        const psbt = makePsbt(tx)
        fillPsbt(desk(), psbt, { sign: false })
        return { psbt: encodePsbt(psbt), origfee: coins(oldFeeSat), fee: coins(feeSat), errors: [] }
      },
    },
    abandontransaction: {
      params: ['txid'],
      summary: 'Gives a payment up that nobody has any more.',
      differs: 'of the wallet without a name coins of a payment that left the mempool are free at once',
      handle: params => {
        const { history } = desk()
        const own = history.find(hash(params, 0, 'txid'))
        if (!own) throw new RpcError(RPC.invalidAddressOrKey, 'Invalid or non-wallet transaction id')
        if (!history.isLost(own) || history.isAbandoned(own) || history.conflictDepth(own) > 0)
          throw new RpcError(RPC.invalidAddressOrKey, 'Transaction not eligible for abandonment')
        history.abandon(own)
        return null
      },
    },
  }
}

interface Bumped {
  readonly tx: Tx
  readonly own: OwnTx
  readonly oldFeeSat: number
  readonly feeSat: number
}

function bumped(desk: Desk, params: readonly unknown[], mineOnly: boolean): Bumped {
  const options = bumpOptions(params[1])
  wantKeys(desk)
  const own = desk.history.find(hash(params, 0, 'txid'))
  if (!own) throw new RpcError(RPC.invalidAddressOrKey, 'Invalid or non-wallet transaction id')
  checkBumpable(desk, own, mineOnly)
  const oldFeeSat = own.feeSat as number
  const said =
    options.outputs === undefined ? own.tx.outputs : outputsOf(desk.parts.env.params, options.outputs)
  const { payments, change } = parted(desk, said, options.original_change_index)
  const toChangeOnly = payments.length === 0
  if (toChangeOnly && !change)
    throw new RpcError(
      RPC.invalidParameter,
      'Unable to create transaction. Transaction must have at least one recipient',
    )
  const satPerVb = bumpRate(desk, own, said, options)
  const terms: PaymentTerms = {
    satPerVb,
    spend: own.tx.inputs.map(({ previous }) => previous),
    others: point => {
      const coin = desk.parts.env.mempool.spentCoin(point)
      return coin && { point, valueSat: coin.valueSat, inputWeight: UNKNOWN_INPUT_WEIGHT, ancestors: 0 }
    },
    addCoins: true,
    // Another unconfirmed coin would be one more that a replacement must not hang on (BIP125, rule 2).
    minConf: 1,
    feeFrom: toChangeOnly ? [0] : [],
    ...(change && !toChangeOnly && { changeScript: change.script }),
  }
  const total = said.reduce((sum, { valueSat }) => sum + valueSat, 0)
  const wanted = toChangeOnly ? [{ valueSat: total, script: (change as TxOut).script }] : payments
  const { coins: chosen, outputs, feeSat } = unableTo(() => desk.parts.wallet.fund(wanted, terms))
  const sequence = sequenceOf(desk, options.replaceable ?? true)
  const inputs = chosen.map(({ point }) => ({
    previous: point,
    scriptSig: new Uint8Array(0),
    sequence,
    witness: [],
  }))
  const { version, lockTime } = own.tx
  return { tx: makeTx({ version, inputs, outputs, lockTime }), own, oldFeeSat, feeSat }
}

function bumpOptions(value: unknown): Options {
  const options = optionsOf(value, TYPES)
  if (options.confTarget !== undefined && options.conf_target !== undefined)
    throw new RpcError(
      RPC.invalidParameter,
      'confTarget and conf_target options should not both be set. Use conf_target (confTarget is deprecated).',
    )
  if (Array.isArray(options.outputs) && options.outputs.length === 0)
    throw new RpcError(RPC.invalidParameter, 'Invalid parameter, output argument cannot be an empty array')
  const { original_change_index: place } = options
  if (place !== undefined && integer([place], 0, 'original_change_index') < 0)
    throw new RpcError(RPC.misc, 'JSON integer out of range')
  if (place !== undefined && options.outputs !== undefined)
    throw new RpcError(
      RPC.invalidParameter,
      "The options 'outputs' and 'original_change_index' are incompatible. You can only either specify a new set of outputs, or designate a change output to be recycled.",
    )
  return { ...options, conf_target: options.conf_target ?? options.confTarget }
}

/** `mineOnly`: all that it spends is the wallet's; else others sign, too. */
function checkBumpable({ history, notes, parts }: Desk, own: OwnTx, mineOnly: boolean): void {
  const { tx, block, feeSat } = own
  const entry = parts.env.mempool.get(tx.txid)
  const gone = tx.inputs.find(({ previous }) => !parts.env.mempool.spentCoin(previous))
  if (gone) throw new RpcError(RPC.misc, `${outPointKey(gone.previous)} is already spent`)
  if (history.isSpentFrom(own))
    throw new RpcError(RPC.invalidParameter, 'Transaction has descendants in the wallet')
  if (entry && entry.descendants.count > 1)
    throw new RpcError(RPC.invalidParameter, 'Transaction has descendants in the mempool')
  if (block || history.conflictDepth(own) > 0 || (!entry && !parts.wallet.pending))
    throw new RpcError(RPC.wallet, 'Transaction has been mined, or is conflicted with a mined transaction')
  if (!signalsReplacement(tx)) throw new RpcError(RPC.wallet, 'Transaction is not BIP 125 replaceable')
  const replacedBy = notes.payment(tx.txid)?.replacedBy
  if (replacedBy !== undefined)
    throw new RpcError(
      RPC.wallet,
      `Cannot bump transaction ${tx.txid} which was already bumped by transaction ${replacedBy}`,
    )
  const isMine = tx.inputs.every(({ previous }) => parts.wallet.coinAt(previous))
  if (feeSat === undefined || (mineOnly && !isMine))
    throw new RpcError(RPC.wallet, "Transaction contains inputs that don't belong to this wallet")
}

/** The outputs that somebody is paid by, and the change, where there is one. */
function parted({ parts, notes }: Desk, outputs: readonly TxOut[], index: unknown) {
  const place = index === undefined ? undefined : integer([index], 0, 'original_change_index')
  if (place !== undefined && !(place >= 0 && place < outputs.length))
    throw new RpcError(RPC.invalidParameter, 'Change position is out of range')
  const isChange = ({ script }: TxOut, i: number) => {
    if (place !== undefined) return i === place
    const address = scriptToAddress(parts.env.params, script)
    return parts.wallet.owns(script) && (address === undefined || !notes.labels.has(address))
  }
  const change = outputs.findLast(isChange)
  return { payments: outputs.filter(output => output !== change), change }
}

/** `outputs`: those of the replacement, by whose size what it must pay is measured. */
function bumpRate(
  desk: Desk,
  { tx, feeSat = 0 }: OwnTx,
  outputs: readonly TxOut[],
  options: Options,
): number {
  const { satPerVb } = rateTerms(desk, options)
  const vsize = Math.ceil(tx.weight / 4)
  const { mempool } = desk.parts.env
  // What is too little to be relayed ever falls short of the old fee.
  const leastRate = mempool.floorSatPerKvb / 1000
  if (satPerVb === undefined)
    return Math.max(
      Math.floor((feeSat * 1000) / vsize + 1) / 1000 + INCREMENT_SAT_PER_VB,
      desk.parts.wallet.feeRate(),
    )
  const money = (sat: number) => coins(sat).toString()
  if (satPerVb < leastRate)
    throw new RpcError(
      RPC.wallet,
      `New fee rate (${money(satPerVb * 1000)}) is lower than the minimum fee rate (${money(leastRate * 1000)}) to get into the mempool -- `,
    )
  const spent = tx.inputs.map(({ previous }) => previous)
  const weight = tx.weight + weightOf(outputs) - weightOf(tx.outputs)
  const newSat = feeForWeight(satPerVb, weight) + lackingFees(mempool, spent, satPerVb).togetherSat
  const moreSat = feeForWeight(mempool.policy.incrementalSatPerKvb / 1000, weight)
  const refuse = (words: string): never => {
    throw new RpcError(RPC.invalidParameter, `Insufficient total fee ${words}`)
  }
  if (newSat < feeSat + moreSat)
    refuse(
      `${money(newSat)}, must be at least ${money(feeSat + moreSat)} (oldFee ${money(feeSat)} + incrementalFee ${money(moreSat)})`,
    )
  const requiredSat = feeForWeight(desk.parts.wallet.leastRate, weight)
  if (newSat < requiredSat) refuse(`(cannot be less than required fee ${money(requiredSat)})`)
  const mostSat = desk.parts.wallet.maxFeeSat
  if (newSat > mostSat)
    throw new RpcError(
      RPC.wallet,
      `Specified or calculated fee ${coinText(newSat)} is too high (cannot be higher than -maxtxfee ${coinText(mostSat)})`,
    )
  return satPerVb
}

function weightOf(outputs: readonly TxOut[]): number {
  return outputs.reduce((sum, { script }) => sum + outputWeight(script), 0)
}

function unableTo<T>(task: () => T): T {
  try {
    return task()
  } catch (error) {
    if (error instanceof RpcError && error.code === RPC.walletInsufficientFunds)
      throw new RpcError(RPC.wallet, `Unable to create transaction. ${error.message}`)
    throw error
  }
}
