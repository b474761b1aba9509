// Who is asked for which transaction: one peer at a time, the next one when it fails. Pure bookkeeping, no messages.
//
// In spirit Core's TxRequestTracker, and as there the price of a flood is that of its entries: nothing here walks over all
// peers or all announcements. A transaction that nobody is asked for is assigned to one of those who announced it, one that
// we dialled if there is one. Whoever is assigned more than may be under way keeps the rest for a moment; then others have it.

import type { HashHex } from '../bitcoin/wire/hex.ts'
import type { PeerId } from '../core/host.ts'
import type { Inventory } from './messages.ts'
import { Queue } from './queue.ts'

/** Core's MAX_PEER_TX_REQUEST_IN_FLIGHT and MAX_PEER_TX_ANNOUNCEMENTS. */
const MAX_IN_FLIGHT_PER_PEER = 100
const MAX_ANNOUNCED_PER_PEER = 5_000
/** Announcements of all peers. Beyond it each may have its share still: with 125 peers that is as much again. */
export const MAX_ANNOUNCED = 20_000
const SHARE = 160
/** Core's GETDATA_TX_INTERVAL. */
export const REQUEST_TIMEOUT_MS = 60_000
/** A transaction waits so long for a peer that has enough to answer, while others have announced it, too (Core's OVERLOADED_PEER_TX_DELAY). */
export const BUSY_WAIT_MS = 2_000

interface Wanted {
  readonly hash: HashHex
  /** How the transaction was named: `getdata` repeats the type. */
  readonly type: number
  /** Who announced it and is neither assigned nor asked, in that order; those that are gone since among them. */
  preferred: Queue<Announcer> | undefined
  others: Queue<Announcer> | undefined
  /** Who would be asked, or is. */
  assigned: Announcer | undefined
  asked: boolean
  /** How many have announced it, and have neither failed nor gone. */
  announcers: number
  /** It is in the queue of those that wait for a busy peer. */
  waits: boolean
}

interface Announcer {
  readonly id: PeerId
  /** One that we dialled: no attacker chose it. */
  readonly preferred: boolean
  /** All that it announced and that is still wanted of it. */
  readonly announced: Map<HashHex, Wanted>
  /** Assigned to it, and not asked for yet. */
  readonly ready: Set<Wanted>
  inFlight: number
}

/** Requests to send, by peer. */
export type Asks = Map<PeerId, Inventory[]>

export class TxRequests {
  readonly #answerMs: number
  readonly #wanted = new Map<HashHex, Wanted>()
  readonly #peers = new Map<PeerId, Announcer>()
  #announced = 0
  /** Peers with something ready and room for more requests. */
  readonly #sendable = new Set<Announcer>()
  /** What is asked for → until when; oldest first, since all have the same time. */
  readonly #inFlight = new Map<Wanted, number>()
  /** Assigned to busy peers though others have them: the newest, whose time has not begun, and those whose time runs. */
  #newlyWaiting: Wanted[] = []
  readonly #waiting = new Queue<{ readonly wanted: Wanted; readonly untilMs: number }>()

