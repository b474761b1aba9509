// Which transactions go into a block: those that pay most for their weight, together with the unconfirmed ones they need.

import { Heap } from './heap.ts'
import { type MempoolEntry, minus, reach, type Totals } from './packages.ts'
import { feeForSize } from './policy.ts'

/** Packages in a row that did not fit before an almost full block is taken as it is (Core's figure). */
const MAX_MISSES = 1_000
const ALMOST_FULL_WEIGHT = 4_000

export interface Room {
  readonly weight: number
  readonly sigopCost: number
  /** Packages that count for less stay out. */
  readonly minSatPerKvb: number
}

interface Candidate {
  readonly entry: MempoolEntry
  /** It and those of its ancestors that are not in the block yet. */
  readonly missing: Totals
  readonly rate: number
}

/**
 * Takes packages (a transaction with its missing ancestors) by fee rate until no more fit. A transaction in the block makes
 * its descendants' packages smaller, so those stand in the queue again with their new rate: n log n for n transactions.
 * The result has parents before children.
 */
export function selectPackages(entries: Iterable<MempoolEntry>, room: Room): MempoolEntry[] {
  const chosen = new Set<MempoolEntry>()
  const latest = new Map<MempoolEntry, Totals>()
  const start = [...entries].map(entry => candidate(entry, entry.ancestors))
  const queue = new Heap<Candidate>((a, b) => a.rate > b.rate, start)
  let { weight, sigopCost } = room
  let misses = 0
  for (let next = queue.pop(); next !== undefined; next = queue.pop()) {
    const { entry, missing } = next
    if (chosen.has(entry) || missing !== (latest.get(entry) ?? entry.ancestors)) continue
    // the best of what is left
    if (missing.feeSat < feeForSize(room.minSatPerKvb, missing.vsize)) break
    if (missing.weight > weight || missing.sigopCost > sigopCost) {
      if (++misses > MAX_MISSES && weight < ALMOST_FULL_WEIGHT) break
      continue
    }
    misses = 0
    weight -= missing.weight
    sigopCost -= missing.sigopCost
    for (const member of packageOf(entry, chosen)) {
      chosen.add(member)
      for (const descendant of reach(member.children, 'children')) {
        const rest = minus(latest.get(descendant) ?? descendant.ancestors, member)
        latest.set(descendant, rest)
        queue.push(candidate(descendant, rest))
      }
    }
  }
  return [...chosen]
}

/** The entry and its ancestors that are not chosen yet, parents first: a child has more ancestors than any of them. */
function packageOf(entry: MempoolEntry, chosen: ReadonlySet<MempoolEntry>): MempoolEntry[] {
  return [...reach([entry], 'parents')]
    .filter(member => !chosen.has(member))
    .sort((a, b) => a.ancestors.count - b.ancestors.count)
}

/** A poor child of rich ancestors looks rich only until they are chosen, and they stand before it in the queue. */
function candidate(entry: MempoolEntry, missing: Totals): Candidate {
  return { entry, missing, rate: missing.feeSat / missing.vsize }
}
