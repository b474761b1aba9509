// The fork tree as the whole network saw it: blocks with their first sights, the most-work tip, and which blocks are
// on its chain. Pure and immutable. What it holds depends on the events only, not on the order in which different
// nodes' events arrive. Blocks below the last few hundred lose their detail (older.ts).

import { aged, isStale, nothingOlder, type Older, rejoined } from './older.ts'
import type { BlockState } from './state.ts'

/** Blocks kept in detail. */
export const DETAIL_BLOCKS = 300
/** Hashes remembered from announcements whose block nobody has reported yet. */
const MAX_HINTS = 256

/**
 * Tables of times made since somebody last looked: nobody else holds them, so they may be written in place. A table of a
 * thousand nodes is then copied once a snapshot, not once an event (200 µs). Without it every change copies.
 */
export type Fresh = WeakSet<object>

/** Signs of a block before its header is known. */
interface Hint {
  readonly miner: string | undefined
  readonly connected: boolean
  /** Node → ms since the epoch. */
  readonly seen: ReadonlyMap<string, number>
}

export interface Forks {
  /** By height, then arrival. */
  readonly blocks: readonly BlockState[]
  readonly hints: ReadonlyMap<string, Hint>
  readonly best: BlockState | undefined
  /** What is kept of the blocks that left `blocks`. */
  readonly older: Older
}

export function noForks(blockIntervalMs: number): Forks {
  return { blocks: [], hints: new Map(), best: undefined, older: nothingOlder(blockIntervalMs) }
}

/** What a header tells, as in the event `block-received`. */
export interface BlockFacts {
  readonly hash: string
  readonly prev: string
  readonly height: number
  readonly headerTime: number
  readonly bits: number
  readonly transactions: number
  readonly bytes: number
}

export function findBlock(forks: Forks, hash: string): BlockState | undefined {
  return forks.blocks[indexOf(forks, hash)]
}

/** Events are about recent blocks nearly always, so the search begins at the end. */
function indexOf(forks: Forks, hash: string): number {
  return forks.blocks.findLastIndex(block => block.hash === hash)
}

/** `node` has a first sign of the block; `mined`: it found it itself. */
export function sawBlock(
  forks: Forks,
  hash: string,
  node: string,
  timeMs: number,
  mined: boolean,
  fresh?: Fresh,
): Forks {
  const block = findBlock(forks, hash)
  if (block) {
    const seen = sighted(block, node, timeMs, false, fresh)
    return replaced(forks, block, mined ? { ...seen, miner: node } : seen)
  }
  return hinted(forks, hash, hint => ({
    ...hint,
    miner: mined ? node : hint.miner,
    seen: new Map(hint.seen).set(node, Math.min(timeMs, hint.seen.get(node) ?? timeMs)),
  }))
}

/** `node` found this block. */
export function minedBlock(forks: Forks, hash: string, node: string): Forks {
  const block = findBlock(forks, hash)
  if (block) return block.miner === node ? forks : replaced(forks, block, { ...block, miner: node })
  return hinted(forks, hash, hint => ({ ...hint, miner: node }))
}

/** What is known of nodes when a block arrives. */
export interface Witness {
  /** Was the node up at that time? Arrivals at others are catching up. */
  up(node: string, timeMs: number): boolean
  /** Did something keep the node from what `origin` sends, between these times? */
  apart(origin: string | undefined, node: string, fromMs: number, toMs: number): boolean
  /** Who sent it the block. */
  readonly source: string | undefined
}

/** `node` has the whole block. */
export function receivedBlock(
  forks: Forks,
  facts: BlockFacts,
  node: string,
  timeMs: number,
  witness: Witness,
  fresh?: Fresh,
): Forks {
  const known = findBlock(forks, facts.hash)
  if (known)
    return witness.up(node, known.firstSeenMs)
      ? replaced(forks, known, arrived(known, node, timeMs, witness, fresh))
      : forks
  if (facts.height <= forks.older.height) return forks // a late node fetches what was folded long ago
  const { block, hints } = unveiled(forks, facts, node, timeMs, witness)
  const at = forks.blocks.findLastIndex(other => other.height <= block.height) + 1
  const blocks = reworked([...forks.blocks.slice(0, at), block, ...forks.blocks.slice(at)], block)
  return folded(reselected({ ...forks, blocks, hints }, fresh), fresh)
}

