// The pure link model: when does a frame that is sent now arrive? The simulator uses it as its network,
// the process runtime inside the node's transport. Each direction of a link is a Link of its own.

import type { Random } from './host.ts'

/** What a link does to what is sent over it, one direction. Zero, or absent bandwidth, means no limit. */
export interface LinkConditions {
  readonly latencyMs: number
  /** Standard deviation of the added delay; never makes a frame overtake another. */
  readonly jitterMs: number
  /** 0 = unlimited. */
  readonly bandwidthBps: number
  /** Chance that a segment is lost, 0 … 1; felt as the retransmission delay that TCP would add. A datagram is lost for good. */
  readonly loss: number
  /** Chance that a datagram arrives twice, 0 … 1; absent: none does. Connections know no such thing. */
  readonly duplicates?: number | undefined
  /** Carries nothing and does not close, like a cut cable. */
  readonly blocked: boolean
}

/** A link that does nothing to what it carries. */
export const PERFECT_LINK: LinkConditions = {
  latencyMs: 0,
  jitterMs: 0,
  bandwidthBps: 0,
  loss: 0,
  blocked: false,
}

/** Payload of a TCP segment over Ethernet with IPv4 and timestamps. */
const SEGMENT_BYTES = 1448
/** Linux' least and greatest retransmission timeout (TCP_RTO_MIN, TCP_RTO_MAX), and its number of retries. */
const RTO_MIN_MS = 200
const RTO_MAX_MS = 120_000
const RETRIES = 15
/** So many segments in flight give the three duplicate acknowledgements of a fast retransmission (RFC 5681). */
const FAST_RETRANSMIT_SEGMENTS = 4

export class Link {
  #conditions: LinkConditions
  readonly #random: Random
  /** When the last bit of what was sent so far has left the sender. */
  #lineFreeMs = 0
  /** Arrival of the last frame: TCP delivers in order, so nothing later arrives before it. */
  #lastArrivalMs = 0

  constructor(conditions: LinkConditions, random: Random) {
    this.#conditions = conditions
    this.#random = random
  }

  get conditions(): LinkConditions {
    return this.#conditions
  }

  /** When the last bit of what was sent so far has left the sender. */
  get freeMs(): number {
    return this.#lineFreeMs
  }

  /** Starts over an idle line: whoever still holds frames under way sends them again, as TCP would. */
  set(conditions: LinkConditions): void {
    this.#conditions = conditions
    this.#lineFreeMs = 0
    this.#lastArrivalMs = 0
  }

  /** Timestamp in ms at which a frame of `bytes` sent now arrives; Infinity while nothing comes through. */
  arrival(nowMs: number, bytes: number): number {
    const { bandwidthBps, loss, blocked } = this.#conditions
    if (blocked || loss >= 1) return Number.POSITIVE_INFINITY
    const serialisationMs = bandwidthBps > 0 ? (bytes * 8000) / bandwidthBps : 0
    this.#lineFreeMs = Math.max(nowMs, this.#lineFreeMs) + serialisationMs
    return this.arrivalAfter(this.#lineFreeMs, bytes)
  }

  /** The same for a frame whose last bit leaves the sender at `leftMs`, whatever line was that slow. */
  arrivalAfter(leftMs: number, bytes: number): number {
    const { latencyMs, jitterMs, loss, blocked } = this.#conditions
    if (blocked || loss >= 1) return Number.POSITIVE_INFINITY
    const jitter = jitterMs > 0 ? jitterMs * gaussian(this.#random) : 0
    const travelMs = Math.max(0, latencyMs + jitter) + (loss > 0 ? this.#retransmissionMs(bytes) : 0)
    this.#lastArrivalMs = Math.max(this.#lastArrivalMs, leftMs + travelMs)
    return this.#lastArrivalMs
  }

  /**
   * Delay until the last segment is through. A first loss in a long frame costs one round trip (duplicate
   * acknowledgements tell of it); a loss in a short one, or of a retransmission, a timeout that doubles (RFC 6298).
   */
  #retransmissionMs(bytes: number): number {
    const { latencyMs, jitterMs, loss } = this.#conditions
    const roundTripMs = 2 * latencyMs
    let timeoutMs = Math.max(RTO_MIN_MS, roundTripMs + 4 * jitterMs)
    let segments = Math.max(1, Math.ceil(bytes / SEGMENT_BYTES))
    let delayMs = 0
    for (let retry = 0; retry < RETRIES; retry++) {
      if (this.#random.float() < (1 - loss) ** segments) break
      if (retry === 0 && segments >= FAST_RETRANSMIT_SEGMENTS) delayMs += roundTripMs
      else {
        delayMs += timeoutMs
        timeoutMs = Math.min(RTO_MAX_MS, timeoutMs * 2)
      }
      segments = Math.max(1, Math.round(segments * loss))
    }
    return delayMs
  }
}

/** Standard normal, by Box and Muller; the second value is not kept so that each frame draws the same number. */
export function gaussian(random: Random): number {
  const radius = Math.sqrt(-2 * Math.log(1 - random.float()))
  return radius * Math.cos(2 * Math.PI * random.float())
}
