// How addresses spread, and what they may not do.

import { describe, expect, test } from 'vitest'
import type { CoreOptions } from '../../node/bitcoin/options.ts'
import { formatAddress, parseAddress } from '../../node/bitcoin/wire/address.ts'
import type { AddressV2, TimedAddress } from '../../node/bitcoin/wire/messages.ts'
import { addressOf, createHarness, type Harness, START_MS } from '../support/harness.ts'
import { RawPeer } from '../support/harness-raw-peer.ts'

const NOW = START_MS / 1000

interface NodeAddress {
  readonly address: string
  readonly port: number
  readonly time: number
}

function known(harness: Harness, index: number): string[] {
  const all = harness.rpc(index, 'getnodeaddresses', 0) as NodeAddress[]
  return all.map(({ address, port }) => `${address}:${port}`).sort()
}

function entry(address: string, time = NOW): TimedAddress {
  const endpoint = parseAddress(address)
  if (!endpoint) throw new Error(address)
  return { ...endpoint, services: 9n, time }
}

/** Spread over network groups: of one group, one source may fill a single bucket. */
function publicEntries(count: number, from = 0): TimedAddress[] {
  return Array.from({ length: count }, (_, i) => entry(`44.${(from + i) & 255}.${(from + i) >> 8}.1:8333`))
}

function heardAddresses(raw: RawPeer): string[] {
  return (raw.payloads('addr') as TimedAddress[][]).flat().map(formatAddress)
}

function setUp() {
  const harness = createHarness({ seed: 'gossip', nodes: 1, core: { mode: 'discovered', maxOutbound: 0 } })
  const raw = (name: string) => new RawPeer(harness, name)
  return { harness, raw }
}

describe('discovery', () => {
  const discover = (seed: string, nodes: number, maxOutbound = 8, givenTo = (_index: number) => 0) =>
    createHarness({
      seed,
      nodes,
      connect: index => (index === 0 ? [] : [givenTo(index)]),
      core: { mode: 'discovered', maxOutbound },
      linkOf: (_from, _to, random) => ({
        latencyMs: 20 + random.float() * 80,
        jitterMs: 5,
        bandwidthBps: 0,
        loss: 0.01,
        blocked: false,
      }),
    })

  test.each(['first', 'second', 'third'])(
    'twenty cores that are given one address find enough peers (%s)',
    seed => {
      const harness = discover(seed, 20)
      const enough = () => harness.nodes.every(({ core }) => core.peers().length >= 8)
      expect(harness.until(enough, 60_000)).toBe(true)
      harness.advance(60_000)
      for (const { core } of harness.nodes) {
        const outbound = core.peers().filter(peer => !peer.inbound)
        expect(outbound.length).toBeLessThanOrEqual(9) // eight slots and the one address it was given
        expect(new Set(core.peers().map(peer => peer.address)).size).toBe(core.peers().length)
      }
    },
  )

  test('in small networks, where whoever asks early hears of nobody, every core finds every other one', () => {
    for (let i = 0; i < 40; i++) {
      const nodes = 5 + (i % 5)
      const harness = discover(`small ${i}`, nodes, 8, index => (7 * i) % index)
      const all = () => harness.nodes.every(({ core }) => core.peers().length === nodes - 1)
      expect(harness.until(all, 30_000), `small ${i}`).toBe(true)
    }
  })

  test('cores stay one network when the one they were given is gone', () => {
    const harness = discover('orphans', 20)
    harness.advance(60_000)
    harness.kill(0)
    harness.advance(60_000)
    const reached = new Set([1])
    for (const index of reached)
      for (const peer of harness.node(index).core.peers())
        for (const { address, index: other } of harness.nodes)
          if (address === peer.address) reached.add(other)
    expect(reached.size).toBe(19)
  })

  test('a core that comes back remembers the others without its first address', () => {
    const harness = discover('memory', 12)
    harness.advance(60_000)
    harness.kill(0)
    harness.stop(5)
    harness.advance(60_000)
    harness.restart(5)
    expect(known(harness, 5).length).toBeGreaterThanOrEqual(6)
    expect(harness.until(() => harness.node(5).core.peers().length >= 4, 60_000)).toBe(true)
  })

  test('feelers move what answers to the tried table', () => {
    const harness = discover('feelers', 12, 2)
    harness.advance(3 * 60 * 60_000)
    const tried = harness.nodes.map(
      ({ core }) => core.readMetrics().find(one => one.labels?.table === 'tried')?.value ?? 0,
    )
    // More than its two slots and its first address ever gave it.
    expect(Math.max(...tried)).toBeGreaterThan(4)
    // A feeler is over before its handshake: nobody counts it as a peer.
    expect(harness.events.filter(({ event }) => event.why === 'feeler')).toEqual([])
  })
})

