// Who is asked for which transaction, and when: one peer at a time, the next one when it fails. Pure bookkeeping, no messages.
//
// What Core's TxRequestTracker decides, decided alike (Bitcoin Core 28.1): each announcement has a moment from which its peer may
// be asked, later where an attacker may have chosen that peer, where the name does not cover the witness though others' names do,
// and where much is asked of that peer already. Of those whose moment has come one that we dialled goes first, then who came first.
// A peer that failed is not asked for the same again while others have it. And as there the price of a flood is that of its
// entries: nothing here walks over all peers or all announcements.

import type { HashHex } from '../bitcoin/wire/hex.ts'
import type { PeerId } from '../core/host.ts'
import type { Inventory } from './messages.ts'
import { Queue } from './queue.ts'

/** Core's MAX_PEER_TX_REQUEST_IN_FLIGHT and MAX_PEER_TX_ANNOUNCEMENTS. */
const MANY_IN_FLIGHT = 100
const MAX_ANNOUNCED_PER_PEER = 5_000
/** Announcements of all peers. Beyond it each may have its share still: with 125 peers that is as much again. */
export const MAX_ANNOUNCED = 20_000
const SHARE = 160
/** Core's GETDATA_TX_INTERVAL. */
export const REQUEST_TIMEOUT_MS = 60_000
/** For each reason to wait (Core's NONPREF_PEER_TX_DELAY, TXID_RELAY_DELAY, OVERLOADED_PEER_TX_DELAY, which are one figure). */
export const REQUEST_DELAY_MS = 2_000
const REASONS_TO_WAIT = 3

/** What of a peer, and of how it named a transaction, says when it is asked. */
export interface Terms {
  /** One that we dialled, or that is never shut out: no attacker chose it. */
  readonly preferred: boolean
  /** It may announce as much as it likes (Core's relay permission). */
  readonly unlimited: boolean
  /** Named by txid, while there are peers that name theirs by wtxid. */
  readonly vague: boolean
}

interface Wanted {
  readonly hash: HashHex
  readonly announcements: Set<Announcement>
  /** Those whose moment has come and whose turn has not, in that order; some that are over among them. */
  preferred: Queue<Announcement> | undefined
  others: Queue<Announcement> | undefined
  /** Who would be asked, or is. */
  chosen: Announcement | undefined
  /** Announcements that have not failed. */
  open: number
}

interface Announcement {
  readonly by: Announcer
  readonly wanted: Wanted
  /** How the transaction was named: `getdata` repeats it. */
  readonly type: number
  readonly readyMs: number
  /** `over`: it counts no more, wherever it is still found. */
  state: 'delayed' | 'ready' | 'asked' | 'failed' | 'over'
}

interface Announcer {
  readonly id: PeerId
  readonly preferred: boolean
  readonly unlimited: boolean
  /** All that it announced and that is still wanted, of whomever. */
  readonly announced: Map<HashHex, Announcement>
  /** To be asked of it next. */
  readonly ready: Set<Announcement>
  inFlight: number
}

/** Requests to send, by peer. */
export type Asks = Map<PeerId, Inventory[]>

export class TxRequests {
  readonly #answerMs: number
  readonly #delayMs: number
  readonly #wanted = new Map<HashHex, Wanted>()
  readonly #peers = new Map<PeerId, Announcer>()
  #announced = 0
  /** Peers with something to be asked. */
  readonly #sendable = new Set<Announcer>()
  /** What is asked for → until when; oldest first, since all have the same time. */
  readonly #inFlight = new Map<Announcement, number>()
  /** By the number of reasons to wait, less one: in each the first is the next whose moment comes. Made when needed. */
  readonly #delayed: Queue<Announcement>[] = []

  /** `answerMs`: so long a peer has to answer. `delayMs`: so long each reason to wait counts. */
  constructor(answerMs = REQUEST_TIMEOUT_MS, delayMs = REQUEST_DELAY_MS) {
    this.#answerMs = answerMs
    this.#delayMs = delayMs
  }

