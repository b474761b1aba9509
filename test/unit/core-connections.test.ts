// The life of connections: dialling and back-off, duplicates, limits, timeouts, discouragement.

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { LinkConditions } from '../../node/core/link.ts'
import { PERFECT_LINK } from '../../node/core/link.ts'
import { addressOf, createHarness, type Harness } from '../support/harness.ts'
import { RawPeer } from '../support/harness-raw-peer.ts'

const link = (change: Partial<LinkConditions>): LinkConditions => ({ ...PERFECT_LINK, ...change })

function eventsOf(harness: Harness, type: string) {
  return harness.events.filter(({ event }) => event.type === type)
}

function connections(harness: Harness, index: number): string[] {
  return harness
    .node(index)
    .core.peers()
    .map(peer => peer.address)
}

/** An address of the host that the harness's node 0 does not know. */
const RAW = '10.9.9.9:1'

describe('a kept connection', () => {
  test('is dialled again with doubling delays, up to a minute, each with its own jitter', () => {
    const harness = createHarness({ seed: 'back-off', nodes: 2, connect: index => (index === 0 ? [1] : []) })
    harness.kill(1)
    harness.advance(20 * 60_000)
    const times = eventsOf(harness, 'dial-failed').map(({ timeMs }) => timeMs)
    const gaps = times.slice(1).map((time, i) => time - (times[i] ?? 0))
    for (const [i, gap] of gaps.entries()) {
      const wanted = Math.min(60_000, 250 * 2 ** i)
      expect(gap).toBeGreaterThanOrEqual(wanted * 0.75)
      expect(gap).toBeLessThanOrEqual(wanted * 1.25)
    }
    expect(gaps.length).toBeGreaterThan(20)
    expect(new Set(gaps.slice(-10)).size).toBe(10)
  })

  test('comes back when the peer does', () => {
    const harness = createHarness({ seed: 'back', nodes: 2, connect: index => (index === 0 ? [1] : []) })
    harness.advance(60_000)
    harness.kill(1)
    harness.advance(1000)
    expect(connections(harness, 0)).toEqual([])
    expect(eventsOf(harness, 'peer-down').at(-1)?.event).toMatchObject({ why: 'connection reset' })
    harness.restart(1)
    expect(harness.until(() => connections(harness, 0).length === 1, 10_000)).toBe(true)
  })
})

test('a connection that had lasted is dialled again without delay', () => {
  const harness = createHarness({ seed: 'lasting', nodes: 2, connect: index => (index === 0 ? [1] : []) })
  harness.kill(1)
  harness.advance(10 * 60_000)
  harness.restart(1)
  expect(harness.until(() => connections(harness, 0).length === 1, 90_000)).toBe(true)
  harness.advance(60_000)
  harness.kill(1)
  const killedMs = harness.elapsedMs()
  harness.advance(1000)
  const [first] = eventsOf(harness, 'dial-failed').filter(({ timeMs }) => timeMs > killedMs)
  expect((first?.timeMs ?? 0) - killedMs).toBeLessThan(400)
})

describe('two peers that dial each other', () => {
  test('at any moments end with one connection, the same at both ends', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 300 }),
        fc.integer({ min: 0, max: 300 }),
        fc.integer({ min: 0, max: 2000 }),
        fc.integer({ min: 0, max: 100 }),
        (there, back, delay, jitterMs) => {
          const harness = createHarness({
            seed: `duel ${there} ${back} ${delay}`,
            nodes: 2,
            connect: index => (index === 0 ? [1] : []),
            linkOf: from => link({ latencyMs: from === 0 ? there : back, jitterMs }),
          })
          harness.advance(delay)
          harness.rpc(1, 'addnode', addressOf(0), 'add')
          harness.advance(60_000)
          const [left] = harness.node(0).core.peers()
          const [right] = harness.node(1).core.peers()
          expect(connections(harness, 0)).toEqual([addressOf(1)])
          expect(connections(harness, 1)).toEqual([addressOf(0)])
          expect(left?.inbound).toBe(!right?.inbound)
          // It settled early and nobody dials any more.
          expect(harness.events.filter(({ timeMs }) => timeMs > 30_000)).toEqual([])
        },
      ),
      { numRuns: 60 },
    )
  })

  test('at once keep what the smaller address dialled', () => {
    const harness = createHarness({
      seed: 'at once',
      nodes: 2,
      connect: index => [1 - index],
      linkOf: () => link({ latencyMs: 50 }),
    })
    harness.advance(10_000)
    expect(
      harness
        .node(0)
        .core.peers()
        .map(peer => peer.inbound),
    ).toEqual([false])
    expect(
      harness
        .node(1)
        .core.peers()
        .map(peer => peer.inbound),
    ).toEqual([true])
  })
})

