// The machine's clock: wall time with the fractions of the monotonic clock.

import type { Clock } from '../core/host.ts'

/** A wall clock that stepped or a machine that slept moves the two clocks apart; beyond this they are aligned again. */
const MAX_DRIFT_MS = 1_000

/** The longest wait that a timer of Node takes; beyond it, it would fire at once. */
export const MAX_TIMER_MS = 2 ** 31 - 1

let originMs = performance.timeOrigin

/** Milliseconds since the epoch. Monotonic and finer than a microsecond between steps of the wall clock. */
export function nowMs(): number {
  const now = originMs + performance.now()
  const driftMs = Date.now() - now
  if (Math.abs(driftMs) < MAX_DRIFT_MS) return now
  originMs += driftMs
  return now + driftMs
}

export const systemClock: Clock = {
  now: nowMs,
  after(ms, task) {
    let timer = wait(ms)
    function wait(leftMs: number): NodeJS.Timeout {
      if (leftMs <= MAX_TIMER_MS) return setTimeout(task, leftMs)
      return setTimeout(() => {
        timer = wait(leftMs - MAX_TIMER_MS)
      }, MAX_TIMER_MS)
    }
    return () => clearTimeout(timer)
  },
}
