// A coin of a wallet, and how it stands with it.

import type { Coin, OutPoint } from '../chain/types.ts'
import type { SpendableCoin } from '../coin-selection.ts'
import type { OwnScript } from './keeper.ts'

export interface OwnCoin extends SpendableCoin {
  readonly point: OutPoint
  /** While it is unconfirmed, its height is 0. */
  readonly coin: Coin
  readonly own: OwnScript
}

/** Confirmed and spendable · coinbase that is too young · unconfirmed, of our own making · unconfirmed, of others. */
export type Standing = 'mature' | 'immature' | 'change' | 'pending'
