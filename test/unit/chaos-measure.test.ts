// From what nodes say of their connections to a finding: who must be silent and who slow, how long an answer is waited for, and
// what counts as one.

import { describe, expect, it } from 'vitest'
import type { LinkInfo } from '../../node/api.ts'
import { type LinkConditions, PERFECT_LINK } from '../../node/core/link.ts'
import { measureLinks, measureNodes } from '../../orchestrator/chaos/measure.ts'
import { type Heard, listen, type Probed, probe } from '../../orchestrator/chaos/probe.ts'

const NO_PINGS = { sent: 0, answered: 0 }
const heard = (from: string, to: string, roundTripMs?: number, answered = true): Heard => ({
  ...{ from, to, service: 'bitcoin', id: 1, answered, roundTripMs },
  pings: NO_PINGS,
})

describe('links', () => {
  const conditions = (links: Readonly<Record<string, Partial<LinkConditions>>>) => {
    return ({ from, to }: { from: string; to: string }): LinkConditions => ({
      ...PERFECT_LINK,
      ...links[`${from} ${to}`],
    })
  }

  it('that are cut must be silent, and all others open', () => {
    const measured = (...answered: readonly [boolean, boolean, boolean]) =>
      measureLinks({
        heard: [
          heard('a', 'b', 1, answered[0]),
          heard('b', 'a', 1, answered[1]),
          heard('a', 'c', 1, answered[2]),
        ],
        blocked: ({ from, to }) => from !== 'c' && to !== 'c',
        linkOf: conditions({}),
        touched: [],
      })
    expect(measured(false, false, true)).toEqual({
      asked: '2 connections silent, 1 open',
      measured: '2 of 2 silent, 1 of 1 open',
      verified: true,
    })
    expect(measured(true, false, true)).toMatchObject({
      measured: '1 of 2 silent, 1 of 1 open',
      verified: false,
    })
    expect(measured(false, false, false)).toMatchObject({
      measured: '2 of 2 silent, 0 of 1 open',
      verified: false,
    })
  })

  const slow = (
    links: Readonly<Record<string, Partial<LinkConditions>>>,
    there: number,
    back: number,
    aside = 1,
  ) =>
    measureLinks({
      heard: [heard('a', 'b', there), heard('b', 'a', back), heard('a', 'c', aside)],
      blocked: () => false,
      linkOf: conditions(links),
      touched: [{ from: 'a', to: 'b' }],
    })

  it('that are slow show it at both ends, to two milliseconds; others need not', () => {
    const links = { 'a b': { latencyMs: 150 }, 'b a': { latencyMs: 50 } }
    expect(slow(links, 198, 198)).toMatchObject({
      asked: expect.stringContaining('2 round trips of at least 198 ms'),
      measured: expect.stringContaining('2 of 2 as slow, from 198 ms'),
      verified: true,
    })
    expect(slow(links, 198, 197.9)).toMatchObject({
      measured: expect.stringContaining('1 of 2 as slow'),
      verified: false,
    })
    expect(slow(links, 197.9, 198)).toMatchObject({ verified: false })
  })

  it('that are slow by chance may be quicker by five deviations', () => {
    const links = { 'a b': { latencyMs: 150, jitterMs: 3 }, 'b a': { latencyMs: 50, jitterMs: 4 } }
    expect(slow(links, 173, 173)).toMatchObject({ verified: true })
    expect(slow(links, 172.9, 173)).toMatchObject({ verified: false })
    expect(slow({ 'a b': { latencyMs: 5, jitterMs: 5 } }, 0, 0)).toMatchObject({
      asked: expect.stringContaining('at least 0 ms'),
      verified: true,
    })
  })

  it('of which nobody is there to hear show nothing', () => {
    const nobody = measureLinks({
      heard: [heard('a', 'c', 1)],
      blocked: () => false,
      linkOf: conditions({ 'a b': { latencyMs: 150 } }),
      touched: [{ from: 'a', to: 'b' }],
    })
    expect(nobody).toEqual({
      asked: '0 connections silent, 1 open',
      measured: '0 of 0 silent, 1 of 1 open',
      verified: true,
    })
  })
})

it('nodes are running, frozen or down', () => {
  const measured = (wanted: 'running' | 'down' | 'frozen') =>
    measureNodes(['a', 'b', 'c'], wanted, ['a'], ['b'])
  for (const wanted of ['running', 'frozen', 'down'] as const)
    expect(measured(wanted)).toEqual({ asked: `3 ${wanted}`, measured: `1 of 3 ${wanted}`, verified: false })
  expect(measureNodes(['a'], 'running', ['a'], [])).toMatchObject({ verified: true })
})

