// What a node runs, in general: a service has a port, a wire and a state of its own, and everything that it does to the world
// goes through the host that it is given. What stands here every service has; what is one's own lies in its folder.

import type { Address, ConnectionSink, PeerId, ServiceHost } from './host.ts'

/** What JSON can say. */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json }

/**
 * Where a service listens; port 0 takes a free one. With `fd` the node takes over that descriptor, a socket already bound to
 * `host:port` and listening: its starter knows the address before it runs, and dials wait in the backlog meanwhile.
 */
export interface ListenAt {
  readonly host: string
  readonly port: number
  readonly fd?: number
}

/** What the configuration of every service has. */
export interface ServiceConfig {
  readonly listen: ListenAt
}

/** One service of a node. All methods are synchronous; a service that was stopped is not started again: a new one is made. */
export interface Service {
  /** Its part of the configuration, of /health and of the store's keys goes by this name. */
  readonly name: string
  /** Prefixes of its stored keys whose values are large and read one at a time: they are not loaded at the start. */
  readonly bodies: readonly string[]
  readonly rpc: RpcTable
  /** Loads its state and begins; gives who is told of the connections of its port. */
  start(host: ServiceHost): ConnectionSink
  /** Last words: closes its connections, cancels its timers, commits what is open. */
  stop(): void
  /** Its part of /health. Empty until it is started. */
  status(): { readonly [key: string]: Json }
  readMetrics(): readonly MetricReading[]
  /** Sends a load that is passed over to whoever listens there, and right behind it something that is answered. */
  pad(peer: Address, load: PaddingLoad): void
  /** What a link is to carry for one of its frames. Absent: its length. */
  bytesOf?(frame: Uint8Array): number
  /**
   * A count for one connection of what links are to carry for what it receives, chunk by chunk, where that is more than its
   * length. Absent: its length.
   */
  countReceived?(): (chunk: Uint8Array) => number
  /** How it measures whether its connections carry. Absent: nobody can tell what a fault did to them. */
  readonly links?: LinkProbe | undefined
  /** Answers, later, whatever method nobody has; the node is then asked of few things by itself. Absent: there is none such. */
  forward?(method: string, params: unknown, respond: Respond, wallet: string | undefined): void
  /** What it offers to whoever runs beside it in the same process; of which type, its kind says. */
  readonly face?: unknown
  /** Its machine is about to stand still. What the service has others do outside of its tasks (a miner) is to end. */
  halt?(): void
  /** Its machine goes on. */
  resume?(): void
}

export interface LinkProbe {
  /** Sends over each connection what is answered at once, though another such question may be out. */
  ping(): void
  read(): readonly LinkReading[]
}

/** One connection that is up, and how it answers. */
export interface LinkReading {
  readonly id: PeerId
  /** Where the peer listens, where that is known. */
  readonly address: Address
  /** From the last ping that was answered to its answer. */
  readonly roundTripMs: number | undefined
  /** Since the newest ping; undefined when it is answered, or there is none. */
  readonly waitMs: number | undefined
  /** Pings so far, and the number of the newest that was answered: both count from 1. */
  readonly pings: { readonly sent: number; readonly answered: number }
  /** It goes past the node's own ports, and so past all links: it is seen, and can neither be measured nor cut. */
  readonly direct?: true
}

/** So many messages of so many bytes each, headers not counted. */
export interface PaddingLoad {
  readonly frames: number
  readonly bytes: number
}

/** A method's outcome that is not there yet: the handler kept `respond` and calls it once, later. */
export const LATER: unique symbol = Symbol('later')
export type Respond = (outcome: { readonly result: unknown } | { readonly error: RpcError }) => void

/** JSON-RPC error with Bitcoin Core's code. */
export class RpcError extends Error {
  override readonly name = 'RpcError'
  readonly code: number
  constructor(code: number, message: string) {
    super(message)
    this.code = code
  }
}

/** Bitcoin Core's RPC error codes that we use. */
export const RPC = {
  misc: -1,
  typeError: -3,
  wallet: -4,
  invalidAddressOrKey: -5,
  walletInsufficientFunds: -6,
  invalidParameter: -8,
  walletInvalidLabel: -11,
  walletKeypoolRanOut: -12,
  walletUnlockNeeded: -13,
  walletPassphraseIncorrect: -14,
  walletWrongEncryptionState: -15,
  walletEncryptionFailed: -16,
  walletAlreadyUnlocked: -17,
  walletNotFound: -18,
  walletNotSpecified: -19,
  walletAlreadyLoaded: -35,
  walletAlreadyExists: -36,
  clientNodeAlreadyAdded: -23,
  clientNodeNotAdded: -24,
  clientNodeNotConnected: -29,
  clientInvalidIpOrSubnet: -30,
  clientNodeCapacityReached: -34,
  methodDeprecated: -32,
  deserialization: -22,
  verify: -25,
  verifyRejected: -26,
  verifyAlreadyInChain: -27,
  inWarmup: -28,
  invalidRequest: -32600,
  methodNotFound: -32601,
  invalidParams: -32602,
  internal: -32603,
} as const

/** Positional parameters in; a JSON-able result out, or LATER. Throws RpcError. `wallet`: which one the request was sent to. */
export type RpcHandler = (params: readonly unknown[], respond: Respond, wallet?: string) => unknown
export interface RpcMethod {
  /** Parameter names in order, for named parameters and `help`; a trailing `?` marks an optional one, `|` parts its names. */
  readonly params: readonly string[]
  /** The same as the usage shows them, where that is more than their names. */
  readonly shown?: string
  readonly summary: string
  /** Fields of the parameter for options that may also be named beside the others. */
  readonly options?: readonly string[]
  readonly handle: RpcHandler
  /** It is there no more: what those who call it are told, and those who ask how. Not listed. */
  readonly replaced?: string
  /** For tests and debugging, as in Core: `help` explains it, and does not list it. */
  readonly hidden?: true
  /** How it is not as Core's, in words for docs/rpc.md; absent: fields, parameters and errors are the same. */
  readonly differs?: string
}
export type RpcTable = { readonly [method: string]: RpcMethod }

/** All methods of these tables; two of one name are a bug. */
export function mergeRpc(tables: readonly RpcTable[]): RpcTable {
  const merged: Record<string, RpcMethod> = {}
  for (const table of tables)
    for (const [name, method] of Object.entries(table)) {
      if (Object.hasOwn(merged, name)) throw new Error(`${name}: two tables have this method`)
      merged[name] = method
    }
  return merged
}

/** A number to export; read at scrape time. Counters only rise. Labels are small closed sets. */
export interface MetricReading {
  readonly name: string // netsplit_…, base units, _total for counters
  readonly help: string
  readonly kind: 'counter' | 'gauge'
  readonly labels?: Readonly<Record<string, string>>
  readonly value: number
}
