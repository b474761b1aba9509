// Datagrams in virtual time and over real UDP: lost for good, late each for itself, twice, and over the lines that nodes share.

import { describe, expect, onTestFinished, test } from 'vitest'
import type { LinkTable } from '../../node/api.ts'
import { DatagramLinks, MAX_DATAGRAM_BYTES, QUEUE_BYTES } from '../../node/core/datagrams.ts'
import type { Address, Datagrams } from '../../node/core/host.ts'
import { type LinkConditions, PERFECT_LINK } from '../../node/core/link.ts'
import { createRandom } from '../../node/core/random.ts'
import { systemClock } from '../../node/host/clock.ts'
import { Ports } from '../../node/host/ports.ts'
import { VirtualClock } from '../../orchestrator/runtime/sim/clock.ts'
import { MemoryStore, VirtualHost } from '../../orchestrator/runtime/sim/host.ts'
import { VirtualNetwork } from '../../orchestrator/runtime/sim/network.ts'
import { until } from '../support/until.ts'

const EPOCH_MS = 1.7e12
const [A, B] = ['10.0.0.1:28444', '10.0.0.2:28444']
const numbered = (number: number, bytes = 4) => {
  const data = new Uint8Array(bytes)
  new DataView(data.buffer).setUint32(0, number)
  return data
}
const numberOf = (data: Uint8Array) => new DataView(data.buffer, data.byteOffset).getUint32(0)

describe('in the simulator', () => {
  /** Two nodes; what the second receives, with the ms from the start. */
  function world(link: Partial<LinkConditions>, access?: { upBps: number; downBps: number }) {
    const clock = new VirtualClock(EPOCH_MS)
    const conditions = { now: { ...PERFECT_LINK, ...link } }
    const network = new VirtualNetwork({
      clock,
      random: createRandom('datagrams'),
      conditionsOf: () => conditions.now,
      accessOf: address => (address === A ? access : undefined),
    })
    const host = (address: Address) =>
      new VirtualHost({
        ...{ address, clock, network, store: new MemoryStore(), random: createRandom(address) },
        onEvent: () => {},
      })
    const [a, b] = [host(A), host(B)]
    const got: { number: number; ms: number; from: Address }[] = []
    const sink = { onConnected() {}, onDialFailed() {}, onData() {}, onClosed() {} }
    a.run(sink)
    b.run(sink)
    a.datagrams.bind(() => {})
    b.datagrams.bind((from, data) => got.push({ number: numberOf(data), ms: clock.now() - EPOCH_MS, from }))
    return { clock, a, b, got, conditions, run: (ms = 1e6) => clock.runUntil(clock.now() + ms) }
  }

  test('arrives whole, from whom it is, after the latency', () => {
    const { a, got, run } = world({ latencyMs: 40 })
    const data = numbered(7, 1000)
    a.datagrams.send(B, data)
    data.fill(0)
    run()
    expect(got).toEqual([{ number: 7, ms: 40, from: A }])
  })

  test('as many are lost and doubled as asked, and jitter lets one overtake another', () => {
    const { a, got, run } = world({ latencyMs: 50, jitterMs: 10, loss: 0.2, duplicates: 0.1 })
    const sent = 20_000
    for (let i = 0; i < sent; i++) a.datagrams.send(B, numbered(i))
    run()
    const times = new Map<number, number>()
    for (const { number } of got) times.set(number, (times.get(number) ?? 0) + 1)
    // 3.7 deviations of a binomial count are 0.02 % by chance.
    const within = (count: number, of: number, share: number) =>
      expect(Math.abs(count - of * share)).toBeLessThan(3.7 * Math.sqrt(of * share * (1 - share)))
    within(times.size, sent, 0.8)
    within([...times.values()].filter(count => count === 2).length, times.size, 0.1)
    const swaps = got.filter(({ number }, i) => number < (got[i - 1]?.number ?? 0)).length
    expect(swaps).toBeGreaterThan(sent / 4)
    expect(got.reduce((sum, { ms }) => sum + ms, 0) / got.length).toBeCloseTo(50, 0)
  })

  test('a cut takes all, and what was sent meanwhile never comes', () => {
    const { a, got, run, conditions } = world({ blocked: true })
    a.datagrams.send(B, numbered(1))
    run()
    conditions.now = PERFECT_LINK
    a.datagrams.send(B, numbered(2))
    run()
    expect(got.map(({ number }) => number)).toEqual([2])
  })

  test('a thin link and a thin line take their time, and drop what waits too long', () => {
    for (const [link, access] of [
      [{ bandwidthBps: 8e5 }, undefined],
      [{}, { upBps: 8e5, downBps: 0 }],
    ] as const) {
      const { a, got, run } = world(link, access)
      for (let i = 0; i < 1000; i++) a.datagrams.send(B, numbered(i, 972))
      run()
      expect(got[0]?.ms).toBeCloseTo(10, 3)
      expect(got[99]?.ms).toBeCloseTo(1000, 2)
      expect(got.length).toBe(QUEUE_BYTES / 1000 + 1)
    }
  })

  test('a frozen node hears them when it goes on, one that is off never does', () => {
    const { a, b, got, run } = world({})
    b.freeze()
    a.datagrams.send(B, numbered(1))
    run()
    expect(got).toEqual([])
    b.thaw()
    expect(got).toHaveLength(1)
    b.off()
    a.datagrams.send(B, numbered(2))
    run()
    expect(got).toHaveLength(1)
  })

  test('has limits', () => {
    const { a } = world({})
    expect(() => a.datagrams.send(B, new Uint8Array(MAX_DATAGRAM_BYTES + 1))).toThrow(/at most 65507/)
    expect(() => a.datagrams.bind(() => {})).toThrow(/bound already/)
  })
})

