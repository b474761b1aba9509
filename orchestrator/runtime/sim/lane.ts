// One direction of one virtual connection: what is sent arrives in order, when the link model says.

import type { Random } from '../../../node/core/host.ts'
import { Link, type LinkConditions } from '../../../node/core/link.ts'
import { sameConditions } from '../../network/planned-links.ts'
import { Call, Task, type VirtualClock } from './clock.ts'

/** How long TCP of Linux sends again before it gives a connection up (tcp_retries2 = 15). */
export const GIVE_UP_MS = 924_600

/** A frame, or what happens when a segment without data arrives. */
type Load = Uint8Array | (() => void)

interface Parcel {
  readonly bytes: number
  readonly load: Load
  /** Infinity while the link is blocked. */
  arrivalMs: number
  /** Sent after it. */
  next: Parcel | undefined
}

/** What a lane does at its ends. */
export interface LaneEnds {
  onFrame(frame: Uint8Array): void
  /** Nothing came through for so long that TCP would have ended the connection. */
  onGiveUp(): void
}

/** The next arrival on a lane. */
class Arrival extends Task {
  readonly #lane: Lane
  constructor(lane: Lane) {
    super()
    this.#lane = lane
  }
  run(): void {
    this.#lane.deliver()
  }
}

export class Lane {
  readonly #clock: VirtualClock
  readonly #link: Link
  readonly #ends: LaneEnds
  /** First in, first out; arrivals never fall. Chained: an array that is emptied and filled again is made anew each time. */
  #first: Parcel | undefined
  #last: Parcel | undefined
  #backlogBytes = 0
  #closed = false
  #planned: Task | undefined
  /** Planned again and again: one for each message was a twentieth of all that a simulation made. */
  #arrival = new Arrival(this)

  constructor(clock: VirtualClock, random: Random, conditions: LinkConditions, ends: LaneEnds) {
    this.#clock = clock
    this.#link = new Link(conditions, random)
    this.#ends = ends
  }

  /** Bytes sent and not yet delivered. */
  get backlogBytes(): number {
    return this.#backlogBytes
  }

  /** Nothing comes through. */
  get blocked(): boolean {
    const { blocked, loss } = this.#link.conditions
    return blocked || loss >= 1
  }

  send(bytes: number, load: Load): void {
    if (this.#closed) return
    this.#backlogBytes += bytes
    const arrivalMs = this.#link.arrival(this.#clock.now(), bytes)
    const parcel: Parcel = { bytes, load, arrivalMs, next: undefined }
    const before = this.#last
    this.#last = parcel
    if (before) before.next = parcel
    else {
      this.#first = parcel
      this.#await()
    }
  }

  /**
   * New conditions hold at once, also for what is on its way: it sets out again from now, as TCP would send it again.
   * So a block holds back everything and a heal delivers it all, in order.
   */
  set(conditions: LinkConditions): void {
    if (sameConditions(conditions, this.#link.conditions)) return
    this.#link.set(conditions)
    const nowMs = this.#clock.now()
    for (let parcel = this.#first; parcel; parcel = parcel.next)
      parcel.arrivalMs = this.#link.arrival(nowMs, parcel.bytes)
    this.#await()
  }

  /** What is on its way is lost. */
  close(): void {
    this.#closed = true
    this.#first = undefined
    this.#last = undefined
    this.#backlogBytes = 0
    this.#drop()
  }

  /** Plans the first arrival. */
  #await(): void {
    this.#drop()
    const first = this.#first
    if (!first) return
    const never = first.arrivalMs === Number.POSITIVE_INFINITY
    this.#planned = never ? new Call(() => this.#ends.onGiveUp()) : this.#arrival
    this.#clock.plan(never ? GIVE_UP_MS : first.arrivalMs - this.#clock.now(), this.#planned)
  }

  #drop(): void {
    if (this.#planned?.due) {
      this.#clock.drop(this.#planned)
      this.#arrival = new Arrival(this)
    }
    this.#planned = undefined
  }

  /** All that is due; a delivery may send more, change the link or close the lane. */
  deliver(): void {
    const nowMs = this.#clock.now()
    for (let first = this.#first; first && first.arrivalMs <= nowMs; first = this.#first) {
      this.#first = first.next
      if (!first.next) this.#last = undefined
      this.#backlogBytes -= first.bytes
      if (typeof first.load === 'function') first.load()
      else this.#ends.onFrame(first.load)
    }
    this.#await()
  }
}
