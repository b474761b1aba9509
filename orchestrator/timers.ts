// The clock, and timers of any length. One of Node's takes 24.8 days, and what is longer would fire at once: so it is waited for in parts.

/** The longest wait that a timer of Node takes. */
const MAX_TIMER_MS = 2 ** 31 - 1

/** Runs `task` once after `ms`, however many; returns what cancels it. With `idle` it does not keep the process alive. */
export function after(ms: number, task: () => void, { idle = false } = {}): () => void {
  let timer = wait(ms)
  function wait(leftMs: number): NodeJS.Timeout {
    const part =
      leftMs <= MAX_TIMER_MS
        ? setTimeout(task, leftMs)
        : setTimeout(() => {
            timer = wait(leftMs - MAX_TIMER_MS)
          }, MAX_TIMER_MS)
    return idle ? part.unref() : part
  }
  return () => clearTimeout(timer)
}

/** What the promise gives, or undefined when it takes longer. */
export async function within<T>(promise: Promise<T>, timeoutMs: number): Promise<T | undefined> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<undefined>(resolve => {
    timer = setTimeout(() => resolve(undefined), timeoutMs)
  })
  try {
    return await Promise.race([promise, late])
  } finally {
    clearTimeout(timer)
  }
}

/** Milliseconds since the epoch with fractions: nodes on one machine are compared to each other by it. */
export function preciseNow(): number {
  return performance.timeOrigin + performance.now()
}