  get inFlight(): number {
    return this.#inFlight.size
  }

  /** Announcements remembered. */
  get announcements(): number {
    return this.#announced
  }

  /** Whether an announcement of the peer would be remembered. */
  hears(peer: PeerId): boolean {
    const announcer = this.#peers.get(peer)
    return announcer === undefined || this.#hasRoom(announcer)
  }

  /** A peer has it. Forgotten when the peer announced too much already. */
  announced(peer: PeerId, { hash, type }: Inventory, terms: Terms, nowMs: number): void {
    const by = this.#of(peer, terms)
    if (by.announced.has(hash) || !this.#hasRoom(by)) return
    const busy = by.inFlight >= MANY_IN_FLIGHT && !by.unlimited
    const reasons = Number(!by.preferred) + Number(terms.vague) + Number(busy)
    const wanted = this.#wantedAs(hash)
    const readyMs = nowMs + reasons * this.#delayMs
    const announcement: Announcement = { by, wanted, type, readyMs, state: 'delayed' }
    wanted.announcements.add(announcement)
    wanted.open++
    by.announced.set(hash, announcement)
    this.#announced++
    if (reasons === 0) this.#ready(announcement)
    else this.#delay(announcement, reasons)
  }

  /** It arrived, or is not wanted any more. Says who had announced it. */
  done(hash: HashHex): PeerId[] {
    const wanted = this.#wanted.get(hash)
    if (!wanted) return []
    this.#release(wanted)
    const peers: PeerId[] = []
    for (const announcement of wanted.announcements) {
      this.#forget(announcement)
      peers.push(announcement.by.id)
    }
    this.#wanted.delete(hash)
    return peers
  }

  /** The peer does not have it after all, was too late, or has sent what goes by that name. */
  failed(peer: PeerId, hash: HashHex): void {
    const announcement = this.#peers.get(peer)?.announced.get(hash)
    if (announcement) this.#failed(announcement)
  }

  peerGone(peer: PeerId): void {
    const announcer = this.#peers.get(peer)
    if (!announcer) return
    this.#peers.delete(peer)
    for (const announcement of announcer.announced.values()) {
      this.#failed(announcement)
      this.#forget(announcement)
    }
    this.#sendable.delete(announcer)
  }

  /** Takes back what was asked too long ago; whose moment has come may be asked. */
  expire(nowMs: number): void {
    for (const [announcement, untilMs] of this.#inFlight) {
      if (untilMs > nowMs) break
      this.#failed(announcement)
    }
    for (const queue of this.#delayed)
      for (let due = firstDelayed(queue); due && due.readyMs <= nowMs; due = firstDelayed(queue)) {
        queue.shift()
        this.#ready(due)
      }
  }

  /** When `expire` has something to do; undefined when it never has. */
  nextExpiryMs(): number | undefined {
    let nextMs: number | undefined = this.#inFlight.values().next().value
    for (const queue of this.#delayed) {
      const readyMs = firstDelayed(queue)?.readyMs
      if (readyMs !== undefined && (nextMs === undefined || readyMs < nextMs)) nextMs = readyMs
    }
    return nextMs
  }

  /**
   * Everything that can be asked now. The asked peers count as asked from here on. `needless`: whether it has come another way
   * meanwhile; who says so has said `done`.
   */
  take(nowMs: number, needless: (item: Inventory) => boolean = () => false): Asks {
    const asks: Asks = new Map()
    for (const announcer of this.#sendable) {
      const items: Inventory[] = []
      for (const announcement of announcer.ready) {
        const item = { type: announcement.type, hash: announcement.wanted.hash }
        if (needless(item)) continue
        announcement.state = 'asked'
        announcer.inFlight++
        this.#inFlight.set(announcement, nowMs + this.#answerMs)
        items.push(item)
      }
      announcer.ready.clear()
      if (items.length > 0) asks.set(announcer.id, items)
    }
    this.#sendable.clear()
    return asks
  }

  /** Its own limit, and its share of what all may announce. */
  #hasRoom({ announced, unlimited }: Announcer): boolean {
    if (unlimited) return true
    if (announced.size >= MAX_ANNOUNCED_PER_PEER) return false
    return this.#announced < MAX_ANNOUNCED || announced.size < SHARE
  }

  #delay(announcement: Announcement, reasons: number): void {
    while (this.#delayed.length < REASONS_TO_WAIT) this.#delayed.push(new Queue())
    this.#delayed[reasons - 1]?.push(announcement)
  }

  /** Its moment has come. */
  #ready(announcement: Announcement): void {
    announcement.state = 'ready'
    const { by, wanted } = announcement
    const { chosen } = wanted
    if (!chosen) this.#choose(announcement)
    else if (chosen.state === 'ready' && by.preferred && !chosen.by.preferred) {
      this.#release(wanted)
      queueUp(chosen)
      this.#choose(announcement)
    } else queueUp(announcement)
  }

