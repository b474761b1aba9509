// How virtual time passes: in slices short enough that screens, signals and HTTP have their turn between them.
//
// Code outside the simulation (the load, a fault's probe) acts over promises. While it acts, time stands still: a moment
// that wakes somebody outside ends its slice, and the next one begins when every promise has had its say. So what
// happens depends on the plan only, never on how fast the machine is.

import { setMaxListeners } from 'node:events'
import type { Cancel } from '../../../node/core/host.ts'
import { onAbort } from '../../aborts.ts'
import type { VirtualClock } from './clock.ts'

/** Least interruption that a person at the screen does not feel. */
const SLICE_MS = 25
/** Tasks of a long step between turns of everything else in this process. */
const TASKS_PER_TURN = 4_096
/** Tasks between looks at the real clock. */
const TASKS_PER_LOOK = 64

export interface FlowOptions {
  /** Virtual seconds in a real one, at most. */
  readonly maxSpeed: number
  /** Time stands until this has come: whoever writes down what happens must be able to follow. Undefined: it can. */
  readonly behind?: (() => Promise<unknown> | undefined) | undefined
  /** A task threw: a bug, and the end of the simulation. */
  readonly onFailure: (error: unknown) => void
}

/** Every order that is measured listens. */
function holding(): AbortController {
  const controller = new AbortController()
  setMaxListeners(0, controller.signal)
  return controller
}

export class TimeFlow {
  readonly #clock: VirtualClock
  readonly #options: FlowOptions
  /** Time does not pass this moment. */
  #limitMs = Number.POSITIVE_INFINITY
  /** Moments that somebody waits for; time flows only for these, unless a limit was set. */
  readonly #awaited = new Set<{ readonly untilMs: number }>()
  #flowing = false
  /** Time stands by order: not even those who wait make it flow. */
  #held = false
  #holding = holding()
  /** A slice is planned. */
  #planned = false
  /** Somebody outside was woken in this slice. */
  #outside = false
  /** Both clocks when time last began to flow: the speed is counted from there. */
  #since = { realMs: 0, virtualMs: 0 }
  readonly #arrivals = new Set<() => void>()

  constructor(clock: VirtualClock, options: FlowOptions) {
    this.#clock = clock
    this.#options = options
  }

  /** Nothing happens by itself now. */
  get standing(): boolean {
    return !this.#flowing || this.#clock.now() >= this.#limitMs
  }

  start(): void {
    this.#flowing = true
    this.#since = { realMs: performance.now(), virtualMs: this.#clock.now() }
    this.#plan(0)
  }

  /** Aborted while time stands by order; another one when it goes on. */
  get held(): AbortSignal {
    return this.#holding.signal
  }

  pause(): void {
    this.#held = true
    this.#outside = true // not one task more
    this.#holding.abort()
  }

  go(): void {
    if (!this.#held) return
    this.#held = false
    this.#holding = holding()
    if (this.#flowing) this.start()
  }

  /** Runs the paused simulation task by task until `done` holds, or time is at its limit. Others have their say in between. */
  async step(done: () => boolean): Promise<void> {
    const clock = this.#clock
    for (let tasks = 1; this.#held && this.#flowing && !done() && clock.nextMs <= this.#limitMs; tasks++) {
      this.#outside = false
      clock.step()
      if (this.#outside || tasks % TASKS_PER_TURN === 0) {
        await new Promise(resolve => setImmediate(resolve))
        await this.#options.behind?.()
      }
    }
    if (clock.now() >= this.#limitMs) this.#arrive()
  }

  stop(): void {
    this.#flowing = false
    this.#arrive()
  }

  /** Lets time pass up to `ms` (since the epoch) and no further. */
  limit(ms: number): void {
    this.#limitMs = ms
    this.#awaited.clear()
  }

  /** Time stands where it is, until somebody waits or it is started again. */
  stand(): void {
    this.limit(this.#clock.now())
    this.#outside = true // not one task more
    this.#arrive()
  }

  /** Resolves when time stands at its limit, or flows no more. */
  arrival(): Promise<void> {
    return new Promise(resolve => {
      this.#arrivals.add(resolve)
      if (!this.#flowing || this.#clock.now() >= this.#limitMs) this.#arrive()
    })
  }

  /** As the clock's, for code outside the simulation. */
  after(ms: number, task: () => void): Cancel {
    return this.#clock.after(ms, () => {
      this.#outside = true
      task()
    })
  }

  /** Code outside the simulation has something to do at this moment. */
  heed(): void {
    this.#outside = true
  }

  /** Time that stands flows for those who wait, and stands again. Resolves early when `signal` aborts. */
  wait(ms: number, signal?: AbortSignal): Promise<void> {
    if (signal?.aborted) return Promise.resolve()
    const wish = { untilMs: this.#clock.now() + ms }
    if (this.standing || this.#awaited.size > 0) this.#lend(wish)
    return new Promise(resolve => {
      const done = () => {
        cancel()
        unheard?.()
        if (this.#awaited.delete(wish)) this.#limitMs = this.#furthestMs()
        resolve()
      }
      const cancel = this.after(ms, done)
      const unheard = signal && onAbort(signal, done)
    })
  }

  #lend(wish: { readonly untilMs: number }): void {
    const stood = this.standing
    this.#awaited.add(wish)
    this.#limitMs = this.#furthestMs()
    if (stood) this.start()
  }

  #furthestMs(): number {
    let furthestMs = this.#clock.now()
    for (const { untilMs } of this.#awaited) furthestMs = Math.max(furthestMs, untilMs)
    return furthestMs
  }

  #plan(waitMs: number): void {
    if (this.#planned) return
    this.#planned = true
    const run = () => {
      this.#planned = false
      if (this.#flowing && !this.#held) this.#slice()
    }
    // Either comes after all promises that can go on.
    if (waitMs >= 1) setTimeout(run, waitMs)
    else setImmediate(run)
  }

  #slice(): void {
    const allowedMs = this.#allowedMs()
    try {
      this.#run(Math.min(this.#limitMs, allowedMs))
    } catch (error) {
      this.#options.onFailure(error)
      this.stop()
      return
    }
    // Several may wait for the same moment: the others are still to be woken.
    if (this.#clock.now() >= this.#limitMs && this.#awaited.size === 0) this.#arrive()
    else this.#goOn(this.#clock.now() >= allowedMs ? SLICE_MS : 0)
  }

  #goOn(waitMs: number): void {
    const behind = this.#options.behind?.()
    if (behind) void behind.then(() => this.#plan(0))
    else this.#plan(waitMs)
  }

  #run(untilMs: number): void {
    const clock = this.#clock
    const endMs = performance.now() + SLICE_MS
    this.#outside = false
    for (let tasks = 1; !this.#outside; tasks++) {
      if (!clock.step(untilMs)) {
        if (untilMs < Number.POSITIVE_INFINITY) clock.runUntil(untilMs)
        return
      }
      if (tasks % TASKS_PER_LOOK === 0 && performance.now() >= endMs) return
    }
  }

  /** How far time may have come by now at the greatest speed. */
  #allowedMs(): number {
    const { realMs, virtualMs } = this.#since
    return virtualMs + (performance.now() - realMs + SLICE_MS) * this.#options.maxSpeed
  }

  #arrive(): void {
    const told = [...this.#arrivals]
    this.#arrivals.clear()
    for (const tell of told) tell()
  }
}
