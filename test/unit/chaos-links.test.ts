// How links are measured: for how long silence is watched and a late answer waited for, what counts for a fault that is looked at
// again, and whose a node or a change is.

import { describe, expect, it } from 'vitest'
import { type LinkConditions, PERFECT_LINK } from '../../node/core/link.ts'
import type { Breakable } from '../../orchestrator/chaos/breakable.ts'
import { Links } from '../../orchestrator/chaos/links.ts'
import { breakableDouble } from '../support/breakable-double.ts'

const NODES = ['a', 'b', 'c']
const CUT = [{ from: 'a', to: 'b' }]
const GOING = new AbortController().signal

interface Story {
  readonly planned?: Partial<LinkConditions>
  /** Does `from` still wait for the answer of `to`? */
  readonly waits?: (from: string, to: string, nowMs: number) => boolean
  readonly parts?: Partial<Breakable>
}

/** Links between three nodes that obey, in a time that passes when it is waited for. */
function linksOf({ planned = {}, waits, parts = {} }: Story = {}) {
  let nowMs = 0
  const blocked = new Set<string>()
  const asked: string[] = []
  const silent = (a: string, b: string) => blocked.has(`${a} ${b}`) || blocked.has(`${b} ${a}`)
  const links = new Links(
    breakableDouble({
      running: () => NODES,
      planned: () => ({ ...PERFECT_LINK, ...planned }),
      slowestLinkMs: 6.25,
      nowMs: () => nowMs,
      wait: async ms => {
        nowMs += ms
      },
      setLinks: async changes => {
        for (const { from, to, link } of changes) if (link.blocked) blocked.add(`${from} ${to}`)
      },
      rpc: async (node, method) => {
        asked.push(`${node} ${method}`)
        if (method !== 'getlinkinfo') return null
        return NODES.filter(name => name !== node).map((addr, id) => ({
          ...{ id, addr, pingtime: 0.001 },
          ...((waits?.(node, addr, nowMs) ?? silent(node, addr)) && { pingwait: 1 }),
        }))
      },
      ...parts,
    }),
  )
  return { links, asked, nowMs: () => nowMs }
}

describe('a cut', () => {
  /** How long it is watched. */
  const watchedMs = async (planned: Partial<LinkConditions>) => {
    const { links, nowMs } = linksOf({ planned })
    await links.apply('cut', CUT, { blocked: true })
    expect(await links.measure('cut', CUT)).toMatchObject({
      verified: true,
      measured: '2 of 2 silent, 4 of 4 open',
    })
    return nowMs()
  }

  it('is watched for four round trips over the slowest link, jitter included, and a second and a half', async () => {
    expect(await watchedMs({})).toBe(8 * 6.25 + 1500)
    expect(await watchedMs({ latencyMs: 40, jitterMs: 20 })).toBe(8 * (40 + 3 * 20) + 1500)
  })
})

describe('a connection to a node that is gone', () => {
  /** Its peers have it still: its last words were lost with its machine. */
  const measured = async (parts: Partial<Breakable>) => {
    const { links, nowMs } = linksOf({
      waits: (_, to) => to === 'c',
      parts: { running: () => ['a', 'b'], ...parts },
    })
    return { ...(await links.measure('death', [])), nowMs: nowMs() }
  }

  it('is none: it is neither open nor cut, and nobody waits for its answer', async () => {
    expect(await measured({})).toMatchObject({
      verified: true,
      measured: '0 of 0 silent, 2 of 2 open',
      nowMs: 0,
    })
  })

  it('that only stands still is one, and silent', async () => {
    expect(await measured({ paused: () => ['c'] })).toMatchObject({ measured: '2 of 2 silent, 2 of 2 open' })
  })
})

