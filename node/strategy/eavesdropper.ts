// Hears what peers tell the ledger of blocks: every header that arrives, in whatever message, once the ledger has dealt with
// it. The ledger's own events do not serve: of a chain with less work than its own it fetches nothing and tells nothing.

import type { PeerView, Protocol, ProtocolContext } from '../bitcoin/protocol.ts'
import type { HashHex } from '../bitcoin/wire/hex.ts'
import type { MessageTable } from '../bitcoin/wire/table.ts'
import type { Json, MetricReading, RpcTable } from '../core/service.ts'
import type { Header } from '../ledger/chain/types.ts'
import type { CompactBlock } from '../ledger/messages.ts'

/** Whoever listens. */
export interface Ear {
  /** The protocol has started. */
  started(): void
  heard(hash: HashHex): void
  /** The protocol is about to answer a peer that asked for headers. */
  answering(task: () => void): void
  /** True: the peer was told something else, or is to get no answer. */
  lies(peer: PeerView, command: string, payload: unknown): boolean
}

export class Eavesdropper implements Protocol {
  readonly #inner: Protocol
  readonly #ear: Ear

  constructor(inner: Protocol, ear: Ear) {
    this.#inner = inner
    this.#ear = ear
  }

  get name(): string {
    return this.#inner.name
  }

  get messages(): MessageTable {
    return this.#inner.messages
  }

  get services(): bigint {
    return this.#inner.services
  }

  get handshakeCommands(): readonly string[] {
    return this.#inner.handshakeCommands
  }

  get rpc(): RpcTable {
    return this.#inner.rpc
  }

  get bodies(): readonly string[] {
    return this.#inner.bodies ?? []
  }

  readonly status = (): Json => this.#inner.status?.() ?? null

  start(context: ProtocolContext): void {
    this.#inner.start(context)
    this.#ear.started()
  }

  stop(): void {
    this.#inner.stop()
  }

  startHeight(): number {
    return this.#inner.startHeight()
  }

  onPeerReady(peer: PeerView): unknown {
    return this.#inner.onPeerReady(peer)
  }

  onPeerGone(peer: PeerView): void {
    this.#inner.onPeerGone(peer)
  }

  onMessage(peer: PeerView, command: string, payload: unknown, notes?: unknown): void {
    if (this.#ear.lies(peer, command, payload)) return
    const take = () => this.#inner.onMessage(peer, command, payload, notes)
    if (command === 'getheaders') this.#ear.answering(take)
    else take()
    for (const { hash } of headersOf(command, payload)) this.#ear.heard(hash)
  }

  readMetrics(): readonly MetricReading[] {
    return this.#inner.readMetrics()
  }

  halt(): void {
    this.#inner.halt?.()
  }

  resume(): void {
    this.#inner.resume?.()
  }

  describePeer(peer: PeerView): Readonly<Record<string, unknown>> {
    return this.#inner.describePeer?.(peer) ?? {}
  }

  describeNetwork(): Readonly<Record<string, unknown>> {
    return this.#inner.describeNetwork?.() ?? {}
  }
}

function headersOf(command: string, payload: unknown): readonly Header[] {
  if (command === 'headers') return payload as readonly Header[]
  if (command === 'cmpctblock' || command === 'block')
    return [(payload as Pick<CompactBlock, 'header'>).header]
  return []
}
