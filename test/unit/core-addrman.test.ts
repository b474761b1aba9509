// The address manager: where addresses may land, what replaces what, and what a restart keeps.

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  AddressManager,
  BUCKET_SIZE,
  MAX_NEW_SLOTS,
  NEW_BUCKETS_PER_SOURCE,
  TRIED_BUCKETS_PER_GROUP,
} from '../../node/bitcoin/addrman.ts'
import { createRandom } from '../../node/core/random.ts'

const NOW = 1_750_000_000
const HOUR = 3600

function setUp(seed = 'addrman') {
  const random = createRandom(seed)
  const time = { now: NOW }
  const addresses = new AddressManager({ key: random.bytes(32), random, now: () => time.now })
  const add = (address: string, source = '9.9.9.9:1', at = time.now) =>
    addresses.add({ address, services: 9n, time: at }, source)
  return { addresses, time, add }
}

/** Public addresses of `groups` groups of 256 hosts. */
function publicAddress(i: number): string {
  return `${20 + ((i >> 16) % 100)}.${(i >> 8) & 0xff}.${i & 0xff}.7:8333`
}

function bucketsOf(slots: Iterable<number>): Set<number> {
  return new Set([...slots].map(slot => Math.floor(slot / BUCKET_SIZE)))
}

describe('the new table', () => {
  test('keeps what it is told, once', () => {
    const { addresses, add } = setUp()
    expect([add('1.2.3.4:5'), add('1.2.3.4:5'), add('0.0.0.0:5')]).toEqual([true, false, false])
    expect([addresses.size, addresses.newCount, addresses.triedCount]).toEqual([1, 1, 0])
    expect(addresses.select()?.address).toBe('1.2.3.4:5')
  })

  test('gives one source at most 64 buckets, however much it tells', () => {
    const { addresses, add } = setUp()
    for (let i = 0; i < 6000; i++) add(publicAddress(i * 257))
    const slots = [...addresses.entries()].flatMap(entry => [...entry.newSlots])
    expect(bucketsOf(slots).size).toBeLessThanOrEqual(NEW_BUCKETS_PER_SOURCE)
    expect(addresses.size).toBeLessThanOrEqual(NEW_BUCKETS_PER_SOURCE * BUCKET_SIZE)
    expect(new Set(slots).size).toBe(slots.length)
  })

  test('gives an address at most 8 slots, however many tell of it, and each is harder to get', () => {
    const { addresses, time, add } = setUp()
    const slotsOf = () => addresses.get('1.2.3.4:5')?.newSlots.size ?? 0
    for (let i = 0; i < 20; i++) add('1.2.3.4:5', publicAddress(i * 300), ++time.now)
    const early = slotsOf()
    for (let i = 0; i < 6000; i++) add('1.2.3.4:5', publicAddress(i * 300), ++time.now)
    expect(early).toBeGreaterThan(1)
    expect(early).toBeLessThan(MAX_NEW_SLOTS)
    expect(slotsOf()).toBe(MAX_NEW_SLOTS)
  })

  test('lets a flood displace nobody who is well', () => {
    const { addresses, add } = setUp()
    for (let i = 0; i < 40; i++) add(`44.44.0.${i}:1`)
    const before = [...addresses.entries()].map(entry => entry.address)
    for (let i = 0; i < 5000; i++) add(`44.44.${1 + (i >> 8)}.${i & 255}:1`)
    expect(before.length).toBeGreaterThan(20)
    expect(before.filter(address => !addresses.get(address))).toEqual([])
    expect(addresses.size).toBe(BUCKET_SIZE) // one group from one source: one bucket
  })

  test('forgets a terrible holder for a newcomer', () => {
    const { addresses, time, add } = setUp()
    for (let i = 0; i < 3000; i++) add(publicAddress(i * 257))
    const before = addresses.size
    time.now += 31 * 24 * HOUR
    for (let i = 3000; i < 6000; i++) add(publicAddress(i * 257))
    const fresh = [...addresses.entries()].filter(entry => entry.time === time.now).length
    expect(fresh).toBeGreaterThan(before / 3)
    // What is a month old is not told to others.
    expect(addresses.sample(100_000).every(entry => entry.time === time.now)).toBe(true)
  })

  test('takes hearsay for older than it says', () => {
    const { addresses } = setUp()
    addresses.add({ address: '1.2.3.4:5', services: 0n, time: NOW }, '2.2.2.2:2', 2 * HOUR)
    expect(addresses.get('1.2.3.4:5')?.time).toBe(NOW - 2 * HOUR)
  })
})

