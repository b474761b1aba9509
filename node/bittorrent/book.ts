// Addresses where peers of one content are said to listen: who said so, and when each is dialled again.

import type { Address } from '../core/host.ts'

/** Whoever named the peer first, but for the plan, whose peers are never forgotten. */
export type PeerSource = 'plan' | 'pex' | 'tracker' | 'dht' | 'inbound'

/** Peers of the plan are dialled again soon: a network that was cut is to be whole soon after. */
const AGAIN_MS = 1_000
const PLAN_MOST_MS = 15_000
const MOST_MS = 300_000
/** Anybody else is forgotten after so many dials in vain, one after the other. */
const MAX_FAILURES = 5
const MAX_KNOWN = 1_000

export interface Known {
  readonly address: Address
  source: PeerSource
  failures: number
  /** Not dialled before. */
  nextMs: number
  /** Being dialled, or connected. */
  busy: boolean
}

export class Book {
  readonly #known = new Map<Address, Known>()

  get size(): number {
    return this.#known.size
  }

  /** False: it was known, or there is no room. */
  add(address: Address, source: PeerSource, nowMs: number): boolean {
    const known = this.#known.get(address)
    if (known) {
      if (source === 'plan') known.source = source
      return false
    }
    if (this.#known.size >= MAX_KNOWN && source !== 'plan' && !this.#forgetOne()) return false
    this.#known.set(address, { address, source, failures: 0, nextMs: nowMs, busy: false })
    return true
  }

  at(address: Address): Known | undefined {
    return this.#known.get(address)
  }

  forget(address: Address): void {
    this.#known.delete(address)
  }

  /** Whom to dial now: the plan's first, then those who were known first. */
  due(nowMs: number, most: number): Known[] {
    if (most <= 0) return []
    const planned: Known[] = []
    const others: Known[] = []
    for (const known of this.#known.values())
      if (!known.busy && known.nextMs <= nowMs) (known.source === 'plan' ? planned : others).push(known)
    return [...planned, ...others].slice(0, most)
  }

  connected(address: Address): void {
    const known = this.#known.get(address)
    if (!known) return
    known.busy = true
    known.failures = 0
  }

  /** A dial was in vain, or a connection ended before anything was said over it. */
  failed(address: Address, nowMs: number): void {
    const known = this.#known.get(address)
    if (!known) return
    known.busy = false
    known.failures += 1
    if (known.source !== 'plan' && known.failures >= MAX_FAILURES) this.#known.delete(address)
    const mostMs = known.source === 'plan' ? PLAN_MOST_MS : MOST_MS
    known.nextMs = nowMs + Math.min(mostMs, AGAIN_MS * 2 ** known.failures)
  }

  /** A connection ended that had been of use. */
  ended(address: Address, nowMs: number): void {
    const known = this.#known.get(address)
    if (!known) return
    known.busy = false
    known.nextMs = nowMs + AGAIN_MS
  }

  #forgetOne(): boolean {
    for (const { address, busy, source } of this.#known.values())
      if (!busy && source !== 'plan') return this.#known.delete(address)
    return false
  }
}
