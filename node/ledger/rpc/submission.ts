// Handing a transaction to the mempool by RPC: the caller's own limits on its fee, and refusals in Core's words and codes.

import { RPC, RpcError } from '../../core/service.ts'
import { ConsensusError, type RejectReason } from '../../errors.ts'
import type { Tx } from '../chain/types.ts'
import type { LedgerParts } from '../parts.ts'
import { amountSat, given } from './arguments.ts'
import { feeOf } from './shapes.ts'

/** Per 1,000 virtual bytes; a fee beyond it is taken for a mistake. */
const DEFAULT_MAX_FEE_RATE_SAT = 10_000_000
const MOST_FEE_RATE_SAT = 100_000_000
export const TX_DECODE_FAILED = 'TX decode failed. Make sure the tx has at least one input.'

/** The caller's own limit, in satoshi per 1,000 virtual bytes; 0: none. */
export function maxFeeRate(params: readonly unknown[], index: number): number {
  const rate = given(params, index) ? amountSat(params, index, 'maxfeerate') : DEFAULT_MAX_FEE_RATE_SAT
  if (rate >= MOST_FEE_RATE_SAT)
    throw new RpcError(RPC.invalidParameter, 'Fee rates larger than or equal to 1BTC/kvB are not accepted')
  return rate
}

export function tooDear(maxRateSat: number, feeSat: number, vsize: number): boolean {
  return maxRateSat > 0 && feeSat > (maxRateSat * vsize) / 1000
}

/** Takes it into the mempool and announces it; one that is there already is announced no more. */
export function submit({ env, transactions }: LedgerParts, tx: Tx, maxRateSat: number): string {
  const { mempool } = env
  if (mempool.has(tx.txid)) return tx.txid
  // As long as one of its inputs is unknown, it is refused for that.
  const feeSat = feeOf(tx, point => mempool.coin(point)) ?? 0
  if (tooDear(maxRateSat, feeSat, Math.ceil(tx.weight / 4)))
    throw new RpcError(RPC.verify, 'Fee exceeds maximum configured by user (e.g. -maxtxfee, maxfeerate)')
  try {
    transactions.submit(tx)
  } catch (error) {
    if (!(error instanceof ConsensusError)) throw error
    throw refusal(error)
  }
  return tx.txid
}

function refusal({ reason, message }: ConsensusError): RpcError {
  if (reason === 'missing-inputs') return new RpcError(RPC.verify, 'bad-txns-inputs-missingorspent')
  if (reason === 'txn-already-known')
    return new RpcError(RPC.verifyAlreadyInChain, 'Transaction outputs already in utxo set')
  const detail = message.slice(reason.length + ': '.length)
  return new RpcError(RPC.verifyRejected, [rejectReason(reason), ...(detail ? [detail] : [])].join(', '))
}

/** Core's words; one of its reasons is no code but a phrase. */
export function rejectReason(reason: RejectReason): string {
  return reason === 'min-relay-fee-not-met' ? 'min relay fee not met' : reason
}
