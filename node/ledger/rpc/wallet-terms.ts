// How a payment is to be made, as Core's calls say it: fee rates, who pays the fee, coins, change, by options or by position.

import { fromHex } from '../../bitcoin/wire/hex.ts'
import { RPC, RpcError } from '../../core/service.ts'
import { addressToScript } from '../address.ts'
import { hash160 } from '../chain/hash160.ts'
import { outPointKey } from '../chain/tx.ts'
import type { OutPoint } from '../chain/types.ts'
import { SigningProvider } from '../descriptor/provider.ts'
import { parseDescriptor } from '../descriptors.ts'
import { MAX_STANDARD_WEIGHT } from '../policy.ts'
import { p2wpkhScript } from '../script/kinds.ts'
import type { FundingCoin, PaymentTerms } from '../wallets/funding.ts'
import { inputWeightOf } from '../wallets/keeper.ts'
import { toAddressType } from './address-kind.ts'
import {
  amountSat,
  array,
  fixedPoint,
  flag,
  integer,
  record,
  toHash,
  typeName,
  wrongField,
} from './arguments.ts'
import { estimateFee } from './fee-estimate.ts'
import { FINAL, LOCKABLE, REPLACEABLE } from './payment-arguments.ts'
import { publicKeyAt } from './script-types.ts'
import type { Desk } from './wallet-desk.ts'

export type Options = Record<string, unknown>

export interface OptionTypes {
  readonly [name: string]: 'bool' | 'string' | 'number' | 'array' | 'object' | 'any'
}

/** Core's names, of which some calls know the older ones. */
const TYPES: OptionTypes = {
  add_inputs: 'bool',
  add_to_wallet: 'bool',
  changeAddress: 'string',
  change_address: 'string',
  changePosition: 'number',
  change_position: 'number',
  change_type: 'string',
  conf_target: 'number',
  estimate_mode: 'string',
  fee_rate: 'any',
  feeRate: 'any',
  include_unsafe: 'bool',
  includeWatching: 'bool',
  include_watching: 'bool',
  input_weights: 'array',
  inputs: 'array',
  lockUnspents: 'bool',
  lock_unspents: 'bool',
  locktime: 'number',
  max_tx_weight: 'number',
  maxconf: 'number',
  minconf: 'number',
  psbt: 'bool',
  replaceable: 'bool',
  send_max: 'bool',
  solving_data: 'object',
  subtractFeeFromOutputs: 'array',
  subtract_fee_from_outputs: 'array',
}
const NEWER: readonly (readonly [older: string, newer: string, words: string])[] = [
  ['feeRate', 'fee_rate', 'fee_rate (sat/vB)'],
  ['changeAddress', 'change_address', 'change_address'],
  ['changePosition', 'change_position', 'change_position'],
  ['includeWatching', 'include_watching', 'include_watching'],
  ['lockUnspents', 'lock_unspents', 'lock_unspents'],
  ['subtractFeeFromOutputs', 'subtract_fee_from_outputs', 'subtract_fee_from_outputs'],
]
/** Others that are null count as left out. */
const NEVER_NULL: ReadonlySet<string> = new Set(['changeAddress', 'change_address', 'change_type'])
const MODES = ['unset', 'economical', 'conservative']
const MAX_TARGET = 1_008
/** Satoshi per virtual byte have three decimals at most. */
const RATE_DECIMALS = 3
const LEAST_INPUT_WEIGHT = 165
/** 65 bytes without a witness. */
const LEAST_TX_WEIGHT = 260

/** May stand beside the parameters of a call by name. */
export const OPTION_NAMES: readonly string[] = Object.keys(TYPES)

/** Checks names and types. */
export function optionsOf(value: unknown, types = TYPES): Options {
  if (value === undefined || value === null || typeof value === 'boolean') return {}
  const options = record(value)
  for (const [name, found] of Object.entries(options)) {
    const type = Object.hasOwn(types, name) ? types[name] : undefined
    if (!type) throw new RpcError(RPC.typeError, `Unexpected key ${name}`)
    if (found === null && NEVER_NULL.has(name))
      throw new RpcError(RPC.typeError, `JSON value of type null is not of expected type ${type}`)
    if (type !== 'any' && found !== null && typeName(found) !== type) throw wrongField(name, found, type)
  }
  return options
}

