// Inputs and outputs of transactions as RPC calls name them.

import { fromHex, toHex } from '../../bitcoin/wire/hex.ts'
import { RPC, RpcError } from '../../core/service.ts'
import type { ChainParams } from '../../params.ts'
import { addressToScript } from '../address.ts'
import { concat, OP_RETURN, pushData } from '../chain/push.ts'
import { makeTx, txCodec } from '../chain/tx.ts'
import type { Tx, TxIn, TxOut } from '../chain/types.ts'
import { signalsReplacement } from '../replacement.ts'
import { amountSat, array, decoded, given, hexBytes, integer, record, text, toHash } from './arguments.ts'

export const FINAL = 0xffffffff
/** Signals that a higher fee may replace the transaction (BIP125). */
export const REPLACEABLE = 0xfffffffd
/** Its lock time counts, and nothing replaces it. */
export const LOCKABLE = 0xfffffffe
const MAX_LOCK_TIME = 0xffffffff

export interface Sequences {
  readonly lockTime: number
  /** Said, or not. */
  readonly replaceable: boolean | undefined
}

/** A transaction not signed yet, as a caller's parameters have it. */
export interface Written {
  readonly inputs: unknown
  readonly outputs: unknown
  readonly lockTime: unknown
  readonly replaceable: boolean | undefined
}

/** The same for every call that takes these: what cannot be, or contradicts itself, is refused. */
export function writtenTx(params: ChainParams, { inputs, outputs, ...rest }: Written): Tx {
  const lockTime = lockTimeOf(rest.lockTime)
  const made = { version: 2, inputs: inputsOf([inputs], 0, { ...rest, lockTime }), lockTime }
  const tx = makeTx({ ...made, outputs: outputsOf(params, outputs) })
  if (rest.replaceable === true && tx.inputs.length > 0 && !signalsReplacement(tx))
    throw new RpcError(
      RPC.invalidParameter,
      'Invalid parameter combination: Sequence number(s) contradict replaceable option',
    )
  return tx
}

export function lockTimeOf(value: unknown): number {
  const lockTime = integer([value], 0, 'locktime', 0)
  if (lockTime < 0 || lockTime > MAX_LOCK_TIME)
    throw new RpcError(RPC.invalidParameter, 'Invalid parameter, locktime out of range')
  return lockTime
}

/** `[{ txid, vout, sequence }]`. */
export function inputsOf(
  params: readonly unknown[],
  index: number,
  { lockTime, replaceable = true }: Sequences,
): TxIn[] {
  if (!given(params, index)) return []
  const usual = replaceable ? REPLACEABLE : lockTime > 0 ? LOCKABLE : FINAL
  return array(params, index, 'inputs').map(value => {
    const { txid, vout, sequence = usual } = record(value)
    const hash = toHash(txid, 'txid')
    if (typeof vout !== 'number')
      throw new RpcError(RPC.invalidParameter, 'Invalid parameter, missing vout key')
    const previous = { txid: hash, index: integer([vout], 0, 'vout') }
    if (previous.index < 0)
      throw new RpcError(RPC.invalidParameter, 'Invalid parameter, vout cannot be negative')
    const number = integer([sequence], 0, 'sequence')
    if (number < 0 || number > FINAL)
      throw new RpcError(RPC.invalidParameter, 'Invalid parameter, sequence number is out of range')
    return { previous, scriptSig: new Uint8Array(0), sequence: number, witness: [] }
  })
}

/** `[{ address: amount }, { data: hex }]`, or all of them in one object. */
export function outputsOf(params: ChainParams, given: unknown): TxOut[] {
  const seen = new Set<string>()
  return outputPairs(given).map(([address, amount]) => {
    if (seen.has(address))
      throw new RpcError(
        RPC.invalidParameter,
        address === 'data'
          ? 'Invalid parameter, duplicate key: data'
          : `Invalid parameter, duplicated address: ${address}`,
      )
    seen.add(address)
    if (address === 'data')
      return {
        valueSat: 0,
        script: concat(Uint8Array.of(OP_RETURN), pushData(hexBytes([amount], 0, 'Data'))),
      }
    const script = addressToScript(params, address)
    if (!script) throw new RpcError(RPC.invalidAddressOrKey, `Invalid Bitcoin address: ${address}`)
    return { valueSat: amountSat([amount], 0, 'amount'), script }
  })
}

/** Addresses and amounts, in order. */
export function outputPairs(given: unknown): readonly (readonly [name: string, amount: unknown])[] {
  if (given === undefined || given === null)
    throw new RpcError(RPC.invalidParameter, 'Invalid parameter, output argument must be non-null')
  if (typeof given === 'object' && !Array.isArray(given)) return Object.entries(given)
  return array([given], 0, 'outputs').flatMap(value => {
    const pairs =
      typeof value === 'object' && value && !Array.isArray(value) ? Object.entries(value) : undefined
    if (!pairs)
      throw new RpcError(RPC.invalidParameter, 'Invalid parameter, key-value pair not an object as expected')
    if (pairs.length !== 1)
      throw new RpcError(
        RPC.invalidParameter,
        'Invalid parameter, key-value pair must contain exactly one key',
      )
    return pairs
  })
}

/** Where the count of inputs stands, behind the version. */
const COUNT_AT = 4
/** A count of one, and an input of nothing. */
const ONE_INPUT = Uint8Array.of(1, ...new Uint8Array(36), 0, 0xff, 0xff, 0xff, 0xff)

/** A transaction in hex that may have no inputs yet: then its count of them looks like the mark of a witness (BIP144). */
export function decodedMaybeEmpty(params: readonly unknown[], index: number, failure: string): Tx {
  try {
    return decoded(params, index, txCodec, failure)
  } catch (error) {
    const bytes = fromHex(text(params, index, 'hexstring'))
    if (!(error instanceof RpcError) || bytes?.[COUNT_AT] !== 0) throw error
    const filled = concat(bytes.subarray(0, COUNT_AT), ONE_INPUT, bytes.subarray(COUNT_AT + 1))
    return makeTx({ ...decoded([toHex(filled)], 0, txCodec, failure), inputs: [] })
  }
}
