// Orders by hand: what somebody does to single nodes from the command line, the screen or the page stands among the faults, from
// when a node went away until it is back, whoever brings it back. It is nobody's claim that has to be measured.

import type { FaultReport } from '../chaos/chaos.ts'
import type { ObservedEvent, TestnetEvent } from '../observe/events.ts'

export type Order = 'start' | 'stop' | 'kill' | 'pause' | 'resume'
type Away = 'stop' | 'kill' | 'pause'

const isAway = (order: Order): order is Away => order !== 'start' && order !== 'resume'

interface Open {
  readonly id: string
  readonly order: Away
}

export interface ByHandOptions {
  readonly carryOut: (order: Order, node: string) => Promise<void>
  readonly observe: (event: TestnetEvent) => void
}

export class ByHand {
  readonly #options: ByHandOptions
  /** Node → what was done to it last, while it is away. */
  readonly #open = new Map<string, Open>()
  #next = 1

  constructor(options: ByHandOptions) {
    this.#options = options
  }

  /** Ids of those in force. */
  get faults(): readonly string[] {
    return [...this.#open.values()].map(({ id }) => id)
  }

  /** Rejects when the node cannot do that now; then nothing has happened. */
  async give(order: Order, node: string): Promise<void> {
    await this.#options.carryOut(order, node)
    this.#end(node)
    if (!isAway(order)) return
    const id = `${order}-by-hand-${this.#next++}`
    this.#open.set(node, { id, order })
    const [target, detail, byHand] = [node, 'by hand', true as const]
    this.#options.observe({ type: 'fault-started', id, kind: order, target, detail, byHand })
  }

  /** Brings back the node that this one took away, or all; undefined: it is none of these. */
  async heal(fault?: string): Promise<FaultReport[] | undefined> {
    const wanted = [...this.#open].filter(([, { id }]) => fault === undefined || id === fault)
    if (fault !== undefined && wanted.length === 0) return undefined
    return await Promise.all(
      wanted.map(async ([node, { id, order }]) => {
        await this.give(order === 'pause' ? 'resume' : 'start', node)
        const asked = `${node} is running`
        return { id, kind: order, target: 'healed', asked, measured: asked, verified: true }
      }),
    )
  }

  /** Somebody else may have brought a node back. */
  heard({ event }: ObservedEvent): void {
    if (event.type !== 'node-ready' && event.type !== 'node-resumed') return
    // Not among those who are still being told of this one.
    if (this.#open.has(event.node)) queueMicrotask(() => this.#end(event.node))
  }

  #end(node: string): void {
    const open = this.#open.get(node)
    if (!open) return
    this.#open.delete(node)
    this.#options.observe({ type: 'fault-ended', id: open.id })
  }
}