describe('the tried table', () => {
  test('takes what answered, out of the new table', () => {
    const { addresses, add } = setUp()
    add('1.2.3.4:5')
    addresses.good('1.2.3.4:5')
    expect([addresses.newCount, addresses.triedCount, addresses.get('1.2.3.4:5')?.newSlots.size]).toEqual([
      0, 1, 0,
    ])
    expect(add('1.2.3.4:5', '8.8.8.8:1')).toBe(false)
  })

  test('gives one network group at most 8 buckets', () => {
    const { addresses, add } = setUp()
    for (let i = 0; i < 2000; i++) {
      const address = `44.44.${i >> 8}.${i & 255}:1`
      add(address, publicAddress(i * 999))
      addresses.good(address)
    }
    const slots = [...addresses.entries()].flatMap(entry => entry.triedSlot ?? [])
    expect(slots.length).toBeGreaterThan(100)
    expect(bucketsOf(slots).size).toBeLessThanOrEqual(TRIED_BUCKETS_PER_GROUP)
  })

  /** Two addresses that want one tried slot; the first holds it. */
  const collide = () => {
    const one = setUp()
    for (let i = 0; ; i++) {
      const address = `44.44.${i >> 8}.${i & 255}:1`
      one.add(address, publicAddress(i * 999))
      one.addresses.good(address)
      const entry = one.addresses.get(address)
      const holder = one.addresses.contested()
      if (entry?.triedSlot === undefined && holder) return { ...one, rival: address, holder: holder.address }
    }
  }

  test('tests a holder before it evicts it: one that answers stays', () => {
    const { addresses, time, rival, holder } = collide()
    time.now += 5 * HOUR
    addresses.good(holder)
    addresses.resolveCollisions()
    expect(addresses.get(holder)?.triedSlot).toBeDefined()
    expect(addresses.get(rival)?.triedSlot).toBeUndefined()
    expect(addresses.contested()).toBeUndefined()
  })

  test('tests a holder before it evicts it: one that failed goes back to the new table', () => {
    const { addresses, time, rival, holder } = collide()
    time.now += 5 * HOUR
    addresses.attempt(holder)
    addresses.resolveCollisions()
    expect(addresses.get(rival)?.triedSlot).toBeUndefined() // the test may still succeed
    time.now += 61
    addresses.resolveCollisions()
    expect(addresses.get(rival)?.triedSlot).toBeDefined()
    expect(addresses.get(holder)?.triedSlot).toBeUndefined()
    expect(addresses.get(holder)?.newSlots.size).toBe(1)
  })

  test.each([
    ['answered less than four hours ago stays', { wait: 4 * HOUR - 1 }, 'holder'],
    ['answered longer ago and was not tried waits', { wait: 4 * HOUR, rivalAgain: true }, 'open'],
    ['is being tried waits', { wait: 5 * HOUR, tried: 60 }, 'open'],
    ['was tried and has not answered for a minute goes', { wait: 5 * HOUR, tried: 61 }, 'rival'],
    [
      'was tried four hours ago waits to be tried anew',
      { wait: 5 * HOUR, tried: 4 * HOUR, rivalAgain: true },
      'open',
    ],
    [
      'could not be tried while the rival worked for 40 minutes waits',
      { wait: 5 * HOUR, rivalAgo: 2400 },
      'open',
    ],
    ['could not be tried for longer goes', { wait: 5 * HOUR, rivalAgo: 2401 }, 'rival'],
  ] as const)('a holder that %s', (_, given, verdict) => {
    const { addresses, time, rival, holder } = collide()
    const { wait, tried, rivalAgain, rivalAgo } = { tried: 0, rivalAgain: false, rivalAgo: 0, ...given }
    time.now += wait
    if (rivalAgo > 0) addresses.good(rival)
    time.now += rivalAgo
    if (tried > 0) addresses.attempt(holder)
    time.now += tried
    if (rivalAgain) addresses.good(rival)
    addresses.resolveCollisions()
    expect(addresses.get(rival)?.triedSlot !== undefined).toBe(verdict === 'rival')
    expect(addresses.get(holder)?.triedSlot !== undefined).toBe(verdict !== 'rival')
    expect(addresses.contested() !== undefined).toBe(verdict === 'open')
  })
})

