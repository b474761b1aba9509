// The order in which blocks were there with all their ancestors: between chains of equal work it decides (first seen).

import { type BlockEntry, isRefused } from './types.ts'

export class BlockSequence {
  #next = 1
  /** Stored blocks by the parent whose block, or an ancestor's, is missing. */
  readonly #waiting = new Map<BlockEntry, BlockEntry[]>()

  /** Goes on where these entries leave off. */
  constructor(entries: Iterable<BlockEntry>) {
    for (const entry of entries) {
      const { parent, sequence, transactions } = entry
      this.#next = Math.max(this.#next, sequence + 1)
      if (parent && transactions > 0 && sequence === 0 && !isRefused(entry)) this.#wait(entry, parent)
    }
  }

  /** Numbers a block that has just been stored and those that waited for it: all that are complete now, in order. */
  add(stored: BlockEntry): BlockEntry[] {
    const parent = stored.parent as BlockEntry
    if (parent.sequence === 0) {
      this.#wait(stored, parent)
      return []
    }
    const complete = [stored]
    for (const entry of complete) {
      entry.sequence = this.#next++
      if (this.#waiting.size === 0) continue
      complete.push(...(this.#waiting.get(entry) ?? []))
      this.#waiting.delete(entry)
    }
    return complete
  }

  #wait(entry: BlockEntry, parent: BlockEntry): void {
    this.#waiting.set(parent, [...(this.#waiting.get(parent) ?? []), entry])
  }
}
