// Who goes first when a mempool is too full: the transactions that pay least for their size, with all that hangs on them.

import { Heap } from './heap.ts'
import { type MempoolEntry, type PackageGraph, reach } from './packages.ts'

/** What keeps a transaction in the mempool: its own fee rate, or that of it and all that need it, if that is better. */
export function keepingRate({ own, descendants }: MempoolEntry): number {
  return Math.max(own.feeSat / own.vsize, descendants.feeSat / descendants.vsize)
}

interface Rank {
  readonly entry: MempoolEntry
  readonly rate: number
}

/** Outdated ranks beyond so many for each entry are thrown away together. */
const MAX_RANKS_AN_ENTRY = 8
const SPARE_RANKS = 1_000

/**
 * All entries of a full mempool by what they are worth. Made when it becomes full, and told of every change from then on: a
 * rank that is outdated stays in the queue and is passed over, so that each change costs a logarithm.
 */
export class Victims {
  readonly #graph: PackageGraph
  #queue: Heap<Rank>

  constructor(graph: PackageGraph) {
    this.#graph = graph
    this.#queue = this.#ranked()
  }

  /** One that is worth least; it stays first until it is removed or worth more. */
  worst(): MempoolEntry | undefined {
    for (let next = this.#queue.pop(); next !== undefined; next = this.#queue.pop()) {
      const { entry, rate } = next
      if (this.#graph.get(entry.tx.txid) !== entry || rate !== keepingRate(entry)) continue
      this.#queue.push(next)
      return entry
    }
    return undefined
  }

  /** These are new, or something that hangs on them has come or gone. */
  changed(entries: Iterable<MempoolEntry>): void {
    for (const entry of reach(entries, 'parents')) this.#queue.push(rank(entry))
    if (this.#queue.size > MAX_RANKS_AN_ENTRY * this.#graph.size + SPARE_RANKS) this.#queue = this.#ranked()
  }

  #ranked(): Heap<Rank> {
    return new Heap<Rank>((a, b) => a.rate < b.rate, Array.from(this.#graph.entries(), rank))
  }
}

function rank(entry: MempoolEntry): Rank {
  return { entry, rate: keepingRate(entry) }
}
