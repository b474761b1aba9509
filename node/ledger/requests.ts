// Who is asked for which transaction: one peer at a time, the next one when it fails. Pure bookkeeping, no messages.

import type { PeerId } from '../core/host.ts'
import type { HashHex } from '../wire/hex.ts'
import type { Inventory } from './messages.ts'

const MAX_IN_FLIGHT_PER_PEER = 100
/** Announcements remembered of one peer, asked for or not. */
const MAX_ANNOUNCED_PER_PEER = 5_000
export const REQUEST_TIMEOUT_MS = 60_000

interface Wanted {
  /** How the transaction was named: `getdata` repeats the type. */
  readonly type: number
  /** Who announced it and was not asked yet, in that order. */
  readonly waiting: Set<PeerId>
  asked: PeerId | undefined
}

interface PeerRequests {
  announced: number
  readonly inFlight: Map<HashHex, number> // → expiry in ms, oldest first
}

/** Requests to send, by peer. */
export type Asks = Map<PeerId, Inventory[]>

export class TxRequests {
  readonly #wanted = new Map<HashHex, Wanted>()
  /** Those of `#wanted` that nobody is asked for. */
  readonly #unasked = new Set<HashHex>()
  readonly #peers = new Map<PeerId, PeerRequests>()

  get inFlight(): number {
    let count = 0
    for (const peer of this.#peers.values()) count += peer.inFlight.size
    return count
  }

  /** A peer has it. Forgotten when the peer announced too much already. */
  announced(peer: PeerId, hash: HashHex, type: number): void {
    const requests = this.#of(peer)
    if (requests.announced >= MAX_ANNOUNCED_PER_PEER) return
    let wanted = this.#wanted.get(hash)
    if (!wanted) {
      wanted = { type, waiting: new Set(), asked: undefined }
      this.#wanted.set(hash, wanted)
      this.#unasked.add(hash)
    }
    if (wanted.asked === peer || wanted.waiting.has(peer)) return
    wanted.waiting.add(peer)
    requests.announced++
  }

  /** It arrived, or is not wanted any more. */
  done(hash: HashHex): void {
    const wanted = this.#wanted.get(hash)
    if (!wanted) return
    this.#forget(hash)
    for (const peer of wanted.waiting) this.#of(peer).announced--
    if (wanted.asked !== undefined) this.#release(wanted.asked, hash)
  }

  /** The asked peer does not have it, or is too late. */
  failed(peer: PeerId, hash: HashHex): void {
    const wanted = this.#wanted.get(hash)
    if (wanted?.asked !== peer) return
    this.#release(peer, hash)
    this.#unask(hash, wanted)
  }

  peerGone(peer: PeerId): void {
    for (const [hash, wanted] of this.#wanted) {
      wanted.waiting.delete(peer)
      if (wanted.asked === peer) this.#unask(hash, wanted)
      else if (wanted.waiting.size === 0 && wanted.asked === undefined) this.#forget(hash)
    }
    this.#peers.delete(peer)
  }

  expire(nowMs: number): void {
    for (const [peer, requests] of this.#peers)
      for (const [hash, expiresMs] of requests.inFlight) {
        if (expiresMs > nowMs) break
        this.failed(peer, hash)
      }
  }

  /** When the oldest request is too late; undefined when nothing is asked. */
  nextExpiryMs(): number | undefined {
    let next: number | undefined
    for (const { inFlight } of this.#peers.values()) {
      const first = inFlight.values().next().value
      if (first !== undefined && (next === undefined || first < next)) next = first
    }
    return next
  }

  /** Everything that can be asked now. The asked peers count as asked from here on. */
  take(nowMs: number): Asks {
    const asks: Asks = new Map()
    for (const hash of this.#unasked) {
      const wanted = this.#wanted.get(hash) as Wanted
      for (const peer of wanted.waiting) {
        const requests = this.#of(peer)
        if (requests.inFlight.size >= MAX_IN_FLIGHT_PER_PEER) continue
        wanted.waiting.delete(peer)
        wanted.asked = peer
        this.#unasked.delete(hash)
        requests.inFlight.set(hash, nowMs + REQUEST_TIMEOUT_MS)
        const items = asks.get(peer)
        if (items) items.push({ type: wanted.type, hash })
        else asks.set(peer, [{ type: wanted.type, hash }])
        break
      }
    }
    return asks
  }

  /** Back to those nobody is asked for, or forgotten when nobody is left to ask. */
  #unask(hash: HashHex, wanted: Wanted): void {
    wanted.asked = undefined
    if (wanted.waiting.size === 0) this.#forget(hash)
    else this.#unasked.add(hash)
  }

  #forget(hash: HashHex): void {
    this.#wanted.delete(hash)
    this.#unasked.delete(hash)
  }

  #release(peer: PeerId, hash: HashHex): void {
    const requests = this.#of(peer)
    if (requests.inFlight.delete(hash)) requests.announced--
  }

  #of(peer: PeerId): PeerRequests {
    let requests = this.#peers.get(peer)
    if (!requests) {
      requests = { announced: 0, inFlight: new Map() }
      this.#peers.set(peer, requests)
    }
    return requests
  }
}
