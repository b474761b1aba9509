// One direction of one virtual connection: what is sent arrives in order, when the link model says.

import type { Cancel, Clock, Random } from '../../../node/core/host.ts'
import { Link, type LinkConditions, sameConditions } from '../../../node/core/link.ts'

/** How long TCP of Linux sends again before it gives a connection up (tcp_retries2 = 15). */
export const GIVE_UP_MS = 924_600

interface Parcel {
  readonly bytes: number
  readonly deliver: () => void
  /** Infinity while the link is blocked. */
  arrivalMs: number
}

export class Lane {
  readonly #clock: Clock
  readonly #link: Link
  readonly #onGiveUp: () => void
  /** First in, first out; arrivals never fall. */
  readonly #parcels: Parcel[] = []
  #backlogBytes = 0
  #closed = false
  #cancelDelivery: Cancel | undefined
  #cancelGiveUp: Cancel | undefined

  /** `onGiveUp`: nothing came through for so long that TCP would have ended the connection. */
  constructor(clock: Clock, random: Random, conditions: LinkConditions, onGiveUp: () => void) {
    this.#clock = clock
    this.#link = new Link(conditions, random)
    this.#onGiveUp = onGiveUp
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

  send(bytes: number, deliver: () => void): void {
    if (this.#closed) return
    this.#backlogBytes += bytes
    this.#parcels.push({ bytes, deliver, arrivalMs: this.#link.arrival(this.#clock.now(), bytes) })
    if (this.#parcels.length === 1) this.#await()
  }

  /**
   * New conditions hold at once, also for what is on its way: it sets out again from now, as TCP would send it again.
   * So a block holds back everything and a heal delivers it all, in order.
   */
  set(conditions: LinkConditions): void {
    if (sameConditions(conditions, this.#link.conditions)) return
    this.#link.set(conditions)
    const nowMs = this.#clock.now()
    for (const parcel of this.#parcels) parcel.arrivalMs = this.#link.arrival(nowMs, parcel.bytes)
    this.#await()
  }

  /** What is on its way is lost. */
  close(): void {
    this.#closed = true
    this.#parcels.length = 0
    this.#backlogBytes = 0
    this.#cancelDelivery?.()
    this.#cancelGiveUp?.()
  }

  /** Plans the first arrival. */
  #await(): void {
    this.#cancelDelivery?.()
    this.#cancelGiveUp?.()
    const first = this.#parcels[0]
    if (!first) return
    if (first.arrivalMs === Number.POSITIVE_INFINITY)
      this.#cancelGiveUp = this.#clock.after(GIVE_UP_MS, this.#onGiveUp)
    else this.#cancelDelivery = this.#clock.after(first.arrivalMs - this.#clock.now(), () => this.#deliver())
  }

  /** All that is due; a delivery may send more, change the link or close the lane. */
  #deliver(): void {
    const nowMs = this.#clock.now()
    for (let first = this.#parcels[0]; first && first.arrivalMs <= nowMs; first = this.#parcels[0]) {
      this.#parcels.shift()
      this.#backlogBytes -= first.bytes
      first.deliver()
    }
    this.#await()
  }
}
