// How far another machine's clock is from ours, by asking it the time again and again (as NTP does, RFC 5905, section 8). The
// answer was true at some moment between question and answer: halfway, give or take half of what that took. The quickest
// answers tell most; older ones tell less as both clocks drift. Pure: times are given.

export interface ClockReading {
  /** By our clock, ms. */
  readonly askedMs: number
  readonly answeredMs: number
  /** By theirs, somewhere in between. */
  readonly theirMs: number
}

export interface ClockOffset {
  /** Theirs minus ours. */
  readonly offsetMs: number
  /** It is within so much of that. */
  readonly errorMs: number
}

interface Mark extends ClockOffset {
  readonly atMs: number
}

/** The most by which two clocks are taken to drift apart, per ms: a cheap quartz in a warm room is better than that. */
const DRIFT = 50e-6
/** Only the quickest answer of each stretch is kept, */
const STRETCH_MS = 10_000
/** and of so many stretches: what is older would not be believed beside them. */
const STRETCHES = 60

/** What one answer tells. `grainMs`: so coarse are the clocks that were read. */
export function offsetOf({ askedMs, answeredMs, theirMs }: ClockReading, grainMs = 0): ClockOffset {
  return { offsetMs: theirMs - (askedMs + answeredMs) / 2, errorMs: (answeredMs - askedMs) / 2 + grainMs }
}

export class ClockEstimate {
  /** Oldest first, one a stretch. */
  #marks: Mark[] = []

  take(reading: ClockReading): void {
    const { askedMs, answeredMs } = reading
    if (answeredMs < askedMs) return // our own clock was set meanwhile
    const atMs = (askedMs + answeredMs) / 2
    const mark = { atMs, ...offsetOf(reading) }
    const before = this.at(atMs)
    // Both cannot be true: a clock was set, or runs as no clock should.
    if (before && Math.abs(mark.offsetMs - before.offsetMs) > mark.errorMs + before.errorMs) this.#marks = []
    this.#keep(mark)
  }

  /** The best that is known of that moment; undefined before the first answer. */
  at(ms: number): ClockOffset | undefined {
    let best: ClockOffset | undefined
    for (const { atMs, offsetMs, errorMs } of this.#marks) {
      const error = errorMs + DRIFT * Math.abs(ms - atMs)
      if (best === undefined || error < best.errorMs) best = { offsetMs, errorMs: error }
    }
    return best
  }

  #keep(mark: Mark): void {
    const last = this.#marks.at(-1)
    const stretch = ({ atMs }: Mark) => Math.floor(atMs / STRETCH_MS)
    if (last && stretch(last) === stretch(mark)) {
      if (mark.errorMs < last.errorMs) this.#marks[this.#marks.length - 1] = mark
      return
    }
    this.#marks.push(mark)
    if (this.#marks.length > STRETCHES) this.#marks.shift()
  }
}
