// Who will not connect to whom any more: a node that proved a peer hostile refuses it for as long as it lives.

import type { ObservedEvent } from '../observe/events.ts'

export class Shunned {
  /** Node → addresses. */
  readonly #of = new Map<string, Set<string>>()

  heard({ node, event }: ObservedEvent): void {
    // It remembers nothing of it in another life.
    if (event.type === 'node-ready') this.#of.delete(event.node)
    if (node === undefined || event.type !== 'misbehaviour') return
    const addresses = this.#of.get(node) ?? new Set()
    this.#of.set(node, addresses.add(event.address))
  }

  /** Whether the node refuses whoever listens there. */
  has(node: string, address: string): boolean {
    return this.#of.get(node)?.has(address) ?? false
  }
}
