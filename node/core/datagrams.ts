// Datagrams: each arrives whole, late, twice, after one that was sent later, or not at all. What a link does to them is told apart
// from what it does to connections, whose TCP turns every loss into a delay. Pure.

import type { Address, Random } from './host.ts'
import { gaussian, type LinkConditions } from './link.ts'

/** The most that one UDP datagram over IPv4 holds (RFC 768). */
export const MAX_DATAGRAM_BYTES = 65_507
/** UDP's and IPv4's headers. */
const HEADER_BYTES = 28
/** So much may wait for a thin link; what comes on top is dropped, as by a queue that is full. */
export const QUEUE_BYTES = 256_000

/** What a datagram takes of a line, in bytes. */
export function wireBytesOf(bytes: Uint8Array): number {
  return HEADER_BYTES + bytes.length
}

/** What one node's links do to the datagrams that it sends. */
export class DatagramLinks {
  readonly #random: Random
  /** Of links with a bandwidth: when the last bit of what was sent there has left. */
  readonly #freeMs = new Map<Address, number>()

  constructor(random: Random) {
    this.#random = random
  }

  /** How many thin ones are in use. */
  get links(): number {
    return this.#freeMs.size
  }

  /** In how many ms a datagram that is sent now arrives: as many times as it does. */
  delays(to: Address, nowMs: number, bytes: number, conditions: LinkConditions): readonly number[] {
    const { loss, blocked, duplicates = 0 } = conditions
    if (blocked || (loss > 0 && this.#random.float() < loss)) return []
    const queuedMs = this.#queuedMs(to, nowMs, bytes, conditions.bandwidthBps)
    if (queuedMs === undefined) return []
    const once = queuedMs + this.#travelMs(conditions)
    const again = duplicates > 0 && this.#random.float() < duplicates
    return again ? [once, queuedMs + this.#travelMs(conditions)] : [once]
  }

  /** Each for itself: with jitter, one may overtake another. */
  #travelMs({ latencyMs, jitterMs }: LinkConditions): number {
    return Math.max(0, latencyMs + (jitterMs > 0 ? jitterMs * gaussian(this.#random) : 0))
  }

  /** Undefined: the queue is full. */
  #queuedMs(to: Address, nowMs: number, bytes: number, bandwidthBps: number): number | undefined {
    if (bandwidthBps === 0) return 0
    const freeMs = Math.max(nowMs, this.#freeMs.get(to) ?? 0)
    if (((freeMs - nowMs) * bandwidthBps) / 8000 > QUEUE_BYTES) return undefined
    const leftMs = freeMs + (bytes * 8000) / bandwidthBps
    this.#freeMs.delete(to)
    this.#freeMs.set(to, leftMs)
    for (const [idle, ms] of this.#freeMs) {
      if (ms > nowMs) break
      this.#freeMs.delete(idle)
    }
    return leftMs - nowMs
  }
}
