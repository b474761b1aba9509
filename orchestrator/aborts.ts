// Whoever waits for something until a signal ends it. Many may wait on one signal (every node that churn has away, every fault that
// is to end by itself): they share one listener, which Node counts, and warns of eleven.

const waiting = new WeakMap<AbortSignal, Set<() => void>>()

/** Runs `task` once when the signal aborts, in the order in which it was asked for; returns what calls that off. */
export function onAbort(signal: AbortSignal, task: () => void): () => void {
  const tasks = waiting.get(signal) ?? listening(signal)
  tasks.add(task)
  return () => void tasks.delete(task)
}

function listening(signal: AbortSignal): Set<() => void> {
  const tasks = new Set<() => void>()
  waiting.set(signal, tasks)
  const abort = () => {
    for (const task of [...tasks]) if (tasks.delete(task)) task()
  }
  signal.addEventListener('abort', abort, { once: true })
  return tasks
}
