// The search for those nearest to an id: the nearest that are known are asked for nearer ones, a few at a time, until the k nearest
// have all answered. What is asked and how, is for others to say.

import { compareDistance } from './id.ts'
import { type Contact, K } from './table.ts'

/** Questions that are out at once. */
const ALPHA = 3
/** Candidates kept: who names thousands that are not there must not fill the memory. */
const MAX_CANDIDATES = 256
/** Questions in all: liars who always name somebody nearer who answers must not keep it busy for ever. */
const MAX_ASKED = 200

interface Candidate<C> {
  readonly contact: C
  /** Answers on the way to it; 1: it was known here. */
  readonly depth: number
  state: 'new' | 'asked' | 'answered' | 'failed'
}

export interface Found<C> {
  /** Those that answered, the nearest first. */
  readonly closest: readonly C[]
  /** Answers on the way to the nearest of them. */
  readonly hops: number
  readonly asked: number
}

export interface LookupOptions<C> {
  readonly target: Uint8Array
  readonly from: readonly C[]
  /** `answered` or `failed` is called for it later, once. */
  ask(contact: C): void
  done(found: Found<C>): void
}

export class Lookup<C extends Contact> {
  readonly #options: LookupOptions<C>
  /** The nearest first. */
  #candidates: Candidate<C>[] = []
  #out = 0
  #asked = 0
  #isDone = false

  constructor(options: LookupOptions<C>) {
    this.#options = options
    this.#add(options.from, 1)
  }

  start(): void {
    this.#next()
  }

  /** `nearer`: whom it names. */
  answered(contact: C, nearer: readonly C[]): void {
    const candidate = this.#settle(contact, 'answered')
    if (!candidate) return
    this.#add(nearer.slice(0, 2 * K), candidate.depth + 1)
    this.#next()
  }

  failed(contact: C): void {
    if (this.#settle(contact, 'failed')) this.#next()
  }

  /** Nobody waits for it any more. */
  stop(): void {
    this.#isDone = true
  }

  #settle(contact: C, state: 'answered' | 'failed'): Candidate<C> | undefined {
    const candidate = this.#candidates.find(each => each.contact === contact && each.state === 'asked')
    if (!candidate) return undefined
    candidate.state = state
    this.#out--
    return candidate
  }

  #add(contacts: readonly C[], depth: number): void {
    const { target } = this.#options
    for (const contact of contacts) {
      if (contact.id.length !== target.length) continue
      let [low, high] = [0, this.#candidates.length]
      let isKnown = false
      while (low < high && !isKnown) {
        const middle = (low + high) >> 1
        const order = compareDistance(
          target,
          (this.#candidates[middle] as Candidate<C>).contact.id,
          contact.id,
        )
        if (order === 0) isKnown = true
        else if (order < 0) low = middle + 1
        else high = middle
      }
      if (!isKnown) this.#candidates.splice(low, 0, { contact, depth, state: 'new' })
    }
    for (let i = this.#candidates.length - 1; this.#candidates.length > MAX_CANDIDATES && i >= 0; i--)
      if (this.#candidates[i]?.state === 'new' || this.#candidates[i]?.state === 'failed')
        this.#candidates.splice(i, 1)
  }

  #next(): void {
    if (this.#isDone) return
    const nearest = this.#candidates.filter(({ state }) => state !== 'failed').slice(0, K)
    for (const candidate of nearest) {
      if (this.#out >= ALPHA || this.#asked >= MAX_ASKED) break
      if (candidate.state !== 'new') continue
      candidate.state = 'asked'
      this.#out++
      this.#asked++
      this.#options.ask(candidate.contact)
    }
    if (this.#isDone || nearest.some(({ state }) => state === 'asked')) return
    if (this.#asked < MAX_ASKED && nearest.some(({ state }) => state === 'new')) return
    this.#isDone = true
    const answered = this.#candidates.filter(({ state }) => state === 'answered').slice(0, K)
    this.#options.done({
      closest: answered.map(({ contact }) => contact),
      hops: answered[0]?.depth ?? 0,
      asked: this.#asked,
    })
  }
}