/** Some node has it on its chain. */
export function connectedBlock(forks: Forks, hash: string, fresh?: Fresh): Forks {
  const block = findBlock(forks, hash)
  if (!block) return hinted(forks, hash, hint => ({ ...hint, connected: true }))
  if (block.connected) return forks
  return reselected(replaced(forks, block, { ...block, connected: true }), fresh)
}

/** A node found that the block breaks a rule. */
export function rejectedBlock(forks: Forks, hash: string, reason: string): Forks {
  const block = findBlock(forks, hash)
  return block ? replaced(forks, block, { ...block, rejected: reason }) : forks
}

/** Totals over folded and kept blocks. */
export function forkTotals(forks: Forks): { blocks: number; stale: number; transactions: number } {
  let { blocks, stale, transactions } = forks.older
  for (const block of forks.blocks) {
    blocks += 1
    stale += isStale(block) ? 1 : 0
    transactions += confirmedBy(block)
  }
  return { blocks, stale, transactions }
}

const confirmedBy = (block: BlockState) => (block.active ? Math.max(0, block.transactions - 1) : 0)

/** The block with a sign of it at `node`; when it is the earliest anywhere, all times move with it. */
function sighted(block: BlockState, node: string, timeMs: number, whole: boolean, fresh?: Fresh): BlockState {
  const earlier = Math.max(0, block.firstSeenMs - timeMs)
  const firstSeenMs = block.firstSeenMs - earlier
  const mark = (times: BlockState['seenMs'], set: boolean) => {
    const moved = earlier > 0 ? shifted(times, earlier) : times
    const atMs = timeMs - firstSeenMs
    return set && !((moved[node] ?? Number.POSITIVE_INFINITY) <= atMs)
      ? withEntry(moved, node, atMs, fresh)
      : moved
  }
  const seenMs = mark(block.seenMs, true)
  const receivedMs = mark(block.receivedMs, whole)
  const same = seenMs === block.seenMs && receivedMs === block.receivedMs
  return same ? block : { ...block, firstSeenMs, seenMs, receivedMs }
}

/** The whole block with its sign at `node`, who sent it, and whether that says something of propagation. */
function arrived(
  block: BlockState,
  node: string,
  timeMs: number,
  { source, apart }: Witness,
  fresh?: Fresh,
): BlockState {
  const again = block.receivedMs[node] !== undefined // read now: the table may be written in place
  const seen = sighted(block, node, timeMs, true, fresh)
  if (again) return seen
  const origin = seen.miner ?? firstAt(seen)
  const kept = apart(origin, node, seen.firstSeenMs, timeMs)
  const sent = source !== undefined && source !== node
  if (!kept && !sent) return seen
  return {
    ...seen,
    sources: sent ? withEntry(seen.sources, node, source, fresh) : seen.sources,
    apart: kept ? withEntry(seen.apart, node, true, fresh) : seen.apart,
  }
}

/** Where it was seen first. */
function firstAt({ seenMs }: BlockState): string | undefined {
  return Object.keys(seenMs).find(node => seenMs[node] === 0)
}

function withEntry<T>(
  table: { readonly [node: string]: T },
  node: string,
  value: T,
  fresh: Fresh | undefined,
): { readonly [node: string]: T } {
  if (fresh?.has(table)) {
    const own: Record<string, T> = table
    own[node] = value
    return own
  }
  const copy = { ...table, [node]: value }
  fresh?.add(copy)
  return copy
}

function shifted(times: BlockState['seenMs'], byMs: number): BlockState['seenMs'] {
  return Object.fromEntries(Object.entries(times).map(([node, ms]) => [node, ms + byMs]))
}

function hinted(forks: Forks, hash: string, change: (hint: Hint) => Hint): Forks {
  const hints = new Map(forks.hints)
  hints.set(hash, change(hints.get(hash) ?? { miner: undefined, connected: false, seen: new Map() }))
  for (const oldest of hints.keys()) {
    if (hints.size <= MAX_HINTS) break
    hints.delete(oldest)
  }
  return { ...forks, hints }
}

