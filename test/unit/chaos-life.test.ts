// The life of faults, whatever their kind: in force for their time and not longer, told in words, for newcomers too, and what is
// said of them while time stands.

import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { PaperBreakable } from '../support/paper-breakable.ts'

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

const NODES = ['a', 'b', 'c', 'd']
const HALVES = { kind: 'partition', cut: 'a,b | c,d' } as const

describe('a fault for a time', () => {
  it('is in force for that time, measured or not, and then heals by itself', async () => {
    const world = new PaperBreakable(NODES)
    const startMs = Date.now()
    expect(await world.during(world.chaos.inject(HALVES, { forMs: 30_000 }))).toMatchObject({
      verified: true,
    })
    await vi.advanceTimersByTimeAsync(29_900 - (Date.now() - startMs))
    expect(world.chaos.faults).toEqual(['partition-1'])
    expect(world.blocked('a', 'c')).toBe(true)
    await vi.advanceTimersByTimeAsync(200)
    expect(world.chaos.faults).toEqual([])
    expect(world.blocked('a', 'c')).toBe(false)
  })

  it('does not take another one of its name with it', async () => {
    const world = new PaperBreakable(NODES)
    await world.during(world.chaos.inject(HALVES, { id: 'cut', forMs: 30_000 }))
    expect(await world.during(world.chaos.heal('cut'))).toMatchObject([
      { id: 'cut', kind: 'partition', target: 'healed', verified: true },
    ])
    await world.during(world.chaos.inject(HALVES, { id: 'cut' }))
    await vi.advanceTimersByTimeAsync(60_000)
    expect(world.chaos.faults).toEqual(['cut'])
  })

  it('stays when the network goes down before its time is over', async () => {
    const world = new PaperBreakable(NODES)
    await world.during(world.chaos.inject(HALVES, { forMs: 30_000 }))
    world.chaos.close()
    await vi.advanceTimersByTimeAsync(60_000)
    expect(world.chaos.faults).toEqual(['partition-1'])
  })
})

describe('while time stands', () => {
  it('who asked is answered at once, and events tell the rest when it goes on', async () => {
    const standing = new AbortController()
    standing.abort()
    const world = new PaperBreakable(NODES, { standing: () => standing.signal })
    expect(await world.chaos.inject(HALVES)).toEqual({
      id: 'partition-1',
      kind: 'partition',
      target: 'a b | c d',
      asked: 'a measurement',
      measured: 'in force; measured when time goes on',
      verified: false,
      pending: true,
    })
    expect(world.told('fault-verified')).toEqual([])
    await vi.advanceTimersByTimeAsync(30_000)
    expect(world.told('fault-verified')).toMatchObject([{ ok: true }])
    expect(await world.chaos.heal()).toMatchObject([
      { target: 'healed', measured: 'ended; measured when time goes on', pending: true },
    ])
  })

  it('who is patient waits', async () => {
    const standing = new AbortController()
    standing.abort()
    const world = new PaperBreakable(NODES, { standing: () => standing.signal })
    const report = await world.during(world.chaos.inject(HALVES, { patient: true }))
    expect(report).toMatchObject({ verified: true })
    expect(report.pending).toBeUndefined()
  })
})

describe('what is told of a fault', () => {
  const startedWith = async (fault: Parameters<PaperBreakable['chaos']['inject']>[0]) => {
    const world = new PaperBreakable(NODES)
    await world.during(world.chaos.inject(fault))
    return world.told('fault-started')[0]
  }

  it('names the sides that a cut leaves', async () => {
    expect(await startedWith(HALVES)).toMatchObject({
      target: 'a b | c d',
      detail: '8 directed pairs',
      sides: [
        ['a', 'b'],
        ['c', 'd'],
      ],
    })
    expect(await startedWith({ kind: 'flapping', cut: 'isolate d', periodMs: 60_000 })).toMatchObject({
      sides: [['a', 'b', 'c'], ['d']],
    })
  })

  it('and none where a way round is left, or links only get worse', async () => {
    expect(await startedWith({ kind: 'partition', cut: 'a -> b' })).not.toHaveProperty('sides')
    expect(await startedWith({ kind: 'link', on: 'all', worse: { latencyMs: 50 } })).not.toHaveProperty(
      'sides',
    )
    expect(await startedWith({ kind: 'pause', nodes: 'a' })).not.toHaveProperty('sides')
  })
})

