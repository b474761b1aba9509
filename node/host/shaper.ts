// Applies the pure link model to what this node sends. Each connection has one lane; the end that sends shapes, so a
// one-way block is a block in one table only. A link without conditions costs one comparison a frame.

import type { LinkTable } from '../api.ts'
import type { Address, Cancel, Clock, Random } from '../core/host.ts'
import { Link, type LinkConditions } from '../core/link.ts'

/** How long TCP of Linux sends again before it gives a connection up (tcp_retries2 = 15). */
export const GIVE_UP_MS = 924_600

/** Timers have a grain of 1 ms: a frame due within half of it goes now. */
const GRAIN_MS = 0.5

/** True when a link neither delays nor drops anything. */
export function isClear(conditions: LinkConditions): boolean {
  const { latencyMs, jitterMs, bandwidthBps, loss, blocked } = conditions
  return latencyMs === 0 && jitterMs === 0 && bandwidthBps === 0 && loss === 0 && !blocked
}

/** The conditions of what this node sends to the peer that listens on `address`. */
export function conditionsFor(table: LinkTable, address: Address): LinkConditions {
  return Object.hasOwn(table.peers, address) ? (table.peers[address] ?? table.default) : table.default
}

function same(a: LinkConditions, b: LinkConditions): boolean {
  return (
    a.latencyMs === b.latencyMs &&
    a.jitterMs === b.jitterMs &&
    a.bandwidthBps === b.bandwidthBps &&
    a.loss === b.loss &&
    a.duplicates === b.duplicates &&
    a.blocked === b.blocked
  )
}

/** Where a lane leads and what it needs. */
export interface LaneOptions {
  readonly clock: Clock
  readonly random: Random
  /** What the link is to carry for a frame. Default: its length. */
  bytesOf?(frame: Uint8Array): number
  /** Hands frames that have crossed the link to the network. */
  write(frames: readonly Uint8Array[]): void
  /** All frames sent before `end` have crossed. */
  ended(): void
  /** The link has been blocked for so long that a real connection would have timed out. */
  gaveUp(): void
}

interface Held {
  /** Undefined: the end of the stream, which crosses the link like any frame. */
  readonly frame: Uint8Array | undefined
  readonly bytes: number
  readonly atMs: number
}

/** The frames on their way over one link, in order. */
export class Lane {
  readonly #options: LaneOptions
  #conditions: LinkConditions
  /** Undefined while the link is clear. */
  #link: Link | undefined
  #held: Held[] = []
  #heldBytes = 0
  #cancelPump: Cancel | undefined
  #cancelGiveUp: Cancel | undefined

  constructor(options: LaneOptions, conditions: LinkConditions) {
    this.#options = options
    this.#conditions = conditions
    this.#link = this.#newLink()
  }

  /** Bytes sent that have not crossed yet. */
  get heldBytes(): number {
    return this.#heldBytes
  }

  /** How long its link has to do with what it was given. */
  get aheadMs(): number {
    return this.#link ? this.#link.freeMs - this.#options.clock.now() : 0
  }

  /** Nothing crosses it. */
  get blocked(): boolean {
    return this.#conditions.blocked || this.#conditions.loss >= 1
  }

  /** `bytes`: what the link is to carry for it. Default: as its owner counts. */
  send(frame: Uint8Array, bytes?: number): void {
    if (this.#link === undefined) this.#options.write([frame])
    else this.#hold(this.#link, frame, bytes ?? this.#options.bytesOf?.(frame) ?? frame.length)
  }

  /** Nothing follows; `ended` is called when everything has crossed. */
  end(): void {
    if (this.#link === undefined) this.#options.ended()
    else this.#hold(this.#link, undefined, 0)
  }

  /**
   * New conditions hold at once, also for what is under way: it sets out again from now, as TCP would send it again.
   * So a heal delivers all that a block held back.
   */
  set(conditions: LinkConditions): void {
    if (same(conditions, this.#conditions)) return
    this.#conditions = conditions
    this.#link = this.#newLink()
    const link = this.#link
    const nowMs = this.#options.clock.now()
    this.#held = this.#held.map(({ frame, bytes }) => ({
      frame,
      bytes,
      atMs: link ? link.arrival(nowMs, bytes) : nowMs,
    }))
    this.#pump()
  }

  /** Forgets everything under way. */
  drop(): void {
    this.#held = []
    this.#heldBytes = 0
    this.#plan()
  }

  #newLink(): Link | undefined {
    return isClear(this.#conditions) ? undefined : new Link(this.#conditions, this.#options.random)
  }

  #hold(link: Link, frame: Uint8Array | undefined, bytes: number): void {
    this.#held.push({ frame, bytes, atMs: link.arrival(this.#options.clock.now(), bytes) })
    this.#heldBytes += bytes
    if (this.#held.length === 1) this.#plan()
  }

  /** Lets across what is due. */
  #pump(): void {
    const dueMs = this.#options.clock.now() + GRAIN_MS
    const wait = this.#held.findIndex(held => held.atMs > dueMs)
    const due = this.#held.splice(0, wait === -1 ? this.#held.length : wait)
    this.#plan()
    const frames: Uint8Array[] = []
    for (const { frame, bytes } of due) {
      if (frame) frames.push(frame)
      this.#heldBytes -= bytes
    }
    if (frames.length > 0) this.#options.write(frames)
    if (due.some(({ frame }) => frame === undefined)) this.#options.ended()
  }

  /** Sets the timer for the first frame that waits. */
  #plan(): void {
    this.#cancelPump?.()
    this.#cancelPump = undefined
    const atMs = this.#held[0]?.atMs
    if (atMs !== Number.POSITIVE_INFINITY) {
      this.#cancelGiveUp?.()
      this.#cancelGiveUp = undefined
    }
    if (atMs === undefined) return
    const { clock, gaveUp } = this.#options
    if (atMs === Number.POSITIVE_INFINITY) this.#cancelGiveUp ??= clock.after(GIVE_UP_MS, gaveUp)
    else this.#cancelPump = clock.after(Math.max(0, atMs - clock.now()), () => this.#pump())
  }
}