  #choose(announcement: Announcement): void {
    const { by, wanted } = announcement
    wanted.chosen = announcement
    by.ready.add(announcement)
    this.#sendable.add(by)
  }

  /** Nobody is chosen for it now. */
  #release(wanted: Wanted): void {
    const { chosen } = wanted
    wanted.chosen = undefined
    if (!chosen) return
    if (chosen.state !== 'asked') chosen.by.ready.delete(chosen)
    else if (this.#inFlight.delete(chosen)) chosen.by.inFlight--
  }

  /** Not of this peer; of the next, if there is one. */
  #failed(announcement: Announcement): void {
    const { state, wanted } = announcement
    if (state === 'failed' || state === 'over') return
    const wasChosen = wanted.chosen === announcement
    if (wasChosen) this.#release(wanted)
    announcement.state = 'failed'
    wanted.open--
    if (wanted.open === 0) this.done(wanted.hash)
    else if (wasChosen) {
      const next = nextOf(wanted)
      if (next) this.#choose(next)
    }
  }

  #forget(announcement: Announcement): void {
    const { by, state, wanted } = announcement
    if (state === 'over') return
    announcement.state = 'over'
    wanted.announcements.delete(announcement)
    by.announced.delete(wanted.hash)
    this.#announced--
  }

  #wantedAs(hash: HashHex): Wanted {
    let wanted = this.#wanted.get(hash)
    if (!wanted) {
      const nobody = { preferred: undefined, others: undefined, chosen: undefined, open: 0 }
      wanted = { hash, announcements: new Set(), ...nobody }
      this.#wanted.set(hash, wanted)
    }
    return wanted
  }

  #of(id: PeerId, { preferred, unlimited }: Terms): Announcer {
    let announcer = this.#peers.get(id)
    if (!announcer) {
      announcer = { id, preferred, unlimited, announced: new Map(), ready: new Set(), inFlight: 0 }
      this.#peers.set(id, announcer)
    }
    return announcer
  }
}

function queueUp(announcement: Announcement): void {
  const place = announcement.by.preferred ? 'preferred' : 'others'
  const { wanted } = announcement
  wanted[place] ??= new Queue()
  wanted[place].push(announcement)
}

/** The next of those whose moment has come, and which still count. */
function nextOf({ preferred, others }: Wanted): Announcement | undefined {
  for (const queue of [preferred, others])
    for (let next = queue?.shift(); next; next = queue?.shift()) if (next.state === 'ready') return next
  return undefined
}

/** Those before it came, failed or went while they waited. */
function firstDelayed(queue: Queue<Announcement>): Announcement | undefined {
  while (queue.first && queue.first.state !== 'delayed') queue.shift()
  return queue.first
}
