// Handing transactions to the mempool by RPC: the caller's own limits on fees and on what is burnt, and refusals in Core's words
// and codes.

import { RPC, RpcError } from '../../core/service.ts'
import { ConsensusError, type RejectReason } from '../../errors.ts'
import { outPointKey } from '../chain/tx.ts'
import type { Tx, TxOut } from '../chain/types.ts'
import type { LedgerParts } from '../parts.ts'
import { feeForSize } from '../policy.ts'
import { isUnspendable } from '../script/kinds.ts'
import { MAX_ITEM_BYTES } from '../script/limits.ts'
import { OP } from '../script/opcodes.ts'
import { operations } from '../script/operation.ts'
import { amountSat, given } from './arguments.ts'

/** Per 1,000 virtual bytes; a fee beyond it is taken for a mistake. */
const DEFAULT_MAX_FEE_RATE_SAT = 10_000_000
const MOST_FEE_RATE_SAT = 100_000_000
export const TX_DECODE_FAILED = 'TX decode failed. Make sure the tx has at least one input.'

/** Of these Core says more than the reason; what we say of others is for our own log. */
const EXPLAINED: ReadonlySet<RejectReason> = new Set<RejectReason>([
  'bad-txns-premature-spend-of-coinbase',
  'bad-txns-in-belowout',
  'bad-txns-too-many-sigops',
  'min relay fee not met',
  'mempool min fee not met',
  'too-long-mempool-chain',
  'TRUC-violation',
  'dust',
  'missing-ephemeral-spends',
  'bad-txns-spends-conflicting-tx',
  'insufficient fee',
  'insufficient fee (including sibling eviction)',
  'too many potential replacements',
  'too many potential replacements (including sibling eviction)',
  'replacement-adds-unconfirmed',
])

/** The caller's own limit, in satoshi per 1,000 virtual bytes; 0: none. */
export function maxFeeRate(params: readonly unknown[], index: number): number {
  const rate = given(params, index) ? amountSat(params, index, 'maxfeerate') : DEFAULT_MAX_FEE_RATE_SAT
  if (rate >= MOST_FEE_RATE_SAT)
    throw new RpcError(RPC.invalidParameter, 'Fee rates larger than or equal to 1BTC/kvB are not accepted')
  return rate
}

export function tooDear(maxRateSat: number, feeSat: number, vsize: number): boolean {
  return maxRateSat > 0 && feeSat > feeForSize(maxRateSat, vsize)
}

/** The caller's own limit on what nobody can ever spend again: parameter `index`. */
export function checkBurnt(txs: readonly Tx[], params: readonly unknown[], index: number): void {
  const mostSat = given(params, index) ? amountSat(params, index, 'maxburnamount') : 0
  for (const { outputs } of txs)
    for (const output of outputs)
      if (output.valueSat > mostSat && isBurnt(output))
        throw new RpcError(
          RPC.verify,
          'Unspendable output exceeds maximum configured by user (maxburnamount)',
        )
}

/** Marked as unspendable, or no script at all. */
function isBurnt({ script }: TxOut): boolean {
  if (isUnspendable(script)) return true
  for (const step of operations(script))
    if (!step || step.opcode > OP.nop10 || (step.data?.length ?? 0) > MAX_ITEM_BYTES) return true
  return false
}

/** Takes it into the mempool and announces it; one that is there already, whatever its witness, is announced again. */
export function submit({ env, transactions }: LedgerParts, tx: Tx, maxRateSat: number): string {
  const { chain, mempool } = env
  if (tx.outputs.some((_, index) => chain.coin(outPointKey({ txid: tx.txid, index }))))
    throw new RpcError(RPC.verifyAlreadyInChain, 'Transaction outputs already in utxo set')
  if (mempool.has(tx.txid)) {
    transactions.announceAgain(tx.txid)
    return tx.txid
  }
  const outcome = mempool.test([tx]).outcomes.get(tx.wtxid)
  if (outcome?.kind === 'accepted' && tooDear(maxRateSat, outcome.feeSat, Math.ceil(tx.weight / 4)))
    throw new RpcError(RPC.verify, 'Fee exceeds maximum configured by user (e.g. -maxtxfee, maxfeerate)')
  try {
    transactions.submit(tx)
  } catch (error) {
    if (!(error instanceof ConsensusError)) throw error
    throw refusal(error)
  }
  return tx.txid
}

function refusal(error: ConsensusError): RpcError {
  const code = error.reason === 'missing-inputs' ? RPC.verify : RPC.verifyRejected
  return new RpcError(code, refusalText(error))
}

/** Core's words for a refusal: the reason, and what more there is to say. */
export function refusalText(error: ConsensusError): string {
  const { reason, detail } = error
  if (reason === 'missing-inputs') return 'bad-txns-inputs-missingorspent'
  return EXPLAINED.has(reason) && detail ? `${rejectReason(error)}, ${detail}` : rejectReason(error)
}

/** The reason alone. Why a script failed is a part of it. */
export function rejectReason({ reason, detail }: ConsensusError): string {
  const isScript = reason.endsWith('-script-verify-flag-failed') || reason.endsWith('-script-verify-flag')
  return isScript ? `${reason} (${detail})` : reason
}
