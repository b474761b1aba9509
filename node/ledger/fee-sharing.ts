// Payments whose fee the recipients pay: it is taken from their amounts in equal parts, the first of them pays what is left over.

import { RPC, RpcError } from '../core/service.ts'
import type { TxOut } from './chain/types.ts'
import { feeForWeight } from './coin-selection.ts'
import { isDust } from './policy.ts'

export interface SharedFee {
  /** What the coins come to beyond the amounts. */
  readonly restSat: number
  /** Of the transaction without change. */
  readonly weight: number
  readonly satPerVb: number
  /** What is paid for unconfirmed transactions that the coins hang on. */
  readonly lackSat: number
  /** Places of those who pay. */
  readonly feeFrom: readonly number[]
  readonly changeScript: Uint8Array
  /** Less is a part of the fee. */
  readonly leastChangeSat: number
}

export function outputWeight(script: Uint8Array): number {
  return 4 * (8 + 1 + script.length)
}

/** Outputs of such a payment, its change last. `changeIndex`: -1 without change. Throws RpcError with Core's code. */
export function paidByRecipients(
  payments: readonly TxOut[],
  { restSat, weight, satPerVb, lackSat, feeFrom, changeScript, leastChangeSat }: SharedFee,
): { readonly outputs: readonly TxOut[]; readonly changeIndex: number } {
  const keeps = restSat >= leastChangeSat
  const feeSat = feeForWeight(satPerVb, weight + (keeps ? outputWeight(changeScript) : 0)) + lackSat
  // What is too little for change is a part of the fee.
  const dueSat = Math.max(0, feeSat - (keeps ? 0 : restSat))
  const [first] = feeFrom
  const outputs = payments.map(({ valueSat, script }, index) => {
    if (!feeFrom.includes(index)) return { valueSat, script }
    const share = Math.floor(dueSat / feeFrom.length) + (index === first ? dueSat % feeFrom.length : 0)
    return { valueSat: valueSat - share, script }
  })
  const small = outputs.find(output => output.valueSat <= 0 || isDust(output))
  if (small)
    throw new RpcError(
      RPC.walletInsufficientFunds,
      `The transaction amount is too small to ${small.valueSat < 0 ? 'pay the fee' : 'send after the fee has been deducted'}`,
    )
  const change = { valueSat: restSat, script: changeScript }
  return keeps ? { outputs: [...outputs, change], changeIndex: outputs.length } : { outputs, changeIndex: -1 }
}
