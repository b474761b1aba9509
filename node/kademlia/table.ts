// The contacts that one node keeps of a Kademlia network: buckets of k by how many bits of its own id they share, so that it knows
// more of those that are near. Who answers stays; who does not makes room for one that waits.

import { commonBits, compareDistance } from './id.ts'

export const K = 8
/** Unanswered questions after which a contact is none any more. */
const MAX_FAILURES = 2

export interface Contact {
  readonly id: Uint8Array
  readonly address: string
}

interface Entry<C> {
  readonly contact: C
  seenMs: number
  failures: number
}

interface Bucket<C> {
  /** Who answered longest ago first. */
  entries: Entry<C>[]
  /** Seen while there was no room; the newest last. */
  waiting: C[]
  changedMs: number
}

export class RoutingTable<C extends Contact> {
  readonly own: Uint8Array
  readonly #buckets = new Map<number, Bucket<C>>()
  /** Address → its contact: one who answers under many ids must not fill the table alone. */
  readonly #byAddress = new Map<string, C>()
  #size = 0

  constructor(own: Uint8Array) {
    this.own = own
  }

  get size(): number {
    return this.#size
  }

  *[Symbol.iterator](): Iterator<C> {
    for (const { entries } of this.#buckets.values()) for (const { contact } of entries) yield contact
  }

  /** It answered just now. */
  answered(contact: C, nowMs: number): void {
    const bits = commonBits(this.own, contact.id)
    if (bits === 8 * this.own.length) return
    const there = this.#byAddress.get(contact.address)
    if (there && !isSame(there.id, contact.id)) {
      this.failed(there.id, nowMs) // it may have begun anew
      if (this.#byAddress.has(contact.address)) return
    }
    const bucket = this.#buckets.get(bits) ?? { entries: [], waiting: [], changedMs: nowMs }
    this.#buckets.set(bits, bucket)
    const at = bucket.entries.findIndex(entry => isSame(entry.contact.id, contact.id))
    const known = bucket.entries[at]
    // Whoever answers for another's id from elsewhere does not take its place.
    if (known && known.contact.address !== contact.address && known.failures === 0) return
    if (known) {
      bucket.entries.splice(at, 1)
      this.#byAddress.delete(known.contact.address)
    } else if (bucket.entries.length >= K) {
      bucket.waiting = [...bucket.waiting.filter(({ id }) => !isSame(id, contact.id)), contact].slice(-K)
      return
    } else this.#size++
    bucket.entries.push({ contact, seenMs: nowMs, failures: 0 })
    this.#byAddress.set(contact.address, contact)
    bucket.changedMs = nowMs
  }

  /** It was asked and did not answer. */
  failed(id: Uint8Array, nowMs: number): void {
    const bucket = this.#buckets.get(commonBits(this.own, id))
    const entry = bucket?.entries.find(({ contact }) => isSame(contact.id, id))
    if (!bucket || !entry) return
    entry.failures++
    if (entry.failures < MAX_FAILURES) return
    bucket.entries = bucket.entries.filter(each => each !== entry)
    this.#byAddress.delete(entry.contact.address)
    this.#size--
    const next = bucket.waiting.pop()
    if (next) this.answered(next, nowMs)
  }

  /** Whether a new contact of this id would find a place. */
  hasRoom(id: Uint8Array): boolean {
    const bits = commonBits(this.own, id)
    const entries = this.#buckets.get(bits)?.entries ?? []
    return (
      bits < 8 * this.own.length && entries.length < K && !entries.some(each => isSame(each.contact.id, id))
    )
  }

  closest(target: Uint8Array, count = K): C[] {
    return [...this].sort((a, b) => compareDistance(target, a.id, b.id)).slice(0, count)
  }

  /** Those from whom nothing was heard for so long: to be asked. */
  silent(beforeMs: number): C[] {
    return [...this.#buckets.values()].flatMap(({ entries }) =>
      entries
        .filter(({ seenMs, failures }) => seenMs < beforeMs || failures > 0)
        .map(({ contact }) => contact),
    )
  }

  /** Bits of the buckets in which nothing has changed for so long. */
  stale(beforeMs: number): number[] {
    return [...this.#buckets].filter(([, { changedMs }]) => changedMs < beforeMs).map(([bits]) => bits)
  }
}

function isSame(a: Uint8Array, b: Uint8Array): boolean {
  return compareDistance(a, a, b) === 0
}
