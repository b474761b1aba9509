// Lanes in virtual time: what is sent arrives when the link lets it, in order, and once.

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type LinkConditions, PERFECT_LINK } from '../../node/core/link.ts'
import { createRandom } from '../../node/core/random.ts'
import { conditionsFor, GIVE_UP_MS, Lane } from '../../node/host/shaper.ts'
import { VirtualClock } from '../../orchestrator/runtime/sim/clock.ts'

const BLOCKED: LinkConditions = { ...PERFECT_LINK, blocked: true }

function setUp(conditions: Partial<LinkConditions>, bytesOf?: (frame: Uint8Array) => number) {
  const clock = new VirtualClock(0)
  const arrived: [atMs: number, frame: number][] = []
  let ended: number | undefined
  let gaveUp: number | undefined
  const lane = new Lane(
    {
      clock,
      random: createRandom('lane'),
      ...(bytesOf && { bytesOf }),
      write: frames => {
        for (const frame of frames) arrived.push([clock.now(), frame[0] ?? -1])
      },
      ended: () => {
        ended = clock.now()
      },
      gaveUp: () => {
        gaveUp = clock.now()
      },
    },
    { ...PERFECT_LINK, ...conditions },
  )
  const run = (untilMs = Number.POSITIVE_INFINITY) => {
    while (clock.nextMs <= untilMs && clock.step()) {}
  }
  /** Numbered frames of 1,000 bytes. */
  const send = (number: number) => lane.send(new Uint8Array(1_000).fill(number))
  const at = (ms: number, task: () => void) => clock.after(ms - clock.now(), task)
  return { clock, lane, arrived, run, send, at, ended: () => ended, gaveUp: () => gaveUp }
}

test('a clear link hands everything on at once and plans nothing', () => {
  const { lane, clock, arrived, send, ended } = setUp({})
  send(1)
  send(2)
  lane.end()
  expect(arrived).toEqual([
    [0, 1],
    [0, 2],
  ])
  expect(ended()).toBe(0)
  expect([clock.pending, lane.heldBytes]).toEqual([0, 0])
})

test('latency delays every frame by the same', () => {
  const { arrived, run, send, at } = setUp({ latencyMs: 45 })
  send(1)
  at(10, () => send(2))
  run()
  expect(arrived).toEqual([
    [45, 1],
    [55, 2],
  ])
})

test('bandwidth lets one frame through after the other', () => {
  const { lane, arrived, run, send } = setUp({ bandwidthBps: 80_000 })
  for (const number of [1, 2, 3]) send(number)
  expect(lane.heldBytes).toBe(3_000)
  run()
  expect(arrived).toEqual([
    [100, 1],
    [200, 2],
    [300, 3],
  ])
  expect(lane.heldBytes).toBe(0)
})

describe('a blocked link', () => {
  test('carries nothing, and delivers all in order once it is healed', () => {
    const { lane, arrived, run, send, at } = setUp(BLOCKED)
    send(1)
    at(500, () => send(2))
    at(1_000, () => lane.set({ ...PERFECT_LINK, latencyMs: 30 }))
    run()
    expect(arrived).toEqual([
      [1_030, 1],
      [1_030, 2],
    ])
  })

  test('holds back what was under way when it was blocked', () => {
    const { lane, arrived, run, send, at } = setUp({ latencyMs: 100 })
    send(1)
    at(50, () => lane.set(BLOCKED))
    run(1_000)
    expect(arrived).toEqual([])
    lane.set(PERFECT_LINK)
    expect(arrived).toEqual([[50, 1]])
  })

  test('is given up when TCP would give it up, counted from the first frame', () => {
    const { run, send, at, gaveUp } = setUp(BLOCKED)
    at(5_000, () => send(1))
    at(60_000, () => send(2))
    run()
    expect(gaveUp()).toBe(5_000 + GIVE_UP_MS)
  })

  test('without anything sent is never given up, nor one that heals in time', () => {
    const idle = setUp(BLOCKED)
    idle.run()
    expect(idle.gaveUp()).toBeUndefined()
    const healed = setUp(BLOCKED)
    healed.send(1)
    healed.at(GIVE_UP_MS - 1, () => healed.lane.set(PERFECT_LINK))
    healed.run()
    expect(healed.gaveUp()).toBeUndefined()
    expect(healed.arrived).toHaveLength(1)
  })

  test('hides the end of a connection until it heals', () => {
    const { lane, run, at, ended } = setUp(BLOCKED)
    lane.end()
    at(700, () => lane.set(PERFECT_LINK))
    run()
    expect(ended()).toBe(700)
  })
})

test('the same conditions again leave what is under way alone', () => {
  const { lane, arrived, run, send, at } = setUp({ latencyMs: 100 })
  send(1)
  at(50, () => lane.set({ ...PERFECT_LINK, latencyMs: 100 }))
  run()
  expect(arrived).toEqual([[100, 1]])
})

test('nothing comes out of a dropped lane', () => {
  const { lane, arrived, run, send, clock } = setUp({ latencyMs: 100 })
  send(1)
  lane.drop()
  run()
  expect(arrived).toEqual([])
  expect([clock.pending, lane.heldBytes]).toEqual([0, 0])
})

test('whatever the conditions and however they change, every frame arrives once and in order', () => {
  const conditions = fc.record({
    latencyMs: fc.integer({ min: 0, max: 200 }),
    jitterMs: fc.integer({ min: 0, max: 100 }),
    bandwidthBps: fc.constantFrom(0, 10_000, 1_000_000),
    loss: fc.constantFrom(0, 0.1, 0.9),
    blocked: fc.boolean(),
  })
  const steps = fc.array(fc.record({ afterMs: fc.integer({ min: 0, max: 300 }), conditions }), {
    maxLength: 20,
  })
  fc.assert(
    fc.property(steps, changes => {
      const { lane, arrived, run, send, at } = setUp({})
      let now = 0
      for (const [index, change] of changes.entries()) {
        now += change.afterMs
        at(now, () => {
          send(2 * index)
          lane.set(change.conditions)
          send(2 * index + 1)
        })
      }
      run(now)
      lane.set(PERFECT_LINK)
      run()
      expect(arrived.map(([, frame]) => frame)).toEqual(
        Array.from({ length: 2 * changes.length }, (_, i) => i),
      )
    }),
  )
})

test('a peer without a line of its own in the table has the default', () => {
  const slow = { ...PERFECT_LINK, latencyMs: 100 }
  const table = { default: BLOCKED, peers: { '10.0.0.1:1': slow } }
  expect(conditionsFor(table, '10.0.0.1:1')).toBe(slow)
  expect(conditionsFor(table, '10.0.0.2:1')).toBe(BLOCKED)
  expect(conditionsFor(table, 'constructor')).toBe(BLOCKED)
})

test('a frame that counts more than its bytes keeps the line as long, and the backlog says so', () => {
  const { lane, arrived, run, send } = setUp({ bandwidthBps: 8e6 }, frame =>
    frame[0] === 1 ? 1e6 : frame.length,
  )
  send(1)
  send(2)
  expect(lane.heldBytes).toBe(1_001_000)
  run()
  expect(arrived).toEqual([
    [1000, 1],
    [1001, 2],
  ])
  expect(lane.heldBytes).toBe(0)
})
