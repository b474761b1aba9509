// The address manager: what a slot of the new table costs whom, and what its stored form promises to later versions.

import { describe, expect, test } from 'vitest'
import { AddressManager } from '../../node/bitcoin/addrman.ts'
import { StoredAddressManager } from '../../node/bitcoin/addrman-store.ts'
import { createRandom } from '../../node/core/random.ts'
import { MemoryStore } from '../../orchestrator/runtime/sim/host.ts'

const NOW = 1_750_000_000
const HOUR = 3600
const WELL_KNOWN = '1.2.3.4:5'
const TELLER = '20.0.0.7:8333'

function setUp() {
  const random = createRandom('slots')
  const addresses = new AddressManager({ key: random.bytes(32), random, now: () => NOW })
  const add = (address: string, source: string, time: number) =>
    addresses.add({ address, services: 9n, time }, source)
  const slotsOf = (address: string) => [...(addresses.get(address)?.newSlots ?? [])]
  return { addresses, add, slotsOf }
}

describe('an address with several slots', () => {
  /** Whom the one teller tells of beside it; each takes one slot of one bucket, if it may. */
  const crowd = Array.from({ length: 2_000 }, (_, i) => `1.2.${i >> 8}.${i & 255}:9`)

  test('gives one of them to one that has none, and stays known by the others', () => {
    const { addresses, add, slotsOf } = setUp()
    add(WELL_KNOWN, TELLER, NOW - HOUR)
    const contested = slotsOf(WELL_KNOWN)[0]
    for (let i = 1; slotsOf(WELL_KNOWN).length < 3; i++)
      add(WELL_KNOWN, `${20 + i}.0.0.7:8333`, NOW - HOUR + i)
    const newcomer = crowd.find(address => add(address, TELLER, NOW) && slotsOf(address)[0] === contested)
    expect(newcomer).toBeDefined()
    expect(slotsOf(WELL_KNOWN)).toHaveLength(2)
    expect(slotsOf(WELL_KNOWN)).not.toContain(contested)
    expect(addresses.get(WELL_KNOWN)).toBeDefined()
  })

  test('keeps its last one', () => {
    const { add, slotsOf } = setUp()
    add(WELL_KNOWN, TELLER, NOW - HOUR)
    const slots = slotsOf(WELL_KNOWN)
    for (const address of crowd) add(address, TELLER, NOW)
    expect(slotsOf(WELL_KNOWN)).toEqual(slots)
  })
})

test('no time is before the epoch, however old hearsay is taken to be', () => {
  const { addresses } = setUp()
  addresses.add({ address: WELL_KNOWN, services: 0n, time: HOUR }, TELLER, 2 * HOUR)
  expect(addresses.get(WELL_KNOWN)?.time).toBe(0)
})

describe('stored addresses', () => {
  const clock = { now: () => NOW * 1000 + 900, after: () => () => {} }
  const load = (store: MemoryStore) => new StoredAddressManager(store, clock, createRandom('life'))
  const KEY = 'core:addresses'

  function storeWithOne(): MemoryStore {
    const store = new MemoryStore()
    const life = load(store)
    life.addresses.add({ address: WELL_KNOWN, services: 9n, time: NOW }, TELLER)
    life.addresses.good(WELL_KNOWN)
    life.stop()
    return store
  }

  test('are of format 1; those of a later one are none', () => {
    const store = storeWithOne()
    const value = store.get(KEY) ?? new Uint8Array()
    expect(value[0]).toBe(1)
    expect(load(store).addresses.size).toBe(1)
    store.commit([{ put: KEY, value: Uint8Array.of(2, ...value.subarray(1)) }])
    expect(load(store).addresses.size).toBe(0)
  })

  test('know times in whole seconds that have passed', () => {
    const [entry] = load(storeWithOne()).addresses.entries()
    expect(entry).toMatchObject({ lastTry: NOW, lastSuccess: NOW })
  })
})

test('failures in the second of a success, and after it, count once', () => {
  const { addresses, add } = setUp()
  for (const address of [WELL_KNOWN, '5.6.7.8:9']) add(address, TELLER, NOW)
  addresses.good('5.6.7.8:9')
  for (let i = 0; i < 3; i++) addresses.attempt(WELL_KNOWN)
  expect(addresses.get(WELL_KNOWN)?.attempts).toBe(1)
})
