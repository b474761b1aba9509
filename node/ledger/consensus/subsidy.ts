// How many coins a block may create.

import type { ChainParams } from '../../params.ts'

/** No amount in a transaction is above this: 21 million coins. */
export const MAX_MONEY_SAT = 2_100_000_000_000_000

/** What the coinbase of a block at `height` may claim beside the fees: halved every `halvingInterval`, nothing after 64 halvings. */
export function subsidySat(params: ChainParams, height: number): number {
  const halvings = Math.floor(height / params.halvingInterval)
  // Dividing a safe integer by a power of two is exact before the floor, so this is a right shift.
  return halvings >= 64 ? 0 : Math.floor(params.subsidySat / 2 ** halvings)
}

/** True for an amount that may stand in a transaction. */
export function isMoney(amountSat: number): boolean {
  return amountSat >= 0 && amountSat <= MAX_MONEY_SAT
}
