// A virtual machine for one core: the shared clock and network, a store in memory, a generator of its own.
// Frozen, it runs nothing until it is thawed; switched off, nothing ever again, and what it stored can be given to its successor.

import type {
  Address,
  AnyEvent,
  Batch,
  Cancel,
  Clock,
  Connections,
  Host,
  Random,
  Store,
} from '../../../node/core/host.ts'
import type { SharedFrames } from '../../../node/core/shared-frames.ts'
import type { NetworkSink, VirtualNetwork } from './network.ts'

/** A store that lives as long as the process. */
export class MemoryStore implements Store {
  readonly #entries = new Map<string, Uint8Array>()

  get(key: string): Uint8Array | undefined {
    return this.#entries.get(key)
  }

  *scan(prefix: string): Iterable<readonly [string, Uint8Array]> {
    const keys = [...this.#entries.keys()].filter(key => key.startsWith(prefix))
    for (const key of keys.sort()) {
      const value = this.#entries.get(key)
      if (value) yield [key, value]
    }
  }

  commit(batch: Batch): void {
    for (const op of batch)
      if ('put' in op) this.#entries.set(op.put, op.value)
      else this.#entries.delete(op.del)
  }
}

export interface VirtualHostOptions {
  /** Where the node listens. */
  readonly address: Address
  readonly clock: Clock
  /** How far its own clock is ahead; absent: it is right. */
  readonly skewMs?: () => number
  readonly network: VirtualNetwork
  readonly random: Random
  readonly store: Store
  readonly frames?: SharedFrames | undefined
  onEvent(event: AnyEvent): void
}

export class VirtualHost implements Host {
  readonly clock: Clock
  readonly random: Random
  readonly connections: Connections
  readonly store: Store
  readonly frames?: SharedFrames
  readonly #options: VirtualHostOptions
  #sink: NetworkSink | undefined
  #on = true
  /** What waits for the thaw, in order; undefined while it runs. */
  #held: (() => void)[] | undefined

  constructor(options: VirtualHostOptions) {
    this.#options = options
    this.random = options.random
    this.store = options.store
    this.clock = {
      now: () => options.clock.now() + (options.skewMs?.() ?? 0),
      after: (ms, task) => this.#after(ms, task),
    }
    const connections = options.network.attach(options.address, {
      onConnected: (peer, address, inbound) =>
        this.#run(() => this.#sink?.onConnected(peer, address, inbound)),
      onDialFailed: (address, why) => this.#run(() => this.#sink?.onDialFailed(address, why)),
      // Nothing is so often done as this: no task is made of it unless it has to wait.
      onData: (peer, bytes) => {
        if (this.#held) this.#run(() => this.#sink?.onData(peer, bytes))
        else if (this.#on) this.#sink?.onData(peer, bytes)
      },
      onClosed: (peer, why) => this.#run(() => this.#sink?.onClosed(peer, why)),
    })
    this.connections = {
      ...connections,
      vouches: (peer, doubt) => connections.vouches?.(peer, () => this.#run(doubt)) ?? false,
    }
    if (options.frames) this.frames = options.frames
  }

  /** The core that is told what happens; set before the clock moves. */
  run(sink: NetworkSink): void {
    this.#sink = sink
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

  #after(ms: number, task: () => void): Cancel {
    let due: (() => void) | undefined = task
    const cancel = this.#options.clock.after(ms, () => {
      if (!this.#held) {
        if (this.#on) due?.()
      } else if (this.#on) this.#held.push(() => due?.())
    })
    return () => {
      due = undefined
      cancel()
    }
  }

  /** Now, or at the thaw. */
  #run(task: () => void): void {
    if (!this.#on) return
    if (this.#held) this.#held.push(task)
    else task()
  }
}