/** A new block made of its header and of what was hinted before. */
function unveiled(
  forks: Forks,
  facts: BlockFacts,
  node: string,
  timeMs: number,
  witness: Witness,
): { block: BlockState; hints: Forks['hints'] } {
  const hint = forks.hints.get(facts.hash)
  const hints = new Map(forks.hints)
  hints.delete(facts.hash)
  const { hash, prev, height, headerTime, bits, transactions, bytes } = facts
  const bare: BlockState = {
    ...{ hash, prev, height, headerTime, bits, transactions, bytes },
    miner: hint?.miner,
    firstSeenMs: Math.min(timeMs, ...(hint?.seen.values() ?? [])),
    receivedMs: {},
    seenMs: {},
    sources: {},
    apart: {},
    work: '0',
    connected: hint?.connected ?? false,
    rejected: undefined,
    active: false,
  }
  let block = bare
  for (const [seer, seenMs] of hint?.seen ?? [])
    if (witness.up(seer, bare.firstSeenMs)) block = sighted(block, seer, seenMs, false)
  if (witness.up(node, bare.firstSeenMs)) block = arrived(block, node, timeMs, witness)
  return { block, hints }
}

function replaced(forks: Forks, before: BlockState, after: BlockState): Forks {
  if (after === before) return forks
  const next = { ...forks, blocks: forks.blocks.with(indexOf(forks, before.hash), after) }
  if (forks.best?.hash === after.hash) return { ...next, best: after }
  // An earlier first sight can decide a tie.
  return after.firstSeenMs < before.firstSeenMs ? reselected(next) : next
}

/** Total work of `added` and of every kept block that descends from it. */
function reworked(blocks: readonly BlockState[], added: BlockState): BlockState[] {
  const works = new Map(blocks.map(block => [block.hash, BigInt(`0x${block.work}`)]))
  const changed = new Set<string>()
  return blocks.map(block => {
    if (block.hash !== added.hash && !changed.has(block.prev)) return block
    changed.add(block.hash)
    const own = workOfBits(block.bits)
    // Above genesis the parent's work is the same for all; above a gap, assume that it was as hard all along.
    const work = own + (works.get(block.prev) ?? own * BigInt(Math.max(0, block.height - 1)))
    works.set(block.hash, work)
    return { ...block, work: work.toString(16) }
  })
}

/** Work of a header: floor(2^256 / (target + 1)); 0 for compact targets that are negative, zero or overflow. */
export function workOfBits(bits: number): bigint {
  const exponent = bits >>> 24
  const mantissa = bits & 0x007fffff
  if ((bits & 0x00800000) !== 0 || mantissa === 0) return 0n
  const target =
    exponent <= 3 ? BigInt(mantissa >>> (8 * (3 - exponent))) : BigInt(mantissa) << BigInt(8 * (exponent - 3))
  return target === 0n || target >= 1n << 256n ? 0n : (1n << 256n) / (target + 1n)
}

/** Finds the best tip anew and marks its chain. */
function reselected(forks: Forks, fresh?: Fresh): Forks {
  let best: BlockState | undefined
  for (const block of forks.blocks)
    if (block.connected && (best === undefined || compareTips(block, best) > 0)) best = block
  if (best === undefined) return forks
  const byHash = new Map(forks.blocks.map(block => [block.hash, block]))
  const chain = new Set<string>()
  let lowest = best
  for (let at: BlockState | undefined = best; at; at = byHash.get(at.prev)) {
    chain.add(at.hash)
    lowest = at
  }
  const older = rejoined(forks.older, lowest.prev, fresh !== undefined)
  // Below a block that nobody reported the chain is unknown: what was marked there stays.
  const unknown = older === undefined ? lowest.height : 0
  const blocks = forks.blocks.map(block => {
    const active = block.height < unknown ? block.active : chain.has(block.hash)
    return active === block.active ? block : { ...block, active }
  })
  const found = blocks.findLast(block => block.hash === best.hash)
  return { ...forks, blocks, older: older ?? forks.older, best: found }
}

/** Positive when `a` is the better tip: more work, then seen first, then the lesser hash. */
function compareTips(a: BlockState, b: BlockState): number {
  // Hex without leading zeros: the longer is the greater.
  if (a.work.length !== b.work.length) return a.work.length - b.work.length
  if (a.work !== b.work) return a.work > b.work ? 1 : -1
  if (a.firstSeenMs !== b.firstSeenMs) return b.firstSeenMs - a.firstSeenMs
  return a.hash < b.hash ? 1 : -1
}

/** Takes the detail off the lowest blocks while there are too many. */
function folded(forks: Forks, fresh: Fresh | undefined): Forks {
  const leaving = forks.blocks.slice(0, Math.max(0, forks.blocks.length - DETAIL_BLOCKS))
  if (leaving.length === 0) return forks
  return {
    ...forks,
    blocks: forks.blocks.slice(leaving.length),
    older: aged(forks.older, leaving, fresh !== undefined),
  }
}
