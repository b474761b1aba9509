// A line that connections share, in real time: one piece after the other goes over it, in turns of as many bytes each (deficit
// round robin, Shreedhar and Varghese 1996, with pieces cut to measure). Who has been silent for a round goes first, once, so that
// a word does not wait for everybody's blocks (as in RFC 8290). No piece is early; a late timer is made up for by the next.

import type { Cancel, Clock } from '../core/host.ts'

/** A turn takes about so long. */
const TURN_MS = 5
/** A full segment at least; and what a write takes at once at most. */
const LEAST_TURN_BYTES = 1_448
const MOST_TURN_BYTES = 65_536
/** Timers have a grain of 1 ms: a piece due within half of it goes now. */
const GRAIN_MS = 0.5

/** What goes over a line in one turn. */
export interface Piece {
  /** What the line is to carry for it. */
  readonly bytes: number
  /** Its last bit is over. */
  passed(): void
}

/** Somebody who takes turns. */
export interface Strand {
  /** The next piece, of `most` bytes at most; undefined: there is none now, and it wakes the line when there is. */
  take(most: number): Piece | undefined
}

/** Bytes of a turn at this rate. */
export function turnBytes(rateBps: number): number {
  const bytes = Math.floor((rateBps * TURN_MS) / 8000)
  return Math.max(LEAST_TURN_BYTES, Math.min(MOST_TURN_BYTES, bytes))
}

export class FairLine {
  readonly #clock: Clock
  #rateBps: number
  /** Have been silent. */
  readonly #fresh = new Set<Strand>()
  readonly #others = new Set<Strand>()
  /** Under way, until the line is free. */
  #piece: Piece | undefined
  #freeMs = 0
  #cancel: Cancel | undefined

  constructor(clock: Clock, rateBps: number) {
    this.#clock = clock
    this.#rateBps = rateBps
  }

  get rateBps(): number {
    return this.#rateBps
  }

  /** For all pieces but the one that is under way. */
  set(rateBps: number): void {
    this.#rateBps = rateBps
  }

  /** It has something to send. */
  wake(strand: Strand): void {
    if (this.#fresh.has(strand) || this.#others.has(strand)) return
    this.#fresh.add(strand)
    if (this.#piece) return
    this.#freeMs = Math.max(this.#freeMs, this.#clock.now())
    this.#serve()
  }

  /** It never will again. What is under way comes over. */
  forget(strand: Strand): void {
    this.#fresh.delete(strand)
    this.#others.delete(strand)
  }

  /** The line is no more: what is under way comes over at once. Returns who had something to send. */
  end(): Strand[] {
    this.#cancel?.()
    const strands = [...this.#fresh, ...this.#others]
    this.#fresh.clear()
    this.#others.clear()
    const piece = this.#piece
    this.#piece = undefined
    piece?.passed()
    return strands
  }

  /** Puts pieces on the line until one takes its time. */
  #serve(): void {
    while (!this.#piece) {
      const strand = first(this.#fresh) ?? first(this.#others)
      if (!strand) return
      this.forget(strand)
      const piece = strand.take(turnBytes(this.#rateBps))
      if (!piece) continue
      this.#others.add(strand)
      this.#piece = piece
      this.#freeMs += (piece.bytes * 8000) / this.#rateBps
      this.#await()
    }
  }

  /** Lets the piece through, or waits for it: a timer that was set late in a long turn of the loop comes early by as much. */
  #await(): void {
    const waitMs = this.#freeMs - this.#clock.now()
    if (waitMs > GRAIN_MS) {
      this.#cancel = this.#clock.after(waitMs, () => {
        this.#await()
        this.#serve()
      })
      return
    }
    const piece = this.#piece
    this.#piece = undefined
    piece?.passed()
  }
}

function first<T>(set: ReadonlySet<T>): T | undefined {
  for (const each of set) return each
  return undefined
}