describe('an open link that is late', () => {
  const thin = (comesMs: number) => {
    const { links } = linksOf({
      waits: (from, to, nowMs) => (from === 'a' && to === 'b') || (to === 'c' && nowMs < comesMs),
      parts: { kept: () => [{ from: 'b', to: 'c' }] },
      planned: { bandwidthBps: 100_000 },
    })
    return links.measure('x', []).then(({ measured }) => measured)
  }

  it('has twenty seconds more, and the time that four answers of 2,000 headers take on the thinnest', async () => {
    // 1.55 s of watching, 20 s, and 4 × 162,000 bytes at 100 kbit/s: 73.4 s in all.
    expect(await thin(73_000)).toBe('0 of 0 silent, 5 of 6 open')
    expect(await thin(73_500)).toBe('0 of 0 silent, 3 of 6 open')
  })
})

describe('a fault that is looked at again', () => {
  it('is judged by its own pairs, as far as they show something against it', async () => {
    const { links } = linksOf()
    await links.apply('cut', CUT, { blocked: true })
    const held = await links.holds(CUT, ['a'], GOING)
    expect(held).toMatchObject({ verified: true, measured: '1 of 1 silent, 0 of 0 open' })
    expect(await links.holds(CUT, ['c'], GOING)).toMatchObject({ measured: '0 of 0 silent, 0 of 0 open' })
  })

  it('has failed where a pair that it cut carries', async () => {
    const { links } = linksOf({ waits: () => false })
    await links.apply('cut', CUT, { blocked: true })
    expect(await links.holds(CUT, ['a', 'b'], GOING)).toMatchObject({
      verified: false,
      measured: '0 of 2 silent, 0 of 0 open',
    })
  })
})

it('a measurement that began while its link was being set begins anew', async () => {
  let measured: Promise<unknown> = Promise.resolve()
  const { links, asked } = linksOf({
    parts: {
      setLinks: async () => {
        measured = links.measure('other', CUT)
      },
    },
    waits: () => false,
  })
  await links.apply('cut', CUT, { latencyMs: 1 })
  await measured
  const pings = asked.filter(each => each === 'a pinglinks').length
  expect(pings).toBeGreaterThan(1)
})

describe('a node that does not run', () => {
  it('is its fault’s that took it, for every other one, until it is back', () => {
    let running = ['b', 'c']
    const { links } = linksOf({ parts: { running: () => running } })
    links.tookAway('first', 'a')
    expect(links.holderOf('a', 'second')).toBe('first')
    expect(links.holderOf('a', 'first')).toBeUndefined()
    expect(links.holderOf('b', 'second')).toBeUndefined()
    running = NODES
    expect(links.holderOf('a', 'second')).toBeUndefined()
    running = ['b', 'c']
    links.gaveBack('a')
    expect(links.holderOf('a', 'second')).toBeUndefined()
  })
})

it('strangers are peers that the network does not know', async () => {
  const nodeAt = (address: string) => (address === 'c' ? undefined : address)
  expect(await linksOf().links.hasStrangers(['a'])).toBe(false)
  expect(await linksOf({ parts: { nodeAt } }).links.hasStrangers(['a'])).toBe(true)
  expect(await linksOf({ parts: { nodeAt } }).links.hasStrangers(['c'])).toBe(false)
})

describe('connections that are kept', () => {
  const lacking = (backMs: number) => {
    const world = linksOf({
      parts: {
        kept: () => [...CUT, { from: 'a', to: 'c' }],
        rpc: async node =>
          node === 'a' && world.nowMs() < backMs
            ? [{ id: 1, addr: 'c' }]
            : [
                { id: 1, addr: 'c' },
                { id: 2, addr: 'b' },
              ],
      },
    })
    return { world, back: world.links.reconnected(() => true) }
  }

  it('are waited for, for a minute and a half', async () => {
    const { world, back } = lacking(90_000)
    expect(await back).toEqual({
      asked: '2 kept connections there',
      measured: '2 of 2 there',
      verified: true,
    })
    expect(world.nowMs()).toBe(90_000)
    expect(await lacking(90_001).back).toMatchObject({ measured: '1 of 2 there, not a – b', verified: false })
  })

  it('are not asked for where there are none', async () => {
    expect(await linksOf().links.reconnected(() => true)).toBeUndefined()
    const { links } = linksOf({ parts: { kept: () => CUT } })
    expect(await links.reconnected(({ to }) => to === 'c')).toBeUndefined()
  })
})
