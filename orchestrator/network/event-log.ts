// The newest events of a run, for readers that come later or fall behind. The whole record is on disk; this is a window on it.

import { onAbort } from '../aborts.ts'
import type { ObservedEvent } from '../observe/events.ts'

const CAPACITY = 20_000
/** A reader gives way to others after so many events. */
const BURST = 512

export class EventLog {
  readonly #ring: ObservedEvent[] = []
  #last = 0
  #wake: (() => void)[] = []

  /** `seq` of the newest. */
  get last(): number {
    return this.#last
  }

  /** Events come in the order of their `seq`, which rises by one. */
  append(event: ObservedEvent): void {
    this.#ring[event.seq % CAPACITY] = event
    this.#last = event.seq
    if (this.#wake.length === 0) return
    const wake = this.#wake
    this.#wake = []
    for (const go of wake) go()
  }

  /** Everything that is still held, oldest first. */
  held(): readonly ObservedEvent[] {
    const from = Math.max(1, this.#last - CAPACITY + 1)
    const seqs = Array.from({ length: Math.max(0, this.#last - from + 1) }, (_, i) => from + i)
    return seqs.flatMap(seq => this.#ring[seq % CAPACITY] ?? [])
  }

  /** Everything after `after` that is still held, then each event as it comes, until `signal` aborts. */
  async *after(after: number, signal: AbortSignal): AsyncGenerator<ObservedEvent> {
    let next = Math.max(0, after) + 1
    for (let burst = 0; !signal.aborted; burst++) {
      next = Math.max(next, this.#last - CAPACITY + 1)
      const event = next <= this.#last ? this.#ring[next % CAPACITY] : undefined
      if (event?.seq === next) {
        yield event
        next++
        if (burst % BURST === BURST - 1) await new Promise(resolve => setImmediate(resolve))
      } else if (next <= this.#last) {
        next++ // numbering began after it
      } else {
        await this.#news(signal)
      }
    }
  }

  #news(signal: AbortSignal): Promise<void> {
    return new Promise(resolve => {
      const done = () => {
        unheard()
        resolve()
      }
      const unheard = onAbort(signal, done)
      this.#wake.push(done)
    })
  }
}
