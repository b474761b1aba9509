// What each kind of fault does to a network, and when it counts as done: orders to nodes, churn, cuts that come and go, connections
// that are closed.

import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { Fault } from '../../orchestrator/chaos/faults.ts'
import { PaperBreakable } from '../support/paper-breakable.ts'

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

const NODES = ['a', 'b', 'c', 'd']
const MINUTE_MS = 60_000

/** The network after this fault, and what was found. */
async function under(fault: Fault, prepare: (world: PaperBreakable) => void = () => {}) {
  const world = new PaperBreakable(NODES)
  prepare(world)
  const report = await world.during(world.chaos.inject(fault))
  return { world, report, healed: () => world.during(world.chaos.heal()) }
}

describe('nodes that are told', () => {
  it.each([
    ['kill', 'down', 'start'],
    ['stop', 'down', 'start'],
    ['pause', 'frozen', 'resume'],
  ] as const)('to %s are %s, until they are told to %s', async (kind, state, back) => {
    const { world, report, healed } = await under({ kind, nodes: 'a,b' })
    expect(report).toMatchObject({
      target: 'a b',
      verified: true,
      measured: expect.stringContaining(`2 of 2 ${state}`),
    })
    expect(world.orders).toEqual([`${kind} a`, `${kind} b`])
    expect(await healed()).toMatchObject([
      { verified: true, measured: expect.stringContaining('2 of 2 running') },
    ])
    expect(world.orders.slice(2)).toEqual([`${back} a`, `${back} b`])
  })

  it('and do not obey have not taken it; the others are brought back', async () => {
    const { world, report, healed } = await under({ kind: 'kill', nodes: 'a,b' }, each =>
      each.deaf.add('kill a'),
    )
    expect(report).toMatchObject({
      verified: false,
      measured: expect.stringContaining('a does not kill; 1 of 2 down'),
    })
    expect(await healed()).toMatchObject([{ verified: true }])
    expect(world.orders.filter(order => order.startsWith('start'))).toEqual(['start b'])
  })

  it('are left alone at the end when somebody has brought them back by hand', async () => {
    const { world, healed } = await under({ kind: 'kill', nodes: 'a,b' })
    world.running.add('a')
    expect(await healed()).toMatchObject([
      { verified: true, measured: expect.stringContaining('2 of 2 running') },
    ])
    expect(world.orders.slice(2)).toEqual(['start b'])
  })

  it('to start at the end, and do not, are said to be down', async () => {
    const { healed } = await under({ kind: 'kill', nodes: 'a,b' }, each => each.deaf.add('start a'))
    expect(await healed()).toMatchObject([
      { verified: false, measured: expect.stringMatching(/^a does not start; .*1 of 2 running/) },
    ])
  })
})

describe('a restart', () => {
  it('stops each and starts it, and is over then', async () => {
    const { world, report } = await under({ kind: 'restart', nodes: 'a,b' })
    expect(report).toMatchObject({ verified: true, measured: expect.stringContaining('2 of 2 running') })
    expect(world.orders.slice().sort()).toEqual(['start a', 'start b', 'stop a', 'stop b'])
    for (const node of ['a', 'b'])
      expect(world.orders.indexOf(`stop ${node}`)).toBeLessThan(world.orders.indexOf(`start ${node}`))
    expect(world.chaos.faults).toEqual([])
  })

  it('has not taken where a node stays down', async () => {
    const { report } = await under({ kind: 'restart', nodes: 'a,b' }, each => each.deaf.add('start b'))
    expect(report).toMatchObject({ verified: false, measured: expect.stringContaining('b does not start; ') })
  })

  it('that is rolled out takes one after the other', async () => {
    const { world, report } = await under({ kind: 'rolling-restart', nodes: 'b,c,a' })
    expect(world.orders).toEqual(['stop b', 'start b', 'stop c', 'start c', 'stop a', 'start a'])
    expect(report).toMatchObject({
      verified: true,
      measured: expect.stringMatching(/^3 of 3 restarted; .*3 of 3 running/),
    })
    expect(world.chaos.faults).toEqual([])
  })

  it('that is rolled out goes on behind one that does not obey, and says so', async () => {
    const { world, report } = await under({ kind: 'rolling-restart', nodes: 'a,b' }, each =>
      each.deaf.add('stop a'),
    )
    expect(world.orders).toEqual(['stop a', 'stop b', 'start b'])
    expect(report).toMatchObject({
      verified: false,
      measured: expect.stringMatching(/^a does not stop; 1 of 2 restarted/),
    })
  })
})

