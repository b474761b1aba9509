// An honest service in bad company: it runs as ever, on a machine that is not what it seems.

import type { Address, ConnectionSink, ServiceHost } from '../core/host.ts'
import type { Json, LinkProbe, MetricReading, PaddingLoad, RpcTable, Service } from '../core/service.ts'

export class BadCompany implements Service {
  readonly #inner: Service
  readonly #seen: (host: ServiceHost) => ServiceHost

  constructor(inner: Service, seen: (host: ServiceHost) => ServiceHost) {
    this.#inner = inner
    this.#seen = seen
  }

  get name(): string {
    return this.#inner.name
  }

  get bodies(): readonly string[] {
    return this.#inner.bodies
  }

  get rpc(): RpcTable {
    return this.#inner.rpc
  }

  get links(): LinkProbe | undefined {
    return this.#inner.links
  }

  get face(): unknown {
    return this.#inner.face
  }

  start(host: ServiceHost): ConnectionSink {
    return this.#inner.start(this.#seen(host))
  }

  stop(): void {
    this.#inner.stop()
  }

  status(): { readonly [key: string]: Json } {
    return this.#inner.status()
  }

  readMetrics(): readonly MetricReading[] {
    return this.#inner.readMetrics()
  }

  pad(peer: Address, load: PaddingLoad): void {
    this.#inner.pad(peer, load)
  }

  bytesOf(frame: Uint8Array): number {
    return this.#inner.bytesOf?.(frame) ?? frame.length
  }

  countReceived(): (chunk: Uint8Array) => number {
    return this.#inner.countReceived?.() ?? (chunk => chunk.length)
  }

  halt(): void {
    this.#inner.halt?.()
  }

  resume(): void {
    this.#inner.resume?.()
  }
}
