// A kind of service: what a node must know of one to run it. services.ts lists them.

import type { V2Crypto } from './bitcoin/wire/v2/crypto.ts'
import type { ContentFiles, ContentSource, Digests } from './bittorrent/storage.ts'
import type { Check } from './core/check.ts'
import type { Address, AnyEvent, Random } from './core/host.ts'
import type { Service, ServiceConfig } from './core/service.ts'
import type { Program } from './foreign/program.ts'
import type { MiningConfig } from './ledger/mining-mode.ts'
import type { Files, Miner, MinerSink, Secp256k1 } from './ledger/services.ts'
import type { LogEntry } from './log-level.ts'
import type { FileConfig } from './strategy/name.ts'
import type { Race } from './strategy/race.ts'
import type { LoadedStrategy } from './strategy/strategy.ts'

export interface ServiceKind<Config extends ServiceConfig = ServiceConfig> {
  /** Its part of the configuration and of /health goes by it, and its events begin with it. */
  readonly name: string
  readonly config: Check<Config>
  make(config: Config, around: Around): Service
  /** One of its events as a line of the log; undefined: it is worth none. Default: none is. */
  log?(event: AnyEvent): LogEntry | undefined
}

/** What a service may want of its node beside its host. */
export interface Around {
  readonly version: string
  /** The node's own generator; to be forked, not drawn from. */
  readonly random: Random
  /** What others dial to reach this service; undefined when it cannot be dialled. */
  readonly address: Address | undefined
  readonly machine: ServiceMachine
  /** Absent: the node has its process for itself. */
  readonly shared?: Shared | undefined
}

/** What all nodes of one process have in common under this key, made by the first that asks. */
export type Shared = <T>(key: string, make: () => T) => T

/** What only a machine has, real or simulated. A service takes of it what it needs. */
export interface ServiceMachine {
  secp(): Secp256k1
  /** Keys and ciphers for connections. `random`: where secrets come from in virtual time. Absent: none are encrypted here. */
  readonly v2Crypto?: ((random: Random) => V2Crypto) | undefined
  /** Absent: nothing can be found by hashing here. */
  readonly createMiner?: (sink: MinerSink, budget: MinerBudget) => Miner
  /** Absent: there is no folder for what is asked for. */
  readonly files?: Files | undefined
  /** Folders for content, by names of one element. Absent: there is no room for any. */
  readonly content?: ContentFiles | undefined
  readonly digests?: Digests | undefined
  /** What lies at this path of the machine and is to be shared; undefined: nothing that can be read. */
  readonly openSource?: ((path: string) => ContentSource | undefined) | undefined
  /** What was loaded of somebody's strategy. */
  readonly strategy?: ((config: FileConfig) => LoadedStrategy) | undefined
  /** Other people's program, where the node is one. */
  readonly program?: (() => Program) | undefined
  /** Told when an adversary's block races an honest one. */
  readonly onRace?: ((race: Race) => void) | undefined
}

export type MinerBudget = Pick<MiningConfig, 'hashRateHps' | 'threads'>
