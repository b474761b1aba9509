// The parts of a ledger that runs, for what reads or asks several of them: RPC, metrics, the ledger itself.

import type { BlockReceiver } from './blocks.ts'
import type { DeploymentWatch } from './deployment-watch.ts'
import type { BlockDownload } from './download.ts'
import type { FilterIndex } from './filters/filter-index.ts'
import type { FilterServer } from './filters/filter-server.ts'
import type { BlockIntake } from './intake.ts'
import type { MempoolStore } from './mempool-store.ts'
import type { MiningControl } from './mining.ts'
import type { LedgerEnv } from './peers.ts'
import type { BlockRelay } from './relay.ts'
import type { TipWaiters } from './rpc/tip-waiters.ts'
import type { Server } from './serve.ts'
import type { Files, Secp256k1 } from './services.ts'
import type { HeaderSync } from './sync.ts'
import type { TxRelay } from './transactions.ts'
import type { TxIndex } from './tx-index.ts'
import type { Wallet } from './wallet.ts'
import type { Wallets } from './wallets/wallets.ts'

/** Everything that runs between start and stop. */
export interface LedgerParts {
  readonly env: LedgerEnv
  /** The plan's. */
  readonly wallet: Wallet
  /** All of them. */
  readonly wallets: Wallets
  readonly intake: BlockIntake
  readonly download: BlockDownload
  readonly sync: HeaderSync
  readonly relay: BlockRelay
  readonly transactions: TxRelay
  readonly mempoolStore: MempoolStore
  readonly receiver: BlockReceiver
  readonly server: Server
  /** Where this node keeps block filters. */
  readonly filters: FilterIndex | undefined
  /** Where this node keeps one of transactions. */
  readonly txIndex: TxIndex | undefined
  readonly filterServer: FilterServer
  readonly deployments: DeploymentWatch
  readonly mining: MiningControl
  /** Calls that wait for another tip. */
  readonly waiters: TipWaiters
  readonly secp: Secp256k1
  readonly files: Files | undefined
}