test('a holder that goes back to the new table takes its old slot from whoever has it now', () => {
  const { addresses, time, add } = setUp()
  const slotOf = (address: string) => [...(addresses.get(address)?.newSlots ?? [])][0]
  const oldSlots = new Map<string, number | undefined>()
  let count = 0
  const fresh = () => {
    const address = `44.44.${count >> 8}.${count++ & 255}:1`
    add(address)
    return address
  }
  while (!addresses.contested()) {
    const address = fresh()
    oldSlots.set(address, slotOf(address))
    addresses.good(address)
  }
  const holder = addresses.contested()?.address ?? ''
  let squatter = fresh()
  while (slotOf(squatter) !== oldSlots.get(holder)) squatter = fresh()
  time.now += 5 * HOUR
  addresses.attempt(holder)
  time.now += 61
  addresses.resolveCollisions()
  expect(slotOf(holder)).toBe(oldSlots.get(holder))
  expect(addresses.get(squatter)).toBeUndefined()
})

describe('what is worth storing', () => {
  test('is every change, and nothing else', () => {
    const { addresses, time, add } = setUp()
    const raises = (act: () => void) => {
      const before = addresses.revision
      act()
      return addresses.revision - before
    }
    expect(addresses.revision).toBe(0)
    expect(raises(() => add('1.2.3.4:5'))).toBe(1)
    expect(raises(() => add('0.0.0.0:5'))).toBe(0)
    expect(raises(() => addresses.attempt('1.2.3.4:5'))).toBe(1)
    expect(raises(() => addresses.good('1.2.3.4:5'))).toBe(2) // that it answered, and that it changed its table
    expect(raises(() => addresses.good('1.2.3.4:5'))).toBe(1)
    time.now += 20 * 60
    expect(raises(() => addresses.seen('1.2.3.4:5'))).toBe(0)
    time.now += 1
    expect(raises(() => addresses.seen('1.2.3.4:5'))).toBe(1)
    expect(addresses.get('1.2.3.4:5')?.time).toBe(time.now)
    for (const unknown of ['good', 'attempt', 'seen'] as const)
      expect(raises(() => addresses[unknown]('8.8.8.8:1'))).toBe(0)
  })
})

describe('hearsay', () => {
  test.each([
    ['of one that is online, an hour later', 0, HOUR, false],
    ['of one that is online, after more than an hour', 0, HOUR + 1, true],
    ['of one that was not online for a day, a day later', 48 * HOUR, 24 * HOUR, false],
    ['of one that was not online for a day, after more', 48 * HOUR, 24 * HOUR + 1, true],
  ])('%s, renews its time: %s', (_, agoSeconds, afterSeconds, renewed) => {
    const { addresses, time, add } = setUp()
    const first = NOW - agoSeconds - afterSeconds
    add('1.2.3.4:5', '9.9.9.9:1', first)
    expect(time.now).toBe(NOW)
    add('1.2.3.4:5', '9.9.9.9:1', first + afterSeconds)
    expect(addresses.get('1.2.3.4:5')?.time).toBe(renewed ? first + afterSeconds : first)
  })

  test('that is made older must be newer by so much to count', () => {
    const { addresses } = setUp()
    const tell = (time: number) =>
      addresses.add({ address: '1.2.3.4:5', services: 0n, time }, '9.9.9.9:1', HOUR)
    tell(NOW - 5 * HOUR)
    const known = NOW - 6 * HOUR
    tell(known + 2 * HOUR)
    expect(addresses.get('1.2.3.4:5')?.time).toBe(known)
    tell(known + 2 * HOUR + 1)
    expect(addresses.get('1.2.3.4:5')?.time).toBe(known + HOUR + 1)
  })

  test('adds what services it tells of', () => {
    const { addresses } = setUp()
    for (const services of [1n, 8n]) addresses.add({ address: '1.2.3.4:5', services, time: NOW }, '9.9.9.9:1')
    expect(addresses.get('1.2.3.4:5')?.services).toBe(9n)
  })
})

