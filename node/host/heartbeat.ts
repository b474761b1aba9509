// Ends a node whose controller is gone: after a kill −9 of the controller nobody else would.

import { MAX_TIMER_MS } from './clock.ts'

/** Silent beats in a row that mean gone. Beats, not time: a process that was frozen has not been abandoned meanwhile. */
const SILENT_BEATS = 10

/** Calls `abandoned` once nobody has asked anything for `timeoutMs`, or nobody ever for `graceMs`. 0: never. */
export function watchHeartbeat(
  timeoutMs: number,
  takeAsked: () => boolean,
  abandoned: (afterMs: number) => void,
  graceMs = timeoutMs,
): void {
  if (timeoutMs === 0) return
  const beatMs = timeoutMs / SILENT_BEATS
  let most = Math.ceil(graceMs / beatMs)
  let silent = 0
  const timer = setInterval(
    () => {
      const asked = takeAsked()
      if (asked) most = SILENT_BEATS
      silent = asked ? 0 : silent + 1
      if (silent < most) return
      clearInterval(timer)
      abandoned(Math.round(most * beatMs))
    },
    Math.min(beatMs, MAX_TIMER_MS),
  )
  timer.unref()
}