test('idle thin links are forgotten', () => {
  const links = new DatagramLinks(createRandom('many'))
  const thin = { ...PERFECT_LINK, bandwidthBps: 8000 }
  for (let i = 0; i < 1000; i++) links.delays(`10.0.${i >> 8}.${i & 255}:1`, i * 10_000, 1000, thin)
  expect(links.delays('10.0.0.1:1', 1e9, 1000, thin)).toEqual([1000])
  expect(links.links).toBe(1)
})

describe('over UDP', () => {
  async function place(links: Partial<LinkTable> = {}) {
    const failures: string[] = []
    const ports = new Ports(['one'], {
      clock: systemClock,
      random: name => createRandom(name),
      links: { default: PERFECT_LINK, peers: {}, ...links },
      bytesOf: (_, frame) => frame.length,
      countReceived: () => undefined,
      warn: message => failures.push(message),
    })
    onTestFinished(() => ports.stop())
    await ports.listen(() => ({ host: '127.0.0.1', port: 0 }))
    const got: number[] = []
    const from = new Set<Address>()
    const datagrams: Datagrams = ports.datagramsOf('one')
    datagrams.bind((address, data) => {
      from.add(address)
      got.push(numberOf(data))
    })
    return { ports, datagrams, got, from, failures, address: ports.addresses.one as Address }
  }

  test('goes from the port of the service to that of another, at once though it was bound just now', async () => {
    const [a, b] = [await place(), await place()]
    a.datagrams.send(b.address, numbered(3, 1200))
    await until('it is there', () => b.got.length === 1)
    expect([...b.from]).toEqual([a.address])
  })

  test('links lose, double and cut them', async () => {
    const b = await place()
    const link = { ...PERFECT_LINK, loss: 0.5, duplicates: 0.5 }
    const a = await place()
    // A few at a time: what a socket cannot hold the kernel drops.
    const [rounds, each] = [10, 40]
    for (let round = 0; round < rounds; round++) {
      a.ports.setLinks({ default: PERFECT_LINK, peers: { [b.address]: link } })
      for (let i = 0; i < each; i++) a.datagrams.send(b.address, numbered(round * each + i))
      a.ports.setLinks({ default: PERFECT_LINK, peers: {} })
      a.datagrams.send(b.address, numbered(10_000 + round))
      await until('the last', () => b.got.includes(10_000 + round))
    }
    const got = b.got.filter(number => number < 10_000)
    const arrived = new Set(got).size
    const sent = rounds * each
    expect(Math.abs(arrived - sent / 2)).toBeLessThan(3.9 * Math.sqrt(sent / 4))
    expect(got.length - arrived).toBeGreaterThan(arrived / 4)
    a.ports.setLinks({ default: { ...PERFECT_LINK, blocked: true }, peers: {} })
    a.datagrams.send(b.address, numbered(1_000_000))
    a.ports.setLinks({ default: PERFECT_LINK, peers: {} })
    a.datagrams.send(b.address, numbered(1_000_001))
    await until('the one behind', () => b.got.includes(1_000_001))
    expect(b.got).not.toContain(1_000_000)
  })

  test('take their turn on the line of the node, and go when it does', async () => {
    const b = await place()
    const a = await place({ access: { upBps: 800_000, downBps: 0 } })
    const startMs = performance.now()
    for (let i = 0; i < 20; i++) a.datagrams.send(b.address, numbered(i, 972))
    await until('all', () => b.got.length === 20)
    expect(performance.now() - startMs).toBeGreaterThan(0.97 * 200)
    expect(b.got).toEqual(Array.from({ length: 20 }, (_, i) => i))
    a.ports.setLinks({ default: PERFECT_LINK, peers: {}, access: { upBps: 8000, downBps: 0 } })
    for (let i = 20; i < 30; i++) a.datagrams.send(b.address, numbered(i, 972))
    a.ports.setLinks({ default: PERFECT_LINK, peers: {} })
    await until('the rest', () => b.got.length === 30)
  })

  test('a port that is taken is said', async () => {
    const taken = await place()
    const again = new Ports(['one'], {
      clock: systemClock,
      random: name => createRandom(name),
      links: { default: PERFECT_LINK, peers: {} },
      bytesOf: (_, frame) => frame.length,
      countReceived: () => undefined,
      warn: message => said.push(message),
    })
    onTestFinished(() => again.stop())
    const said: string[] = []
    await again.listen(() => ({ host: '127.0.0.1', port: 0 }))
    Object.assign(again.addresses, { one: taken.address })
    again.datagramsOf('one').bind(() => {})
    await until('it is said', () => said.length === 1)
    expect(said[0]).toMatch(/^datagrams on 127\.0\.0\.1:\d+: .*EADDRINUSE/)
  })
})
