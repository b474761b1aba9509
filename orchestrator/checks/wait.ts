// Waiting within the time of a check.

import type { PlannedCheck } from '../spec/types.ts'
import { type Ground, POLL_MS, startOf } from './check.ts'

/** Until `done`, or until the check's time is over; not at all when the step that it comes after never began. */
export async function waitUntil(
  ground: Ground,
  wish: PlannedCheck,
  done: () => boolean | Promise<boolean>,
): Promise<void> {
  const startMs = await startOf(ground, wish)
  if (startMs === undefined) return
  while (ground.nowMs() - startMs < wish.within.ms && !(await done())) await ground.wait(POLL_MS)
}
