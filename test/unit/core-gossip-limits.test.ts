// Of whom nothing is told, and how far a node's patience with the addresses of others goes.

import { describe, expect, test } from 'vitest'
import { formatAddress, parseAddress } from '../../node/bitcoin/wire/address.ts'
import type { TimedAddress } from '../../node/bitcoin/wire/messages.ts'
import { createHarness, START_MS } from '../support/harness.ts'
import { RawPeer } from '../support/harness-raw-peer.ts'

function entry(address: string, time = START_MS / 1000): TimedAddress {
  const endpoint = parseAddress(address)
  if (!endpoint) throw new Error(address)
  return { ...endpoint, services: 9n, time }
}

function heardAddresses(raw: RawPeer): string[] {
  return (raw.payloads('addr') as TimedAddress[][]).flat().map(formatAddress)
}

describe('a node that looks for its peers', () => {
  test.each([
    ['does not listen', undefined],
    ['listens where nobody can dial', '0.0.0.0:18444'],
  ])('and %s tells nothing of itself', (_, listenAddress) => {
    const core = { mode: 'discovered' as const, maxOutbound: 0, listenAddress }
    const harness = createHarness({ seed: 'mute', nodes: 1, core })
    const raw = new RawPeer(harness, '10.7.0.1:1').dial(0).shakeHands()
    expect(raw.closed).toBeUndefined()
    raw.send('addr', [entry('44.1.2.3:8333')]).send('getaddr', null)
    harness.advance(30_000)
    expect(heardAddresses(raw)).toEqual([])
    const other = new RawPeer(harness, '10.7.0.2:1').dial(0).shakeHands().send('getaddr', null)
    harness.advance(1_000)
    expect(heardAddresses(other)).toEqual(['44.1.2.3:8333'])
  })
})

describe('the time of an address', () => {
  const FIVE_DAYS = 5 * 86_400
  const PENALTY = 2 * 3_600
  /** What is remembered of an address that was said to be alive so long from now. */
  const ageOf = (claimed: (now: number) => number) => {
    const harness = createHarness({ seed: 'times', nodes: 1 })
    const raw = new RawPeer(harness, '10.7.0.1:1').dial(0).shakeHands()
    const now = Math.floor(harness.clock.now() / 1000)
    raw.send('addr', [entry('44.1.2.3:8333', claimed(now))])
    harness.advance(10)
    const [known] = harness.rpc(0, 'getnodeaddresses', 0) as { time: number }[]
    return known && now - known.time
  }

  test.each<[what: string, claimed: (now: number) => number, age: number | undefined]>([
    ['that was alive now is taken for older, being hearsay', now => now, PENALTY],
    ['may be ten minutes ahead', now => now + 600, PENALTY - 600],
    ['farther ahead counts as five days ago', now => now + 601, FIVE_DAYS + PENALTY],
    ['of 1973 or before counts as five days ago', () => 100_000_000, FIVE_DAYS + PENALTY],
    ['after that is believed, and too old to be told', () => 100_000_001, undefined],
  ])('%s', (_, claimed, age) => {
    expect(ageOf(claimed)).toBe(age)
  })
})

test('a peer that has told of no address has none counted', () => {
  const harness = createHarness({ seed: 'silent', nodes: 1 })
  new RawPeer(harness, '10.7.0.1:1').dial(0).shakeHands()
  expect(harness.rpc(0, 'getpeerinfo')).toMatchObject([{ addr_processed: 0, addr_rate_limited: 0 }])
})

test('what an uninvited peer may tell grows by one address in ten seconds', () => {
  const harness = createHarness({ seed: 'allowance', nodes: 1 })
  const raw = new RawPeer(harness, '10.7.0.1:1').dial(0).shakeHands()
  const tell = (count: number) => {
    raw.send(
      'addr',
      Array.from({ length: count }, (_, i) => entry(`44.${i}.0.1:8333`)),
    )
    harness.advance(10)
  }
  const taken = () => (harness.rpc(0, 'getpeerinfo') as { addr_processed: number }[])[0]?.addr_processed
  tell(2)
  expect(taken()).toBe(1)
  harness.advance(1_000_500)
  tell(150)
  expect(taken()).toBe(101)
})

test('news goes on to the same two for a day; told again on the next one, also to others', () => {
  const harness = createHarness({
    seed: 'midnight',
    nodes: 1,
    core: { mode: 'discovered', maxOutbound: 0 },
    startMs: START_MS - 120_000,
  })
  const crowd = Array.from({ length: 10 }, (_, i) =>
    new RawPeer(harness, `10.7.1.${i}:1`).dial(0).shakeHands().send('getaddr', null),
  )
  const source = new RawPeer(harness, '10.7.0.1:1').dial(0).shakeHands()
  const heardBy = () => crowd.filter(peer => heardAddresses(peer).includes('44.1.2.3:8333')).length
  const tell = () => {
    source.send('addr', [entry('44.1.2.3:8333', Math.floor(harness.clock.now() / 1000))])
    harness.advance(20_000)
  }
  harness.advance(20_000)
  tell()
  tell()
  expect(heardBy()).toBe(2)
  expect(harness.clock.now()).toBeLessThan(START_MS)
  harness.clock.runUntil(START_MS)
  tell()
  expect(heardBy()).toBeGreaterThan(2)
})

describe('who asks for addresses again and again', () => {
  const HOUR_MS = 3_600_000
  let asked = 0
  const grants = [{ subnet: '10.8.0.0/16', permissions: ['addr'] as const, direction: 'in' as const }]
  const harness = createHarness({
    seed: 'again',
    nodes: 1,
    core: { mode: 'discovered', maxOutbound: 0, grants },
  })
  /** `10.7`: anybody; `10.8`: one that may ask as it likes. */
  const ask = (network = '10.7') => {
    asked++
    const raw = new RawPeer(harness, `${network}.${asked}.1:1`).dial(0).shakeHands().send('getaddr', null)
    harness.advance(1_000)
    return heardAddresses(raw).filter(address => address.startsWith('44.'))
  }
  const learn = (from: number, to: number) => {
    for (let n = from; n < to; n++) harness.rpc(0, 'addpeeraddress', `44.${n & 255}.${n >> 8}.1`, 8333)
  }

  test('is told the same, whatever its address, for a day; then another selection', () => {
    learn(0, 1_000)
    const first = ask()
    expect(first.length).toBeGreaterThan(64)
    harness.advance(20 * HOUR_MS)
    expect(ask()).toEqual(first)
    expect(ask('10.8')).not.toEqual(first)
    harness.advance(8 * HOUR_MS)
    expect([...ask()].sort()).not.toEqual([...first].sort())
  })

  test('is told more once twice as many are known', () => {
    const before = ask()
    learn(1_000, 1_200)
    expect(ask()).toEqual(before)
    learn(1_200, 3_000)
    expect(ask().length).toBeGreaterThan(before.length)
  })
})
