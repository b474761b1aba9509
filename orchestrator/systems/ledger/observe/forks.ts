// The fork tree as the whole network saw it: blocks with their first sights, the most-work tip, and which blocks are
// on its chain. The tree's own object is written in place, what stands in it only where it is fresh. What it holds depends
// on the events only, not on the order in which different nodes' events arrive. Blocks below the last few hundred lose
// their detail (older.ts).

import { type Draft, type Fresh, made, ownList } from '../../../observe/fresh.ts'
import type { ErrorBetween } from '../../../observe/host-clocks.ts'
import type { BlockState } from '../state.ts'
import { aged, isStale, nothingOlder, type Older, rejoined } from './older.ts'

/** Blocks kept in detail. */
export const DETAIL_BLOCKS = 300
/** Hashes remembered from announcements whose block nobody has reported yet. */
const MAX_HINTS = 256

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

/** The block's place in `blocks`; -1 while nobody reported it. Events are nearly always about recent blocks. */
export function placeOf({ blocks }: Forks, hash: string): number {
  let at = blocks.length - 1
  while (at >= 0 && blocks[at]?.hash !== hash) at--
  return at
}

/** A node tells something of a block. */
export interface Sign {
  readonly hash: string
  /** Its place in `blocks`; -1 while nobody reported it. */
  readonly at: number
  readonly node: string
  readonly timeMs: number
  /** Where nodes have clocks of their own. */
  readonly errors?: ErrorBetween | undefined
}

/** The node has a first sign of the block; `mined`: it found it itself. */
export function sawBlock(forks: Draft<Forks>, sign: Sign, mined: boolean, fresh?: Fresh): void {
  const { hash, at, node } = sign
  const block = forks.blocks[at]
  if (block) {
    const seen = sighted(block, sign, false, fresh)
    replace(forks, at, mined ? { ...seen, miner: node } : seen, fresh)
    return
  }
  hint(forks, hash, before => ({
    ...before,
    miner: mined ? node : before.miner,
    seen: new Map(before.seen).set(node, Math.min(sign.timeMs, before.seen.get(node) ?? sign.timeMs)),
  }))
}

/** The node found this block. */
export function minedBlock(forks: Draft<Forks>, { hash, at, node }: Sign, fresh?: Fresh): void {
  const block = forks.blocks[at]
  if (!block) hint(forks, hash, before => ({ ...before, miner: node }))
  else if (block.miner !== node) replace(forks, at, { ...block, miner: node }, fresh)
}

/** What is known of nodes when a block arrives. */
export interface Witness {
  /** Was the node up at that time? Arrivals at others are catching up. */
  up(node: string, timeMs: number): boolean
  /** Did something keep the node from what `origin` sends, between these times? */
  apart(origin: string | undefined, node: string, fromMs: number, toMs: number): boolean
  /** How many nodes ran at that time? */
  running(timeMs: number): number
  /** Who sent it the block. */
  readonly source: string | undefined
}

/** The node has the whole block. */
export function receivedBlock(
  forks: Draft<Forks>,
  sign: Sign,
  facts: BlockFacts,
  witness: Witness,
  fresh?: Fresh,
): void {
  const { at, node } = sign
  const known = forks.blocks[at]
  if (known) {
    if (witness.up(node, known.firstSeenMs)) replace(forks, at, arrived(known, sign, witness, fresh), fresh)
    return
  }
  if (facts.height <= forks.older.height) return // a late node fetches what was folded long ago
  const block = unveil(forks, facts, sign, witness)
  const place = forks.blocks.findLastIndex(other => other.height <= block.height) + 1
  forks.blocks = reworked(forks.blocks.toSpliced(place, 0, block), block)
  reselect(forks, fresh)
  age(forks, fresh)
}

/** The node has it on its chain. */
export function connectedBlock(forks: Draft<Forks>, { hash, at }: Sign, fresh?: Fresh): void {
  const block = forks.blocks[at]
  if (!block) hint(forks, hash, before => ({ ...before, connected: true }))
  else if (!block.connected) {
    replace(forks, at, { ...block, connected: true }, fresh)
    reselect(forks, fresh)
  }
}

/** The node found that the block breaks a rule. */
export function rejectedBlock(forks: Draft<Forks>, { at }: Sign, reason: string, fresh?: Fresh): void {
  const block = forks.blocks[at]
  if (block) replace(forks, at, { ...block, rejected: reason }, fresh)
}

