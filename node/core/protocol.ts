// The interface between the core and what runs over its connections. The ledger is the first protocol; others sit beside it.

import type { MessageTable } from '../wire/table.ts'
import type { Address, AnyEvent, Clock, PeerId, Random, Store } from './host.ts'

/** A connected peer after its handshake, as a protocol sees it. */
export interface PeerView {
  readonly id: PeerId
  /** Where it listens, as far as known (for inbound peers: from its `version`). */
  readonly address: Address
  readonly inbound: boolean
  readonly services: bigint
  readonly protocolVersion: number
  readonly userAgent: string
  /** Height its `version` claimed. */
  readonly startHeight: number
  /** The commands it sent between `version` and `verack` (`wtxidrelay`, `sendaddrv2`). */
  readonly handshakeCommands: ReadonlySet<string>
  /** Least round trip of a ping in ms; undefined before the first pong. */
  readonly minPingMs: number | undefined
}

/** Why the core treats a peer as hostile. One proven offence is enough: it is discouraged and closed. */
export interface Offence {
  readonly reason: string
  readonly detail?: string
}

/** What the core offers a protocol. */
export interface ProtocolContext {
  readonly clock: Clock
  readonly random: Random
  readonly store: Store
  emit(event: AnyEvent): void
  /** Encodes by the protocol's own table and sends. Unknown peers are ignored. */
  send(peer: PeerId, command: string, payload: unknown): void
  /** Peers whose handshake is done, oldest first. */
  peers(): readonly PeerView[]
  peer(id: PeerId): PeerView | undefined
  /** A proven offence: emits `misbehaviour`, discourages the address and closes. */
  misbehaving(peer: PeerId, offence: Offence): void
  /** Closes without blame (stalling, useless peer); `why` appears in the `peer-down` event. */
  disconnect(peer: PeerId, why: string): void
  /** Bytes queued to the peer and not yet sent. */
  backlogBytes(peer: PeerId): number
  /** So much is queued to the peer that a protocol that serves data holds back. */
  hasEnough(peer: PeerId): boolean
  /** Tells the core that this peer just gave something new (protects it from eviction). */
  useful(peer: PeerId, what: 'block' | 'transaction'): void
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
  clientNodeAlreadyAdded: -23,
  clientNodeNotAdded: -24,
  clientNodeNotConnected: -29,
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

/** Positional parameters in; a JSON-able result out, or LATER. Throws RpcError. */
export type RpcHandler = (params: readonly unknown[], respond: Respond) => unknown
export interface RpcMethod {
  /** Parameter names in order, for named parameters and `help`; a trailing `?` marks an optional one. */
  readonly params: readonly string[]
  readonly summary: string
  readonly handle: RpcHandler
}
export type RpcTable = { readonly [method: string]: RpcMethod }

/** A number to export; read at scrape time. Counters only rise. Labels are small closed sets. */
export interface MetricReading {
  readonly name: string // netsplit_…, base units, _total for counters
  readonly help: string
  readonly kind: 'counter' | 'gauge'
  readonly labels?: Readonly<Record<string, string>>
  readonly value: number
}

/** One protocol over the core's connections. All methods are synchronous. */
export interface Protocol {
  readonly name: string
  readonly messages: MessageTable
  /** Bits it adds to the services of our `version`. */
  readonly services: bigint
  /** Empty messages it sends between `version` and `verack`. */
  readonly handshakeCommands: readonly string[]
  readonly rpc: RpcTable
  /** Called once before anything else; loads its state from `context.store`. */
  start(context: ProtocolContext): void
  /** Last words: cancel timers, commit what is open. */
  stop(): void
  /** Put into `version`. */
  startHeight(): number
  onPeerReady(peer: PeerView): void
  onPeerGone(peer: PeerView): void
  /** A message of its table from a ready peer. A ConsensusError or ProtocolError thrown here is an offence of the peer. */
  onMessage(peer: PeerView, command: string, payload: unknown): void
  readMetrics(): readonly MetricReading[]
  /** Fields of this peer in getpeerinfo that the protocol knows (synced_headers, inflight, minfeefilter, …). */
  describePeer?(peer: PeerView): Readonly<Record<string, unknown>>
  /** Fields of getnetworkinfo that the protocol knows (relayfee, incrementalfee, …). */
  describeNetwork?(): Readonly<Record<string, unknown>>
}
