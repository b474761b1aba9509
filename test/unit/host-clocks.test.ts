// Clocks of hosts: how far each is from ours, by what it answers; and the times of events put right by it.

import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import fc from 'fast-check'
import { describe, expect, it, onTestFinished } from 'vitest'
import type { NodeEvent } from '../../node/api.ts'
import { ClockEstimate, type ClockReading } from '../../orchestrator/network/clock-offset.ts'
import { HostClocks } from '../../orchestrator/network/host-clocks.ts'
import { NodeClient } from '../../orchestrator/network/node-client.ts'
import { NodeWatch } from '../../orchestrator/network/node-watch.ts'
import type { TestnetEvent } from '../../orchestrator/observe/events.ts'
import { preciseNow } from '../../orchestrator/timers.ts'
import { until } from '../support/until.ts'

const BASE_MS = 1_700_000_000_000

/** A question put at `atMs` to a clock that is `offsetMs` ahead; the answer's way back takes `backMs`. */
const asked = (atMs: number, offsetMs: number, thereMs: number, backMs: number): ClockReading => ({
  askedMs: atMs,
  answeredMs: atMs + thereMs + backMs,
  theirMs: atMs + thereMs + offsetMs,
})

describe('the offset of a clock', () => {
  it('is within its error of the truth, whatever the ways take and however the clock drifts up to 50 ppm', () => {
    const way = fc.double({ min: 0, max: 300, noNaN: true })
    const property = fc.property(
      fc.double({ min: -1e7, max: 1e7, noNaN: true }),
      fc.double({ min: -45e-6, max: 45e-6, noNaN: true }),
      fc.array(fc.tuple(fc.double({ min: 1, max: 60_000, noNaN: true }), way, way), {
        minLength: 1,
        maxLength: 40,
      }),
      (offsetMs, drift, questions) => {
        const estimate = new ClockEstimate()
        let atMs = BASE_MS
        for (const [waitMs, thereMs, backMs] of questions) {
          atMs += waitMs
          const trueMs = (ms: number) => offsetMs + drift * (ms - BASE_MS)
          estimate.take(asked(atMs, trueMs(atMs + thereMs), thereMs, backMs))
          const { offsetMs: said, errorMs } = estimate.at(atMs) ?? expect.fail('nothing is known')
          expect(Math.abs(said - trueMs(atMs))).toBeLessThanOrEqual(errorMs + 1e-2)
        }
      },
    )
    fc.assert(property, { verbose: true })
  })

  it('is what the quickest answer says, to half of what that took', () => {
    const estimate = new ClockEstimate()
    expect(estimate.at(BASE_MS)).toBeUndefined()
    estimate.take(asked(BASE_MS, 500, 80, 0))
    expect(estimate.at(BASE_MS + 40)).toEqual({ offsetMs: 540, errorMs: 40 })
    estimate.take(asked(BASE_MS + 1_000, 500, 2, 4))
    estimate.take(asked(BASE_MS + 2_000, 500, 50, 10))
    const { offsetMs, errorMs } = estimate.at(BASE_MS + 1_003) ?? expect.fail('nothing is known')
    expect(offsetMs).toBeCloseTo(499, 6)
    expect(errorMs).toBeCloseTo(3, 6)
  })

  it('is known less well as time passes, and is forgotten when the clock was set', () => {
    const estimate = new ClockEstimate()
    estimate.take(asked(BASE_MS, 500, 1, 1))
    expect(estimate.at(BASE_MS + 1_000_001)?.errorMs).toBeCloseTo(51, 6)
    estimate.take(asked(BASE_MS + 20_000, 2_500, 10, 10))
    expect(estimate.at(BASE_MS + 20_010)).toEqual({ offsetMs: 2_500, errorMs: 10 })
  })

  it('takes nothing from an answer that came before its question', () => {
    const estimate = new ClockEstimate()
    estimate.take({ askedMs: BASE_MS, answeredMs: BASE_MS - 1, theirMs: BASE_MS })
    expect(estimate.at(BASE_MS)).toBeUndefined()
  })
})