/** The node refuses it for the rule of a deployment. */
export function refusedBlock(forks: Draft<Forks>, { at }: Sign, deployment: string, fresh?: Fresh): void {
  const block = forks.blocks[at]
  if (block && block.against === undefined) replace(forks, at, { ...block, against: deployment }, fresh)
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

type FirstSign = Pick<Sign, 'node' | 'timeMs' | 'errors'>

/** The block with a sign of it at a node; when it is the earliest anywhere, all times move with it. */
function sighted(block: BlockState, sign: FirstSign, whole: boolean, fresh?: Fresh): BlockState {
  const { node, timeMs, errors } = sign
  const atMs = timeMs - block.firstSeenMs
  if (atMs < 0) return moved(block, sign, whole)
  const seen = !isBy(block.seenMs[node], atMs)
  const received = whole && !isBy(block.receivedMs[node], atMs)
  if (!seen && !received) return block
  const own = writable(block, fresh)
  if (seen) own.seenMs = withEntry(own.seenMs, node, atMs, fresh)
  if (received) own.receivedMs = withEntry(own.receivedMs, node, atMs, fresh)
  if (received && errors)
    own.errorsMs = withEntry(own.errorsMs ?? {}, node, errors(firstAt(own), node), fresh)
  return own
}

const isBy = (ms: number | undefined, atMs: number) => ms !== undefined && ms <= atMs

/** The block first seen earlier than was thought. Never in place: its old times are still to be told. */
function moved(block: BlockState, sign: FirstSign, whole: boolean): BlockState {
  const { node, timeMs: firstSeenMs, errors } = sign
  const byMs = block.firstSeenMs - firstSeenMs
  const later = (ms: number) => ms + byMs
  const seenMs = mapped(block.seenMs, later)
  const receivedMs = mapped(block.receivedMs, later)
  seenMs[node] = 0
  if (whole) receivedMs[node] = 0
  if (!errors) return { ...block, firstSeenMs, seenMs, receivedMs }
  const errorsMs: Record<string, number> = {}
  for (const each of Object.keys(receivedMs)) errorsMs[each] = errors(node, each)
  return { ...block, firstSeenMs, seenMs, receivedMs, errorsMs }
}

/** The whole block with its sign at a node, who sent it, and whether that says something of propagation. */
function arrived(block: BlockState, sign: FirstSign, witness: Witness, fresh?: Fresh): BlockState {
  const { node, timeMs } = sign
  const again = block.receivedMs[node] !== undefined // read now: the table may be written in place
  const seen = sighted(block, sign, true, fresh)
  if (again) return seen
  const { source } = witness
  const origin = seen.miner ?? firstAt(seen)
  const kept = witness.apart(origin, node, seen.firstSeenMs, timeMs)
  const sent = source !== undefined && source !== node
  if (!kept && !sent) return seen
  const own = writable(seen, fresh)
  if (sent) own.sources = withEntry(own.sources, node, source, fresh)
  if (kept) own.apart = withEntry(own.apart, node, true, fresh)
  return own
}

/** Where it was seen first. */
function firstAt({ seenMs }: BlockState): string | undefined {
  return Object.keys(seenMs).find(node => seenMs[node] === 0)
}

function writable(block: BlockState, fresh: Fresh | undefined): Draft<BlockState> {
  return fresh?.has(block) ? block : made({ ...block }, fresh)
}

/** By node. */
type Table<T> = { readonly [node: string]: T }

function withEntry<T>(table: Table<T>, node: string, value: T, fresh: Fresh | undefined): Table<T> {
  const own = fresh?.has(table) ? (table as Record<string, T>) : made(mapped(table, same), fresh)
  own[node] = value
  return own
}

/** Key by key into an object without prototype: 66 µs for a thousand nodes, where a spread takes 600 (V8 of Node 20). */
function mapped<T>(table: Table<T>, change: (value: T) => T): Record<string, T> {
  const copy: Record<string, T> = Object.create(null)
  for (const node in table) copy[node] = change(table[node] as T)
  return copy
}

const same = <T>(value: T) => value

function hint(forks: Draft<Forks>, hash: string, change: (hint: Hint) => Hint): void {
  const hints = new Map(forks.hints)
  hints.set(hash, change(hints.get(hash) ?? { miner: undefined, connected: false, seen: new Map() }))
  for (const oldest of hints.keys()) {
    if (hints.size <= MAX_HINTS) break
    hints.delete(oldest)
  }
  forks.hints = hints
}

/** A new block made of its header and of what was hinted before. */
function unveil(forks: Draft<Forks>, facts: BlockFacts, sign: Sign, witness: Witness): BlockState {
  const { node, timeMs, errors } = sign
  const hint = forks.hints.get(facts.hash)
  const hints = new Map(forks.hints)
  hints.delete(facts.hash)
  forks.hints = hints
  const { hash, prev, height, headerTime, bits, transactions, bytes } = facts
  const firstSeenMs = Math.min(timeMs, ...(hint?.seen.values() ?? []))
  const bare: BlockState = {
    ...{ hash, prev, height, headerTime, bits, transactions, bytes, firstSeenMs },
    miner: hint?.miner,
    running: witness.running(firstSeenMs),
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
    if (witness.up(seer, bare.firstSeenMs))
      block = sighted(block, { node: seer, timeMs: seenMs, errors }, false)
  if (witness.up(node, bare.firstSeenMs)) block = arrived(block, sign, witness)
  return block
}

/** Puts the block into its place. */
function replace(forks: Draft<Forks>, at: number, after: BlockState, fresh: Fresh | undefined): void {
  const before = forks.blocks[at]
  if (after === before || !before) return // the same, or written in place
  const blocks = ownList(forks.blocks, fresh)
  blocks[at] = after
  forks.blocks = blocks
  if (forks.best?.hash === after.hash) forks.best = after
  // An earlier first sight can decide a tie.
  else if (after.firstSeenMs < before.firstSeenMs) reselect(forks, fresh)
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
function reselect(forks: Draft<Forks>, fresh?: Fresh): void {
  let best: BlockState | undefined
  for (const block of forks.blocks)
    if (block.connected && (best === undefined || compareTips(block, best) > 0)) best = block
  if (best === undefined) return
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
  forks.blocks = forks.blocks.map(block => {
    const active = block.height < unknown ? block.active : chain.has(block.hash)
    return active === block.active ? block : { ...block, active }
  })
  forks.older = older ?? forks.older
  forks.best = forks.blocks[placeOf(forks, best.hash)]
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
function age(forks: Draft<Forks>, fresh: Fresh | undefined): void {
  const leaving = forks.blocks.slice(0, Math.max(0, forks.blocks.length - DETAIL_BLOCKS))
  if (leaving.length === 0) return
  forks.blocks = forks.blocks.slice(leaving.length)
  forks.older = aged(forks.older, leaving, fresh !== undefined)
}
