// A virtual machine for one service: the shared clock and network, a store in memory, a generator of its own.
// Frozen, it runs nothing until it is thawed; switched off, nothing ever again, and what it stored can be given to its successor.

import type {
  Address,
  AnyEvent,
  Batch,
  Cancel,
  Clock,
  Connections,
  Datagrams,
  PeerId,
  Random,
  ServiceHost,
  Store,
} from '../../../node/core/host.ts'
import { Task, type VirtualClock } from './clock.ts'
import type { NetworkSink, VirtualNetwork } from './network.ts'

/** So many bytes are entered together: what is written is hardly ever read, and the table of no node is in the caches. */
const ENTERED_TOGETHER_BYTES = 64 * 1024

/** A store that lives as long as the process. */
export class MemoryStore implements Store {
  readonly #entries = new Map<string, Uint8Array>()
  /** Committed, and not entered yet. */
  #batches: Batch[] = []
  #bytes = 0

  get(key: string): Uint8Array | undefined {
    this.#enter()
    return this.#entries.get(key)
  }

  *scan(prefix: string): Iterable<readonly [string, Uint8Array]> {
    this.#enter()
    const keys = [...this.#entries.keys()].filter(key => key.startsWith(prefix))
    for (const key of keys.sort()) {
      const value = this.#entries.get(key)
      if (value) yield [key, value]
    }
  }

  commit(batch: Batch): void {
    this.#batches.push(batch)
    for (const op of batch) this.#bytes += 'put' in op ? op.put.length + op.value.length : op.del.length
    if (this.#bytes >= ENTERED_TOGETHER_BYTES) this.#enter()
  }

  #enter(): void {
    if (this.#batches.length === 0) return
    for (const batch of this.#batches)
      for (const op of batch)
        if ('put' in op) this.#entries.set(op.put, op.value)
        else this.#entries.delete(op.del)
    this.#batches = []
    this.#bytes = 0
  }
}

export interface VirtualHostOptions {
  /** Where the service listens. */
  readonly address: Address
  readonly clock: VirtualClock
  readonly network: VirtualNetwork
  readonly random: Random
  readonly store: Store
  onEvent(event: AnyEvent): void
}

/** The node's own clock, which may be off. */
class HostClock implements Clock {
  readonly #clock: VirtualClock
  readonly #host: VirtualHost
  skewMs = 0

  constructor(clock: VirtualClock, host: VirtualHost) {
    this.#clock = clock
    this.#host = host
  }

  now(): number {
    return this.#clock.now() + this.skewMs
  }

  after(ms: number, act: () => void): Cancel {
    const task = new HostTask(this.#host, act)
    this.#clock.plan(ms, task)
    return () => {
      task.act = undefined
      this.#clock.drop(task)
    }
  }
}

/** A task of one node: done only while the node runs. */
class HostTask extends Task {
  readonly #host: VirtualHost
  /** Undefined once it was cancelled; that may be while it waits for the thaw. */
  act: (() => void) | undefined

  constructor(host: VirtualHost, act: () => void) {
    super()
    this.#host = host
    this.act = act
  }

  run(): void {
    if (this.#host.frozen) this.#host.soon(() => this.#act())
    else if (this.#host.isOn) this.#act()
  }

  /** Whoever keeps the cancel of a task that was done keeps nothing else of it. */
  #act(): void {
    const { act } = this
    this.act = undefined
    act?.()
  }
}

export class VirtualHost implements ServiceHost, NetworkSink {
  readonly clock: HostClock
  readonly random: Random
  readonly connections: Connections
  readonly datagrams: Datagrams
  readonly store: Store
  /** Of the service that runs here. */
  bytesOf: NetworkSink['bytesOf']
  readonly #options: VirtualHostOptions
  #sink: NetworkSink | undefined
  #on = true
  /** What waits for the thaw, in order; undefined while it runs. */
  #held: (() => void)[] | undefined

  constructor(options: VirtualHostOptions) {
    this.#options = options
    this.random = options.random
    this.store = options.store
    this.clock = new HostClock(options.clock, this)
    this.connections = options.network.attach(options.address, this)
    const { bind, send } = options.network.datagrams.at(options.address)
    const told =
      (onDatagram: Parameters<Datagrams['bind']>[0]): typeof onDatagram =>
      (from, bytes) =>
        this.soon(() => onDatagram(from, bytes))
    this.datagrams = { bind: onDatagram => bind(told(onDatagram)), send }
  }

  /** The service that is told what happens; set before the clock moves. */
  run(sink: NetworkSink, bytesOf?: NetworkSink['bytesOf']): void {
    this.#sink = sink
    this.bytesOf = bytesOf
  }

  get isOn(): boolean {
    return this.#on
  }

  get frozen(): boolean {
    return this.#held !== undefined
  }

  emit(event: AnyEvent): void {
    if (this.#on) this.#options.onEvent(event)
  }

  /** As SIGSTOP: what falls due and what arrives waits. The network goes on. */
  freeze(): void {
    this.#held ??= []
    this.#options.network.wake(this.#options.address, false)
  }

  /** What waited happens now, in order. */
  thaw(): void {
    this.#options.network.wake(this.#options.address, true)
    const held = this.#held ?? []
    this.#held = undefined
    for (const task of held) if (this.#on) task()
  }

  /** Power off, as kill −9 does: no task runs any more and all connections are reset. */
  off(): void {
    if (!this.#on) return
    this.#on = false
    this.#options.network.detach(this.#options.address)
  }

  onConnected(peer: PeerId, address: Address, inbound: boolean): void {
    this.soon(() => this.#sink?.onConnected(peer, address, inbound))
  }

  onDialFailed(address: Address, why: string): void {
    this.soon(() => this.#sink?.onDialFailed(address, why))
  }

  /** Nothing is so often done as this: no task is made of it unless it has to wait. */
  onData(peer: PeerId, bytes: Uint8Array): void {
    if (this.#held) this.soon(() => this.#sink?.onData(peer, bytes))
    else if (this.#on) this.#sink?.onData(peer, bytes)
  }

  onClosed(peer: PeerId, why: string): void {
    this.soon(() => this.#sink?.onClosed(peer, why))
  }

  /** Now, or at the thaw. */
  soon(task: () => void): void {
    if (!this.#on) return
    if (this.#held) this.#held.push(task)
    else task()
  }
}
