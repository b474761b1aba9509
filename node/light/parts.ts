// What a light client is made of, for those who look at all of it: RPC and metrics.

import type { BlockFetcher } from './blocks.ts'
import type { Commitments } from './commitments.ts'
import type { Lie } from './events.ts'
import type { FilterHeaders } from './filter-headers.ts'
import type { HeaderSync } from './header-sync.ts'
import type { Payments } from './payments.ts'
import type { LightEnv } from './peers.ts'
import type { Scan } from './scan.ts'
import type { LightWallet } from './wallet.ts'

/** One life's parts. */
export interface LightParts {
  readonly env: LightEnv
  readonly commitments: Commitments
  readonly headers: HeaderSync
  readonly filterHeaders: FilterHeaders
  readonly blocks: BlockFetcher
  readonly scan: Scan
  readonly wallet: LightWallet
  readonly payments: Payments
  readonly counts: LightCounts
}

export interface LightCounts {
  /** Peers that were proven to lie, by lie. */
  readonly liars: Record<Lie, number>
  disputes: number
  reorgs: number
}
