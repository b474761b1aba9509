// Partitions as cuts, faults on top of each other, and the probe that tells a cut from a wish.

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { LinkConditions } from '../../node/api.ts'
import { type Breakable, Chaos } from '../../orchestrator/chaos/chaos.ts'
import { LinkBoard } from '../../orchestrator/chaos/link-board.ts'
import { Links } from '../../orchestrator/chaos/links.ts'
import { disturbed, together, unmeasured } from '../../orchestrator/chaos/measure.ts'
import { cutsBetween, parseSides, type Roster } from '../../orchestrator/chaos/partition.ts'
import type { TestnetEvent } from '../../orchestrator/observe/events.ts'
import { verdictOf, verdictText } from '../../orchestrator/observe/verdict.ts'
import { breakableDouble } from '../support/breakable-double.ts'
import { until } from '../support/until.ts'

const NODES = ['a', 'b', 'c', 'd', 'e']
const ROSTER: Roster = { nodes: NODES, groups: new Map([['vowels', ['a', 'e']]]) }
const PLANNED: LinkConditions = { latencyMs: 10, jitterMs: 1, bandwidthBps: 0, loss: 0, blocked: false }

describe('the sides of a partition', () => {
  it.each([
    [
      'a,b | c,d,e',
      [
        ['a', 'b'],
        ['c', 'd', 'e'],
      ],
    ],
    [
      'a b',
      [
        ['a', 'b'],
        ['c', 'd', 'e'],
      ],
    ],
    ['c | rest', [['c'], ['a', 'b', 'd', 'e']]],
    ['a | b', [['a'], ['b'], ['c', 'd', 'e']]],
    [
      'halves',
      [
        ['a', 'b', 'c'],
        ['d', 'e'],
      ],
    ],
  ])('%s', (text, sides) => {
    expect(parseSides(text, ROSTER)).toEqual(sides)
  })

  it.each([
    ['a,x | rest', /no node is named "x"/],
    ['a | a,b', /a cannot be on two sides/],
    ['a,b,c,d,e', /at least two sides/],
    ['a,b,c,d,e | rest', /at least two sides/],
    ['| a', /at least two sides/],
  ])('%s is refused', (text, why) => {
    expect(() => parseSides(text, ROSTER)).toThrow(why)
  })

  it('cut every pair across and none within, both ways', () => {
    const sides = parseSides('a,b | c | rest', ROSTER)
    const side = (name: string) => sides.findIndex(names => names.includes(name))
    const cut = new Set(cutsBetween(sides).map(({ from, to }) => `${from} ${to}`))
    for (const from of NODES)
      for (const to of NODES) expect(cut.has(`${from} ${to}`)).toBe(side(from) !== side(to))
  })
})

describe('faults on one link', () => {
  it('give the strictest conditions, and healing one leaves the others', () => {
    const fault = fc.record({
      latencyMs: fc.integer({ min: 0, max: 500 }),
      bandwidthBps: fc.integer({ min: 0, max: 1e6 }),
      loss: fc.double({ min: 0, max: 1, noNaN: true }),
      blocked: fc.boolean(),
    })
    fc.assert(
      fc.property(fc.array(fault, { minLength: 1, maxLength: 5 }), fc.nat(), (faults, pick) => {
        const board = new LinkBoard(() => PLANNED)
        const link = [{ from: 'a', to: 'b' }]
        for (const [i, worse] of faults.entries()) board.apply(String(i), link, worse)
        const lifted = pick % faults.length
        board.lift(String(lifted))
        const left = faults.filter((_, i) => i !== lifted)
        const now = board.link('a', 'b')
        expect(now.latencyMs).toBe(Math.max(PLANNED.latencyMs, ...left.map(f => f.latencyMs)))
        expect(now.blocked).toBe(left.some(f => f.blocked))
        const narrow = left.map(f => f.bandwidthBps).filter(bps => bps > 0)
        expect(now.bandwidthBps).toBe(narrow.length > 0 ? Math.min(...narrow) : 0)
        for (const [i] of faults.entries()) board.lift(String(i))
        expect(board.link('a', 'b')).toEqual(PLANNED)
      }),
    )
  })

  it('report only what changes', () => {
    const board = new LinkBoard(() => PLANNED)
    expect(board.apply('1', [{ from: 'a', to: 'b' }], { blocked: true })).toHaveLength(1)
    expect(board.apply('2', [{ from: 'a', to: 'b' }], { blocked: true })).toHaveLength(0)
    expect(board.lift('1')).toHaveLength(0)
    expect(board.lift('2')).toEqual([{ from: 'a', to: 'b', link: PLANNED }])
  })
})

