// What a node's configuration says of its wallets; absent fields are as Core has them.

import type { AddressType } from '../descriptor/address-type.ts'

export interface WalletsConfig {
  /** The wallet of the plan answers at the start; else it is there once somebody loads it. Default: yes. */
  readonly loaded?: boolean
  /** Keys that a wallet of descriptors watches beyond those that were given out, of each. Default: a hundred. */
  readonly keyPool?: number
  /** Payments of wallets made by hand say that a higher fee may replace them (BIP125). Default: yes. */
  readonly replaceable?: boolean
  /** Of addresses that are asked for without one. Default: bech32. */
  readonly addressType?: AddressType
  /** Of change. Default: as what is paid. */
  readonly changeType?: AddressType
  /** Of payments of wallets made by hand that name no fee rate. Default: 2; 0: there is none, and they have to. */
  readonly fallbackSatPerVb?: number
  /** The same, beyond what the mempool asks, as by settxfee. */
  readonly paySatPerVb?: number
  /** No payment of theirs pays a lower rate. */
  readonly leastSatPerVb?: number
  /** Change that costs more to spend, at this rate, than it is worth is left to the miner. Default: 10. */
  readonly discardSatPerVb?: number
  /** No payment of theirs pays more. Default: a tenth of a coin. */
  readonly maxFeeSat?: number
  /**
   * They make no payment whose chain of unconfirmed ones is longer than the mempool takes; else it is made and kept until it does.
   * Default: yes.
   */
  readonly rejectLongChains?: boolean
}