describe('a newcomer', () => {
  const joining = async (world: PaperBreakable, name: string) => {
    const nodes = [...world.names, name]
    const kept = await world.during(
      world.chaos.admit(name, { nodes, groups: new Map() }, async cutOff => {
        const from = world.names.filter(cutOff)
        world.names.push(name)
        world.running.add(name)
        return from
      }),
    )
    world.chaos.joined()
    await vi.advanceTimersByTimeAsync(30_000)
    return kept
  }

  it('is kept from whom a cut keeps it, and the fault is told anew and measured again', async () => {
    const world = new PaperBreakable(NODES)
    await world.during(world.chaos.inject({ kind: 'partition', cut: 'a,b | rest' }))
    expect(await joining(world, 'e')).toEqual(['a', 'b'])
    expect(world.blocked('e', 'a') && world.blocked('b', 'e')).toBe(true)
    expect(world.blocked('e', 'c') || world.blocked('d', 'e')).toBe(false)
    expect(world.told('fault-grown')).toMatchObject([{ target: 'a b | c d e', detail: '12 directed pairs' }])
    expect(world.told('fault-verified')).toMatchObject([{ ok: true }, { ok: true, again: true }])
  })

  it('is kept from whom it cannot hear, and from whom it cannot reach', async () => {
    const world = new PaperBreakable(NODES)
    await world.during(world.chaos.inject({ kind: 'partition', cut: 'rest -> a' }))
    await world.during(world.chaos.inject({ kind: 'partition', cut: 'b -> rest' }))
    expect(await joining(world, 'e')).toEqual(['a', 'b'])
  })

  it('is kept from nobody by links that are slow, though they are slow for it', async () => {
    const world = new PaperBreakable(NODES)
    await world.during(world.chaos.inject({ kind: 'link', on: 'all', worse: { latencyMs: 300 } }))
    expect(await joining(world, 'e')).toEqual([])
    expect(world.told('fault-grown')).toMatchObject([{ detail: 'latency 300ms on 20 directed pairs' }])
    expect(world.told('fault-verified').at(-1)).toMatchObject({ ok: true, again: true })
  })

  it('changes nothing of what was for those who were there, and nothing is told of that', async () => {
    const world = new PaperBreakable(NODES)
    await world.during(world.chaos.inject({ kind: 'link', on: 'a -> b', worse: { latencyMs: 300 } }))
    await world.during(world.chaos.inject({ kind: 'pause', nodes: 'd' }))
    expect(await joining(world, 'e')).toEqual([])
    expect(world.told('fault-grown')).toEqual([])
  })
})

describe('what no longer holds', () => {
  it('is said when it is seen, once, and again when it holds again', async () => {
    const world = new PaperBreakable(NODES)
    await world.during(world.chaos.inject({ kind: 'kill', nodes: 'a,b' }))
    world.running.add('a')
    world.chaos.changed(['a'])
    await vi.advanceTimersByTimeAsync(2000)
    world.chaos.changed(['a'])
    await vi.advanceTimersByTimeAsync(2000)
    const verdicts = () => world.told('fault-verified').slice(1)
    expect(verdicts()).toEqual([
      {
        type: 'fault-verified',
        id: 'kill-1',
        ok: false,
        again: true,
        asked: '2 down',
        measured: '1 of 2 down',
      },
    ])
    world.running.delete('a')
    world.chaos.changed(['b'])
    await vi.advanceTimersByTimeAsync(2000)
    expect(verdicts().map(event => 'ok' in event && event.ok)).toEqual([false, true])
    // What was once found stays in the report of its end.
    expect(await world.during(world.chaos.heal())).toMatchObject([
      { lapsed: { asked: '2 down', measured: '1 of 2 down' } },
    ])
  })

  it('is not said of one that never was', async () => {
    const world = new PaperBreakable(NODES)
    world.deaf.add('kill a')
    expect(await world.during(world.chaos.inject({ kind: 'kill', nodes: 'a,b' }))).toMatchObject({
      verified: false,
    })
    world.chaos.changed(['a'])
    await vi.advanceTimersByTimeAsync(2000)
    expect(world.told('fault-verified')).toHaveLength(1)
  })
})