/** Nodes whose peers are a matter of time. */
function network(
  peersOf: (node: string, nowMs: number) => readonly Partial<LinkInfo>[],
  parts: Partial<Probed> = {},
) {
  let nowMs = 0
  const asked: string[] = []
  const probed: Probed = {
    running: () => ['a', 'b'],
    nodeAt: address => (address === 'stranger' ? undefined : address),
    rpc: async (node, method) => {
      asked.push(`${node} ${method}`)
      const silent = { service: 'bitcoin', pings_sent: 0, pings_answered: 0 }
      return method === 'getlinkinfo' ? peersOf(node, nowMs).map(peer => ({ ...silent, ...peer })) : null
    },
    nowMs: () => nowMs,
    wait: async ms => {
      nowMs += ms
    },
    ...parts,
  }
  return { probed, asked, nowMs: () => nowMs }
}

describe('what nodes say of their connections', () => {
  it('is whose they are, how long a ping took, and which one came back; strangers are passed over', async () => {
    const { probed } = network(node =>
      node === 'a'
        ? [
            { id: 3, addr: 'b', pingtime: 0.25, pingwait: 1, pings_sent: 9, pings_answered: 8 },
            { id: 4, addr: 'stranger' },
          ]
        : [{ id: 7, addr: 'a', service: 'other' }],
    )
    const [ofA, ofB] = [
      { service: 'bitcoin', from: 'a', to: 'b' },
      { service: 'other', from: 'b', to: 'a' },
    ]
    expect(await listen(probed, ['a', 'b'])).toEqual([
      { ...ofA, id: 3, answered: false, roundTripMs: 250, pings: { sent: 9, answered: 8 } },
      { ...ofB, id: 7, answered: true, roundTripMs: undefined, pings: { sent: 0, answered: 0 } },
    ])
  })

  it('is nothing where a node has gone, and is asked again while it is there', async () => {
    const failing = (goneMs: number, untilMs: number) => {
      const world = network(() => [{ id: 1, addr: 'b' }], {
        running: () => (world.nowMs() >= goneMs ? [] : ['a']),
        rpc: async () => {
          if (world.nowMs() < untilMs) throw new Error('closed its doors')
          return [{ id: 1, addr: 'b' }]
        },
      })
      return listen(world.probed, ['a'])
    }
    expect(await failing(300, 60_000)).toEqual([])
    expect(await failing(60_000, 300)).toHaveLength(1)
    expect(await failing(60_000, 20_000)).toHaveLength(1)
    await expect(failing(60_000, 20_050)).rejects.toThrow('closed its doors')
  })
})

describe('a probe', () => {
  const silent = (pair: { to: string }) => pair.to === 'cut'
  const timed = { timeoutMs: 1000, lateMs: 3000 }

  it('pings, and is over as soon as all that are open have answered', async () => {
    const world = network((_, nowMs) => [{ id: 1, addr: 'c', ...(nowMs < 500 && { pingwait: 1 }) }])
    const found = await probe(world.probed, silent, timed)
    expect(found.map(({ answered }) => answered)).toEqual([true, true])
    expect(world.nowMs()).toBe(500)
    expect(world.asked.slice(0, 2)).toEqual(['a pinglinks', 'b pinglinks'])
  })

  it('waits for an open one that is late, and then no longer', async () => {
    const late = (comesMs: number) =>
      network((_, nowMs) => [{ id: 1, addr: 'c', ...(nowMs < comesMs && { pingwait: 1 }) }])
    const [soon, never] = [late(4000), late(60_000)]
    expect((await probe(soon.probed, silent, timed)).every(({ answered }) => answered)).toBe(true)
    expect((await probe(never.probed, silent, timed)).some(({ answered }) => answered)).toBe(false)
    expect(never.nowMs()).toBe(4000)
  })

  it('watches one that must be silent for the whole time, though all others have answered', async () => {
    const world = network(() => [
      { id: 1, addr: 'cut', pingwait: 1 },
      { id: 2, addr: 'c' },
    ])
    expect((await probe(world.probed, silent, timed)).map(({ answered }) => answered)).toEqual([
      false,
      true,
      false,
      true,
    ])
    expect(world.nowMs()).toBe(1000)
  })

  it('takes a ping for answered when it is, or one after it, whatever is out now', async () => {
    const world = network((_, nowMs) => [
      { id: 1, addr: 'c', pingwait: 1, pings_sent: 5 + nowMs / 50, pings_answered: nowMs < 300 ? 4 : 5 },
    ])
    expect((await probe(world.probed, silent, timed)).every(({ answered }) => answered)).toBe(true)
    expect(world.nowMs()).toBe(300)
  })

  it('waits for each connection of a pair, though those of two services have one number', async () => {
    const world = network((_, nowMs) => [
      { id: 1, addr: 'c', service: 'quick' },
      { id: 1, addr: 'c', service: 'slow', ...(nowMs < 700 && { pingwait: 1 }) },
    ])
    expect((await probe(world.probed, silent, timed)).every(({ answered }) => answered)).toBe(true)
    expect(world.nowMs()).toBe(700)
  })

  it('ends at once when it is told to', async () => {
    const world = network(() => [{ id: 1, addr: 'c', pingwait: 1 }])
    await probe(world.probed, silent, timed, AbortSignal.abort())
    expect(world.nowMs()).toBe(0)
  })
})
