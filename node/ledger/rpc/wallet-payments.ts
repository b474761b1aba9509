// RPC that pays: to one address or to many, from coins of the wallet's choice or of the caller's.

import { toHex } from '../../bitcoin/wire/hex.ts'
import { RPC, RpcError, type RpcTable } from '../../core/service.ts'
import { ConsensusError } from '../../errors.ts'
import { addressToScript } from '../address.ts'
import { makeTx, outPointKey } from '../chain/tx.ts'
import type { Tx, TxOut } from '../chain/types.ts'
import { encodePsbt, makePsbt } from '../psbt/psbt.ts'
import { extract } from '../psbt/sign.ts'
import type { PaymentTerms } from '../wallets/funding.ts'
import { amountSat, array, coins, flag, given, record, text } from './arguments.ts'
import { decodedMaybeEmpty, outputPairs, writtenTx } from './payment-arguments.ts'
import { avoidsReuse, type Desk, wantKeys } from './wallet-desk.ts'
import { fillPsbt } from './wallet-psbt-fill.ts'
import {
  coinTerms,
  feePayers,
  inputWeights,
  isReplaceable,
  newerOptions,
  noWeightsApart,
  OPTION_NAMES,
  type Options,
  optionsOf,
  rateTerms,
  reasonOf,
  sequenceOf,
} from './wallet-terms.ts'

type Params = readonly unknown[]

/** Of an older one nobody knows whether it is the tip. */
const MAX_TIP_AGE_S = 8 * 60 * 60
const ONE_IN = 10
const MOST_BLOCKS_BACK = 100

const ESTIMATED = 'outputs keep their order; fee_reason has words of its own'

export function paymentsRpc(desk: () => Desk): RpcTable {
  return {
    sendtoaddress: {
      params: [
        'address',
        'amount',
        'comment?',
        'comment_to?',
        'subtractfeefromamount?',
        'replaceable?',
        'conf_target?',
        'estimate_mode?',
        'avoid_reuse?',
        'fee_rate?',
        'verbose?',
      ],
      summary:
        'Pays coins to an address; the id of the transaction. fee_rate is in satoshi per virtual byte.',
      differs: ESTIMATED,
      handle: params => {
        const output = outputOf(desk(), text(params, 0, 'address'), amountSat(params, 1, 'amount'))
        const options = { conf_target: params[6], estimate_mode: params[7], fee_rate: params[9] }
        const feeFrom = flag(params, 4, false) ? [0] : []
        const avoidReuse = avoidsReuse(desk(), params[8])
        const terms = { ...simpleTerms(desk(), options, params[5], feeFrom), avoidReuse }
        const txid = pay(desk(), [output], terms, { comment: params[2], to: params[3] })
        return flag(params, 10, false) ? { txid, fee_reason: reasonOf(options) } : txid
      },
    },
    sendmany: {
      params: [
        'dummy?',
        'amounts',
        'minconf?',
        'comment?',
        'subtractfeefrom?',
        'replaceable?',
        'conf_target?',
        'estimate_mode?',
        'fee_rate?',
        'verbose?',
      ],
      summary: 'Pays coins to many addresses, {address: amount}; the id of the transaction.',
      differs: ESTIMATED,
      handle: params => {
        if (given(params, 0) && params[0] !== '')
          throw new RpcError(RPC.invalidParameter, 'Dummy value must be set to ""')
        const amounts = Object.entries(record(params[1]))
        const outputs = amounts.map(([address, amount]) =>
          outputOf(desk(), address, amountSat([amount], 0, 'amount')),
        )
        const feeFrom = feePayers(
          params[4],
          amounts.map(([address]) => address),
        )
        const options = { conf_target: params[6], estimate_mode: params[7], fee_rate: params[8] }
        const terms = simpleTerms(desk(), options, params[5], feeFrom)
        const txid = pay(desk(), outputs, terms, { comment: params[3] })
        return flag(params, 9, false) ? { txid, fee_reason: reasonOf(options) } : txid
      },
    },
    send: {
      params: ['outputs', 'conf_target?', 'estimate_mode?', 'fee_rate?', 'options?'],
      options: OPTION_NAMES,
      summary: 'Pays outputs of the wallet’s choice of coins, or of options.inputs.',
      differs: ESTIMATED,
      handle: params => {
        const options = newerOptions(params, 4)
        noWeightsApart(options)
        const made = writtenTx(desk().parts.env.params, {
          inputs: options.inputs,
          outputs: params[0],
          lockTime: options.locktime,
          replaceable: isReplaceable(desk(), options.replaceable),
        })
        const feeFrom = feePayers(options.subtract_fee_from_outputs, namesOf(params[0]))
        const adds = made.inputs.length === 0
        return finish(desk(), fundTx(desk(), made, options, { feeFrom, adds }).tx, options)
      },
    },
    fundrawtransaction: {
      params: ['hexstring', 'options?', 'iswitness?'],
      options: OPTION_NAMES,
      summary: 'Adds coins of the wallet to a transaction until they pay for it, and the change.',
      handle: params => {
        const tx = decodedMaybeEmpty(params, 0, 'TX decode failed')
        const options = optionsOf(params[1])
        const feeFrom = feePayers(options.subtractFeeFromOutputs, tx.outputs.map(String))
        const funded = fundTx(desk(), tx, options, { feeFrom, adds: true, anyRate: true })
        return { hex: toHex(funded.tx.bytes), fee: coins(funded.feeSat), changepos: funded.changePlace }
      },
    },
    simulaterawtransaction: {
      params: ['rawtxs?', 'options?'],
      options: ['include_watchonly'],
      summary: 'By how much transactions would change the wallet’s balance.',
      handle: params => simulate(desk(), params),
    },
  }
}

