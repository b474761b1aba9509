// What a chain is made of.

import type { Store } from '../../core/host.ts'
import type { ChainParams } from '../../params.ts'
import type { RuleBook } from '../consensus/rules.ts'
import type { SignatureCache } from '../script/input.ts'
import type { Secp256k1 } from '../services.ts'
import type { SharedValidation } from './connect.ts'

export interface ChainDeps {
  readonly params: ChainParams
  /** What deployments make of the rules. Default: nothing, but what the network has of its own. */
  readonly rules?: RuleBook
  readonly store: Store
  readonly secp: Secp256k1
  readonly nowMs: () => number
  /** Outcomes shared by the chains of one process; all with the same parameters. */
  readonly shared?: SharedValidation
  /** Signatures that the mempool verified already. */
  readonly signatures?: SignatureCache
  /** No chain of less work is worth anything. Default: 0. */
  readonly leastWork?: bigint | undefined
  /** Memory that decoded blocks may take, in bytes. */
  readonly blockCacheBytes?: number
}
