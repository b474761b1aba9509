// Watches one life of one node: its events as they come, and a health poll once a second.

import type { NodeEvent, NodeHealth } from '../../node/api.ts'
import { preciseNow } from '../timers.ts'
import type { NodeClock } from './host-clocks.ts'
import { type NodeClient, pause } from './node-client.ts'

const POLL_MS = 1_000
/** The first answer may take long when nodes start at once; when they are many, longer (`Pace`). */
const FIRST_ANSWER_MS = 30_000
/** What a node said last may still be on its way when its process has ended, but not for long. */
const LAST_WORDS_MS = 5_000
/** So many polls in a row without an answer make a node unreachable. */
const MISSES = 3
/** Of the first node on a host, until its clock is known well; where it stays vague it says so. */
const FIRST_QUESTIONS = 10

export interface WatchSink {
  onEvent(event: NodeEvent): void
  onHealth(health: NodeHealth): void
  /** Once, when it stops answering; the next onHealth says that it is back. */
  onUnreachable(detail: string): void
}

export class NodeWatch {
  readonly #client: NodeClient
  readonly #sink: WatchSink
  readonly #clock: NodeClock | undefined
  readonly #end = new AbortController()
  #suspended = false
  #gone = false
  #following: Promise<void> = Promise.resolve()

  /** `clock`: of its host, where that is not ours. */
  constructor(client: NodeClient, sink: WatchSink, clock?: NodeClock) {
    this.#client = client
    this.#sink = sink
    this.#clock = clock
  }

  /** Resolves with the first answer; watching goes on until `close`. */
  async open(usualMs = FIRST_ANSWER_MS): Promise<NodeHealth> {
    const first = await this.#health(usualMs)
    // What it tells at its start is to have its time right, too; the machine is as busy as it was for the first answer.
    for (let asked = 1; asked < FIRST_QUESTIONS && this.#clock?.vague; asked++) await this.#health(usualMs)
    this.#following = this.#follow(first.boot)
    void this.#poll()
    return first
  }

  /** A frozen node answers nothing, and that is no news. */
  set suspended(suspended: boolean) {
    this.#suspended = suspended
  }

  /** The process has ended: takes in what it still said, then closes. */
  async finish(): Promise<void> {
    this.#gone = true
    await Promise.race([this.#following, pause(LAST_WORDS_MS, this.#end.signal)])
    this.close()
  }

  close(): void {
    this.#end.abort()
    this.#client.close()
  }

  async #follow(boot: string): Promise<void> {
    const { signal } = this.#end
    for await (const event of this.#client.events(boot, signal, () => !this.#gone)) {
      if (signal.aborted) return
      this.#sink.onEvent(this.#clock ? { ...event, timeMs: this.#clock.ours(event.timeMs) } : event)
    }
  }

  async #health(usualMs?: number): Promise<NodeHealth> {
    const askedMs = preciseNow()
    const health = await this.#client.health(this.#end.signal, usualMs)
    // A build from before it was said does not say it.
    if (health.timeMs !== undefined)
      this.#clock?.take({ askedMs, answeredMs: preciseNow(), theirMs: health.timeMs })
    return health
  }

  async #poll(): Promise<void> {
    const { signal } = this.#end
    let misses = 0
    for (;;) {
      await pause(POLL_MS, signal)
      if (signal.aborted) return
      if (this.#suspended || this.#gone) continue
      try {
        const health = await this.#health()
        if (signal.aborted) return
        misses = 0
        this.#sink.onHealth(health)
      } catch (error) {
        if (signal.aborted || this.#suspended || this.#gone) continue
        misses++
        if (misses === MISSES) this.#sink.onUnreachable((error as Error).message)
      }
    }
  }
}
