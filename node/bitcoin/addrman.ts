// The address manager, after Core's: a `new` table for what others told and a `tried` table for what answered.
// A keyed hash of the address and of who told of it fixes the few slots that an address may take, so that a peer
// that floods us with addresses fills only its own share of the tables.

import type { Address, Random } from '../core/host.ts'
import { type AddressEntry, chanceOf, DAY_SECONDS, HOUR_SECONDS, isTerrible } from './address-entry.ts'
import { type KeyedHash, keyedHash } from './keyed-hash.ts'
import { isDialable, netgroup } from './netgroup.ts'

export const NEW_BUCKETS = 1024
export const TRIED_BUCKETS = 256
export const BUCKET_SIZE = 64
/** Buckets that addresses told by one network group may fall into. */
export const NEW_BUCKETS_PER_SOURCE = 64
/** Buckets that addresses of one network group may fall into once tried. */
export const TRIED_BUCKETS_PER_GROUP = 8
/** New buckets that one address may be in. */
export const MAX_NEW_SLOTS = 8

const MAX_COLLISIONS = 10
/** A tried address that answered so lately is not replaced. */
const REPLACEMENT_SECONDS = 4 * HOUR_SECONDS
/** A candidate whose rival could not be tested for so long replaces it. */
const TEST_WINDOW_SECONDS = 40 * 60
/** What was seen so lately needs no new time. */
const SEEN_INTERVAL_SECONDS = 20 * 60
/** An attempt that is older has failed. */
const ATTEMPT_SECONDS = 60

export interface AddressManagerOptions {
  /** 32 secret bytes: whoever knows them can aim at slots. */
  readonly key: Uint8Array
  readonly random: Random
  /** Seconds since the epoch. */
  now(): number
}

export interface AddressNews {
  readonly address: Address
  readonly services: bigint
  /** Seconds since the epoch. */
  readonly time: number
}

export class AddressManager {
  readonly #now: () => number
  readonly #random: Random
  readonly #hash: KeyedHash
  readonly #entries = new Map<Address, AddressEntry>()
  readonly #new = new Map<number, AddressEntry>()
  readonly #tried = new Map<number, AddressEntry>()
  /** Addresses that answered and found their tried slot taken; its holder is tested before it must go. */
  readonly #collisions = new Set<AddressEntry>()
  /** The tables' holders as lists to choose from; forgotten when a table changes. */
  #lists: { new?: readonly AddressEntry[]; tried?: readonly AddressEntry[] } = {}
  #revision = 0
  /** Core starts at 1, so that the very first attempts count. */
  #lastGood = 1

  constructor({ key, random, now }: AddressManagerOptions) {
    this.#now = now
    this.#random = random
    this.#hash = keyedHash(key)
  }

  get size(): number {
    return this.#entries.size
  }

  /** Addresses in the tried table. */
  get triedCount(): number {
    return this.#tried.size
  }

  get newCount(): number {
    return this.#entries.size - this.#tried.size
  }

  /** Rises with every change worth storing. */
  get revision(): number {
    return this.#revision
  }

  get(address: Address): Readonly<AddressEntry> | undefined {
    return this.#entries.get(address)
  }

  entries(): Iterable<Readonly<AddressEntry>> {
    return this.#entries.values()
  }

