// Hears what peers tell the ledger of blocks: every header that arrives, in whatever message, once the ledger has dealt with
// it. The ledger's own events do not serve: of a chain with less work than its own it fetches nothing and tells nothing.

import type { PeerView, Protocol, ProtocolContext } from '../bitcoin/protocol.ts'
import type { MessageTable } from '../bitcoin/wire/table.ts'
import type { Json, MetricReading, RpcTable } from '../core/service.ts'
import type { Header } from '../ledger/chain/types.ts'
import type { CompactBlock } from '../ledger/messages.ts'

export class Eavesdropper implements Protocol {
  readonly #inner: Protocol
  readonly #onHeader: (header: Header) => void

  constructor(inner: Protocol, onHeader: (header: Header) => void) {
    this.#inner = inner
    this.#onHeader = onHeader
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
    this.#inner.onMessage(peer, command, payload, notes)
    for (const header of headersOf(command, payload)) this.#onHeader(header)
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
