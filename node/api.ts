// The node as others see it: its configuration file, its events and its HTTP answers. Types only.
// The orchestrator knows of a node what stands here, and nothing else.

import type { CoreEvent } from './bitcoin/events.ts'
import type { Grant } from './bitcoin/permissions.ts'
import type { AccessLine } from './core/access.ts'
import type { LinkConditions } from './core/link.ts'
import type { ServiceConfig } from './core/service.ts'
import type { ForeignEvent } from './foreign/events.ts'
import type { ClientConfig, JoinedClient } from './foreign/program.ts'
import type { DeploymentStanding, VersionBits } from './ledger/consensus/deployment.ts'
import type { LedgerEvent } from './ledger/events.ts'
import type { MiningConfig } from './ledger/mining-mode.ts'
import type { Policy } from './ledger/policy-rules.ts'
import type { RelayMode } from './ledger/relay-mode.ts'
import type { WalletsConfig } from './ledger/wallets/wallets-config.ts'
import type { LightEvent } from './light/events.ts'
import type { LogLevel } from './log-level.ts'
import type { ChainSpec } from './params.ts'

export type { DoubleSpendConfig, LiarConfig, StrategyConfig } from './strategy/name.ts'
export type { StrategyEvent } from './strategy/told.ts'

import type { StrategyConfig } from './strategy/name.ts'
import type { StrategyEvent } from './strategy/told.ts'

export type { CoreEvent } from './bitcoin/events.ts'
export type { BittorrentEvent, BittorrentHealth, ContentHealth } from './bittorrent/events.ts'
export type { TorrentVersion } from './bittorrent/metainfo/metainfo.ts'
export type { BittorrentConfig, SwarmStrategy, TrackerConfig, WhenComplete } from './bittorrent/options.ts'
export type { AccessLine } from './core/access.ts'
export type { LinkConditions } from './core/link.ts'
export type { LinkInfo } from './core/link-methods.ts'
export type { ServiceConfig } from './core/service.ts'
export type { ForeignEvent } from './foreign/events.ts'
export type { ClientConfig, JoinedClient, ProgramPlace } from './foreign/program.ts'
export type {
  BitcoinRule,
  DeployedRule,
  Deployment,
  DeploymentStanding,
  DeploymentState,
  VersionBits,
} from './ledger/consensus/deployment.ts'
export type { LedgerEvent, SeenBy } from './ledger/events.ts'
export type { MiningManner } from './ledger/mining-mode.ts'
export type { RelayMode } from './ledger/relay-mode.ts'
export type { Lie, LightEvent } from './light/events.ts'
export type { LogLevel } from './log-level.ts'
export type { ChainSpec, DifficultyRule } from './params.ts'

/** The node's configuration: a JSON file named by `--config`. */
export interface NodeConfig {
  readonly name: string
  /** Hex; everything random in the node is drawn from it. */
  readonly seed: string
  /** What it runs: a service a key, each with a port of its own. */
  readonly services: ServiceConfigs
  /** HTTP address; port 0 takes a free one. `from`: the one address that may ask there. Default: any. */
  readonly control: { readonly host: string; readonly port: number; readonly from?: string }
  /** File that holds the bearer token for HTTP. */
  readonly tokenFile: string
  /** Where blocks live; made when missing. */
  readonly dataDirectory: string
  /** Remove `dataDirectory` when stopping because the controller is gone. */
  readonly ephemeral: boolean
  /** Stop when no authorised request (but for metrics) or open event stream was there for this long; 0: never. */
  readonly heartbeatTimeoutMs: number
  /** Before the first of them it may be longer: so many start at once. Default: as long. */
  readonly heartbeatGraceMs?: number
  /** Standard input is a pipe that closes with the controller: stop then. Default: it is nothing. */
  readonly lifeline?: boolean
  /** It is alone in its control group, as in a container: what that charges for memory is its own. Default: it may not be. */
  readonly ownGroup?: boolean
  /** Conditions on every link from this node until told otherwise (POST /links). */
  readonly links: LinkTable
  /** The slowest round trip over its network's links, where they are slower than usual: its waits follow from it. */
  readonly roundTripMs?: number
  /** Events kept for resuming streams. */
  readonly eventBuffer: number
  /** How much its log tells. Default: `info`. */
  readonly log?: LogLevel
}

/** By the name of the service. */
export interface ServiceConfigs {
  readonly bitcoin?: BitcoinConfig
  readonly [service: string]: BitcoinConfig | OtherConfig | undefined
}

/** What else is in it, the service knows and checks. */
export interface OtherConfig extends ServiceConfig {
  readonly [key: string]: unknown
}

export type Transport = 'v1' | 'accept-v2' | 'v2'