/** Addresses in the order of the outputs. */
export function namesOf(outputs: unknown): string[] {
  return outputPairs(outputs).map(([name]) => name)
}

export function outputOf({ parts }: Desk, address: string, valueSat: number): TxOut {
  const script = addressToScript(parts.env.params, address)
  if (!script) throw new RpcError(RPC.invalidAddressOrKey, `Invalid address: ${address}`)
  if (valueSat === 0) throw new RpcError(RPC.typeError, 'Invalid amount for send')
  return { valueSat, script }
}

function simpleTerms(
  desk: Desk,
  options: Options,
  replaceable: unknown,
  feeFrom: readonly number[],
): PaymentTerms {
  return {
    ...rateTerms(desk, options),
    feeFrom,
    sequence: sequenceOf(desk, replaceable),
    lockTime: presentLockTime(desk),
  }
}

/**
 * Nobody gains by mining another block in the place of the last for such a payment's fee (anti fee sniping): it fits into none but
 * the next. Some are as if they had waited, so that those that did are not known by it.
 */
function presentLockTime({ named, parts: { env } }: Desk): number {
  const { tip } = env.chain
  if (!named || tip.header.time < env.net.clock.now() / 1000 - MAX_TIP_AGE_S) return 0
  const { random } = env.net
  return random.int(ONE_IN) === 0 ? Math.max(0, tip.height - random.int(MOST_BLOCKS_BACK)) : tip.height
}

function pay(
  desk: Desk,
  outputs: readonly TxOut[],
  terms: PaymentTerms,
  note: { readonly comment?: unknown; readonly to?: unknown },
): string {
  const { parts, notes } = desk
  wantKeys(desk)
  if (!parts.wallet.keeper.hasPrivateKeys)
    throw new RpcError(RPC.wallet, 'Error: Private keys are disabled for this wallet')
  const tx = parts.wallet.pay(outputs, terms)
  if (tx.inputs.some(({ scriptSig, witness }) => scriptSig.length + witness.length === 0))
    throw new RpcError(RPC.walletInsufficientFunds, 'Signing transaction failed')
  submitOwn(desk, tx)
  notes.note(tx.txid, { comment: String(note.comment ?? ''), to: String(note.to ?? '') })
  return tx.txid
}

/**
 * To the mempool. One that it does not take stays with a wallet made by hand, as in Core: it may do another day, and can be given
 * up. The plan's wallet forgets it.
 */
function submitOwn({ parts }: Desk, tx: Tx): void {
  try {
    parts.transactions.submit(tx)
  } catch (error) {
    if (!(error instanceof ConsensusError) || !parts.wallet.pending) throw error
    parts.wallet.remember(tx)
  }
}

/** Signs what it can; sends what is complete, unless that is not wished. */
export function finish(desk: Desk, tx: Tx, options: Options): Record<string, unknown> {
  wantKeys(desk)
  const psbt = makePsbt(tx)
  fillPsbt(desk, psbt, { sign: false })
  const complete = fillPsbt(desk, psbt, { sign: true, withOrigins: false })
  const adds = options.add_to_wallet !== false
  const shows = options.psbt === true || !complete || !adds
  const done = complete ? extract(psbt) : undefined
  if (done && adds && options.psbt !== true) submitOwn(desk, done)
  return {
    ...(shows && { psbt: encodePsbt(psbt) }),
    ...(done && { txid: done.txid }),
    ...(done && shows && { hex: toHex(done.bytes) }),
    complete,
  }
}

