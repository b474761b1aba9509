// RPC that pays: to one address or to many, from coins of the wallet's choice or of the caller's.

import { toHex } from '../../bitcoin/wire/hex.ts'
import { RPC, RpcError, type RpcTable } from '../../core/service.ts'
import { addressToScript } from '../address.ts'
import { makeTx, outPointKey, txCodec } from '../chain/tx.ts'
import type { OutPoint, Tx, TxOut } from '../chain/types.ts'
import type { PaymentTerms } from '../wallets/funding.ts'
import { amountSat, array, coins, decoded, flag, given, integer, record, text, toHash } from './arguments.ts'
import { estimateFee } from './fee-estimate.ts'
import { decodedMaybeEmpty, inputsOf, outputsOf } from './payment-arguments.ts'
import { TX_DECODE_FAILED } from './submission.ts'
import type { Desk } from './wallet-desk.ts'

type Params = readonly unknown[]

const ESTIMATED = ['fee rates are estimated from the last blocks', 'no replacement'].join('; ')
/** Satoshi per virtual byte have three decimals at most. */
const RATE_DECIMALS = 1_000

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
        const feeFrom = flag(params, 4, false) ? [0] : []
        const terms = termsOf(desk(), { feeFrom, rate: params[9], target: params[6], mode: params[7] })
        const txid = pay(desk(), [output], terms, { comment: params[2], to: params[3] })
        return flag(params, 10, false) ? { txid, fee_reason: reasonOf(params[9], params[6]) } : txid
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
        const from = given(params, 4) ? array(params, 4, 'subtractfeefrom') : []
        const feeFrom = from.map(address => placeOf(amounts, address))
        const terms = termsOf(desk(), { feeFrom, rate: params[8], target: params[6], mode: params[7] })
        const txid = pay(desk(), outputs, terms, { comment: params[3] })
        return flag(params, 9, false) ? { txid, fee_reason: reasonOf(params[8], params[6]) } : txid
      },
    },
    send: {
      params: ['outputs', 'conf_target?', 'estimate_mode?', 'fee_rate?', 'options?'],
      summary: 'Pays outputs of the wallet’s choice of coins, or of options.inputs.',
      differs: 'no PSBT',
      handle: params => send(desk(), params),
    },
    sendall: {
      params: ['recipients', 'conf_target?', 'estimate_mode?', 'fee_rate?', 'options?'],
      summary: 'Pays all coins: to each recipient its amount, the rest to those that have none.',
      differs: 'no PSBT',
      handle: params => sendAll(desk(), params),
    },
    fundrawtransaction: {
      params: ['hexstring', 'options?', 'iswitness?'],
      summary: 'Adds coins of the wallet to a transaction until they pay for it, and the change.',
      differs: 'inputs that are there must be of this wallet',
      handle: params => fund(desk(), params),
    },
    simulaterawtransaction: {
      params: ['rawtxs?', 'options?'],
      summary: 'By how much transactions would change the wallet’s balance.',
      handle: params => simulate(desk(), params),
    },
  }
}

function outputOf({ parts }: Desk, address: string, valueSat: number): TxOut {
  const script = addressToScript(parts.env.params, address)
  if (!script) throw new RpcError(RPC.invalidAddressOrKey, `Invalid address: ${address}`)
  if (valueSat === 0) throw new RpcError(RPC.typeError, 'Invalid amount for send')
  return { valueSat, script }
}

function placeOf(amounts: readonly (readonly [string, unknown])[], address: unknown): number {
  const place = amounts.findIndex(([each]) => each === address)
  if (place === -1)
    throw new RpcError(
      RPC.invalidParameter,
      `Invalid parameter 'subtract fee from output', destination ${address} not found in tx outputs`,
    )
  return place
}

interface Wishes {
  readonly feeFrom?: readonly number[]
  readonly spend?: readonly OutPoint[]
  /** Satoshi per virtual byte. */
  readonly rate?: unknown
  readonly target?: unknown
  readonly mode?: unknown
}

