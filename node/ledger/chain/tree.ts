// The tree of all known headers: which has most work, how many wait for their blocks, and the ways through it.
// Knows nothing of what is in blocks or how they are stored.

import type { HashHex } from '../../bitcoin/wire/hex.ts'
import { workOfBits } from '../consensus/target.ts'
import { type BlockEntry, type Header, isRefused } from './types.ts'

export class BlockTree {
  // First what every message reads: among a thousand trees none is in the caches, and a second line of it costs as much again.
  /** Added last: almost all look-ups are for the block that is on its way now. */
  #newest: BlockEntry
  #missing = 0
  #best: BlockEntry
  #bestRefused: BlockEntry | undefined
  readonly #entries = new Map<HashHex, BlockEntry>()
  /** Entries without children. */
  readonly #leaves = new Set<BlockEntry>()
  readonly genesis: BlockEntry

  constructor(genesis: Header) {
    this.genesis = this.#insert(genesis, undefined)
    this.#newest = this.genesis
    this.#best = this.genesis
  }

  /** The entry with most work that is not known to be invalid; the first of them on ties. */
  get best(): BlockEntry {
    return this.#best
  }

  /** The refused entry with most work. */
  get bestRefused(): BlockEntry | undefined {
    return this.#bestRefused
  }

  /** How many headers lack their blocks, invalid chains apart. */
  get missing(): number {
    return this.#missing
  }

  get size(): number {
    return this.#entries.size
  }

  get(hash: HashHex): BlockEntry | undefined {
    return hash === this.#newest.hash ? this.#newest : this.#entries.get(hash)
  }

  entries(): Iterable<BlockEntry> {
    return this.#entries.values()
  }

  leaves(): Iterable<BlockEntry> {
    return this.#leaves
  }

  /** Adds a header on its parent. */
  add(header: Header, parent: BlockEntry): BlockEntry {
    const entry = this.#insert(header, parent)
    this.#newest = entry
    this.#leaves.delete(parent)
    if (entry.status === 'header') this.#missing++
    if (isRefused(entry)) this.#refused(entry)
    else if (entry.work > this.#best.work) this.#best = entry
    return entry
  }

  /** The block of an entry has come. */
  blockStored(entry: BlockEntry, transactions: number): void {
    entry.status = 'stored'
    entry.transactions = transactions
    this.#missing--
  }

  /** Marks an entry and everything on it; returns them all. */
  refuse(root: BlockEntry, as: 'invalid' | 'set-aside'): BlockEntry[] {
    const marked: BlockEntry[] = []
    for (const entry of this.#entries.values()) {
      if (entry.height < root.height || ancestor(entry, root.height) !== root) continue
      entry.status = as
      marked.push(entry)
    }
    this.survey()
    return marked
  }

  /** Takes the marks off an entry, off what it stands on and off everything on it (Core's ResetBlockFailureFlags); returns them all. */
  absolve(entry: BlockEntry): BlockEntry[] {
    const absolved: BlockEntry[] = []
    for (const one of this.#entries.values()) {
      if (!isRefused(one)) continue
      const [low, high] = one.height < entry.height ? [one, entry] : [entry, one]
      if (ancestor(high, low.height) !== low) continue
      one.status = one.transactions > 0 ? 'stored' : 'header'
      absolved.push(one)
    }
    this.survey()
    return absolved
  }

  /** Looks at every entry again, after statuses were changed from outside. The best of equal ones is the block that was first seen. */
  survey(): void {
    this.#best = this.genesis
    this.#bestRefused = undefined
    this.#missing = 0
    for (const entry of this.#entries.values()) {
      if (entry.status === 'header') this.#missing++
      if (isRefused(entry)) this.#refused(entry)
      if (isRefused(entry) || entry.work < this.#best.work) continue
      if (entry.work > this.#best.work || seenBefore(entry, this.#best)) this.#best = entry
    }
  }

  #refused(entry: BlockEntry): void {
    if (!this.#bestRefused || entry.work > this.#bestRefused.work) this.#bestRefused = entry
  }

  #insert(header: Header, parent: BlockEntry | undefined): BlockEntry {
    const height = parent ? parent.height + 1 : 0
    const entry: BlockEntry = {
      header,
      hash: header.hash,
      height,
      parent,
      skip: parent && ancestor(parent, skipHeight(height)),
      work: (parent?.work ?? 0n) + workOfBits(header.bits),
      status: parent && isRefused(parent) ? parent.status : 'header',
      sequence: 0,
      transactions: 0,
    }
    this.#entries.set(entry.hash, entry)
    this.#leaves.add(entry)
    return entry
  }
}

function seenBefore(a: BlockEntry, b: BlockEntry): boolean {
  return a.sequence > 0 && (b.sequence === 0 || a.sequence < b.sequence)
}

/** The ancestor at a height (or the entry itself); undefined above it or below genesis. */
export function ancestor(entry: BlockEntry, height: number): BlockEntry | undefined {
  if (height > entry.height || height < 0) return undefined
  let at: BlockEntry | undefined = entry
  while (at && at.height > height) {
    const to = skipHeight(at.height)
    // The parent's own skip may land closer to the goal than ours (Core's rule).
    const parentTo = skipHeight(at.height - 1)
    const skips: boolean = to === height || (to > height && !(parentTo < to - 2 && parentTo >= height))
    at = skips ? at.skip : at.parent
  }
  return at
}

/** The last entry that two branches share. */
export function forkPoint(a: BlockEntry, b: BlockEntry): BlockEntry {
  if (b.parent === a) return a
  const height = Math.min(a.height, b.height)
  let left = ancestor(a, height) as BlockEntry
  let right = ancestor(b, height) as BlockEntry
  while (left !== right) {
    // Equal heights have equal skip heights, so both sides may jump as long as they land apart.
    const jump = left.skip !== right.skip
    left = (jump ? left.skip : left.parent) as BlockEntry
    right = (jump ? right.skip : right.parent) as BlockEntry
  }
  return left
}

/** The entries from `from` (exclusive) up to its descendant `to`, in order. */
export function pathUp(from: BlockEntry, to: BlockEntry): BlockEntry[] {
  if (to.parent === from) return [to]
  const path: BlockEntry[] = []
  for (let at = to; at !== from && at.parent; at = at.parent) path.push(at)
  return path.reverse()
}

/** Hashes from `from` down to genesis, dense at first, then doubling the step: what `getheaders` carries. */
export function locator(from: BlockEntry): HashHex[] {
  const hashes: HashHex[] = []
  let step = 1
  let at: BlockEntry | undefined = from
  while (at) {
    hashes.push(at.hash)
    if (at.height === 0) break
    at = ancestor(at, Math.max(0, at.height - step))
    if (hashes.length > 10) step *= 2
  }
  return hashes
}

/** The height to which `skip` goes: bits of the height cleared, so that chains of skips are short (Core's rule). */
function skipHeight(height: number): number {
  if (height < 2) return 0
  return height & 1 ? clearLowestOne(clearLowestOne(height - 1)) + 1 : clearLowestOne(height)
}

function clearLowestOne(n: number): number {
  return n & (n - 1)
}