describe('an inbound peer that claims another’s address', () => {
  test('is believed only for its own host', () => {
    const harness = createHarness({ seed: 'claim', nodes: 1 })
    const raw = new RawPeer(harness, RAW).dial(0)
    raw.shakeHands({
      addrFrom: {
        services: 0n,
        ip: Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255, 10, 0, 0, 2),
        port: 18444,
      },
    })
    expect(connections(harness, 0)).toEqual([expect.stringMatching(/^10\.9\.9\.9:\d{5}$/)])
  })

  test('cannot push out a connection that stands', () => {
    const harness = createHarness({ seed: 'claim', nodes: 1 })
    // Neither with an address below ours nor with one above.
    for (const host of ['1.0.0.9', '99.0.0.9']) {
      const honest = new RawPeer(harness, `${host}:1`)
      harness.rpc(0, 'addnode', honest.address, 'onetry')
      harness.advance(100)
      honest.shakeHands()
      const liar = new RawPeer(harness, `${host}:2`).dial(0)
      liar.shakeHands({ addrFrom: honest.version().addrFrom })
      expect(liar.closed).toBe('closed by peer')
      expect(honest.closed).toBeUndefined()
    }
  })
})

describe('silence', () => {
  test('of 20 minutes ends a connection', () => {
    const harness = createHarness({ seed: 'silence', nodes: 1 })
    const raw = new RawPeer(harness, RAW).dial(0).shakeHands()
    harness.advance(19 * 60_000)
    expect(raw.closed).toBeUndefined()
    harness.advance(4 * 60_000)
    expect(eventsOf(harness, 'peer-down')[0]?.event).toMatchObject({ why: 'ping timeout' })
  })

  test('of a partition shorter than that leaves all connections standing', () => {
    const harness = createHarness({ seed: 'partition', nodes: 6 })
    harness.advance(10_000)
    harness.partition([
      [0, 1, 2],
      [3, 4, 5],
    ])
    harness.advance(10 * 60_000)
    harness.heal()
    harness.advance(60_000)
    expect(eventsOf(harness, 'peer-down')).toEqual([])
  })

  test('of a longer partition ends them, and the heal brings them back', () => {
    const harness = createHarness({ seed: 'partition', nodes: 6 })
    harness.advance(10_000)
    const before = harness.nodes.map(node => node.core.peers().length)
    harness.partition([
      [0, 1, 2],
      [3, 4, 5],
    ])
    harness.advance(60 * 60_000)
    const across = harness.nodes.flatMap(({ core, index }) =>
      core
        .peers()
        .filter(peer =>
          harness.nodes.some(other => other.address === peer.address && other.index < 3 !== index < 3),
        ),
    )
    expect(across).toEqual([])
    harness.heal()
    harness.advance(3 * 60_000)
    expect(harness.nodes.map(node => node.core.peers().length)).toEqual(before)
  })
})

test('who does not say who it is has a minute for it', () => {
  const harness = createHarness({ seed: 'mute', nodes: 1 })
  const raw = new RawPeer(harness, RAW).dial(0)
  const half = new RawPeer(harness, '10.9.9.8:1').dial(0)
  half.send('version', half.version())
  harness.advance(59_999)
  expect([raw.closed, half.closed]).toEqual([undefined, undefined])
  harness.advance(1)
  expect([raw.closed, half.closed]).toEqual(['closed by peer', 'closed by peer'])
  expect(eventsOf(harness, 'peer-down')).toEqual([])
})

