// How long the nodes of a mixed network take over a block, from when all of it is there until they have it as theirs. Bounded.

import type { ObservedEvent } from '../observe/events.ts'
import type { Observer } from '../observe/observer.ts'

/** Blocks that came and never were connected are forgotten beyond so many a node. */
const MAX_OPEN = 500
/** Times kept a node. */
const MAX_TIMES = 2_000

/** Of one node: a block came, and was had. */
class Times {
  readonly taken: number[] = []
  readonly #since = new Map<string, number>()

  came(hash: string, timeMs: number): void {
    this.#since.set(hash, timeMs)
    if (this.#since.size > MAX_OPEN) this.#since.delete(this.#since.keys().next().value as string)
  }

  had(hash: string, timeMs: number): void {
    const sinceMs = this.#since.get(hash)
    if (sinceMs === undefined) return
    this.#since.delete(hash)
    this.taken.push(timeMs - sinceMs)
    if (this.taken.length >= 2 * MAX_TIMES) this.taken.splice(0, MAX_TIMES)
  }
}

/**
 * Ours say themselves when they have received and when they have connected a block. Of others' programs the bridge says when one was
 * handed over, and their spy when it heard of it from them, which they tell once they have judged it.
 */
export class ValidationTimes {
  readonly #foreign: Set<string>
  readonly #times = new Map<string, Times>()

  constructor(observer: Observer) {
    this.#foreign = new Set(observer.state().nodes.flatMap(({ name, client }) => (client ? [name] : [])))
  }

  /** Milliseconds, a block each; none where all nodes are ours. */
  of(node: string): readonly number[] {
    return this.#foreign.size === 0 ? [] : (this.#times.get(node)?.taken ?? []).slice(-MAX_TIMES)
  }

  take({ node, timeMs, event }: ObservedEvent): void {
    if (event.type === 'node-added' && event.client) this.#foreign.add(event.node)
    if (node === undefined || this.#foreign.size === 0) return
    const isForeign = this.#foreign.has(node)
    switch (event.type) {
      case 'block-handed':
        this.#timesOf(node).came(event.hash, timeMs)
        break
      case 'block-seen':
        if (isForeign) this.#timesOf(node).had(event.hash, timeMs)
        break
      case 'block-received':
        if (!isForeign) this.#timesOf(node).came(event.hash, timeMs - (event.afterMs ?? 0))
        break
      case 'block-connected':
        if (!isForeign) this.#timesOf(node).had(event.hash, timeMs)
    }
  }

  #timesOf(node: string): Times {
    const times = this.#times.get(node) ?? new Times()
    this.#times.set(node, times)
    return times
  }
}