describe('the choice of one to dial', () => {
  test('falls on either table as often, however many each holds', () => {
    const { addresses, add } = setUp()
    add('1.2.3.4:5')
    addresses.good('1.2.3.4:5')
    for (let i = 0; i < 300; i++) add(publicAddress(i * 257))
    let tried = 0
    for (let i = 0; i < 400; i++) if (addresses.select()?.address === '1.2.3.4:5') tried++
    // Its last try is a moment ago, and still there is no other in its table.
    expect(tried).toBeGreaterThan(150)
    expect(tried).toBeLessThan(250)
    for (let i = 0; i < 50; i++) expect(addresses.select(true)?.triedSlot).toBeUndefined()
  })

  test('knows every change of the tables at once', () => {
    const { addresses, add } = setUp()
    const choices = () => new Set(Array.from({ length: 60 }, () => addresses.select()?.address))
    expect(choices()).toEqual(new Set([undefined]))
    add('1.2.3.4:5')
    expect(choices()).toEqual(new Set(['1.2.3.4:5']))
    add('2.2.3.4:5')
    expect(choices()).toEqual(new Set(['1.2.3.4:5', '2.2.3.4:5']))
    addresses.good('2.2.3.4:5')
    expect(choices()).toEqual(new Set(['1.2.3.4:5', '2.2.3.4:5']))
    addresses.good('1.2.3.4:5')
    expect(choices()).toEqual(new Set(['1.2.3.4:5', '2.2.3.4:5']))
    expect(addresses.select(true)).toBeUndefined()
  })

  test('prefers those that were not tried just now', () => {
    const { addresses, add } = setUp()
    for (const address of ['1.2.3.4:5', '2.2.3.4:5']) add(address)
    addresses.attempt('1.2.3.4:5')
    const chosen = Array.from({ length: 200 }, () => addresses.select()?.address)
    expect(chosen.filter(address => address === '1.2.3.4:5').length).toBeLessThan(20)
  })
})

test('a success forgets the failures of an address, and lets those of all count again', () => {
  const { addresses, time, add } = setUp()
  const attempts = (address: string) => addresses.get(address)?.attempts
  for (const address of ['1.2.3.4:5', '2.2.3.4:5']) add(address)
  addresses.attempt('1.2.3.4:5')
  addresses.attempt('1.2.3.4:5')
  expect(attempts('1.2.3.4:5')).toBe(1)
  time.now += 600
  addresses.good('2.2.3.4:5')
  addresses.attempt('1.2.3.4:5')
  expect(attempts('1.2.3.4:5')).toBe(2)
  addresses.good('1.2.3.4:5')
  expect(attempts('1.2.3.4:5')).toBe(0)
  expect(addresses.get('1.2.3.4:5')).toMatchObject({ lastTry: time.now, lastSuccess: time.now })
})

test('attempts of a node that reaches nobody count once', () => {
  const { addresses, time, add } = setUp()
  add('1.2.3.4:5')
  for (let i = 0; i < 10; i++) {
    time.now += 600
    addresses.attempt('1.2.3.4:5')
  }
  expect(addresses.get('1.2.3.4:5')?.attempts).toBe(1)
})

test('slots depend on the secret key alone', () => {
  const slots = (seed: string) => {
    const { addresses, add } = setUp(seed)
    for (let i = 0; i < 50; i++) add(publicAddress(i * 257))
    return [...addresses.entries()].map(entry => [...entry.newSlots])
  }
  expect(slots('a')).toEqual(slots('a'))
  expect(slots('a')).not.toEqual(slots('b'))
})

test('whatever happens, tables and entries agree', () => {
  const address = fc
    .integer({ min: 0, max: 60 })
    .map(i => (i < 30 ? `127.0.0.1:${1000 + i}` : publicAddress(i * 77)))
  const step = fc.oneof(
    fc.record({ do: fc.constant('add' as const), address, source: address }),
    fc.record({ do: fc.constant('good' as const), address }),
    fc.record({ do: fc.constant('attempt' as const), address }),
    fc.record({ do: fc.constant('wait' as const), seconds: fc.integer({ min: 0, max: 10 * 24 * HOUR }) }),
  )
  fc.assert(
    fc.property(fc.array(step, { maxLength: 120 }), fc.string(), (steps, seed) => {
      const { addresses, time, add } = setUp(seed)
      for (const one of steps) {
        if (one.do === 'add') add(one.address, one.source)
        else if (one.do === 'good') addresses.good(one.address)
        else if (one.do === 'attempt') addresses.attempt(one.address)
        else time.now += one.seconds
        addresses.resolveCollisions()
        const all = [...addresses.entries()]
        const taken = all.flatMap(entry => [...entry.newSlots])
        expect(new Set(taken).size).toBe(taken.length)
        for (const entry of all) expect(entry.newSlots.size > 0).toBe(entry.triedSlot === undefined)
        expect(addresses.triedCount + addresses.newCount).toBe(addresses.size)
        expect(all.filter(entry => entry.triedSlot !== undefined)).toHaveLength(addresses.triedCount)
      }
    }),
    { numRuns: 60 },
  )
})
