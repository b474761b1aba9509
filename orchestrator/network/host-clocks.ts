// The clocks of a network's hosts, read off what their nodes answer to us anyway, and the times of events put right by them.
// A fault that skews a node's clock is not in it: the time that is read is that which stamps the node's events.

import type { TestnetEvent } from '../observe/events.ts'
import { ClockEstimate, type ClockOffset, type ClockReading } from './clock-offset.ts'

/** What holds is told anew, and used from then on, when it is known so much better, or is off by so much of its error. */
const BETTER = 0.8
const OFF = 0.5
/** And anyway when it has become so much worse with time. */
const WORSE = 1.5

/** A host's clock that is known no better than that is asked again at once. */
const VAGUE_MS = 10

/** The clock by which a node stamps its events. */
export interface NodeClock {
  take(reading: ClockReading): void
  readonly vague: boolean
  /** The time by our clock when it showed that. */
  ours(theirMs: number): number
}

interface HostClock {
  readonly estimate: ClockEstimate
  /** As it was told last: the record says by what its times were put right. */
  told: ClockOffset | undefined
}

export class HostClocks {
  readonly #observe: (event: TestnetEvent) => void
  readonly #clocks = new Map<string, HostClock>()

  constructor(observe: (event: TestnetEvent) => void) {
    this.#observe = observe
  }

  /** For one life of a node; undefined where the plan does not say what host it is on. */
  of({ host }: { readonly host?: string }): NodeClock | undefined {
    if (host === undefined) return undefined
    const clock = this.#clocks.get(host) ?? { estimate: new ClockEstimate(), told: undefined }
    this.#clocks.set(host, clock)
    // A better estimate does not turn the order of its events.
    let newestMs = Number.NEGATIVE_INFINITY
    return {
      take: reading => this.#take(host, clock, reading),
      get vague() {
        return clock.told === undefined || clock.told.errorMs > VAGUE_MS
      },
      ours(theirMs) {
        newestMs = Math.max(newestMs, theirMs - (clock.told?.offsetMs ?? 0))
        return newestMs
      },
    }
  }

  #take(host: string, clock: HostClock, reading: ClockReading): void {
    clock.estimate.take(reading)
    const now = clock.estimate.at(reading.answeredMs)
    const before = clock.told
    if (!now || (before && !isNews(before, now))) return
    clock.told = now
    this.#observe({ type: 'host-clock', host, ...now, ...(before && { before }) })
  }
}

function isNews(told: ClockOffset, now: ClockOffset): boolean {
  const movedMs = Math.abs(now.offsetMs - told.offsetMs)
  return (
    now.errorMs < BETTER * told.errorMs ||
    now.errorMs > WORSE * told.errorMs ||
    movedMs > OFF * Math.max(told.errorMs, now.errorMs)
  )
}
