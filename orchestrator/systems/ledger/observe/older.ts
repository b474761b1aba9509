// Blocks that are too old for detail: enough of each to follow a reorganisation that goes deep below what is kept in
// detail (a long partition that heals), and totals over all. Beyond MAX_BLOCKS of them only the totals stay.

import type { BlockState, IntervalHistogram } from '../state.ts'
import { noIntervals, withIntervals } from './intervals.ts'
import { noSpread, type Spread, spreadWith } from './propagation.ts'

/** About 2 MB of them. */
const MAX_BLOCKS = 10_000
/** So many more go together: whoever asks a Map for its oldest entry walks over all that went before. */
const GO_TOGETHER = 500

type Lean = Pick<BlockState, 'prev' | 'firstSeenMs' | 'active' | 'connected' | 'rejected' | 'transactions'>

export interface Older {
  /** The greatest that has left the detail. */
  readonly height: number
  readonly blocks: number
  readonly stale: number
  readonly transactions: number
  /** Oldest first. */
  readonly lean: ReadonlyMap<string, Lean>
  /** The last one on the best chain. */
  readonly top: string | undefined
  /** As the chain was when its blocks left; a later reorganisation of them does not change it. */
  readonly intervals: IntervalHistogram
  /** The same holds for how they spread. */
  readonly spread: Spread
}

export function nothingOlder(blockIntervalMs: number): Older {
  const intervals = noIntervals(blockIntervalMs)
  const spread = noSpread()
  return {
    height: 0,
    blocks: 0,
    stale: 0,
    transactions: 0,
    lean: new Map(),
    top: undefined,
    intervals,
    spread,
  }
}

/** Invalid ones are not counted. */
export const isStale = (block: Pick<Lean, 'active' | 'connected' | 'rejected'>) =>
  !block.active && (block.connected || block.rejected === undefined)

const paymentsIn = ({ transactions }: Pick<Lean, 'transactions'>) => Math.max(0, transactions - 1)

/** With blocks that leave the detail. `own`: nobody else holds `older`, so its table may be written in place. */
export function aged(older: Older, leaving: readonly BlockState[], own: boolean): Older {
  let { height, blocks, stale, transactions, top } = older
  const lean = writable(older, own)
  const intervals = chainIntervals(older, leaving)
  for (const block of leaving) {
    const { hash, prev, firstSeenMs, active, connected, rejected } = block
    height = Math.max(height, block.height)
    blocks += 1
    stale += isStale(block) ? 1 : 0
    transactions += active ? paymentsIn(block) : 0
    if (active) top = hash
    lean.set(hash, { prev, firstSeenMs, active, connected, rejected, transactions: block.transactions })
  }
  if (lean.size >= MAX_BLOCKS + GO_TOGETHER)
    for (const oldest of lean.keys()) {
      if (lean.size <= MAX_BLOCKS) break
      lean.delete(oldest)
    }
  const spread = spreadWith(older.spread, leaving, own)
  return { height, blocks, stale, transactions, lean, top, intervals, spread }
}

/**
 * The best chain enters the old blocks at `hash`: marks it down to where it meets what was marked. Undefined when it
 * cannot be followed that far.
 */
export function rejoined(older: Older, hash: string, own: boolean): Older | undefined {
  const { lean, top } = older
  if (top === undefined) return undefined
  if (hash === top) return older
  const joining: string[] = []
  let at = hash
  for (let block = lean.get(at); !block?.active; block = lean.get(at)) {
    if (block === undefined) return undefined
    joining.push(at)
    at = block.prev
  }
  const leaving: string[] = []
  for (let old = top; old !== at; old = lean.get(old)?.prev ?? at) leaving.push(old)
  return { ...remarked(older, leaving, joining, own), top: hash }
}

function remarked(older: Older, leaving: readonly string[], joining: readonly string[], own: boolean): Older {
  const lean = writable(older, own)
  let { stale, transactions } = older
  const mark = (hash: string, active: boolean) => {
    const before = lean.get(hash)
    if (before === undefined || before.active === active) return
    const after = { ...before, active }
    lean.set(hash, after)
    stale += Number(isStale(after)) - Number(isStale(before))
    transactions += active ? paymentsIn(before) : -paymentsIn(before)
  }
  for (const hash of leaving) mark(hash, false)
  for (const hash of joining) mark(hash, true)
  return { ...older, lean, stale, transactions }
}

const writable = ({ lean }: Older, own: boolean) => (own ? (lean as Map<string, Lean>) : new Map(lean))

/** Of the best chain: its old blocks and then `kept`. */
export function chainIntervals({ intervals, lean, top }: Older, kept: readonly BlockState[]) {
  const afterMs = top === undefined ? undefined : lean.get(top)?.firstSeenMs
  return withIntervals(
    intervals,
    afterMs,
    kept.filter(block => block.active),
  )
}
