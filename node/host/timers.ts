// The node's timers: they run when they have waited in real time, or when somebody moves the node's clock to their end.

import type { Cancel } from '../core/host.ts'
import { systemClock } from './clock.ts'

interface Timer {
  readonly dueMs: number
  readonly task: () => void
  readonly cancel: Cancel
}

export class Timers {
  readonly #waiting = new Set<Timer>()

  /** `nowMs`: by the node's clock, as the times that `runDue` is told. */
  after(nowMs: number, ms: number, task: () => void): Cancel {
    const run = () => {
      this.#waiting.delete(timer)
      task()
    }
    const timer: Timer = { dueMs: nowMs + ms, task, cancel: systemClock.after(ms, run) }
    this.#waiting.add(timer)
    return () => this.#end(timer)
  }

  /** Those that are due by then, in the order of their ends. What they plan anew waits. */
  runDue(nowMs: number): void {
    const due = [...this.#waiting].filter(({ dueMs }) => dueMs <= nowMs).sort((a, b) => a.dueMs - b.dueMs)
    for (const timer of due) if (this.#end(timer)) timer.task()
  }

  #end(timer: Timer): boolean {
    timer.cancel()
    return this.#waiting.delete(timer)
  }
}
