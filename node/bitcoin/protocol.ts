// The interface between the core and what runs over its connections. The ledger is the first protocol; others sit beside it.

import type { Address, AnyEvent, Clock, PeerId, Random, Store } from '../core/host.ts'
import type { Json, MetricReading, RpcTable } from '../core/service.ts'
import type { Permissions } from './permissions.ts'
import type { MessageTable } from './wire/table.ts'

/** A connected peer after its handshake, as a protocol sees it. */
export interface PeerView {
  readonly id: PeerId
  /** Where it listens, as far as known (for inbound peers: from its `version`). */
  readonly address: Address
  readonly inbound: boolean
  readonly services: bigint
  readonly protocolVersion: number
  readonly userAgent: string
  /** It wants transactions announced (BIP37); a connection for blocks alone does not. */
  readonly relaysTransactions: boolean
  /** False where it was told that none of its transactions are wanted: those that it sends break what was agreed. */
  readonly maySendTransactions: boolean
  /** False for a connection that was opened here to ask for addresses, and for nothing else. */
  readonly carriesBlocks: boolean
  readonly permissions: Permissions
  /** Height its `version` claimed. */
  readonly startHeight: number
  /** The commands it sent between `version` and `verack` (`wtxidrelay`, `sendaddrv2`). */
  readonly handshakeCommands: ReadonlySet<string>
  /** Least round trip of a ping in ms; undefined before the first pong. */
  readonly minPingMs: number | undefined
  /** When the last bytes came from it. */
  readonly lastReceivedMs: number
  /** Bytes queued to it and not yet sent. */
  readonly backlogBytes: number
  /** As the context's `send`, to this one. */
  say(command: string, payload: unknown): void
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
  /** So much is queued to the peer that a protocol that serves data holds back. */
  hasEnough(peer: PeerId): boolean
  /** Tells the core that this peer just gave something new (protects it from eviction). */
  useful(peer: PeerId, what: 'block' | 'transaction'): void
}

/** One protocol over the core's connections. All methods are synchronous. */
export interface Protocol {
  readonly name: string
  readonly messages: MessageTable
  /** Bits it adds to the services of our `version`. */
  readonly services: bigint
  /** False: transactions are not to be announced to it (BIP37's relay flag). Default: they are. */
  readonly wantsTransactions?: boolean
  /** False: it has nothing for others, who are not told of this node. Default: it has. */
  readonly serves?: boolean
  /** Empty messages it sends between `version` and `verack`, to those who speak 70016. */
  readonly handshakeCommands: readonly string[]
  readonly rpc: RpcTable
  /** Prefixes of its stored keys whose values are large: not loaded at the start, read one at a time. */
  readonly bodies?: readonly string[]
  /** Called once before anything else; loads its state from `context.store`. */
  start(context: ProtocolContext): void
  /** Last words: cancel timers, commit what is open. */
  stop(): void
  /** Services that a peer must offer to be worth one of the slots that are filled from here. */
  neededServices?(peer: PeerView): bigint
  /** Put into `version`. */
  startHeight(): number
  /** What it returns is handed back with each message of the peer. */
  onPeerReady(peer: PeerView): unknown
  onPeerGone(peer: PeerView): void
  /**
   * A message of its table from a ready peer. A ConsensusError or ProtocolError thrown here is an offence of the peer; bytes that
   * are no such message do not come this far, and are none.
   */
  onMessage(peer: PeerView, command: string, payload: unknown, notes?: unknown): void
  readMetrics(): readonly MetricReading[]
  /** Its part of /health. */
  readonly status?: () => Json
  /** As a service's. */
  halt?(): void
  resume?(): void
  /** Fields of this peer in getpeerinfo that the protocol knows (synced_headers, inflight, minfeefilter, …). */
  describePeer?(peer: PeerView): Readonly<Record<string, unknown>>
  /** Fields of getnetworkinfo that the protocol knows (relayfee, incrementalfee, …). */
  describeNetwork?(): Readonly<Record<string, unknown>>
}