/** Of the calls that came later: older names are refused, and what stands by position goes into the options. */
export function newerOptions(params: readonly unknown[], at: number): Options {
  const options = { ...optionsOf(params[at]) }
  const [target, mode, rate] = [params[at - 3], params[at - 2], params[at - 1]].map(each => each ?? undefined)
  for (const [older, , words] of NEWER)
    if (options[older] !== undefined)
      throw new RpcError(RPC.invalidParameter, `Use ${words} instead of ${older}`)
  if (options.conf_target !== undefined || options.estimate_mode !== undefined) {
    if (target !== undefined || mode !== undefined)
      throw new RpcError(
        RPC.invalidParameter,
        'Pass conf_target and estimate_mode either as arguments or in the options object, but not both',
      )
  } else Object.assign(options, { conf_target: target, estimate_mode: mode })
  if (options.fee_rate === undefined) options.fee_rate = rate
  else if (rate !== undefined)
    throw new RpcError(
      RPC.invalidParameter,
      'Pass the fee_rate either as an argument, or in the options object, but not both',
    )
  if (options.conf_target !== undefined && (options.estimate_mode ?? 'unset') === 'unset')
    throw new RpcError(RPC.invalidParameter, 'Specify estimate_mode')
  return options
}

/** Fee rate by options: named, or estimated. */
export function rateTerms({ parts }: Desk, options: Options): Pick<PaymentTerms, 'satPerVb'> {
  const { fee_rate: rate, feeRate: perKvb, conf_target: target, estimate_mode: mode } = options
  if (mode !== undefined && mode !== null && !MODES.includes(String(mode).toLowerCase()))
    throw new RpcError(
      RPC.invalidParameter,
      'Invalid estimate_mode parameter, must be one of: "unset", "economical", "conservative"',
    )
  if (perKvb !== undefined) {
    forbid(rate, 'Cannot specify both fee_rate (sat/vB) and feeRate (BTC/kvB)')
    forbid(
      target,
      'Cannot specify both conf_target and feeRate. Please provide either a confirmation target in blocks for automatic fee estimation, or an explicit fee rate.',
    )
    forbid(mode, 'Cannot specify both estimate_mode and feeRate')
    return { satPerVb: amountSat([perKvb], 0, 'feeRate') / 1000 }
  }
  if (rate !== undefined && rate !== null) {
    forbid(
      target,
      'Cannot specify both conf_target and fee_rate. Please provide either a confirmation target in blocks for automatic fee estimation, or an explicit fee rate.',
    )
    if (mode !== 'unset') forbid(mode, 'Cannot specify both estimate_mode and fee_rate')
    return { satPerVb: rateOf(rate) }
  }
  if (target === undefined || target === null) return {}
  const blocks = integer([target], 0, 'conf_target')
  if (blocks < 1 || blocks > MAX_TARGET)
    throw new RpcError(RPC.invalidParameter, `Invalid conf_target, must be between 1 and ${MAX_TARGET}`)
  const { mempool } = parts.env
  const { satPerKvb } = estimateFee(mempool, blocks, String(mode).toLowerCase() === 'conservative')
  return satPerKvb === undefined ? {} : { satPerVb: satPerKvb / 1000 }
}

function forbid(value: unknown, words: string): void {
  if (value !== undefined && value !== null) throw new RpcError(RPC.invalidParameter, words)
}

function rateOf(value: unknown): number {
  const thousandths = fixedPoint(value, RATE_DECIMALS, 'fee_rate')
  if (thousandths < 0) throw new RpcError(RPC.typeError, 'Amount out of range')
  return thousandths / 10 ** RATE_DECIMALS
}

export function reasonOf({ fee_rate: rate, conf_target: target }: Options): string {
  if (rate !== undefined && rate !== null) return 'Fee rate set by the caller'
  return target === undefined || target === null
    ? 'Fallback fee'
    : 'Estimated from how long transactions waited'
}