export interface FundedTx {
  readonly tx: Tx
  readonly feeSat: number
  readonly changePlace: number
}

interface Funding {
  readonly feeFrom: readonly number[]
  /** Coins are added, unless the options say otherwise. */
  readonly adds: boolean
  /** A rate that was named is taken though it is below what is relayed. */
  readonly anyRate?: boolean
}

/** A transaction with coins of the wallet until they pay for its outputs, and the change. */
export function fundTx(
  desk: Desk,
  tx: Tx,
  options: Options,
  { feeFrom, adds, anyRate = false }: Funding,
): FundedTx {
  if (tx.outputs.length === 0) throw new RpcError(RPC.invalidParameter, 'TX must have at least one output')
  const { wallet } = desk.parts
  const place = options.change_position ?? options.changePosition
  if (place !== undefined && !(Number(place) >= 0 && Number(place) <= tx.outputs.length))
    throw new RpcError(RPC.invalidParameter, 'changePosition out of bounds')
  const named = tx.inputs.map(({ previous }) => previous)
  const keys = new Set(named.map(outPointKey))
  const weighed = [...inputWeights(options).values()].flatMap(({ point }) =>
    keys.has(outPointKey(point)) ? [] : [point],
  )
  const spend = [...named, ...weighed]
  const said = (anyRate && options.fee_rate !== undefined) || options.feeRate !== undefined
  const rate = { ...rateTerms(desk, options), anyRate: said }
  const terms = { ...rate, addCoins: adds, ...coinTerms(desk, options), feeFrom, spend }
  const { coins: chosen, outputs, changeIndex, feeSat } = asWalletError(() => wallet.fund(tx.outputs, terms))
  const sequence = sequenceOf(
    desk,
    options.replaceable ?? (options.fee_rate === undefined ? undefined : true),
    true,
  )
  const known = new Map(tx.inputs.map(input => [outPointKey(input.previous), input]))
  const inputs = chosen.map(
    ({ point }) =>
      known.get(outPointKey(point)) ?? {
        previous: point,
        scriptSig: new Uint8Array(0),
        sequence,
        witness: [],
      },
  )
  if (options.lock_unspents === true || options.lockUnspents === true)
    for (const { point } of chosen) wallet.locked.add(outPointKey(point))
  const changePlace = place === undefined || changeIndex === -1 ? changeIndex : Number(place)
  const moved = [...outputs]
  if (changePlace !== changeIndex) moved.splice(changePlace, 0, ...moved.splice(changeIndex, 1))
  return { tx: makeTx({ ...tx, inputs, outputs: moved }), feeSat, changePlace }
}

/** These calls answer with the general code where simple payments say that coins are missing. */
function asWalletError<T>(task: () => T): T {
  try {
    return task()
  } catch (error) {
    if (error instanceof RpcError && error.code === RPC.walletInsufficientFunds)
      throw new RpcError(RPC.wallet, error.message)
    throw error
  }
}

function simulate({ parts }: Desk, params: Params): Record<string, unknown> {
  const raw = given(params, 0) ? array(params, 0, 'rawtxs') : []
  const made = new Map<string, TxOut>()
  const spent = new Set<string>()
  let changeSat = 0
  for (const [i] of raw.entries()) {
    const tx = decodedMaybeEmpty(raw, i, 'Transaction hex string decoding failure.')
    for (const { previous } of tx.inputs) {
      const key = outPointKey(previous)
      const coin = made.get(key) ?? parts.env.mempool.coin(previous)
      if (!coin)
        throw new RpcError(
          RPC.invalidParameter,
          'One or more transaction inputs are missing or have been spent already',
        )
      if (spent.has(key))
        throw new RpcError(RPC.invalidParameter, 'Transaction(s) are spending the same output more than once')
      spent.add(key)
      if (parts.wallet.owns(coin.script)) changeSat -= coin.valueSat
    }
    for (const [index, output] of tx.outputs.entries()) {
      made.set(outPointKey({ txid: tx.txid, index }), output)
      if (parts.wallet.owns(output.script)) changeSat += output.valueSat
    }
  }
  return { balance_change: coins(changeSat) }
}