  /** `answerMs`: so long a peer has to answer. */
  constructor(answerMs = REQUEST_TIMEOUT_MS) {
    this.#answerMs = answerMs
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

  /** A peer has it; `preferred`: one that we dialled. Forgotten when the peer announced too much already. */
  announced(peer: PeerId, hash: HashHex, type: number, preferred = false): void {
    const announcer = this.#of(peer, preferred)
    if (announcer.announced.has(hash) || !this.#hasRoom(announcer)) return
    let wanted = this.#wanted.get(hash)
    if (!wanted) {
      wanted = newWanted(hash, type)
      this.#wanted.set(hash, wanted)
    }
    wanted.announcers++
    announcer.announced.set(hash, wanted)
    this.#announced++
    const { assigned } = wanted
    if (!assigned) this.#assign(wanted, announcer)
    else if (!wanted.asked && suitsBetter(announcer, assigned)) this.#reassign(wanted, announcer)
    else {
      queueUp(wanted, announcer)
      this.#wait(wanted)
    }
  }

  /** It arrived, or is not wanted any more. Says who had announced it. */
  done(hash: HashHex): PeerId[] {
    const wanted = this.#wanted.get(hash)
    if (!wanted) return []
    const peers: PeerId[] = []
    for (const queue of [wanted.preferred, wanted.others])
      for (const announcer of queue ?? []) if (this.#drop(announcer, wanted)) peers.push(announcer.id)
    const { assigned } = wanted
    if (assigned && this.#drop(assigned, wanted)) peers.push(assigned.id)
    this.#release(wanted)
    this.#wanted.delete(hash)
    return peers
  }

  /** The asked peer does not have it, or is too late. */
  failed(peer: PeerId, hash: HashHex): void {
    const wanted = this.#wanted.get(hash)
    if (wanted?.asked && wanted.assigned?.id === peer) this.#failed(wanted)
  }

  peerGone(peer: PeerId): void {
    const announcer = this.#peers.get(peer)
    if (!announcer) return
    this.#peers.delete(peer)
    for (const wanted of announcer.announced.values())
      if (wanted.assigned === announcer) this.#failed(wanted)
      else this.#drop(announcer, wanted)
    this.#sendable.delete(announcer)
  }

  /** Takes back what was asked too long ago, and what waits too long for a busy peer. */
  expire(nowMs: number): void {
    for (const [wanted, untilMs] of this.#inFlight) {
      if (untilMs > nowMs) break
      this.#failed(wanted)
    }
    for (let due = this.#waiting.first; due && due.untilMs <= nowMs; due = this.#waiting.first) {
      this.#waiting.shift()
      due.wanted.waits = false
      const next = due.wanted.asked || !due.wanted.assigned ? undefined : this.#next(due.wanted)
      if (next) this.#reassign(due.wanted, next)
    }
  }

  /** When `expire` has something to do; undefined when it never has. */
  nextExpiryMs(): number | undefined {
    const asked: number | undefined = this.#inFlight.values().next().value
    const waiting = this.#waiting.first?.untilMs
    return asked === undefined || waiting === undefined ? (asked ?? waiting) : Math.min(asked, waiting)
  }

  /** Everything that can be asked now. The asked peers count as asked from here on. */
  take(nowMs: number): Asks {
    const asks: Asks = new Map()
    for (const announcer of this.#sendable) {
      const items: Inventory[] = []
      for (const wanted of announcer.ready) {
        if (announcer.inFlight >= MAX_IN_FLIGHT_PER_PEER) break
        announcer.ready.delete(wanted)
        announcer.inFlight++
        wanted.asked = true
        this.#inFlight.set(wanted, nowMs + this.#answerMs)
        items.push({ type: wanted.type, hash: wanted.hash })
      }
      if (items.length > 0) asks.set(announcer.id, items)
    }
    this.#sendable.clear()
    for (const wanted of this.#newlyWaiting)
      if (wanted.asked) wanted.waits = false
      else this.#waiting.push({ wanted, untilMs: nowMs + BUSY_WAIT_MS })
    this.#newlyWaiting = []
    return asks
  }

  /** Its own limit, and its share of what all may announce. */
  #hasRoom({ announced }: Announcer): boolean {
    if (announced.size >= MAX_ANNOUNCED_PER_PEER) return false
    return this.#announced < MAX_ANNOUNCED || announced.size < SHARE
  }

  #assign(wanted: Wanted, announcer: Announcer): void {
    wanted.assigned = announcer
    announcer.ready.add(wanted)
    if (hasSlot(announcer)) this.#sendable.add(announcer)
    this.#wait(wanted)
  }

  /** Gives it to another; who had it may have it again later. */
  #reassign(wanted: Wanted, announcer: Announcer): void {
    const { assigned } = wanted
    assigned?.ready.delete(wanted)
    if (assigned) queueUp(wanted, assigned)
    this.#assign(wanted, announcer)
  }

  /** It is not to wait for a busy peer for long, if others have it as well. */
  #wait(wanted: Wanted): void {
    const { announcers, asked, assigned, waits } = wanted
    if (waits || asked || announcers < 2 || !assigned || hasSlot(assigned)) return
    wanted.waits = true
    this.#newlyWaiting.push(wanted)
  }

  /** Who has it has failed or gone. */
  #failed(wanted: Wanted): void {
    const { assigned } = wanted
    this.#release(wanted)
    if (assigned) this.#drop(assigned, wanted)
    const next = this.#next(wanted)
    if (next) this.#assign(wanted, next)
    else this.#wanted.delete(wanted.hash)
  }

  /** Nobody has it assigned now. */
  #release(wanted: Wanted): void {
    const { asked, assigned } = wanted
    wanted.assigned = undefined
    if (!assigned) return
    if (!asked) {
      assigned.ready.delete(wanted)
      return
    }
    wanted.asked = false
    this.#inFlight.delete(wanted)
    assigned.inFlight--
    if (assigned.ready.size > 0) this.#sendable.add(assigned)
  }

  /** The next of those that wait their turn and are still there. */
  #next(wanted: Wanted): Announcer | undefined {
    for (const queue of [wanted.preferred, wanted.others])
      for (let next = queue?.shift(); next; next = queue?.shift())
        if (next.announced.get(wanted.hash) === wanted) return next
    return undefined
  }

  /** Forgets an announcement. False when it is forgotten already. */
  #drop(announcer: Announcer, wanted: Wanted): boolean {
    if (announcer.announced.get(wanted.hash) !== wanted) return false
    announcer.announced.delete(wanted.hash)
    wanted.announcers--
    this.#announced--
    return true
  }

  #of(id: PeerId, preferred: boolean): Announcer {
    let announcer = this.#peers.get(id)
    if (!announcer) {
      announcer = { id, preferred, announced: new Map(), ready: new Set(), inFlight: 0 }
      this.#peers.set(id, announcer)
    }
    return announcer
  }
}

function newWanted(hash: HashHex, type: number): Wanted {
  return {
    ...{ hash, type, preferred: undefined, others: undefined, assigned: undefined },
    ...{ asked: false, announcers: 0, waits: false },
  }
}

function queueUp(wanted: Wanted, announcer: Announcer): void {
  const place = announcer.preferred ? 'preferred' : 'others'
  wanted[place] ??= new Queue()
  wanted[place].push(announcer)
}

function hasSlot({ inFlight, ready }: Announcer): boolean {
  return inFlight + ready.size <= MAX_IN_FLIGHT_PER_PEER
}

/** The one has room, the other has not, or is one that an attacker may have chosen. */
function suitsBetter(newcomer: Announcer, assigned: Announcer): boolean {
  if (newcomer.inFlight + newcomer.ready.size >= MAX_IN_FLIGHT_PER_PEER) return false
  return !hasSlot(assigned) || (newcomer.preferred && !assigned.preferred)
}