/** A peer that speaks Bitcoin's P2P protocol: it finds others, keeps them, and carries what it has beside. */
export interface BitcoinConfig extends ServiceConfig {
  /** Peers of another network are not understood. Where there is a ledger, its rules tell networks apart, and not the name. */
  readonly network: string
  readonly peers: {
    /** Kept connected: dialled at once and again with back-off. */
    readonly connect: readonly string[]
    /** `fixed`: only `connect` (and addnode). `discovered`: the address manager fills the outbound slots. */
    readonly mode: 'fixed' | 'discovered'
    readonly maxOutbound: number // 8
    readonly maxConnections: number // 125
    /** It does not say where it listens, as Core does not: its peers go by the ports that they come from. Default: it says so. */
    readonly anonymous?: boolean
    /** What some peers may that others may not, by where they are (Core's -whitelist). */
    readonly grants?: readonly Grant[]
    /** No transactions are wanted, but of those who may (Core's -blocksonly). */
    readonly blocksOnly?: boolean
    /** A ban lasts so long where nothing else is said (Core's -bantime). Default: a day. */
    readonly banSeconds?: number
    /**
     * v2: the encrypted transport (BIP324) with whoever speaks it, v1 with others. accept-v2: the same with whoever dials, and v1 to
     * whoever is dialled. v1: that alone. Default: accept-v2; v1 with blockBytes, and where peers of one process hand each other
     * frames by reference.
     */
    readonly transport?: Transport
    /** A handshake may take so long, and no connection counts as silent before. Default: what the network's links need. */
    readonly timeoutMs?: number
  }
  /** Said in its user agent, behind its name (BIP14). */
  readonly userAgentComments?: readonly string[]
  /** The slowest round trip over its network's links, where they are slower than usual: its waits follow from it. */
  readonly roundTripMs?: number
  /** Other people's program in place of ours; it needs a ledger, by which it is looked at. */
  readonly client?: ClientConfig | JoinedClient
  /** A blockchain; without it the node is a peer among peers and nothing more. */
  readonly ledger?: LedgerConfig
  /** In its place: a light client of such peers. */
  readonly light?: LightConfig
}

/** A client that keeps headers and has filters tell which blocks concern its wallet (BIP157); its peers are to serve them. */
export interface LightConfig {
  readonly chain: ChainSpec
  /** What a link charges for a block at least, in bytes. Default, and 0: its size. */
  readonly blockBytes?: number
}

export interface LedgerConfig {
  readonly chain: ChainSpec
  readonly mining: MiningConfig
  /** How new blocks are announced. Default: `compact`. */
  readonly relay?: RelayMode
  /** Keeps block filters and serves them (BIP157, BIP158). Default: no. */
  readonly blockFilters?: boolean
  /** Changes of the rules, as far as this node knows of them. Default: as the network has them of its own. */
  readonly versionBits?: VersionBits
  /** What the node relays and mines, where that differs from Core's defaults. */
  readonly policy?: Partial<Policy>
  /** Keeps them for itself, and serves none. Default: no. */
  readonly ownFilters?: boolean
  /** Knows for each transaction in which block it is (Core's -txindex). Default: no. */
  readonly txIndex?: boolean
  /** Who connects is told of all transactions that are here already (default), or of new ones alone, as Core does it. */
  readonly tellsNewcomers?: boolean
  /** No chain of less work counts as the network's, in hex (Core's -minimumchainwork). Default: any does. */
  readonly leastChainWork?: string
  /** A tip younger than this ends the initial download (Core's -maxtipage). Default: what the block interval makes of Core's day. */
  readonly maxTipAgeMs?: number
  /** Its wallets. */
  readonly wallets?: WalletsConfig
  /** How the node is dishonest. Default: not. */
  readonly strategy?: StrategyConfig
  /** What a link charges for a block at least, in bytes. Default, and 0: its size. */
  readonly blockBytes?: number
  /** How long a block from a peer is checked before it counts and is passed on, for each kB. Default, and 0: as long as it takes. */
  readonly validationMsPerKb?: number
}

/** Conditions of the links that leave this node, by the peer's listening address, whichever of its services'. Each end shapes what it sends. */
export interface LinkTable {
  readonly default: LinkConditions
  readonly peers: { readonly [address: string]: LinkConditions }
  /** The node's own line, shared by all its connections; absent: it limits nothing. */
  readonly access?: AccessLine | undefined
  /** What the lines of peers receive at most, in bits per second, where they are limited: nobody sends them more. */
  readonly peerDownBps?: { readonly [address: string]: number } | undefined
}

/** What is wrong with the machine under the node, on purpose. */
export interface MachineConditions {
  /** The node's clock is ahead by so much; behind when negative. */
  readonly clockSkewMs: number
  /** Nothing can be written: a node that tries says so and ends. */
  readonly diskFull: boolean
}

/** What a node sends to one peer for nothing but its weight, with a ping behind it; the peer passes it over, and answers the ping. */
export interface LinkPadding {
  readonly peer: string
  readonly frames: number
  /** Of each frame, without its header. */
  readonly bytes: number
}

export interface MachineState extends MachineConditions {
  /** What the node takes for the time, in ms since the epoch. */
  readonly timeMs: number
  /** Processor time used so far. */
  readonly cpuMs: number
}

/** Printed as one JSON line on stdout when the node can be used. */
export interface NodeReady {
  readonly ready: true
  readonly name: string
  readonly pid: number
  /** Where it listens for peers: `host:port` of its first service. */
  readonly p2p: string
  /** Of every service. */
  readonly ports: { readonly [service: string]: string }
  /** `http://host:port`. */
  readonly control: string
}