function termsOf({ parts }: Desk, { feeFrom = [], spend = [], rate, target, mode }: Wishes): PaymentTerms {
  const terms = { feeFrom, spend }
  if (rate !== undefined && rate !== null) {
    if (target !== undefined && target !== null)
      throw new RpcError(
        RPC.invalidParameter,
        'Cannot specify both conf_target and fee_rate. Please provide either a confirmation target in blocks for automatic fee estimation, or an explicit fee rate.',
      )
    return { ...terms, satPerVb: rateOf(rate) }
  }
  if (target === undefined || target === null) return terms
  const blocks = integer([target], 0, 'conf_target')
  if (blocks < 1 || blocks > 1_008)
    throw new RpcError(RPC.invalidParameter, 'Invalid conf_target, must be between 1 and 1008')
  const { satPerKvb } = estimateFee(
    parts.env.chain,
    parts.env.mempool,
    blocks,
    String(mode).toLowerCase() === 'conservative',
  )
  return satPerKvb === undefined ? terms : { ...terms, satPerVb: satPerKvb / 1000 }
}

function rateOf(value: unknown): number {
  const rate = typeof value === 'string' ? Number(value) : value
  if (typeof rate !== 'number' || !(rate >= 0) || !Number.isFinite(rate))
    throw new RpcError(RPC.typeError, 'Invalid amount')
  if (Math.abs(rate * RATE_DECIMALS - Math.round(rate * RATE_DECIMALS)) > 1e-6)
    throw new RpcError(RPC.typeError, 'Invalid amount')
  return rate
}

function reasonOf(rate: unknown, target: unknown): string {
  if (rate !== undefined && rate !== null) return 'Fee rate set by the caller'
  return target === undefined || target === null ? 'Fallback fee' : 'Estimated from the last blocks'
}

function pay(
  { parts, notes }: Desk,
  outputs: readonly TxOut[],
  terms: PaymentTerms,
  note: { readonly comment?: unknown; readonly to?: unknown },
): string {
  const tx = parts.wallet.pay(outputs, terms)
  parts.transactions.submit(tx)
  notes.note(tx.txid, { comment: String(note.comment ?? ''), to: String(note.to ?? '') })
  return tx.txid
}

function send(desk: Desk, params: Params): Record<string, unknown> {
  const { parts } = desk
  const options = given(params, 4) ? record(params[4]) : {}
  const outputs = outputsOf(parts.env.params, params[0])
  const feeFrom = placesOf(options.subtract_fee_from_outputs, outputs.length)
  const spend = pointsOf(options.inputs)
  const rate = params[3] ?? options.fee_rate
  const terms = termsOf(desk, {
    feeFrom,
    spend,
    rate,
    target: params[1] ?? options.conf_target,
    mode: params[2],
  })
  return finish(desk, parts.wallet.pay(outputs, terms), options)
}

function finish({ parts }: Desk, tx: Tx, options: Record<string, unknown>): Record<string, unknown> {
  if (options.add_to_wallet === false) return { txid: tx.txid, hex: toHex(tx.bytes), complete: true }
  parts.transactions.submit(tx)
  return { txid: tx.txid, complete: true }
}

/** Who gets the rest pays the fee; several share it. */
function sendAll(desk: Desk, params: Params): Record<string, unknown> {
  const { parts } = desk
  const options = given(params, 4) ? record(params[4]) : {}
  const open: string[] = []
  const paid: Record<string, unknown> = {}
  for (const recipient of array(params, 0, 'recipients'))
    if (typeof recipient === 'string') open.push(recipient)
    else Object.assign(paid, record(recipient))
  if (open.length === 0)
    throw new RpcError(RPC.invalidParameter, 'Must provide at least one address without a specified amount')
  const fixed = outputsOf(parts.env.params, paid)
  const chosen = pointsOf(options.inputs)
  const all = [...parts.wallet.unspent()].filter(
    ([own, standing]) =>
      (standing === 'mature' || standing === 'change') && !parts.wallet.locked.has(outPointKey(own.point)),
  )
  const spend = chosen.length > 0 ? chosen : all.map(([own]) => own.point)
  const totalSat = spend.reduce((sum, point) => sum + (parts.env.mempool.coin(point)?.valueSat ?? 0), 0)
  const restSat = totalSat - fixed.reduce((sum, { valueSat }) => sum + valueSat, 0)
  const share = Math.floor(restSat / open.length)
  if (share <= 0)
    throw new RpcError(RPC.walletInsufficientFunds, 'Assigned more value to outputs than available funds.')
  const rest = open.map((address, i) =>
    outputOf(desk, address, i === 0 ? restSat - share * (open.length - 1) : share),
  )
  const feeFrom = rest.map((_, i) => fixed.length + i)
  const terms = termsOf(desk, { feeFrom, spend, rate: params[3] ?? options.fee_rate, target: params[1] })
  return finish(desk, parts.wallet.pay([...fixed, ...rest], terms), options)
}

