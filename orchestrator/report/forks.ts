// Places where the chain forked: a branch that did not make it, beside what did. Pure.

import type { BlockLine } from './chronicle.ts'

export interface Fork {
  /** Height of the last block that both have. */
  readonly height: number
  readonly fromMs: number
  /** Blocks that were lost, oldest first; a tree is told as its longest branch. */
  readonly lost: readonly ForkBlock[]
  /** The best chain over the same heights, and one more. */
  readonly kept: readonly ForkBlock[]
}

export interface ForkBlock {
  readonly hash: string
  readonly height: number
  readonly miner: string | undefined
  readonly timeMs: number
}

/** The hashes of the chain that ends in `tip`. */
export function chainOf(lines: readonly BlockLine[], tip: string | undefined): ReadonlySet<string> {
  const prevOf = new Map(lines.map(({ hash, prev }) => [hash, prev]))
  const chain = new Set<string>()
  for (let at = tip; at !== undefined && prevOf.has(at) && !chain.has(at); at = prevOf.get(at)) chain.add(at)
  return chain
}

/** Every fork, oldest first. Branches of branches are told with the branch that they leave. */
export function forksOf(lines: readonly BlockLine[], chain: ReadonlySet<string>): readonly Fork[] {
  const byHash = new Map(lines.map(line => [line.hash, line]))
  const active = lines.filter(({ hash }) => chain.has(hash)).sort((a, b) => a.height - b.height)
  const stale = lines.filter(({ hash, rejected }) => !chain.has(hash) && !rejected)
  const hasChild = new Set(stale.map(({ prev }) => prev))
  const forks = new Map<string, Fork>()
  for (const end of stale) {
    if (hasChild.has(end.hash)) continue
    const lost: BlockLine[] = []
    for (let at: BlockLine | undefined = end; at && !chain.has(at.hash); at = byHash.get(at.prev))
      lost.unshift(at)
    const first = lost[0] ?? end
    const known = forks.get(first.hash)
    if (known && known.lost.length >= lost.length) continue
    const kept = active.filter(({ height }) => height >= first.height && height <= end.height + 1)
    const height = first.height - 1
    forks.set(first.hash, { height, fromMs: first.timeMs, lost: lost.map(bare), kept: kept.map(bare) })
  }
  return [...forks.values()].sort((a, b) => a.fromMs - b.fromMs)
}

const bare = ({ hash, height, miner, timeMs }: BlockLine): ForkBlock => ({ hash, height, miner, timeMs })
