// Virtual time: a queue of tasks ordered by their moment, then by the order in which they were planned.
// Time stands still while a task runs and jumps to the next task's moment after it.

import type { Cancel, Clock } from '../../../node/core/host.ts'

/** Something planned; to be dropped by whoever planned it. */
export interface Task {
  readonly atMs: number
  readonly order: number
  /** Undefined once cancelled. */
  run: (() => void) | undefined
}

/** Cancelled tasks are swept out when they are more than half of a queue of at least this size. */
const SWEEP_FROM = 1024

export class VirtualClock implements Clock {
  #nowMs: number
  /** A binary heap: no parent is later than its children. */
  #heap: Task[] = []
  #cancelled = 0
  #planned = 0

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
    const task: Task = { atMs: this.#nowMs + Math.max(0, ms), order: this.#planned++, run }
    this.#push(task)
    return task
  }

  /** As the cancel of `after`. */
  drop(task: Task): void {
    if (!task.run) return
    task.run = undefined
    this.#cancelled++
    if (this.#heap.length >= SWEEP_FROM && this.#cancelled * 2 > this.#heap.length) this.#sweep()
  }

  /** Tasks still to run. */
  get pending(): number {
    return this.#heap.length - this.#cancelled
  }

  /** Moment of the next task; Infinity when there is none. */
  get nextMs(): number {
    this.#dropCancelled()
    return this.#heap[0]?.atMs ?? Number.POSITIVE_INFINITY
  }

  /** Runs the next task at its moment; false when there is none. */
  step(): boolean {
    this.#dropCancelled()
    const task = this.#pop()
    if (!task) return false
    this.#nowMs = task.atMs
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

  /** An array in order is a heap. */
  #sweep(): void {
    this.#heap = this.#heap.filter(task => task.run).sort((a, b) => (before(a, b) ? -1 : 1))
    this.#cancelled = 0
  }

  #dropCancelled(): void {
    while (this.#heap[0] && !this.#heap[0].run) {
      this.#pop()
      this.#cancelled--
    }
  }

  #push(task: Task): void {
    const heap = this.#heap
    let at = heap.push(task) - 1
    while (at > 0) {
      const above = (at - 1) >> 1
      const parent = heap[above]
      if (!parent || !before(task, parent)) break
      heap[at] = parent
      at = above
    }
    heap[at] = task
  }

  #pop(): Task | undefined {
    const heap = this.#heap
    const first = heap[0]
    const last = heap.pop()
    if (!last || heap.length === 0) return first
    let at = 0
    while (true) {
      let below = 2 * at + 1
      const left = heap[below]
      const right = heap[below + 1]
      if (left && right && before(right, left)) below++
      const child = heap[below]
      if (!child || !before(child, last)) break
      heap[at] = child
      at = below
    }
    heap[at] = last
    return first
  }
}

function before(a: Task, b: Task): boolean {
  return a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order)
}
