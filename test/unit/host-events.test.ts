// The event log: numbering, the ring, and streams that lose and double nothing.

import { PassThrough, Writable } from 'node:stream'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { NodeEvent } from '../../node/api.ts'
import { EventLog } from '../../node/host/events.ts'
import { until } from '../support/until.ts'

type Seen = Pick<NodeEvent, 'seq' | 'timeMs' | 'type'> & { readonly count?: number; readonly n?: number }

/** A reader that takes everything at once. */
function collect(log: EventLog, after?: number, boot?: string): { seen: Seen[]; stream: PassThrough } {
  const seen: Seen[] = []
  const stream = new PassThrough()
  let text = ''
  stream.on('data', (chunk: Buffer) => {
    text += chunk
    const lines = text.split('\n')
    text = lines.pop() ?? ''
    for (const line of lines) seen.push(JSON.parse(line))
  })
  log.follow(stream, after, boot)
  return { seen, stream }
}

function emitMany(log: EventLog, from: number, to: number): void {
  for (let n = from; n <= to; n++) log.emit({ type: 'test', n } as { type: string })
}

test('events are numbered from 1 and stamped by the clock', async () => {
  let now = 1_000.25
  const log = new EventLog(10, () => now++)
  emitMany(log, 1, 3)
  const { seen } = collect(log)
  await until('three events', () => seen.length === 3)
  expect(seen.map(({ seq, timeMs }) => [seq, timeMs])).toEqual([
    [1, 1_000.25],
    [2, 1_001.25],
    [3, 1_002.25],
  ])
})

test('a new reader without a position starts with the oldest event kept', async () => {
  const log = new EventLog(5, () => 0)
  emitMany(log, 1, 12)
  const { seen } = collect(log)
  await until('five events', () => seen.length === 5)
  expect(seen.map(event => event.seq)).toEqual([8, 9, 10, 11, 12])
})

test('a position that the ring has left behind is told how many were lost', async () => {
  const log = new EventLog(5, () => 0)
  emitMany(log, 1, 12)
  const { seen } = collect(log, 3, log.boot)
  await until('six lines', () => seen.length === 6)
  expect(seen[0]).toMatchObject({ type: 'events-lost', count: 4, seq: 7 })
  expect(seen.slice(1).map(event => event.seq)).toEqual([8, 9, 10, 11, 12])
})

test('a position in another life of the process starts anew', async () => {
  const log = new EventLog(5, () => 0)
  emitMany(log, 1, 3)
  const { seen } = collect(log, 2, 'another boot')
  await until('three events', () => seen.length === 3)
  expect(seen.map(event => event.seq)).toEqual([1, 2, 3])
})

test('whatever the ring, the breaks and the positions, what a resuming reader sees plus what it is told lost is everything, in order', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 20 }),
      fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 1, maxLength: 8 }),
      async (capacity, bursts) => {
        const log = new EventLog(capacity, () => 0)
        let last = 0
        let emitted = 0
        for (const burst of bursts) {
          emitMany(log, emitted + 1, emitted + burst)
          emitted += burst
          const { seen, stream } = collect(log, last, log.boot)
          await until('the newest event', () => seen.at(-1)?.seq === emitted)
          stream.destroy()
          for (const event of seen) {
            if (event.type === 'events-lost') expect(event.seq).toBe(last + (event.count ?? 0))
            else expect([event.seq, event.n]).toEqual([last + 1, last + 1])
            last = event.seq
          }
        }
        expect(last).toBe(emitted)
      },
    ),
    { numRuns: 50 },
  )
})

test('a reader that stops reading costs nothing and is told what it lost when it reads on', async () => {
  const log = new EventLog(300, () => 0)
  const taken: string[] = []
  let takeNext: (() => void) | undefined
  const slow = new Writable({
    highWaterMark: 1,
    decodeStrings: false,
    write(chunk: string, _, done) {
      taken.push(chunk)
      takeNext = done
    },
  })
  log.follow(slow, undefined, undefined)
  emitMany(log, 1, 1)
  await until('the first chunk', () => taken.length === 1)
  emitMany(log, 2, 1_000)
  expect(slow.writableLength).toBeLessThan(100)
  while (!taken.at(-1)?.includes('"seq":1000,')) {
    const count = taken.length
    takeNext?.()
    await until('the next chunk', () => taken.length > count)
  }
  const seen = taken
    .join('')
    .trim()
    .split('\n')
    .map(line => JSON.parse(line) as Seen)
  expect(seen[1]).toMatchObject({ type: 'events-lost', count: 699, seq: 700 })
  expect(seen.slice(2).map(event => event.seq)).toEqual(Array.from({ length: 300 }, (_, i) => 701 + i))
})

test('closing gives every reader what is left, then the end', async () => {
  const log = new EventLog(10, () => 0)
  const { seen, stream } = collect(log)
  let ended = false
  stream.on('end', () => {
    ended = true
  })
  emitMany(log, 1, 3)
  log.close()
  await until('the end of the stream', () => ended)
  expect(seen.map(event => event.seq)).toEqual([1, 2, 3])
  expect(log.readers).toBe(0)
})
