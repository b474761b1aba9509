// A recorded run observed again: events.ndjson, line by line, through the same observer. Memory is that of the observer,
// however long the file.

import { createReadStream } from 'node:fs'
import { createInterface } from 'node:readline'
import { EXIT, UserError } from '../errors.ts'
import type { ObservedEvent } from '../observe/events.ts'
import { Observer } from '../observe/observer.ts'
import type { Plan } from '../spec/types.ts'
import { Chronicle } from './chronicle.ts'

export interface Replayed {
  readonly observer: Observer
  readonly chronicle: Chronicle
  readonly events: number
  /** Lines that are no event: the last one of a run whose controller was killed. */
  readonly broken: number
  /** Events that were told and are not there: their numbers rise by one. */
  readonly missing: number
}

/** Payments that nodes accept are most of the lines, and the observer makes nothing of them. */
const IDLE = ['"type":"tx-accepted"', '"type":"tx-rejected"']
/** Of such a line what counts is that it is there: its end, its number and its time. */
const WHOLE = '}}'
const HEAD = /^\{"seq":(\d+),"timeMs":([\d.]+)/

export async function replay(file: string, plan: Plan, startedMs: number): Promise<Replayed> {
  let nowMs = startedMs
  const observer = new Observer({ plan, runtime: plan.runtime, clock: () => nowMs })
  const chronicle = new Chronicle(observer)
  let events = 0
  let broken = 0
  let last = 0
  let idleMs = startedMs
  const lines = createInterface({ input: createReadStream(file), crlfDelay: Number.POSITIVE_INFINITY })
  for await (const line of lines) {
    if (IDLE.some(idle => line.includes(idle)) && line.endsWith(WHOLE)) {
      events += 1
      const [, seq = 0, timeMs = 0] = HEAD.exec(line) ?? []
      last = Math.max(last, Number(seq))
      idleMs = Math.max(idleMs, Number(timeMs))
      continue
    }
    const observed = parsed(line)
    if (observed === undefined) {
      broken += line === '' ? 0 : 1
      continue
    }
    events += 1
    last = Math.max(last, observed.seq)
    nowMs = Math.max(nowMs, observed.timeMs)
    try {
      if (observed.node === undefined) observer.observe(undefined, observed.event)
      else observer.observe(observed.node, observed.event)
    } catch (error) {
      throw new UserError(
        EXIT.usage,
        `${file}: event ${observed.seq} (${observed.event.type}) is not as netsplit writes it: ${(error as Error).message}`,
        'it was edited, or another version of netsplit wrote it',
      )
    }
  }
  nowMs = Math.max(nowMs, idleMs) // a run that was killed lasted until its last event, whatever that was
  return { observer, chronicle, events, broken, missing: Math.max(0, last - events) }
}

function parsed(line: string): ObservedEvent | undefined {
  try {
    const event = JSON.parse(line) as ObservedEvent
    return typeof event.event?.type === 'string' ? event : undefined
  } catch {
    return undefined
  }
}