function fund(desk: Desk, params: Params): Record<string, unknown> {
  const given = decodedMaybeEmpty(params, 0, TX_DECODE_FAILED)
  const { tx, feeSat, changePlace } = fundTx(desk, given, params[1])
  return { hex: toHex(tx.bytes), fee: coins(feeSat), changepos: changePlace }
}

export interface FundedTx {
  readonly tx: Tx
  readonly feeSat: number
  readonly changePlace: number
}

/** A transaction with coins of the wallet until they pay for its outputs, and the change. */
export function fundTx(desk: Desk, tx: Tx, said: unknown): FundedTx {
  const { wallet } = desk.parts
  if (tx.outputs.length === 0) throw new RpcError(RPC.invalidParameter, 'TX must have at least one output')
  const options = typeof said === 'object' && said !== null ? record(said) : {}
  const feeFrom = placesOf(options.subtractFeeFromOutputs, tx.outputs.length)
  const perKvb = options.feeRate === undefined ? undefined : amountSat([options.feeRate], 0, 'feeRate') / 1000
  const rate = perKvb ?? options.fee_rate
  const spend = tx.inputs.map(({ previous }) => previous)
  const terms = termsOf(desk, {
    feeFrom,
    spend,
    rate,
    target: options.conf_target,
    mode: options.estimate_mode,
  })
  const { coins: chosen, outputs, changeIndex } = wallet.fund(tx.outputs, terms)
  const named = inputsOf([chosen.map(({ point }) => ({ txid: point.txid, vout: point.index }))], 0, {
    lockTime: tx.lockTime,
    replaceable: options.replaceable !== false,
  })
  const inputs = named.map(
    input => tx.inputs.find(one => outPointKey(one.previous) === outPointKey(input.previous)) ?? input,
  )
  const place = placeOfChange(options.changePosition, changeIndex)
  const moved = [...outputs]
  if (place !== changeIndex) moved.splice(place, 0, ...moved.splice(changeIndex, 1))
  const inSat = chosen.reduce((sum, { valueSat }) => sum + valueSat, 0)
  const feeSat = moved.reduce((rest, { valueSat }) => rest - valueSat, inSat)
  return { tx: makeTx({ ...tx, inputs, outputs: moved }), feeSat, changePlace: place }
}

function placeOfChange(asked: unknown, changeIndex: number): number {
  if (asked === undefined || changeIndex === -1) return changeIndex
  const place = integer([asked], 0, 'changePosition')
  if (place < 0 || place > changeIndex)
    throw new RpcError(RPC.invalidParameter, 'changePosition out of bounds')
  return place
}

function placesOf(value: unknown, count: number): number[] {
  if (value === undefined) return []
  return array([value], 0, 'subtractFeeFromOutputs').map(each => {
    const place = integer([each], 0, 'place')
    if (place < 0 || place >= count)
      throw new RpcError(RPC.invalidParameter, `Invalid parameter, value out of range: ${place}`)
    return place
  })
}

function pointsOf(value: unknown): OutPoint[] {
  if (value === undefined) return []
  return array([value], 0, 'inputs').map(each => {
    const { txid, vout } = record(each)
    return { txid: toHash(txid, 'txid'), index: integer([vout], 0, 'vout') }
  })
}

function simulate({ parts }: Desk, params: Params): Record<string, unknown> {
  const raw = given(params, 0) ? array(params, 0, 'rawtxs') : []
  const made = new Map<string, TxOut>()
  const spent = new Set<string>()
  let changeSat = 0
  for (const [i] of raw.entries()) {
    const tx = decoded(raw, i, txCodec, 'Transaction hex string decoding failure.')
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