describe('discouragement', () => {
  const offend = (raw: RawPeer) => raw.sendPayload('addr', Uint8Array.of(0xfd, 0xff, 0xff))

  test('of a host that is one node’s own keeps out everything from it, and ends after a day', () => {
    const harness = createHarness({ seed: 'offence', nodes: 1 })
    const raw = new RawPeer(harness, RAW).dial(0).shakeHands()
    offend(raw)
    harness.advance(1000)
    expect(eventsOf(harness, 'misbehaviour')).toHaveLength(1)
    const other = new RawPeer(harness, '10.9.9.9:2').dial(0)
    harness.advance(1000)
    expect(other.closed).toBe('closed by peer')
    const stranger = new RawPeer(harness, '10.9.9.10:1').dial(0).shakeHands()
    expect(stranger.closed).toBeUndefined()
    harness.advance(25 * 60 * 60_000)
    other.dial(0).shakeHands()
    expect(other.closed).toBeUndefined()
  })

  test('on loopback keeps out who claims the offender’s address, and nobody else', () => {
    const harness = createHarness({ seed: 'offence', nodes: 1 })
    const raw = new RawPeer(harness, '127.0.0.1:5001').dial(0).shakeHands()
    offend(raw)
    harness.advance(1000)
    raw.dial(0).shakeHands()
    expect(raw.closed).toBe('closed by peer')
    const neighbour = new RawPeer(harness, '127.0.0.1:5002').dial(0).shakeHands()
    expect(neighbour.closed).toBeUndefined()
    expect(connections(harness, 0)).toEqual(['127.0.0.1:5002'])
  })

  test('on loopback a liar cannot keep us from dialling whom it pretended to be', () => {
    const harness = createHarness({ seed: 'offence', nodes: 1 })
    harness.rpc(0, 'addnode', '127.0.0.1:5001', 'add') // nobody is there yet
    const liar = new RawPeer(harness, '127.0.0.1:6666').dial(0)
    const port = 5001
    liar.shakeHands({ addrFrom: { ...liar.version().addrFrom, port } })
    expect(connections(harness, 0)).toEqual(['127.0.0.1:5001'])
    offend(liar)
    const honest = new RawPeer(harness, '127.0.0.1:5001')
    expect(harness.until(() => honest.heard.length > 0, 120_000)).toBe(true)
    honest.shakeHands()
    expect(connections(harness, 0)).toEqual([honest.address])
  })

  test('of a peer that was dialled stops the dials until an operator asks again', () => {
    const harness = createHarness({ seed: 'offence', nodes: 1 })
    const raw = new RawPeer(harness, RAW)
    harness.rpc(0, 'addnode', RAW, 'add')
    harness.advance(1000)
    raw.shakeHands()
    offend(raw)
    harness.advance(10 * 60_000)
    expect(eventsOf(harness, 'peer-up')).toHaveLength(1)
    expect(raw.closed).toBe('closed by peer')
    harness.rpc(0, 'addnode', RAW, 'onetry')
    harness.advance(1000)
    expect(raw.closed).toBeUndefined()
  })
})

describe('inbound slots', () => {
  const crowd = (count: number) => {
    const harness = createHarness({ seed: 'crowd', nodes: 1, core: { maxConnections: 32 } })
    const peers = Array.from({ length: count }, (_, i) => {
      const raw = new RawPeer(harness, `10.8.${i}.1:1`).dial(0).shakeHands()
      harness.advance(1000)
      return raw
    })
    return { harness, peers }
  }

  test('are never more than the limit, and old peers outlast new ones', () => {
    const { harness, peers } = crowd(60)
    expect(connections(harness, 0)).toHaveLength(32)
    expect(eventsOf(harness, 'peer-down').every(({ event }) => event.why === 'evicted')).toBe(true)
    // Half of those that nothing else protects stay for their age alone.
    expect(peers.slice(0, 6).filter(raw => raw.closed === undefined)).toHaveLength(6)
  })
})

test('with no slot at all everybody is refused', () => {
  for (const core of [
    { maxConnections: 0 },
    { mode: 'discovered' as const, maxConnections: 8, maxOutbound: 8 },
  ]) {
    const harness = createHarness({ seed: 'none', nodes: 1, core })
    const raw = new RawPeer(harness, RAW).dial(0)
    harness.advance(1000)
    expect(raw.closed).toBe('closed by peer')
  }
})
