// A mempool with coins to spend, and payments of chosen fees, for the tests of what it takes and refuses.

import type { ConsensusError } from '../../node/errors.ts'
import type { Tx, TxOut } from '../../node/ledger/chain/types.ts'
import { bulk, type outputOf, rewardOf, type SpendOptions, spend, testKey } from './chain.ts'
import { TestLedger, type TestLedgerOptions } from './ledger.ts'

export const HOME = testKey(0).script
/** Whoever wants to spends it. */
export const ANCHOR = Uint8Array.of(0x51, 2, 0x4e, 0x73)
export type Output = ReturnType<typeof outputOf>

export function pay(valueSat: number, script = HOME): TxOut {
  return { valueSat, script }
}

/** A ledger on which key 0 has `count` mature coinbases. */
export function funded(count = 3, options?: TestLedgerOptions) {
  const ledger = new TestLedger(options)
  const rewards = ledger.mineMany(count + 2, HOME).map(rewardOf)
  const coin = (i: number) => rewards[i] as Output
  return { ledger, chain: ledger.chain, mempool: ledger.mempool, coin }
}

export interface PaymentOptions extends Partial<SpendOptions> {
  /** Outputs of equal value. */
  readonly ways?: number
  /** It is larger by so much. */
  readonly bytes?: number
}

/** All of these coins less a fee, to key 0. */
export function payment(
  coins: readonly Output[],
  feeSat: number,
  { ways = 1, bytes = 0, ...more }: PaymentOptions = {},
): Tx {
  const others = bulk(bytes)
  const sum = (values: readonly { valueSat: number }[]) =>
    values.reduce((total, { valueSat }) => total + valueSat, 0)
  const restSat = sum(coins) - sum(others) - feeSat
  const share = Math.floor(restSat / ways)
  const own = Array.from({ length: ways }, (_, i) => pay(i === 0 ? restSat - share * (ways - 1) : share))
  return spend(coins, { outputs: [...own, ...others], ...more })
}

/** The same, of version 3. */
export function truc(coins: readonly Output[], feeSat: number, options: PaymentOptions = {}): Tx {
  return payment(coins, feeSat, { ...options, version: 3 })
}

/** Virtual bytes. */
export function vsizeOf({ weight }: Tx): number {
  return Math.ceil(weight / 4)
}

/** Reason and detail of the ConsensusError that `task` throws. */
export function refusalOf(task: () => unknown): readonly [reason: string, detail: string] | undefined {
  try {
    task()
    return undefined
  } catch (error) {
    const { reason, detail } = error as ConsensusError
    if (reason === undefined) throw error
    return [reason, detail]
  }
}

export function txids(mempool: { entries(): Iterable<{ tx: Tx }> }): string[] {
  return Array.from(mempool.entries(), entry => entry.tx.txid)
}