/** Printed by `node.cjs --self-test`: what this machine can do for a node. */
export interface SelfTest {
  readonly version: string
  readonly node: string
  readonly kernel: 'simd' | 'scalar'
  /** One thread, measured over a moment. */
  readonly hashRateHps: number
  /** `ok`, or what went wrong. */
  readonly store: string
  readonly signatures: string
}

export type HostEvent =
  | {
      readonly type: 'node-started'
      readonly version: string
      readonly resumedHeight: number
      readonly kernel: string
    }
  | { readonly type: 'store-damaged'; readonly detail: string; readonly setAside: string }
  | { readonly type: 'store-failed'; readonly detail: string }
  /** Something that it said is not in its log. Told once. */
  | { readonly type: 'log-failed'; readonly detail: string }
  | { readonly type: 'node-stopping'; readonly why: string }
  /** Sent first when a reader asks for events that the buffer no longer holds. */
  | { readonly type: 'events-lost'; readonly count: number }
  | { readonly type: 'log'; readonly level: 'info' | 'warn' | 'error'; readonly message: string }
  /** What is wrong with the machine on purpose, from now on. */
  | { readonly type: 'machine-set'; readonly clockSkewMs: number; readonly diskFull: boolean }

/** Of a service that is not built in: its name, a slash and a word. What else is in it, the service says. */
export interface ServiceEvent {
  readonly type: `${string}/${string}`
}

/** One line of `/events?after=<seq>` (NDJSON). `seq` rises by one from 1 in each process; `boot` names the process's life. */
export type NodeEvent = (
  | CoreEvent
  | LedgerEvent
  | LightEvent
  | ForeignEvent
  | StrategyEvent
  | HostEvent
  | ServiceEvent
) & {
  readonly seq: number
  /** Milliseconds since the epoch, fractions kept. */
  readonly timeMs: number
}

/** GET /health; 200 when running, 503 while starting or stopping. */
export interface NodeHealth {
  readonly status: 'starting' | 'running' | 'stopping'
  readonly name: string
  readonly version: string
  readonly boot: string
  /** By the clock that stamps its events, ms since the epoch; what a fault puts its own clock forward is not in it. */
  readonly timeMs: number
  readonly p2p: string
  readonly ports: { readonly [service: string]: string }
  readonly rssBytes: number
  /** What its control group charges for memory, which its limit holds against it; absent: it has none of its own. */
  readonly groupBytes?: number
  /** What each service says of itself; nothing before it stands. */
  readonly services: { readonly bitcoin?: BitcoinHealth; readonly [service: string]: object | undefined }
}

export interface BitcoinHealth {
  readonly peers: { readonly inbound: number; readonly outbound: number }
  /** Over all connections there ever were in this life. */
  readonly receivedBytes: number
  /** Other people's program, where the node runs one. */
  readonly program?: ProgramHealth
  readonly ledger?: LedgerHealth
  readonly light?: LightHealth
}

export interface ProgramHealth {
  /** What it says of itself (BIP14); absent before its spy has heard it. */
  readonly userAgent?: string
  /** The height that it had when it came up; absent where it cannot be asked. */
  readonly resumedHeight?: number
}

export interface LightHealth {
  /** Of the last header. */
  readonly height: number
  readonly tip: string
  /** Height up to which its peers agree on the blocks' filters. */
  readonly filters: number
  /** And up to which its wallet has looked. */
  readonly scanned: number
  readonly balanceSat: number
  readonly pendingSat: number
}

export interface LedgerHealth {
  readonly height: number
  readonly tip: string
  readonly headers: number
  readonly mempool: number
  /** The end of a chain that this node refuses though it has more work than its own: its peers may be on it. Absent: there is none. */
  readonly refused?: { readonly height: number; readonly tip: string }
  /** How the deployments that it was told of stand for the next block; absent: there are none. */
  readonly deployments?: readonly DeploymentStanding[]
  readonly mining: {
    readonly mode: MiningConfig['mode']
    readonly askedHps: number
    readonly measuredHps: number
    readonly hashes: number
  }
}

// HTTP on the control address; all but nothing want `Authorization: Bearer <token>`:
//   POST /rpc      JSON-RPC 2.0 (single or batch), Bitcoin Core's method names
//   GET  /metrics  Prometheus text
//   GET  /events   NDJSON, `?after=<seq>&boot=<boot>`; without `after` from the oldest kept.
//                  The header `netsplit-boot` names this life of the process before the first event
//   GET  /health   NodeHealth
//   PUT  /links    LinkTable → 204; replaces the whole table
//   GET  /links    the LinkTable in force
//   POST /pad      LinkPadding → 204
//   POST /reset    { peers: [address] } → 204; the connections to these are reset
//   PUT  /machine  MachineConditions → 204
//   GET  /machine  MachineState
//   POST /burn     { cpuMs } → { tookMs }; calculates for so much processor time
//   POST /stop     { why }, or nothing → 202, then the node goes down in order