/** Coins, change, confirmations. */
export function coinTerms(desk: Desk, options: Options): PaymentTerms {
  const { params } = desk.parts.env
  const [minConf, maxConf] = ['minconf', 'maxconf'].map(name =>
    options[name] === undefined ? undefined : integer([options[name]], 0, name),
  )
  if (minConf !== undefined && minConf < 0) throw new RpcError(RPC.invalidParameter, 'Negative minconf')
  if (maxConf !== undefined && maxConf < (minConf ?? 0))
    throw new RpcError(
      RPC.invalidParameter,
      `maxconf can't be lower than minconf: ${maxConf} < ${minConf ?? 0}`,
    )
  const address = options.change_address ?? options.changeAddress
  const changeScript = address === undefined ? undefined : addressToScript(params, String(address))
  if (address !== undefined && !changeScript)
    throw new RpcError(RPC.invalidAddressOrKey, 'Change address must be a valid bitcoin address')
  if (address !== undefined && options.change_type !== undefined)
    throw new RpcError(RPC.invalidParameter, 'Cannot specify both change address and address type options')
  const type = options.change_type
  const said = inputWeights(options)
  const maxWeight = options.max_tx_weight
  if (
    maxWeight !== undefined &&
    !(Number(maxWeight) >= LEAST_TX_WEIGHT && Number(maxWeight) <= MAX_STANDARD_WEIGHT)
  )
    throw new RpcError(
      RPC.wallet,
      `Maximum transaction weight must be between ${LEAST_TX_WEIGHT} and ${MAX_STANDARD_WEIGHT}`,
    )
  return {
    ...(maxWeight !== undefined && { maxWeight: Number(maxWeight) }),
    ...(options.add_inputs !== undefined && { addCoins: options.add_inputs === true }),
    ...(options.include_unsafe !== undefined && { unsafe: options.include_unsafe === true }),
    ...(minConf !== undefined && { minConf }),
    ...(maxConf !== undefined && { maxConf }),
    ...(changeScript && { changeScript }),
    ...(type !== undefined && { changeType: toAddressType(String(type), 'change') }),
    others: externalCoins(desk, options, said),
    weightOf: point => said.get(outPointKey(point))?.weight,
  }
}

/** What inputs weigh that the options name, each by its outpoint. Those are spent. */
export function inputWeights({ input_weights: weights, inputs }: Options): Map<string, SaidWeight> {
  const said = new Map<string, SaidWeight>()
  for (const each of [...(Array.isArray(weights) ? weights : []), ...(Array.isArray(inputs) ? inputs : [])]) {
    const { txid, vout, weight } = record(each)
    if (weight === undefined && !(Array.isArray(weights) && weights.includes(each))) continue
    if (typeof vout !== 'number')
      throw new RpcError(RPC.invalidParameter, 'Invalid parameter, missing vout key')
    if (vout < 0) throw new RpcError(RPC.invalidParameter, 'Invalid parameter, vout cannot be negative')
    const point = { txid: toHash(txid, 'txid'), index: integer([vout], 0, 'vout') }
    said.set(outPointKey(point), { point, weight: weightOf(weight) })
  }
  return said
}

interface SaidWeight {
  readonly point: OutPoint
  readonly weight: number
}

/** Coins that are not the wallet's: what solves them, or what their inputs weigh, stands in the options. */
function externalCoins(
  { parts }: Desk,
  { solving_data: solving }: Options,
  said: ReadonlyMap<string, SaidWeight>,
): (point: OutPoint) => FundingCoin | undefined {
  const provider = solving === undefined ? new SigningProvider() : solvingData(parts, record(solving))
  return point => {
    const coin = parts.env.mempool.spentCoin(point)
    if (!coin) return undefined
    const inputWeight = said.get(outPointKey(point))?.weight ?? inputWeightOf(coin.script, provider)
    if (inputWeight === undefined)
      throw new RpcError(
        RPC.wallet,
        `Not solvable pre-selected input COutPoint(${point.txid.slice(0, 10)}, ${point.index})`,
      )
    return { point, valueSat: coin.valueSat, inputWeight, ancestors: 0 }
  }
}