it('a restart that is rolled out ends where it is when it is healed, and all run', async () => {
  const world = new PaperBreakable(NODES, { slowestLinkMs: 5000 })
  let healed: Promise<unknown> = Promise.resolve()
  const onBegun = () => {
    healed = world.chaos.heal()
  }
  const report = await world.during(
    world.chaos.inject({ kind: 'rolling-restart', nodes: 'all' }, { onBegun }),
  )
  expect(report).toMatchObject({ verified: false, measured: 'it was healed before it was measured' })
  expect(await world.during(healed)).toMatchObject([
    { verified: true, measured: expect.stringContaining('4 of 4 running') },
  ])
  expect(world.orders.length).toBeLessThan(8)
})

describe('churn', () => {
  const churn = (perMinute: number, downMs = 2000): Fault => ({
    kind: 'churn',
    nodes: 'a,b,c',
    perMinute,
    downMs,
  })

  it('takes one at once, brings it back after at most one and a half times what it is away, and goes on until it is over', async () => {
    const { world, report, healed } = await under(churn(12))
    expect(report).toMatchObject({ verified: true, measured: expect.stringContaining('1 of 1 down') })
    const [first = ''] = world.orders
    await vi.advanceTimersByTimeAsync(3000)
    expect(world.orders).toContain(first.replace('kill', 'start'))
    await vi.advanceTimersByTimeAsync(10 * MINUTE_MS)
    const kills = world.orders.filter(order => order.startsWith('kill'))
    // A hundred and twenty are expected: five deviations to each side.
    expect(kills.length).toBeGreaterThan(65)
    expect(kills.length).toBeLessThan(175)
    expect(new Set(kills)).toEqual(new Set(['kill a', 'kill b', 'kill c']))
    expect(await healed()).toMatchObject([
      { verified: true, measured: expect.stringMatching(new RegExp(`^${kills.length} left; .*running`)) },
    ])
    expect([...world.running].sort()).toEqual(NODES)
    const { length } = world.orders
    await vi.advanceTimersByTimeAsync(10 * MINUTE_MS)
    expect(world.orders).toHaveLength(length)
  })

  it('takes each and brings it back, in turn', async () => {
    const { world } = await under(churn(10))
    await vi.advanceTimersByTimeAsync(10 * MINUTE_MS)
    for (const node of ['a', 'b', 'c']) {
      const own = world.orders.filter(order => order.endsWith(node))
      expect(own).toEqual(own.map((_, i) => (i % 2 === 0 ? `kill ${node}` : `start ${node}`)))
      expect(own.length).toBeGreaterThan(4)
    }
  })

  it('leaves the last one that runs alone, and has not taken then', async () => {
    const { world, report } = await under(churn(60), each => {
      for (const node of ['b', 'c', 'd']) each.running.delete(node)
    })
    await vi.advanceTimersByTimeAsync(5 * MINUTE_MS)
    expect(world.orders).toEqual([])
    expect(report).toMatchObject({ verified: false })
  })

  it('brings back whom it has away when it is over', async () => {
    const { world, healed } = await under(churn(1, MINUTE_MS))
    const [first = ''] = world.orders
    expect(await healed()).toMatchObject([
      { verified: true, measured: expect.stringMatching(/^1 left; .*1 of 1 running/) },
    ])
    expect(world.orders).toEqual([first, first.replace('kill', 'start')])
  })

  it('takes newcomers where it is for all', async () => {
    const world = new PaperBreakable(['a', 'b'])
    await world.during(world.chaos.inject({ kind: 'churn', nodes: 'all', perMinute: 20, downMs: 500 }))
    await world.during(
      world.chaos.admit('c', { nodes: ['a', 'b', 'c'], groups: new Map() }, async () => {
        world.names.push('c')
        world.running.add('c')
      }),
    )
    await vi.advanceTimersByTimeAsync(5 * MINUTE_MS)
    expect(world.orders).toContain('kill c')
  })

  it('says what did not come back, and goes on', async () => {
    const { world } = await under(churn(12), each => {
      for (const node of ['a', 'b', 'c']) each.deaf.add(`start ${node}`)
    })
    await vi.advanceTimersByTimeAsync(MINUTE_MS)
    expect(world.told('note')[0]).toMatchObject({
      level: 'warn',
      message: expect.stringMatching(/^churn-1: [abc] does not start$/),
    })
  })
})