describe('two findings of one fault', () => {
  const finding = (verified: boolean, disturbedBy?: string[]) => ({
    ...{ asked: 'this', measured: 'that', verified },
    ...(disturbedBy && { disturbedBy }),
  })
  const good = finding(true)
  const bad = finding(false)
  const hidden = finding(false, ['one'])
  const unseen = unmeasured(good, 'nobody there')

  it.each([
    [good, good, 'verified'],
    [good, bad, 'not taken'],
    [hidden, good, 'disturbed'],
    [good, hidden, 'disturbed'],
    [hidden, bad, 'not taken'],
    [bad, hidden, 'not taken'],
    [unseen, good, 'not measured'],
    [good, unseen, 'not measured'],
    [unseen, bad, 'not taken'],
    [unseen, hidden, 'disturbed'],
    [unmeasured(bad, 'nobody there'), good, 'not taken'],
  ])('%j and %j: %s', (first, second, verdict) => {
    expect(verdictOf(together(first, second))).toBe(verdict)
  })

  it('name every fault that disturbed it once', () => {
    expect(together(hidden, finding(false, ['two', 'one']))).toMatchObject({ disturbedBy: ['one', 'two'] })
    expect(verdictText(finding(false, ['one', 'two']))).toBe('disturbed by one, two')
  })

  it('are not disturbed by nobody', () => {
    expect(disturbed(bad, [])).toBe(bad)
    expect(disturbed(good, [])).toBe(good)
  })
})

describe('a partition is measured', () => {
  /** A network of which `works` tells whether setting links has any effect. */
  function network(works: boolean): Breakable & { readonly events: TestnetEvent[] } {
    const blocked = new Set<string>()
    const events: TestnetEvent[] = []
    let nowMs = 0
    const silent = (a: string, b: string) => blocked.has(`${a} ${b}`) || blocked.has(`${b} ${a}`)
    const breakable = breakableDouble({
      roster: () => ROSTER,
      running: () => NODES,
      planned: () => PLANNED,
      slowestLinkMs: 11,
      nodeAt: address => address.replace(':1', ''),
      nowMs: () => nowMs,
      wait: async ms => {
        nowMs += ms
      },
      observe: event => events.push(event),
      setLinks: async changes => {
        for (const { from, to, link } of works ? changes : [])
          if (link.blocked) blocked.add(`${from} ${to}`)
          else blocked.delete(`${from} ${to}`)
      },
      rpc: async (node, method) =>
        method === 'getlinkinfo'
          ? NODES.filter(name => name !== node).map((name, id) => ({
              id,
              addr: `${name}:1`,
              ...(silent(node, name) && { pingwait: 0.5 }),
            }))
          : null,
    })
    return { ...breakable, events }
  }

  it('and counts when every cut connection is silent and every other answers', async () => {
    const net = network(true)
    const chaos = new Chaos(net)
    expect(await chaos.inject({ kind: 'partition', cut: 'a,b | rest' })).toMatchObject({
      verified: true,
      measured: '12 of 12 silent, 8 of 8 open',
    })
    expect(await chaos.heal()).toMatchObject([{ verified: true, measured: '0 of 0 silent, 20 of 20 open' }])
    expect(net.events.map(event => event.type)).toEqual(['fault-started', 'fault-verified', 'fault-ended'])
  })

  it('and does not count when it did nothing', async () => {
    const report = await new Chaos(network(false)).inject({ kind: 'partition', cut: 'a,b | rest' })
    expect(report).toMatchObject({ verified: false, measured: '0 of 12 silent, 8 of 8 open' })
  })

  it('and healing what is not in force is refused', async () => {
    await expect(new Chaos(network(true)).heal('partition-9')).rejects.toThrow(/no fault "partition-9"/)
  })

  it('beside another one: each judges what it changed, whatever the other does meanwhile', async () => {
    const chaos = new Chaos(network(true))
    const reports = await Promise.all([
      chaos.inject({ kind: 'partition', cut: 'isolate a' }),
      chaos.inject({ kind: 'partition', cut: 'isolate b' }),
    ])
    expect(reports).toMatchObject([{ verified: true }, { verified: true }])
    expect(await chaos.heal()).toMatchObject([{ verified: true }, { verified: true }])
  })

  it('inside another one it is disturbed: it is silent there, whoever cut it', async () => {
    const net = network(true)
    const chaos = new Chaos(net)
    await chaos.inject({ kind: 'partition', cut: 'a,b | rest' }, { id: 'outer' })
    const inner = { kind: 'partition', cut: 'a,b | c | d,e' } as const
    expect(await chaos.inject(inner, { id: 'free' })).toMatchObject({ verified: true })
    await chaos.heal('free')
    const report = await chaos.inject({ kind: 'partition', cut: 'a,b | rest' }, { id: 'hidden' })
    expect(report).toMatchObject({ verified: false, disturbedBy: ['outer'] })
    expect(net.events.at(-1)).toMatchObject({ type: 'fault-verified', ok: false, disturbedBy: ['outer'] })
    expect(await chaos.heal()).toMatchObject([{ verified: true }, { verified: true }])
  })

  it.each([
    ['other', ['other']],
    ['own', undefined],
  ])('while %s changes its links at every try', async (changer, disturbedBy) => {
    const net = network(true)
    const links: Links = new Links({
      ...net,
      wait: async ms => {
        links.touch(changer, ['a'])
        await net.wait(ms)
      },
    })
    const cuts = [{ from: 'a', to: 'b' }]
    await links.apply('own', cuts, { blocked: true })
    const finding = await links.measure('own', cuts)
    expect(finding.verified).toBe(false)
    expect(finding.disturbedBy).toEqual(disturbedBy)
  })

  it('and is not said to have taken when it was healed meanwhile', async () => {
    const chaos = new Chaos(network(true))
    let healed: Promise<unknown> = Promise.resolve()
    const onBegun = () => {
      healed = chaos.heal()
    }
    expect(await chaos.inject({ kind: 'partition', cut: 'halves' }, { onBegun })).toMatchObject({
      verified: false,
      measured: 'it was healed before it was measured',
    })
    await healed
  })

  it('before it heals by itself, however short it is to last', async () => {
    const net = network(true)
    const chaos = new Chaos(net)
    const report = await chaos.inject({ kind: 'partition', cut: 'halves' }, { forMs: 100 })
    expect(report).toMatchObject({ verified: true })
    await until('it healed', () => net.events.at(-1)?.type === 'fault-ended')
    expect(chaos.faults).toEqual([])
    expect(net.events.map(event => event.type)).toEqual(['fault-started', 'fault-verified', 'fault-ended'])
  })

  it('and what the network cannot have is refused, and why', async () => {
    const chaos = new Chaos({ ...network(true), cannot: kind => `there is no ${kind} here` })
    await expect(chaos.inject({ kind: 'disk-full', nodes: 'a' })).rejects.toMatchObject({
      exitCode: 4,
      message: 'there is no disk-full here',
    })
    expect(chaos.faults).toEqual([])
  })

  it('and is whole again only when the connections that nodes keep are back', async () => {
    const lost = { ...network(true), kept: () => [{ from: 'a', to: 'b' }] }
    const rpc = lost.rpc
    const alone: typeof rpc = async (node, method, params) =>
      method === 'getlinkinfo' && node === 'a' ? [] : await rpc(node, method, params)
    const chaos = new Chaos({ ...lost, rpc: alone })
    await chaos.inject({ kind: 'partition', cut: 'isolate a' })
    expect(await chaos.heal()).toMatchObject([
      { verified: false, measured: expect.stringContaining('0 of 1 there, not a – b') },
    ])
  })
})

