// The one place where everything observed meets: it numbers events, folds them, and hands out snapshots.

import type { NodeEvent } from '../../node/api.ts'
import type { RunSummary } from '../control/api.ts'
import type { Plan, RuntimeName } from '../spec/types.ts'
import { after } from '../timers.ts'
import type { ObservedEvent, TestnetEvent } from './events.ts'
import { createExporter, type Exporter } from './exporter.ts'
import type { Folded, Working } from './folded.ts'
import type { Fresh } from './fresh.ts'
import { fold } from './reducer.ts'
import { initial, snapshot, working } from './snapshot.ts'
import type { NetworkState } from './state.ts'
import { summarize } from './summary.ts'

/** Least time between two snapshots to subscribers; and how often the time that one took must have passed before the next. */
const SNAPSHOT_EVERY_MS = 100
const PAUSES = 20
/** What making one takes is taken twice more after it: the tables that it holds are copied before they are written again. */
const COPIES = 2

export interface ObserverOptions {
  readonly plan: Plan
  readonly runtime: RuntimeName
  /** Milliseconds since the epoch. */
  readonly clock: () => number
  /** Milliseconds of real time since the run began, where `clock` tells a virtual one. */
  readonly realMs?: () => number
  /** Runs a task later; injected for tests. */
  readonly after?: (ms: number, task: () => void) => void
}

/** Looks at what is kept right before an event, and right after it. */
export interface Look {
  before(folded: Folded): void
  after(folded: Folded): void
}

export class Observer {
  readonly #clock: () => number
  readonly #realMs: (() => number) | undefined
  #time: 'flows' | 'stands' = 'flows'
  #slowedTo: number | undefined
  readonly #after: (ms: number, task: () => void) => void
  readonly #exporter: Exporter
  readonly #listeners = new Set<(state: NetworkState) => void>()
  readonly #looks = new Set<Look>()
  readonly #folded: Working
  /** A list of its own for each change of it: an event goes to those who listened when it came. */
  #taps: readonly ((event: ObservedEvent) => void)[] = []
  #fresh: Fresh = new WeakSet()
  #seq = 0
  /** The newest snapshot, and the event up to which it tells. */
  #latest: { readonly seq: number; readonly state: NetworkState } | undefined
  /** When subscribers may have the next snapshot. */
  #nextMs = Number.NEGATIVE_INFINITY
  #planned = false

  constructor(options: ObserverOptions) {
    this.#clock = options.clock
    this.#realMs = options.realMs
    this.#after = options.after ?? ((ms, task) => after(ms, task, { idle: true }))
    this.#folded = working(initial(options.plan, options.runtime, options.clock()))
    this.#exporter = createExporter(() => this.state())
  }

  /** Takes in an event of `node`, or of the testnet itself when `node` is undefined; returns it numbered. */
  observe(node: string, event: NodeEvent): ObservedEvent
  observe(node: undefined, event: TestnetEvent): ObservedEvent
  observe(node: string | undefined, event: NodeEvent | TestnetEvent): ObservedEvent {
    this.#seq += 1
    // The overloads tie `node` to the kind of event.
    const observed = (
      node === undefined
        ? { seq: this.#seq, timeMs: this.#clock(), event }
        : { seq: this.#seq, timeMs: (event as NodeEvent).timeMs, node, event }
    ) as ObservedEvent
    for (const look of this.#looks) look.before(this.#folded)
    fold(this.#folded, observed, this.#fresh)
    for (const look of this.#looks) look.after(this.#folded)
    for (const tap of this.#taps) tap(observed)
    this.#plan()
    return observed
  }

  /** The state now. Two calls without an event between share everything but the time. */
  state(): NetworkState {
    const nowMs = this.#clock()
    if (this.#latest?.seq !== this.#seq) {
      this.#latest = { seq: this.#seq, state: snapshot(this.#folded, nowMs) }
      this.#fresh = new WeakSet() // what it holds is in a snapshot now
    }
    if (this.#latest.state.nowMs !== nowMs)
      this.#latest = { seq: this.#seq, state: { ...this.#latest.state, nowMs } }
    if (!this.#realMs) return this.#latest.state
    const slowed = this.#slowedTo === undefined ? {} : { slowedTo: this.#slowedTo }
    return { ...this.#latest.state, realMs: this.#realMs(), time: this.#time, ...slowed }
  }

  /** Simulated time was stopped or let go on. That is no event of the run, and no record knows of it. */
  steered(time: 'flows' | 'stands'): void {
    this.#time = time
    this.#plan()
  }

  /** Simulated time is held to so many times the speed of real time. No record knows of that either. */
  slowed(to: number): void {
    this.#slowedTo = to
  }

  /** Calls `listener` with the newest snapshot after events: ten times a second at most, rarer where that takes long. Returns its end. */
  subscribe(listener: (state: NetworkState) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** Calls `tap` with every event, at once; returns its end. */
  tap(tap: (event: ObservedEvent) => void): () => void {
    this.#taps = [...this.#taps, tap]
    return () => {
      this.#taps = this.#taps.filter(other => other !== tap)
    }
  }

  /** Lets `look` see what is kept right before and after each event: for what it will forget. Returns its end. */
  around(look: Look): () => void {
    this.#looks.add(look)
    return () => this.#looks.delete(look)
  }

  summary(runDirectory: string): RunSummary {
    return summarize(this.state(), runDirectory)
  }

  /** Prometheus text. */
  metrics(): Promise<string> {
    return this.#exporter.metrics()
  }

  #plan(): void {
    if (this.#planned || this.#listeners.size === 0) return
    this.#planned = true
    const nowMs = this.#realMs ?? this.#clock
    this.#after(Math.max(0, this.#nextMs - nowMs()), () => {
      this.#planned = false
      const fromMs = nowMs()
      const state = this.state()
      const laterMs = COPIES * (nowMs() - fromMs)
      for (const listener of this.#listeners) listener(state)
      // Ten thousand nodes in a snapshot take 60 ms in all: screens get fewer of them, and the network most of the time.
      this.#nextMs = fromMs + Math.max(SNAPSHOT_EVERY_MS, PAUSES * (nowMs() - fromMs + laterMs))
    })
  }
}
