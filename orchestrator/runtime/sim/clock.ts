// Virtual time: tasks in the order of their moments, then in that in which they were planned.
// Time stands still while a task runs and jumps to the next task's moment after it.

import type { Cancel, Clock } from '../../../node/core/host.ts'
import { TimedQueue } from './queue.ts'

/** Something planned; to be dropped by whoever planned it. */
export interface Task {
  /** Undefined once it ran or was cancelled. */
  run: (() => void) | undefined
}

/** Cancelled tasks are swept out when they are more than half of a queue of at least this size. */
const SWEEP_FROM = 1024

export class VirtualClock implements Clock {
  #nowMs: number
  readonly #queue = new TimedQueue<Task>()
  #cancelled = 0

  /** `startMs`: where time begins, in ms since the Unix epoch. */
  constructor(startMs: number) {
    this.#nowMs = startMs
  }

  now(): number {
    return this.#nowMs
  }

  after(ms: number, run: () => void): Cancel {
    const task = this.plan(ms, run)
    return () => this.drop(task)
  }

  /** As `after`, for those who plan millions of tasks and drop few. */
  plan(ms: number, run: () => void): Task {
    const task: Task = { run }
    this.#queue.push(this.#nowMs + Math.max(0, ms), task)
    return task
  }

  /** As the cancel of `after`. */
  drop(task: Task): void {
    if (!task.run) return
    task.run = undefined
    this.#cancelled++
    if (this.#queue.size < SWEEP_FROM || this.#cancelled * 2 <= this.#queue.size) return
    this.#queue.keep(({ run }) => run !== undefined)
    this.#cancelled = 0
  }

  /** Tasks still to run. */
  get pending(): number {
    return this.#queue.size - this.#cancelled
  }

  /** Moment of the next task; Infinity when there is none. */
  get nextMs(): number {
    this.#dropCancelled()
    return this.#queue.firstMs
  }

  /** Runs the next task at its moment; false when there is none. */
  step(): boolean {
    this.#dropCancelled()
    const atMs = this.#queue.firstMs
    const task = this.#queue.pop()
    if (!task) return false
    this.#nowMs = atMs
    const { run } = task
    task.run = undefined
    run?.()
    return true
  }

  /** Runs everything due up to and including `untilMs`, then stands there. */
  runUntil(untilMs: number): void {
    while (this.nextMs <= untilMs) this.step()
    this.#nowMs = Math.max(this.#nowMs, untilMs)
  }

  #dropCancelled(): void {
    while (this.#cancelled > 0 && this.#queue.size > 0 && !this.#queue.first?.run) {
      this.#queue.pop()
      this.#cancelled--
    }
  }
}
