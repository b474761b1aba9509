// Waiting without guessing how long: a condition is polled until it holds or its deadline has passed. The deadline is there
// for what never comes; nothing that merely takes long on a busy machine may meet it.

import { vi } from 'vitest'

const POLL_MS = 10
const DEADLINE_MS = 60_000

/** The first value of `probe` that is neither undefined nor false; throws with `what` after `timeoutMs`. */
export async function until<T>(
  what: string,
  probe: () => T | Promise<T>,
  timeoutMs = DEADLINE_MS,
): Promise<Exclude<T, undefined | false | null>> {
  const deadline = performance.now() + timeoutMs
  for (;;) {
    const value = await probe()
    if (value !== undefined && value !== false && value !== null)
      return value as Exclude<T, undefined | false | null>
    if (performance.now() > deadline) throw new Error(`not within ${timeoutMs} ms: ${what}`)
    await new Promise(resolve => setTimeout(resolve, POLL_MS))
  }
}

/** Until a count has begun to grow and grows no more, however often everybody has had a turn. */
export async function untilStill(what: string, count: () => number): Promise<void> {
  let still = -1
  await until(what, async () => {
    const before = count()
    for (let i = 0; i < 20; i++) await new Promise(resolve => setImmediate(resolve))
    still = before === count() && before > 0 ? still + 1 : 0
    return still > 50
  })
}

/** Until nothing in `assertion` throws any more; after the deadline throws what it threw last. */
export function eventually(assertion: () => unknown, intervalMs = POLL_MS): Promise<unknown> {
  return vi.waitFor(assertion, { timeout: DEADLINE_MS, interval: intervalMs })
}
