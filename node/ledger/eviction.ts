// Who goes first when a mempool is too full: the transactions that pay least for their size, with all that hangs on them.

import { Heap } from './heap.ts'
import { type MempoolEntry, type PackageGraph, reach } from './packages.ts'

/** What keeps a transaction in the mempool: its own fee rate, or that of it and all that need it, if that is better. */
export function keepingRate({ feeSat, vsize, descendants }: MempoolEntry): number {
  return Math.max(feeSat / vsize, descendants.feeSat / descendants.vsize)
}

/**
 * Gives the entry that is worth least, as long as one is asked for; it must be removed with its descendants before the next.
 * Those that what is taken away hung on are worth more or less without it, so they stand in the queue again: n log n for all n.
 */
export function* worstFirst(graph: PackageGraph): Generator<MempoolEntry, void> {
  const rank = (entry: MempoolEntry) => ({ entry, rate: keepingRate(entry) })
  const start = Array.from(graph.entries(), rank)
  const queue = new Heap<ReturnType<typeof rank>>((a, b) => a.rate < b.rate, start)
  for (let next = queue.pop(); next !== undefined; next = queue.pop()) {
    const { entry, rate } = next
    const isOutdated = graph.get(entry.tx.txid) !== entry || rate !== keepingRate(entry)
    if (isOutdated) continue
    const family = reach([entry], 'children')
    const ancestors = reach(family, 'parents')
    yield entry
    for (const ancestor of ancestors) if (!family.has(ancestor)) queue.push(rank(ancestor))
  }
}
