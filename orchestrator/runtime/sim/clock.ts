// Virtual time: tasks in the order of their moments, then in that in which they were planned.
// Time stands still while a task runs and jumps to the next task's moment after it.

import type { Cancel, Clock } from '../../../node/core/host.ts'
import { TimedQueue } from './queue.ts'

/** Something to be done once, at its moment. Whoever plans millions of a kind gives the kind a class of its own. */
export abstract class Task {
  /** Planned, and neither done nor dropped. */
  due = false
  abstract run(): void
}

/** Any other. */
export class Call extends Task {
  readonly run: () => void
  constructor(run: () => void) {
    super()
    this.run = run
  }
}

/** Dropped tasks are swept out when they are more than half of a queue of at least this size. */
const SWEEP_FROM = 1024

export class VirtualClock implements Clock {
  #nowMs: number
  readonly #queue = new TimedQueue<Task>()
  #dropped = 0
  /** Tasks that were run. */
  ran = 0

  /** `startMs`: where time begins, in ms since the Unix epoch. */
  constructor(startMs: number) {
    this.#nowMs = startMs
  }

  now(): number {
    return this.#nowMs
  }

  after(ms: number, run: () => void): Cancel {
    const task = new Call(run)
    this.plan(ms, task)
    return () => this.drop(task)
  }

  /** A task that was done may be planned again; one that was dropped still has its place in the queue. */
  plan(ms: number, task: Task): void {
    task.due = true
    this.#queue.push(this.#nowMs + Math.max(0, ms), task)
  }

  /** As the cancel of `after`. */
  drop(task: Task): void {
    if (!task.due) return
    task.due = false
    this.#dropped++
    if (this.#queue.size < SWEEP_FROM || this.#dropped * 2 <= this.#queue.size) return
    this.#queue.keep(({ due }) => due)
    this.#dropped = 0
  }

  /** Tasks still to run. */
  get pending(): number {
    return this.#queue.size - this.#dropped
  }

  /** Moment of the next task; Infinity when there is none. */
  get nextMs(): number {
    this.#skipDropped()
    return this.#queue.firstMs
  }

  /** Runs the next task at its moment; false when there is none, or none up to and including `untilMs`. */
  step(untilMs = Number.POSITIVE_INFINITY): boolean {
    this.#skipDropped()
    const atMs = this.#queue.firstMs
    if (atMs > untilMs) return false
    const task = this.#queue.pop()
    if (!task) return false
    this.#nowMs = atMs
    task.due = false
    this.ran++
    task.run()
    return true
  }

  /** Runs everything due up to and including `untilMs`, then stands there. */
  runUntil(untilMs: number): void {
    while (this.step(untilMs)) {}
    this.#nowMs = Math.max(this.#nowMs, untilMs)
  }

  #skipDropped(): void {
    while (this.#dropped > 0 && this.#queue.first?.due === false) {
      this.#queue.pop()
      this.#dropped--
    }
  }
}