describe('a cut that comes and goes', () => {
  const flapping: Fault = { kind: 'flapping', cut: 'a | rest', periodMs: 40_000 }

  it('is measured cut and whole, and then is cut for half of every period, until it is over', async () => {
    const { world, report, healed } = await under(flapping)
    expect(report).toMatchObject({
      verified: true,
      measured: expect.stringMatching(/^6 of 6 silent, .*0 of 0 silent, 12 of 12 open$/),
    })
    expect(world.blocked('a', 'b')).toBe(false)
    const seen: boolean[] = []
    for (let i = 0; i < 8; i++) {
      await vi.advanceTimersByTimeAsync(i === 0 ? 10_000 : 20_000)
      seen.push(world.blocked('a', 'b'))
    }
    expect(seen).toEqual([false, true, false, true, false, true, false, true])
    expect(await healed()).toMatchObject([
      { verified: true, measured: expect.stringMatching(/^cut 5 times; /) },
    ])
    expect(world.blocked('a', 'b')).toBe(false)
    for (let i = 0; i < 12; i++) {
      await vi.advanceTimersByTimeAsync(10_000)
      expect(world.blocked('a', 'b')).toBe(false)
    }
  })

  it('has newcomers on its sides as it comes and goes', async () => {
    const { world } = await under(flapping)
    const join = async (name: string) => {
      const roster = { nodes: [...world.names, name], groups: new Map() }
      await world.during(
        world.chaos.admit(name, roster, async () => {
          world.names.push(name)
          world.running.add(name)
        }),
      )
      world.chaos.joined()
    }
    await join('e')
    expect(world.blocked('a', 'e')).toBe(false)
    await vi.advanceTimersByTimeAsync(25_000)
    expect(world.blocked('a', 'e')).toBe(true)
    await join('f')
    expect(world.blocked('f', 'a')).toBe(true)
    await vi.advanceTimersByTimeAsync(5000)
    expect(world.told('fault-verified').at(-1)).toMatchObject({ ok: true, again: true, measured: 'none' })
  })
})

describe('connections that are closed', () => {
  it('are gone, and back under other numbers', async () => {
    const { world, report } = await under({ kind: 'reset', on: 'a' })
    expect(report).toMatchObject({
      verified: true,
      asked: expect.stringContaining('6 ends of connections closed'),
      measured: '6 of 6 closed; 3 of 3 there',
    })
    expect(world.chaos.faults).toEqual([])
  })

  it('and are not, have not been', async () => {
    const world = new PaperBreakable(NODES, { reset: async () => {} })
    expect(await world.during(world.chaos.inject({ kind: 'reset', on: 'a,b' }))).toMatchObject({
      verified: false,
      measured: expect.stringContaining('0 of 10 closed'),
    })
  })

  it('of nodes that have none cannot be: nothing was closed', async () => {
    const { report } = await under({ kind: 'reset', on: 'a <-> b' }, each => {
      each.running.delete('a')
      each.running.delete('b')
    })
    expect(report).toMatchObject({ verified: false, measured: '0 of 0 closed' })
  })
})
