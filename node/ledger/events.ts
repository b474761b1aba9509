// What the ledger tells the observer. Hashes are in display hex, heights count from genesis = 0.

import type { HashHex } from '../bitcoin/wire/hex.ts'
import type { PeerId } from '../core/host.ts'
import type { RejectReason } from '../errors.ts'
import type { DeploymentState } from './consensus/deployment.ts'
import type { MiningManner } from './mining-mode.ts'

/** How a block first became known to this node. */
export type SeenBy = 'mined' | 'inv' | 'headers' | 'block' | 'cmpctblock' | 'rpc'

export type LedgerEvent =
  /** First sign of a block; once per block and node. */
  | {
      readonly type: 'block-seen'
      readonly hash: HashHex
      readonly by: SeenBy
      readonly from: PeerId | undefined
      /** Where that peer listens. */
      readonly fromAddress: string | undefined
    }
  /** The whole block arrived and passed the checks that need no chain state; once per block and node. */
  | {
      readonly type: 'block-received'
      readonly hash: HashHex
      readonly prev: HashHex
      readonly height: number
      readonly headerTime: number
      readonly bits: number
      readonly transactions: number
      readonly bytes: number
      readonly from: PeerId | undefined
      /** Where that peer listens. */
      readonly fromAddress?: string | undefined
      /** Since the last of it came from that peer; absent: no time at all. */
      readonly afterMs?: number
    }
  /** This node found the block itself. */
  | {
      readonly type: 'block-mined'
      readonly hash: HashHex
      readonly height: number
      readonly transactions: number
    }
  | { readonly type: 'block-connected'; readonly hash: HashHex; readonly height: number }
  | { readonly type: 'block-disconnected'; readonly hash: HashHex; readonly height: number }
  | {
      readonly type: 'block-rejected'
      readonly hash: HashHex
      readonly reason: RejectReason
      /** The rule is not everybody's: this deployment brought it. */
      readonly deployment?: string
    }
  /** The next block's state of a deployment is another than before; back again where the tip went to another branch. */
  | {
      readonly type: 'deployment'
      readonly name: string
      readonly state: DeploymentState
      /** The first block of that state. */
      readonly since: number
      /** Of one that is locked in: the first block that is held to its rule. */
      readonly activeFrom?: number
    }
  /** Enough blocks signalled these bits, of which nothing is known here, for their rules to be in force. */
  | { readonly type: 'unknown-rules'; readonly bits: readonly number[] }
  /** The tip after a change; one per change, after its connects and disconnects. Work in hex. */
  | { readonly type: 'tip'; readonly hash: HashHex; readonly height: number; readonly work: string }
  | {
      readonly type: 'reorg'
      readonly from: HashHex
      readonly to: HashHex
      readonly fork: HashHex
      /** Blocks taken off the old chain. */
      readonly depth: number
      readonly height: number
    }
  | {
      readonly type: 'tx-accepted'
      readonly txid: HashHex
      readonly bytes: number
      readonly feeSat: number
      readonly from: PeerId | undefined
    }
  | {
      readonly type: 'tx-rejected'
      readonly txid: HashHex
      readonly reason: RejectReason
      readonly from: PeerId | undefined
    }
  | {
      readonly type: 'mining-started'
      readonly mode: MiningManner
      /** Asked hashes per second; 0 means as fast as the machine can. */
      readonly hashRateHps: number
    }
  | { readonly type: 'mining-stopped' }
  /** Asked of it while it runs; 0: it rests. */
  | { readonly type: 'hash-rate-set'; readonly hashRateHps: number }
  | { readonly type: 'sync-progress'; readonly headers: number; readonly blocks: number }
