// What the ledger is told about itself.

import type { ChainParams } from '../params.ts'
import type { RuleBook } from './consensus/rules.ts'
import type { MiningConfig } from './mining-mode.ts'
import type { Policy } from './policy-rules.ts'
import type { RelayMode } from './relay-mode.ts'
import type { ValidationTime } from './validation.ts'
import type { WalletsConfig } from './wallets/wallets-config.ts'

export interface LedgerOptions {
  readonly params: ChainParams
  /** What deployments make of the network's rules. Default: nothing. */
  readonly rules?: RuleBook
  readonly walletSeed: Uint8Array
  readonly wallets?: WalletsConfig
  readonly mining: MiningConfig
  /** Between blocks, where it is not the rules' own. */
  readonly blockIntervalMs?: number
  /** How blocks are announced. Default: `compact`, everything the peers understand. */
  readonly relay?: RelayMode
  /** Default: true. Without it no peer is asked to send blocks before it has judged them (BIP152's high bandwidth). */
  readonly highBandwidth?: boolean
  /** The slowest round trip over the network's links, where they are slower than usual. */
  readonly roundTripMs?: number | undefined
  /** Keeps block filters and serves them (BIP157, BIP158). */
  readonly blockFilters?: boolean
  /** Keeps them for itself. */
  readonly ownFilters?: boolean
  /** Keeps track of which block each transaction is in. */
  readonly txIndex?: boolean
  /** No transactions are wanted: blocks are not made of those that are here. */
  readonly blocksOnly?: boolean
  /** Who connects is told of all transactions that are here already (default), or of new ones alone, as Core does it. */
  readonly tellsNewcomers?: boolean
  /** No chain of less work counts. Default: any does. */
  readonly leastWork?: bigint
  /** A tip younger than this ends the initial download. Default: by the block interval. */
  readonly maxTipAgeMs?: number | undefined
  /** Where it differs from the usual one. */
  readonly policy?: Partial<Policy> | undefined
  /** How long a block is checked. Default: as long as it takes. */
  readonly validation?: ValidationTime
}