describe('a core', () => {
  test('tells a new peer its own address, and asks whom it dialled for more', () => {
    const { harness, raw } = setUp()
    const inbound = raw('10.7.0.1:1').dial(0).shakeHands()
    expect(heardAddresses(inbound)).toEqual([addressOf(0)])
    expect(inbound.commands()).not.toContain('getaddr')
    const dialled = raw('10.7.0.2:1')
    harness.rpc(0, 'addnode', dialled.address, 'onetry')
    harness.advance(100)
    dialled.shakeHands()
    expect(dialled.commands()).toContain('getaddr')
  })

  test('speaks addrv2 to those who want it', () => {
    const { raw } = setUp()
    const peer = raw('10.7.0.1:1').dial(0).shakeHands({}, ['sendaddrv2'])
    expect(peer.payloads('addr')).toEqual([])
    const [[own]] = peer.payloads('addrv2') as [[AddressV2]]
    expect(own).toMatchObject({ network: 1, bytes: Uint8Array.of(10, 0, 0, 1), port: 18444 })
  })

  test('answers getaddr only to those who dialled it, and tells a connection no more than one answer may', () => {
    const { harness, raw } = setUp()
    const teller = raw('10.7.0.2:1')
    harness.rpc(0, 'addnode', teller.address, 'onetry')
    harness.advance(100)
    teller.shakeHands().send('addr', publicEntries(200))
    harness.advance(100)
    expect(known(harness, 0).length).toBeGreaterThan(150)
    const dialled = raw('10.7.0.3:1')
    harness.rpc(0, 'addnode', dialled.address, 'onetry')
    harness.advance(100)
    dialled.shakeHands().send('getaddr', null)
    const asker = raw('10.7.0.1:1').dial(0).shakeHands()
    asker.send('getaddr', null)
    harness.advance(100)
    const answer = heardAddresses(asker)
    expect(answer.length).toBeGreaterThan(60)
    expect(answer.length).toBeLessThanOrEqual(66)
    asker.send('getaddr', null)
    harness.advance(100)
    expect(heardAddresses(asker)).toEqual(answer)
    expect(heardAddresses(dialled)).toEqual([addressOf(0)])
  })

  test('answers again who asked when there was little to tell', () => {
    const { harness, raw } = setUp()
    const early = raw('10.7.0.1:1').dial(0).shakeHands()
    early.send('getaddr', null)
    harness.advance(100)
    expect(heardAddresses(early)).toEqual([addressOf(0)])
    const dialled = raw('10.7.0.2:1')
    harness.rpc(0, 'addnode', dialled.address, 'onetry')
    harness.advance(100)
    dialled.shakeHands()
    early.send('getaddr', null)
    harness.advance(100)
    expect(heardAddresses(early)).toEqual([addressOf(0), dialled.address])
  })

  /** How often a core that dialled one peer asked it within `ms`. */
  const asked = (ms: number, core: Partial<CoreOptions>, told: readonly string[] = []) => {
    const harness = createHarness({ seed: 'lonely', nodes: 1, core })
    const dialled = new RawPeer(harness, '10.7.0.1:1')
    harness.rpc(0, 'addnode', dialled.address, 'onetry')
    harness.advance(100)
    dialled.shakeHands()
    if (told.length > 0) {
      dialled.send(
        'addr',
        told.map(address => entry(address)),
      )
      const others = told.map(address => new RawPeer(harness, address))
      harness.advance(1000)
      for (const other of others) other.send('version', other.version()).send('verack', null)
    }
    harness.advance(ms)
    return dialled.commands().filter(command => command === 'getaddr').length
  }

  test('asks again while it lacks peers and has nobody left to try, ever more seldom', () => {
    const discovered = { mode: 'discovered', maxOutbound: 2 } as const
    expect(asked(30_000, discovered)).toBeGreaterThanOrEqual(3)
    expect(asked(600_000, discovered)).toBeLessThanOrEqual(9)
    expect(asked(24 * 3_600_000, discovered)).toBeLessThanOrEqual(16)
  })

  test('asks once when its slots are filled, and never when its peers are given', () => {
    const peers = ['44.1.0.1:8333', '44.2.0.1:8333']
    expect(asked(600_000, { mode: 'discovered', maxOutbound: 2 }, peers)).toBe(1)
    expect(asked(600_000, { mode: 'fixed' })).toBe(0)
  })

  test('takes from an uninvited peer no more than its allowance', () => {
    const { harness, raw } = setUp()
    const flood = raw('10.7.0.1:1').dial(0).shakeHands()
    for (let i = 0; i < 20; i++) flood.send('addr', publicEntries(1000, i * 1000))
    harness.advance(1000)
    expect(known(harness, 0).length).toBeLessThanOrEqual(2)
    expect(harness.rpc(0, 'getpeerinfo')).toMatchObject([{ addr_processed: 1, addr_rate_limited: 19_999 }])
    harness.advance(100_000)
    flood.send('addr', publicEntries(1000, 50_000))
    harness.advance(1000)
    expect(harness.rpc(0, 'getpeerinfo')).toMatchObject([{ addr_processed: 11 }])
  })

  test('passes news on to two others, once', () => {
    const { harness, raw } = setUp()
    const crowd = Array.from({ length: 10 }, (_, i) =>
      raw(`10.7.1.${i}:1`).dial(0).shakeHands().send('getaddr', null),
    )
    const source = raw('10.7.0.1:1').dial(0).shakeHands()
    const heard = () => crowd.filter(peer => heardAddresses(peer).includes('44.1.2.3:8333')).length
    source.send('addr', [entry('44.1.2.3:8333')])
    harness.advance(30_000)
    expect(heard()).toBe(2)
    source.send('addr', [entry('44.1.2.3:8333')])
    harness.advance(30_000)
    expect(heard()).toBe(2)
    expect(heardAddresses(source)).toEqual([addressOf(0)])
  })

  test('passes news on to nobody who came and has not said or asked a word of addresses', () => {
    const { harness, raw } = setUp()
    const silent = raw('10.7.1.1:1').dial(0).shakeHands()
    const source = raw('10.7.0.1:1').dial(0).shakeHands()
    source.send('addr', [entry('44.1.2.3:8333')])
    harness.advance(30_000)
    expect(heardAddresses(silent)).toEqual([addressOf(0)])
    silent.send('getaddr', null)
    harness.advance(1_000)
    source.send('addr', [entry('44.1.2.4:8333')])
    harness.advance(30_000)
    expect(heardAddresses(silent)).toContain('44.1.2.4:8333')
  })

  test('does not pass on the answer to its own question', () => {
    const { harness, raw } = setUp()
    const listener = raw('10.7.1.1:1').dial(0).shakeHands().send('getaddr', null)
    const dialled = raw('10.7.0.1:1')
    harness.rpc(0, 'addnode', dialled.address, 'onetry')
    harness.advance(100)
    dialled.shakeHands().send('addr', [entry('44.1.1.1:1', NOW)])
    harness.advance(30_000)
    expect(heardAddresses(listener)).toEqual([addressOf(0)])
    dialled.send('addr', [entry('44.1.1.2:1', NOW)])
    harness.advance(30_000)
    expect(heardAddresses(listener)).toEqual([addressOf(0), '44.1.1.2:1'])
  })

  test('passes on what a peer that it dialled says of itself, though it asked that one for others', () => {
    const { harness, raw } = setUp()
    const listener = raw('10.7.1.1:1').dial(0).shakeHands().send('getaddr', null)
    const dialled = raw('10.7.0.1:1')
    harness.rpc(0, 'addnode', dialled.address, 'onetry')
    harness.advance(100)
    dialled.shakeHands().send('addr', [entry(dialled.address)])
    harness.advance(30_000)
    expect(heardAddresses(listener)).toEqual([addressOf(0), dialled.address])
  })

  test('does not pass on what is old, what comes in bulk, or what nobody can dial', () => {
    const { harness, raw } = setUp()
    const listener = raw('10.7.1.1:1').dial(0).shakeHands()
    const source = raw('10.7.0.1:1').dial(0).shakeHands()
    harness.advance(1_000_000) // a good allowance
    const now = Math.floor(harness.clock.now() / 1000)
    source.send('addr', [entry('44.1.1.1:1', now - 3600)])
    source.send(
      'addr',
      publicEntries(11).map(one => ({ ...one, time: now })),
    )
    source.send('addr', [entry('0.0.0.0:1', now), entry('224.0.0.1:1', now), entry('44.1.1.2:0', now)])
    harness.advance(30_000)
    expect(heardAddresses(listener)).toEqual([addressOf(0)])
    expect(known(harness, 0)).not.toContain('0.0.0.0:1')
  })

  test('does not believe in times of the future', () => {
    const { harness, raw } = setUp()
    raw('10.7.0.1:1')
      .dial(0)
      .shakeHands()
      .send('addr', [entry('44.1.1.1:1', NOW + 86_400)])
    harness.advance(1000)
    const [known] = harness.rpc(0, 'getnodeaddresses', 0) as NodeAddress[]
    expect(known?.time).toBeLessThan(NOW - 4 * 86_400)
  })

  test('of fixed peers answers and learns, but spreads nothing', () => {
    const harness = createHarness({ seed: 'fixed', nodes: 1 })
    const listener = new RawPeer(harness, '10.7.1.1:1').dial(0).shakeHands()
    const source = new RawPeer(harness, '10.7.0.1:1').dial(0).shakeHands()
    source.send('addr', [entry('44.1.1.1:1')])
    harness.advance(30_000)
    expect(heardAddresses(listener)).toEqual([])
    listener.send('getaddr', null)
    harness.advance(100)
    expect(heardAddresses(listener)).toEqual(['44.1.1.1:1'])
  })

  test('takes loopback addresses with ports for different peers', () => {
    const harness = createHarness({
      seed: 'loopback',
      nodes: 1,
      core: { mode: 'discovered', maxOutbound: 0 },
    })
    const teller = new RawPeer(harness, '127.0.0.1:4000')
    harness.rpc(0, 'addnode', teller.address, 'onetry')
    harness.advance(100)
    teller.shakeHands().send(
      'addr',
      Array.from({ length: 50 }, (_, i) => entry(`127.0.0.1:${5000 + i}`)),
    )
    harness.advance(100)
    expect(known(harness, 0).length).toBeGreaterThanOrEqual(48)
  })
})
