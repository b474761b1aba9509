// Ends a node whose controller is gone: after a kill −9 of the controller nobody else would.

import { MAX_TIMER_MS } from './clock.ts'

/** Silent beats in a row that mean gone. Beats, not time: a process that was frozen has not been abandoned meanwhile. */
const SILENT_BEATS = 10

/** Calls `abandoned` once nobody has asked anything for `timeoutMs`. 0: never. */
export function watchHeartbeat(timeoutMs: number, takeAsked: () => boolean, abandoned: () => void): void {
  if (timeoutMs === 0) return
  let silent = 0
  const timer = setInterval(
    () => {
      silent = takeAsked() ? 0 : silent + 1
      if (silent < SILENT_BEATS) return
      clearInterval(timer)
      abandoned()
    },
    Math.min(timeoutMs / SILENT_BEATS, MAX_TIMER_MS),
  )
  timer.unref()
}
