// One direction of one virtual connection: what is sent arrives in order, when the link model says.

import type { Random } from '../../../node/core/host.ts'
import { Link, type LinkConditions } from '../../../node/core/link.ts'
import { sameConditions } from '../../network/planned-links.ts'
import { Call, Task, type VirtualClock } from './clock.ts'
import { Flow, Line } from './lines.ts'

/** How long TCP of Linux sends again before it gives a connection up (tcp_retries2 = 15). */
export const GIVE_UP_MS = 924_600

/** A frame, or what happens when a segment without data arrives. */
type Load = Uint8Array | (() => void)

const NO_LINES: readonly Line[] = []

/** A spare parcel holds on to nothing. */
const NOTHING: Load = new Uint8Array(0)

interface Parcel {
  bytes: number
  load: Load
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
  /** The one that arrived last, for the next: most are alone on their lane, and one for each was a tenth of all that was made. */
  #spare: Parcel | undefined
  #backlogBytes = 0
  #closed = false
  #planned: Task | undefined
  /** Planned again and again: one for each message was a twentieth of all that a simulation made. */
  #arrival = new Arrival(this)
  /** Where its ends have access lines: its place in them. */
  #flow: Flow | undefined
  /** The first that has not left yet; of those that have, the moment of arrival is known. */
  #unsent: Parcel | undefined

  /** `shared`: the lines that it shares with others, of both its ends. */
  constructor(
    clock: VirtualClock,
    random: Random,
    conditions: LinkConditions,
    ends: LaneEnds,
    shared: readonly Line[] = NO_LINES,
  ) {
    this.#clock = clock
    this.#link = new Link(conditions, random)
    this.#ends = ends
    if (shared.length > 0) this.#flow = this.#flowOver(shared)
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
    const parcel = this.#parcel(bytes, load)
    const before = this.#last
    this.#last = parcel
    if (before) before.next = parcel
    else this.#first = parcel
    if (this.#flow) this.#enter(this.#flow, parcel)
    else parcel.arrivalMs = this.#link.arrival(this.#clock.now(), bytes)
    if (!before) this.#await()
  }

  #parcel(bytes: number, load: Load): Parcel {
    const spare = this.#spare
    if (!spare) return { bytes, load, arrivalMs: Number.POSITIVE_INFINITY, next: undefined }
    this.#spare = undefined
    spare.bytes = bytes
    spare.load = load
    spare.arrivalMs = Number.POSITIVE_INFINITY
    return spare
  }

  /**
   * New conditions hold at once, also for what is on its way: it sets out again from now, as TCP would send it again.
   * So a block holds back everything and a heal delivers it all, in order.
   */
  set(conditions: LinkConditions, shared: readonly Line[] = NO_LINES): void {
    const over = this.#flow?.lines.slice(0, shared.length) ?? NO_LINES
    const sameLines = this.#shared === shared.length && over.every((line, i) => line === shared[i])
    if (sameLines && sameConditions(conditions, this.#link.conditions)) return
    this.#link.set(conditions)
    this.#flow?.end()
    this.#flow = shared.length > 0 ? this.#flowOver(shared) : undefined
    this.#unsent = undefined
    const nowMs = this.#clock.now()
    for (let parcel = this.#first; parcel; parcel = parcel.next) {
      parcel.arrivalMs = Number.POSITIVE_INFINITY
      if (this.#flow) this.#enter(this.#flow, parcel)
      else parcel.arrivalMs = this.#link.arrival(nowMs, parcel.bytes)
    }
    this.#await()
  }

  /** What is on its way is lost. */
  close(): void {
    this.#closed = true
    this.#flow?.end()
    this.#unsent = undefined
    this.#first = undefined
    this.#last = undefined
    this.#backlogBytes = 0
    this.#drop()
  }

  /** How many of its flow's lines are others' as well. */
  get #shared(): number {
    const own = this.#link.conditions.bandwidthBps > 0 ? 1 : 0
    return this.#flow ? this.#flow.lines.length - own : 0
  }

  /** What the pair's own link carries is a line of which it has all. */
  #flowOver(shared: readonly Line[]): Flow {
    const { bandwidthBps } = this.#link.conditions
    const lines = bandwidthBps > 0 ? [...shared, new Line(bandwidthBps)] : shared
    return new Flow(this.#clock, lines, () => this.#left())
  }

  /** The parcel, which is the last, goes onto the lines: at once, or when those before it have left. */
  #enter(flow: Flow, parcel: Parcel): void {
    if (this.#unsent || this.blocked) return
    if (flow.lets(parcel.bytes)) {
      parcel.arrivalMs = this.#link.arrivalAfter(flow.packet(parcel.bytes), parcel.bytes)
      return
    }
    this.#unsent = parcel
    flow.begin(parcel.bytes)
  }

  /** The first that had not left has left now. */
  #left(): void {
    const parcel = this.#unsent as Parcel
    parcel.arrivalMs = this.#link.arrivalAfter(this.#clock.now(), parcel.bytes)
    this.#unsent = parcel.next
    if (parcel.next) this.#flow?.begin(parcel.next.bytes)
    else this.#flow?.end()
    if (parcel === this.#first) this.#await()
  }

  /** Plans the first arrival; what has not left yet is waited for by its flow. */
  #await(): void {
    this.#drop()
    const first = this.#first
    if (!first || first === this.#unsent) return
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
      const { load } = first
      first.load = NOTHING
      first.next = undefined
      this.#spare = first
      if (typeof load === 'function') load()
      else this.#ends.onFrame(load)
    }
    this.#await()
  }
}
