// The window on a run's events that late and slow readers look through.

import { expect, test } from 'vitest'
import { EventLog } from '../../orchestrator/network/event-log.ts'
import type { ObservedEvent } from '../../orchestrator/observe/events.ts'

const event = (seq: number): ObservedEvent => ({
  seq,
  timeMs: 0,
  event: { type: 'note', level: 'info', message: '' },
})

async function read(log: EventLog, after: number, count: number): Promise<number[]> {
  const end = new AbortController()
  const seen: number[] = []
  if (count === 0) end.abort()
  for await (const { seq } of log.after(after, end.signal)) {
    seen.push(seq)
    if (seen.length === count) end.abort()
  }
  return seen
}

test('a reader gets what it has not seen, then what comes', async () => {
  const log = new EventLog()
  for (let seq = 1; seq <= 5; seq++) log.append(event(seq))
  expect(await read(log, 0, 5)).toEqual([1, 2, 3, 4, 5])
  expect(await read(log, 3, 2)).toEqual([4, 5])
  const waiting = read(log, 5, 2)
  log.append(event(6))
  log.append(event(7))
  expect(await waiting).toEqual([6, 7])
})

test('a reader that comes too late begins with the oldest event still held', async () => {
  const log = new EventLog()
  for (let seq = 1; seq <= 30_000; seq++) log.append(event(seq))
  const seen = await read(log, 0, 20_000)
  expect(seen[0]).toBe(10_001)
  expect(seen.at(-1)).toBe(30_000)
  expect(seen).toHaveLength(20_000)
})

test('a reader that is gone is not waited for', async () => {
  const log = new EventLog()
  expect(await read(log, 0, 0)).toEqual([])
  const end = new AbortController()
  const reading = (async () => {
    for await (const _ of log.after(0, end.signal)) throw new Error('there was nothing')
  })()
  end.abort()
  await reading
})