it('a link that is being weighed is changed when its load is through', async () => {
  const done: string[] = []
  let through = false
  let pings = 0
  const turn = () => new Promise<void>(resolve => setImmediate(resolve))
  const links = new Links(
    breakableDouble({
      running: () => ['a', 'b'],
      pad: async () => {
        done.push('load')
        pings++
      },
      setLinks: async ([change]) => void done.push(`${change?.link.bandwidthBps} bit/s`),
      wait: (_, signal) =>
        signal ? new Promise(resolve => signal.addEventListener('abort', () => resolve())) : turn(),
      rpc: async (node, method) => {
        if (method === 'pinglinks') pings++
        const out = done.includes('load') && !through ? 1 : 0
        const pingwait = out === 1 ? { pingwait: 1 } : {}
        const counts = { pings_sent: pings, pings_answered: pings - out }
        return [{ id: 1, addr: node === 'a' ? 'b' : 'a', pingtime: 1, ...counts, ...pingwait }]
      },
    }),
  )
  const cuts = [{ from: 'a', to: 'b' }]
  await links.apply('wide', cuts, { bandwidthBps: 1_000_000 })
  const measured = links.measure('wide', cuts)
  await until('it is weighed', () => done.includes('load'))
  const applied = links.apply('thin', cuts, { bandwidthBps: 64_000 })
  for (let i = 0; i < 20; i++) await turn()
  expect(done).toEqual(['1000000 bit/s', 'load'])
  through = true
  await applied
  expect(done).toEqual(['1000000 bit/s', 'load', '64000 bit/s'])
  expect(await measured).toMatchObject({ verified: true })
})
