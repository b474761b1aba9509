// Stopping at a moment: at the very event that brings it, again and again the same one.

import { describe, expect, test } from 'vitest'
import { holds } from '../../orchestrator/chaos/schedule.ts'
import { liveUntil, parseUntil } from '../../orchestrator/run/until.ts'
import { MINUTE_MS, simulate } from '../support/simulation.ts'

const SPEC = `
nodes: { miners: { count: 4, share: 100% } }
chain: { blockInterval: 10s }
links: { latency: 500ms, jitter: 0ms }
topology: { kind: full }
load: { tx: 0/s }
`
const NEVER = new AbortController().signal

async function stopAt(moment: string, durationMs = 0) {
  const { testnet, events } = await simulate(SPEC)
  const before = testnet.nowMs()
  const come = await liveUntil(testnet, parseUntil(moment), durationMs, NEVER)
  const state = testnet.state()
  const last = events.at(-1)
  const elapsedMs = testnet.nowMs() - before
  await testnet.down('seen')
  return { come, state, last, elapsedMs }
}

describe('stops at', () => {
  test('a height: nobody has more, and the last event is the one that reached it', async () => {
    const { come, state, last } = await stopAt('height 7')
    expect(come).toBe(true)
    expect(state.systems.ledger.height).toBe(7)
    expect(last?.event).toMatchObject({ type: 'tip', height: 7 })
  })

  test('a height that there is less of: at the first tip, which is below it', async () => {
    const { come, state, last } = await stopAt('height < 5', MINUTE_MS)
    expect(come).toBe(true)
    expect(state.systems.ledger.height).toBeLessThan(5)
    expect(last?.event.type).toBe('tip')
  })

  test('the first fork: a block beside the best chain, which is not just on its way there', async () => {
    const { come, state, last } = await stopAt('stale > 0')
    expect(come).toBe(true)
    expect(last?.event.type).toBe('tip')
    const [stale, ...more] = state.systems.ledger.blocks.filter(block => !block.active)
    expect(more).toEqual([])
    expect(state.systems.ledger.blocks.filter(block => block.height === stale?.height)).toHaveLength(2)
  })

  test('a second tip, even if the block is only on its way to the others', async () => {
    const { come, state, last } = await stopAt('tips>1')
    expect(come).toBe(true)
    expect(state.systems.ledger.tips).toBe(2)
    expect(last?.event.type).toBe('tip')
  })

  test('an event by its number, the same one each time', async () => {
    const [first, second] = [await stopAt('event 500'), await stopAt('event 500')]
    expect(first.last?.seq).toBe(500)
    expect(second.last).toEqual(first.last)
  })

  test('a time', async () => {
    expect(await stopAt('90s')).toMatchObject({ come: true, elapsedMs: 90_000 })
  })
})

test('a moment that does not come is not waited for beyond the time given', async () => {
  expect(await stopAt('tips > 3', 2 * MINUTE_MS)).toMatchObject({ come: false, elapsedMs: 2 * MINUTE_MS })
  expect(await stopAt('5m', MINUTE_MS)).toMatchObject({ come: false, elapsedMs: MINUTE_MS })
})

test('time goes on from where it stopped', async () => {
  const { testnet } = await simulate(SPEC)
  await liveUntil(testnet, parseUntil('height 3'), 0, NEVER)
  await liveUntil(testnet, parseUntil('height 6'), 0, NEVER)
  const trigger = { on: 'state', metric: 'height', operator: '=', value: 6 } as const
  expect(holds(trigger, testnet.state())).toBe(true)
  await testnet.down('seen')
})

test.each(['tipsy', 'height', 'tips ~ 1', 'event', 'event -1', '5', 'after cut'])('%j is no moment', text => {
  expect(() => parseUntil(text)).toThrow('that is no moment')
})

describe('time that is stopped', () => {
  test('moves by events and by blocks, and ends up where it would have without', async () => {
    const { testnet, events } = await simulate(SPEC)
    const lived = testnet.elapse(5 * MINUTE_MS)
    await testnet.steer({ time: 'pause' })
    const before = events.length
    await testnet.steer({ time: 'step', count: 7 })
    expect(events.length).toBeGreaterThanOrEqual(before + 7)
    const mined = () => events.filter(({ event }) => event.type === 'block-mined').length
    const blocks = mined()
    await testnet.steer({ time: 'block', count: 3 })
    expect(mined()).toBe(blocks + 3)
    const [standsMs, seen] = [testnet.nowMs(), events.length]
    await new Promise(resolve => setImmediate(resolve))
    expect([testnet.nowMs(), events.length]).toEqual([standsMs, seen])
    expect(testnet.state().time).toBe('stands')
    await testnet.steer({ time: 'go' })
    expect(testnet.state().time).toBe('flows')
    await lived
    const undisturbed = await simulate(SPEC)
    await undisturbed.testnet.elapse(5 * MINUTE_MS)
    expect(events).toEqual(undisturbed.events)
    await testnet.down('seen')
    await undisturbed.testnet.down('seen')
  })
})