/** Where inputs are named, each says its own weight. */
export function noWeightsApart(options: Options): void {
  if (options.input_weights !== undefined)
    throw new RpcError(
      RPC.invalidParameter,
      'Input weights should be specified in inputs rather than in options.',
    )
}

function weightOf(value: unknown): number {
  if (typeof value !== 'number')
    throw new RpcError(RPC.invalidParameter, 'Invalid parameter, missing weight key')
  if (value < LEAST_INPUT_WEIGHT)
    throw new RpcError(
      RPC.invalidParameter,
      'Invalid parameter, weight cannot be less than 165 (41 bytes (size of outpoint + sequence + empty scriptSig) * 4 (witness scaling factor)) + 1 (empty witness)',
    )
  if (value > MAX_STANDARD_WEIGHT)
    throw new RpcError(
      RPC.invalidParameter,
      `Invalid parameter, weight cannot be greater than the maximum standard tx weight of ${MAX_STANDARD_WEIGHT}`,
    )
  return value
}

function solvingData({ env, secp }: Desk['parts'], data: Options): SigningProvider {
  const provider = new SigningProvider()
  const descriptorOf = (value: string) => {
    try {
      return parseDescriptor(env.params, secp, value, true)
    } catch (error) {
      if (!(error instanceof RpcError)) throw error
      throw new RpcError(RPC.invalidParameter, `Unable to parse descriptor '${value}': ${error.message}`)
    }
  }
  for (const value of data.pubkeys === undefined ? [] : array([data.pubkeys], 0, 'pubkeys')) {
    const key = publicKeyAt(secp, value)
    provider.addKey(key)
    provider.addScript(p2wpkhScript(hash160(key)))
  }
  for (const value of data.scripts === undefined ? [] : array([data.scripts], 0, 'scripts'))
    provider.addScript(scriptOf(value))
  for (const value of data.descriptors === undefined ? [] : array([data.descriptors], 0, 'descriptors')) {
    const expansion = descriptorOf(String(value)).at(0)
    if (expansion) provider.addAll(expansion.provider)
  }
  return provider
}

function scriptOf(value: unknown): Uint8Array {
  const bytes = fromHex(String(value))
  if (!bytes) throw new RpcError(RPC.invalidAddressOrKey, `'${value}' is not hex`)
  return bytes
}

/** Places of outputs: by number, or by address. */
export function feePayers(value: unknown, addresses: readonly string[]): number[] {
  if (value === undefined || value === null) return []
  if (typeof value === 'boolean') return value ? [0] : []
  const places: number[] = []
  const refuse = (words: string, place: number): never => {
    throw new RpcError(RPC.invalidParameter, `Invalid parameter, ${words}: ${place}`)
  }
  for (const each of array([value], 0, 'subtract_fee_from_outputs')) {
    const place = typeof each === 'string' ? addresses.indexOf(each) : integer([each], 0, 'position')
    if (typeof each === 'string' && (place === -1 || places.includes(place))) continue
    if (places.includes(place)) refuse('duplicated position', place)
    if (place < 0) refuse('negative position', place)
    if (place >= addresses.length) refuse('position too large', place)
    places.push(place)
  }
  return places
}

/**
 * Whether inputs are to say that a higher fee may replace them: as Core's wallets, those that were made by hand do. `planned`: and
 * the plan's.
 */
export function isReplaceable({ named, parts }: Desk, value: unknown, planned = false): boolean {
  return flag([value], 0, named ? (parts.wallets.config.replaceable ?? true) : planned)
}

/** Of the inputs that the wallet adds: Core's, those that were made by hand, never have them final, so that a lock time counts. */
export function sequenceOf(desk: Desk, replaceable: unknown, planned = false): number {
  if (isReplaceable(desk, replaceable, planned)) return REPLACEABLE
  return desk.named || replaceable === false ? LOCKABLE : FINAL
}