describe('the clocks of hosts', () => {
  function clocks() {
    const told: TestnetEvent[] = []
    const all = new HostClocks(event => told.push(event))
    return { told, on: (host: string) => all.of({ host }) ?? expect.fail('it has no clock') }
  }

  it('put the times of events right, each host its own; a node on no host has ours', () => {
    const { on } = clocks()
    on('b').take(asked(BASE_MS, 250, 2, 2))
    on('c').take(asked(BASE_MS, -4_000, 2, 2))
    expect(on('b').ours(BASE_MS + 350)).toBe(BASE_MS + 100)
    expect(on('c').ours(BASE_MS - 3_900)).toBe(BASE_MS + 100)
    expect(on('d').ours(BASE_MS + 100)).toBe(BASE_MS + 100)
    expect(new HostClocks(() => {}).of({})).toBeUndefined()
  })

  it('are told when they are known first and better, and not with each answer', () => {
    const { told, on } = clocks()
    const clock = on('b')
    expect(clock.vague).toBe(true)
    clock.take(asked(BASE_MS, 250, 20, 20))
    for (let i = 1; i < 9; i++) clock.take(asked(BASE_MS + 1_000 * i, 250, 20, 20))
    expect(clock.vague).toBe(true)
    clock.take(asked(BASE_MS + 9_000, 250, 1, 1))
    expect(clock.vague).toBe(false)
    const [first, second] = [20, 1].map(errorMs => ({ offsetMs: 250, errorMs: expect.closeTo(errorMs, 2) }))
    expect(told).toEqual([
      { type: 'host-clock', host: 'b', ...first },
      { type: 'host-clock', host: 'b', ...second, before: first },
    ])
  })

  it('do not turn the order of what a node tells when they are known better', () => {
    const { on } = clocks()
    const clock = on('b')
    clock.take(asked(BASE_MS, 0, 0, 40))
    const first = clock.ours(BASE_MS + 50)
    on('b').take(asked(BASE_MS + 1_000, 0, 1, 1))
    expect(clock.ours(BASE_MS + 51)).toBeGreaterThanOrEqual(first)
    expect(clock.ours(BASE_MS + 2_000)).toBe(BASE_MS + 2_000)
  })
})

it('a node on a busy host has as long for what it is asked of its clock as for its first answer', async () => {
  let questions = 0
  const host = createServer((_, response) => {
    questions += 1
    if (questions === 1) response.end(JSON.stringify({ boot: 'b', timeMs: preciseNow() }))
  }).listen(0, '127.0.0.1')
  await once(host, 'listening')
  const { port } = host.address() as AddressInfo
  const client = new NodeClient(`http://127.0.0.1:${port}`, 'token')
  onTestFinished(() => {
    client.close()
    host.closeAllConnections()
    host.close()
  })
  const sink = { onEvent() {}, onHealth() {}, onUnreachable() {} }
  const watch = new NodeWatch(client, sink, { vague: true, take() {}, ours: ms => ms })
  await expect(watch.open(1_000)).rejects.toMatchObject({ afterMs: 1_000 })
  expect(questions).toBe(2)
})

it('a node on a host whose clock is wrong is watched with its times put right, from its first event on', async () => {
  const AHEAD_MS = 5_000
  const theirs = () => preciseNow() + AHEAD_MS
  const event = { seq: 1, type: 'mining-stopped', timeMs: theirs() }
  const host = createServer((request, response) => {
    if (request.url === '/health') response.end(JSON.stringify({ boot: 'b', timeMs: theirs() }))
    else response.write(`${JSON.stringify(event)}\n`)
  }).listen(0, '127.0.0.1')
  await once(host, 'listening')
  const { port } = host.address() as AddressInfo
  const told: TestnetEvent[] = []
  const events: NodeEvent[] = []
  const sink = { onEvent: (each: NodeEvent) => events.push(each), onHealth() {}, onUnreachable() {} }
  const clock = new HostClocks(each => told.push(each)).of({ host: 'b' })
  const watch = new NodeWatch(new NodeClient(`http://127.0.0.1:${port}`, 'token'), sink, clock)
  onTestFinished(() => {
    watch.close()
    host.closeAllConnections()
    host.close()
  })
  await watch.open()
  await until('its event is there', () => events.length > 0)
  const last = told.at(-1)
  const { offsetMs, errorMs } = last?.type === 'host-clock' ? last : expect.fail('nothing was told')
  expect(Math.abs(offsetMs - AHEAD_MS)).toBeLessThanOrEqual(errorMs)
  expect(events[0]?.timeMs).toBeCloseTo(event.timeMs - offsetMs, 3)
})
