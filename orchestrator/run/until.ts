// A moment to stop at: `60s`, `height 100`, `tips > 1` as in a schedule, or `event 1234`, an event by its number. In the
// simulator time stands right after the event that brought it, and the same plan stops at the same event again.

import { describeTrigger, holds } from '../chaos/schedule.ts'
import { EXIT, UserError } from '../errors.ts'
import { plain } from '../format.ts'
import type { OwnTestnet } from '../network/handle.ts'
import type { ObservedEvent } from '../observe/events.ts'
import type { NetworkState } from '../observe/state.ts'
import { AT, parseAt, parseWhen, WHEN } from '../spec/moments.ts'
import { NOT_TOO_LONG, TOO_LONG, type Trigger } from '../spec/words.ts'
import { CONDITIONS } from '../systems/conditions.ts'

export type Until = Exclude<Trigger, { on: 'step' }> | { readonly on: 'event'; readonly seq: number }

const EVENT = /^event (\d{1,15})$/

/** Throws UserError for a text that is no moment. */
export function parseUntil(text: string): Until {
  const seq = EVENT.exec(text)?.[1]
  if (seq !== undefined) return { on: 'event', seq: Number(seq) }
  const trigger = AT.test(text) ? parseAt(text) : WHEN.test(text) ? parseWhen(text) : undefined
  if (trigger && !NOT_TOO_LONG(text)) throw new UserError(EXIT.usage, `--until ${text}: it ${TOO_LONG}`)
  if (trigger && trigger.on !== 'step') return trigger
  throw new UserError(
    EXIT.usage,
    `--until ${text}: that is no moment`,
    'write a time such as 60s, a height such as "height 100", a condition such as "stale > 0" (the first fork), or "event 1234"',
  )
}

export function describeUntil(until: Until): string {
  return until.on === 'event' ? `event ${until.seq}` : describeTrigger(until)
}

/** As `parseUntil` reads it. */
export function untilText(until: Until): string {
  if (until.on === 'event') return `event ${until.seq}`
  return until.on === 'time' ? `${plain(until.atMs)}ms` : describeTrigger(until)
}

/** Lets the network live until the moment comes (true), or for `durationMs` (false; 0: for ever), or until `signal` aborts (false). */
export async function liveUntil(
  testnet: Pick<OwnTestnet, 'elapse' | 'state' | 'tap'>,
  until: Until,
  durationMs: number,
  signal: AbortSignal,
): Promise<boolean> {
  if (until.on === 'time') {
    const over = durationMs > 0 && durationMs < until.atMs
    await testnet.elapse(over ? durationMs : until.atMs, signal)
    return !over && !signal.aborted
  }
  const come = new AbortController()
  const watcher = makeWatcher(
    until,
    () => testnet.state(),
    () => come.abort(),
  )
  const untap = testnet.tap(watcher)
  try {
    if (!come.signal.aborted) await testnet.elapse(durationMs, AbortSignal.any([signal, come.signal]))
  } finally {
    untap()
  }
  return come.signal.aborted
}

/** Calls `onCome` right at the event that brings the moment; a time counts from now. Returns the watch's end. */
export function watchMoment(
  testnet: Pick<OwnTestnet, 'state' | 'tap' | 'wait'>,
  until: Until,
  onCome: () => void,
): () => void {
  if (until.on !== 'time') return testnet.tap(makeWatcher(until, () => testnet.state(), onCome))
  const over = new AbortController()
  void testnet.wait(until.atMs, over.signal).then(() => over.signal.aborted || onCome())
  return () => over.abort()
}

/** Takes every event; calls `onCome` at the one that brings the moment. */
function makeWatcher(
  until: Exclude<Until, { on: 'time' }>,
  state: () => NetworkState,
  onCome: () => void,
): (observed: ObservedEvent) => void {
  if (until.on === 'event')
    return ({ seq }) => {
      if (seq >= until.seq) onCome()
    }
  const condition = CONDITIONS[until.metric]
  const rises = until.operator !== '<' && until.operator !== '<='
  return ({ event }) => {
    if (!condition?.changedBy.has(event.type)) return
    if (rises && condition.mayReach?.(event, until.value) === false) return
    if (holds(until, state())) onCome()
  }
}
