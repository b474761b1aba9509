// Waits until a node says that it can be used, and tells why when it does not come to that.

import { type EndCause, howItEnded, remedyFor } from '../../endings.ts'
import type { Pace } from '../../network/pace.ts'
import { within } from '../../timers.ts'
import { RuntimeError, type RuntimeErrorCode } from '../runtime.ts'
import type { NodeLife } from './node-life.ts'
import { READY_TIMEOUT_MS } from './waits.ts'

/** `failure` makes the error, with what the node said last. */
export async function untilReady(
  life: NodeLife,
  pace: Pace,
  failure: (code: RuntimeErrorCode, what: string, hint?: string) => RuntimeError,
): Promise<void> {
  const died = life.died.then(death => {
    if (life.expected) throw failure('node-died', 'was stopped before it was ready')
    throw failure('node-died', `ended before it was ready (${howItEnded(death)})`, remedyFor(death))
  })
  const fell = life.fallen.then(why => {
    throw why.code === 'node-died' ? failure(why.code, `did not come up: ${why.message}`, why.hint) : why
  })
  const startedMs = performance.now()
  const patienceMs = pace.ms(READY_TIMEOUT_MS)
  const ready = await within(Promise.race([life.ready.then(() => true), died, fell]), patienceMs)
  for (const later of [died, fell]) later.catch(() => {}) // its later death is another story
  if (ready === undefined) throw failure('node-timeout', `did not answer for ${patienceMs / 1000} s`)
  pace.took(performance.now() - startedMs)
}

/** Of the end that we make to a node whose start failed so. */
export function causeOf(error: unknown): EndCause | undefined {
  return error instanceof RuntimeError && error.code === 'node-timeout' ? 'silent' : undefined
}