  /** `source` told of it. `penaltySeconds` makes hearsay look older than it says. True if it was unknown. */
  add(news: AddressNews, source: Address, penaltySeconds = 0): boolean {
    if (!isDialable(news.address)) return false
    const known = this.#entries.get(news.address)
    const time = Math.max(0, news.time - penaltySeconds)
    if (known && !this.#refresh(known, news, time, penaltySeconds)) return false
    const entry = known ?? this.#makeEntry(news, netgroup(source), time)
    const slot = this.#newSlot(entry.address, netgroup(source))
    if (this.#mayTake(slot, entry)) {
      this.#clearNew(slot)
      this.#entries.set(entry.address, entry)
      this.#putNew(slot, entry)
    }
    this.#revision++
    return !known && this.#entries.has(entry.address)
  }

  /** It answered: into the tried table, unless that slot's holder must be tested first. */
  good(address: Address): void {
    const entry = this.#entries.get(address)
    if (!entry) return
    const now = this.#now()
    this.#lastGood = now
    entry.lastTry = now
    entry.lastSuccess = now
    entry.attempts = 0
    this.#revision++
    if (entry.triedSlot !== undefined) return
    if (!this.#tried.has(this.#triedSlot(entry))) this.#makeTried(entry)
    else if (this.#collisions.size < MAX_COLLISIONS) this.#collisions.add(entry)
  }

  /**
   * It is being dialled. Counts as a failure until `good` says otherwise, but only once between two successes
   * with any address: a node that is cut off must not come to think that everybody else is gone.
   */
  attempt(address: Address): void {
    const entry = this.#entries.get(address)
    if (!entry) return
    const now = this.#now()
    entry.lastTry = now
    if (entry.lastCountedTry < this.#lastGood) {
      entry.lastCountedTry = now
      entry.attempts++
    }
    this.#revision++
  }

  /** A connection to it ended after it had worked: it was alive until now. */
  seen(address: Address): void {
    const entry = this.#entries.get(address)
    if (!entry) return
    const now = this.#now()
    if (now - entry.time <= SEEN_INTERVAL_SECONDS) return
    entry.time = now
    this.#revision++
  }

  /** One to dial, new and tried tables with equal chance, the likelier to answer the likelier. */
  select(newOnly = false): Readonly<AddressEntry> | undefined {
    const now = this.#now()
    const useTried = !newOnly && this.#tried.size > 0 && (this.#new.size === 0 || this.#random.float() < 0.5)
    const slots = useTried ? this.#triedList() : this.#newList()
    if (slots.length === 0) return undefined
    for (let factor = 1; ; factor *= 1.2) {
      const entry = slots[this.#random.int(slots.length)]
      if (entry && this.#random.float() < factor * chanceOf(entry, now)) return entry
    }
  }

  #newList(): readonly AddressEntry[] {
    this.#lists.new ??= [...this.#new.values()]
    return this.#lists.new
  }

  #triedList(): readonly AddressEntry[] {
    this.#lists.tried ??= [...this.#tried.values()]
    return this.#lists.tried
  }

  /** A random selection to tell others. */
  sample(max: number): Readonly<AddressEntry>[] {
    const now = this.#now()
    const all = [...this.#entries.values()].filter(entry => !isTerrible(entry, now))
    const count = Math.min(max, all.length)
    for (let i = 0; i < count; i++) {
      const j = i + this.#random.int(all.length - i)
      const swapped = all[j] as AddressEntry
      all[j] = all[i] as AddressEntry
      all[i] = swapped
    }
    return all.slice(0, count)
  }

  /** The holder of a contested tried slot, to be dialled as a test. */
  contested(): Readonly<AddressEntry> | undefined {
    const rivals = [...this.#collisions]
    const rival = rivals[this.#random.int(rivals.length)]
    return rival && this.#tried.get(this.#triedSlot(rival))
  }

  /** Settles what the tests have shown since: a holder that answered stays, one that did not makes room. */
  resolveCollisions(): void {
    const now = this.#now()
    for (const entry of [...this.#collisions]) {
      const holder = this.#tried.get(this.#triedSlot(entry))
      const verdict = !this.#entries.has(entry.address) ? 'stays' : judge(holder, entry, now)
      if (verdict === 'open') continue
      this.#collisions.delete(entry)
      if (verdict === 'goes') this.#makeTried(entry)
    }
  }

  /** Puts back what was stored; slots that no longer fit are dropped. */
  restore(entry: AddressEntry): void {
    if (this.#entries.has(entry.address) || !isDialable(entry.address)) return
    const slots = [...entry.newSlots].filter(slot => slot < NEW_BUCKETS * BUCKET_SIZE && !this.#new.has(slot))
    entry.newSlots.clear()
    const triedSlot = this.#triedSlot(entry)
    if (entry.triedSlot !== undefined && !this.#tried.has(triedSlot)) {
      entry.triedSlot = triedSlot
      this.#tried.set(triedSlot, entry)
      this.#lists = {}
    } else {
      entry.triedSlot = undefined
      if (slots.length === 0) return
      for (const slot of slots.slice(0, MAX_NEW_SLOTS)) this.#putNew(slot, entry)
    }
    this.#entries.set(entry.address, entry)
  }

  #makeEntry(news: AddressNews, sourceGroup: string, time: number): AddressEntry {
    return {
      address: news.address,
      group: netgroup(news.address),
      sourceGroup,
      services: news.services,
      time,
      lastTry: 0,
      lastCountedTry: 0,
      lastSuccess: 0,
      attempts: 0,
      newSlots: new Set(),
      triedSlot: undefined,
    }
  }

  /** Heard of again. True if it may take another slot of the new table: each is twice as hard to get as the last. */
  #refresh(entry: AddressEntry, news: AddressNews, time: number, penaltySeconds: number): boolean {
    const online = this.#now() - news.time < DAY_SECONDS
    const interval = online ? HOUR_SECONDS : DAY_SECONDS
    if (entry.time < news.time - interval - penaltySeconds) entry.time = time
    entry.services |= news.services
    if (news.time <= entry.time || entry.triedSlot !== undefined || entry.newSlots.size >= MAX_NEW_SLOTS)
      return false
    return this.#random.int(2 ** entry.newSlots.size) === 0
  }

  /** A slot is free for an entry when its holder is worthless, or has other slots while the entry has none. */
  #mayTake(slot: number, entry: AddressEntry): boolean {
    const holder = this.#new.get(slot)
    if (!holder) return true
    if (holder === entry) return false
    return isTerrible(holder, this.#now()) || (holder.newSlots.size > 1 && entry.newSlots.size === 0)
  }

  #putNew(slot: number, entry: AddressEntry): void {
    this.#lists = {}
    this.#new.set(slot, entry)
    entry.newSlots.add(slot)
  }

  #clearNew(slot: number): void {
    const holder = this.#new.get(slot)
    if (!holder) return
    this.#lists = {}
    this.#new.delete(slot)
    holder.newSlots.delete(slot)
    if (holder.newSlots.size === 0 && holder.triedSlot === undefined) this.#entries.delete(holder.address)
  }

  /** Out of the new table into its tried slot; the slot's holder goes back to the new table. */
  #makeTried(entry: AddressEntry): void {
    this.#lists = {}
    for (const slot of entry.newSlots) this.#new.delete(slot)
    entry.newSlots.clear()
    const slot = this.#triedSlot(entry)
    const holder = this.#tried.get(slot)
    if (holder) {
      holder.triedSlot = undefined
      const back = this.#newSlot(holder.address, holder.sourceGroup)
      this.#clearNew(back)
      this.#putNew(back, holder)
    }
    entry.triedSlot = slot
    this.#tried.set(slot, entry)
    this.#revision++
  }

  #newSlot(address: Address, sourceGroup: string): number {
    const spread = this.#hash('source', netgroup(address), sourceGroup) % NEW_BUCKETS_PER_SOURCE
    const bucket = this.#hash('new', sourceGroup, spread) % NEW_BUCKETS
    return bucket * BUCKET_SIZE + (this.#hash('new', bucket, address) % BUCKET_SIZE)
  }

  #triedSlot({ address, group }: AddressEntry): number {
    const spread = this.#hash('address', address) % TRIED_BUCKETS_PER_GROUP
    const bucket = this.#hash('tried', group, spread) % TRIED_BUCKETS
    return bucket * BUCKET_SIZE + (this.#hash('tried', bucket, address) % BUCKET_SIZE)
  }
}

/** Does the holder of a tried slot stay, does it go for the rival, or is the test still open? */
function judge(
  holder: AddressEntry | undefined,
  rival: AddressEntry,
  now: number,
): 'stays' | 'goes' | 'open' {
  if (!holder) return 'goes'
  if (now - holder.lastSuccess < REPLACEMENT_SECONDS) return 'stays'
  if (now - holder.lastTry < REPLACEMENT_SECONDS)
    return now - holder.lastTry > ATTEMPT_SECONDS ? 'goes' : 'open'
  return now - rival.lastSuccess > TEST_WINDOW_SECONDS ? 'goes' : 'open'
}
