// Timers of any length. One of Node's takes 24.8 days, and what is longer would fire at once: so it is waited for in parts.

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
