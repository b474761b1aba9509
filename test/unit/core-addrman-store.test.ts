// The address manager between two lives of a node: when it is written, what comes back, and what a damaged value does.

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { StoredAddressManager } from '../../node/bitcoin/addrman-store.ts'
import { createRandom } from '../../node/core/random.ts'
import { MemoryStore } from '../../orchestrator/runtime/sim/host.ts'

const NOW = 1_750_000_000

/** Public addresses of `groups` groups of 256 hosts. */
function publicAddress(i: number): string {
  return `${20 + ((i >> 16) % 100)}.${(i >> 8) & 0xff}.${i & 0xff}.7:8333`
}

describe('a restart', () => {
  test('finds what was saved a quarter of an hour after it began, and every one after that', () => {
    let nowMs = NOW * 1000
    const tasks: { atMs: number; task: () => void }[] = []
    const ticking = {
      now: () => nowMs,
      after: (ms: number, task: () => void) => {
        const one = { atMs: nowMs + ms, task }
        tasks.push(one)
        return () => void tasks.splice(tasks.indexOf(one), 1)
      },
    }
    const pass = (ms: number) => {
      nowMs += ms
      for (const one of tasks.filter(({ atMs }) => atMs <= nowMs)) {
        tasks.splice(tasks.indexOf(one), 1)
        one.task()
      }
    }
    const store = new MemoryStore()
    const stored = () => load(store, 'another life').addresses.size
    const life = new StoredAddressManager(store, ticking, createRandom('life'))
    life.start()
    for (const [i, minutes] of [15, 15, 15].entries()) {
      life.addresses.add({ address: publicAddress(i * 257), services: 9n, time: NOW }, '9.9.9.9:1')
      pass(minutes * 60_000 - 1)
      expect(stored()).toBe(i)
      pass(1)
      expect(stored()).toBe(i + 1)
    }
    life.stop()
    expect(tasks).toEqual([])
  })

  test('does not write what did not change', () => {
    const store = new MemoryStore()
    let commits = 0
    const counting = new Proxy(store, {
      get: (target, name) => {
        if (name === 'commit') commits += 1
        const value = Reflect.get(target, name)
        return typeof value === 'function' ? value.bind(target) : value
      },
    })
    const life = load(counting, 'life')
    life.stop()
    expect(commits).toBe(0)
    life.addresses.add({ address: '1.2.3.4:5', services: 9n, time: NOW }, '9.9.9.9:1')
    life.stop()
    life.stop()
    expect(commits).toBe(1)
  })

  const clock = { now: () => NOW * 1000, after: () => () => {} }
  const load = (store: MemoryStore, seed: string) =>
    new StoredAddressManager(store, clock, createRandom(seed))

  test('keeps addresses, their tables and their slots', () => {
    const store = new MemoryStore()
    const first = load(store, 'first life')
    for (let i = 0; i < 300; i++)
      first.addresses.add({ address: publicAddress(i * 257), services: 9n, time: NOW - i }, publicAddress(i))
    for (let i = 0; i < 40; i++) first.addresses.good(publicAddress(i * 257))
    first.stop()
    const second = load(store, 'second life')
    const strip = (one: typeof first) =>
      [...one.addresses.entries()].map(entry => ({ ...entry, lastCountedTry: 0 }))
    expect(strip(second)).toEqual(strip(first))
    expect(second.addresses.triedCount).toBe(first.addresses.triedCount)
  })

  test('with a damaged value starts empty', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), value => {
        const store = new MemoryStore()
        store.commit([{ put: 'core:addresses', value }])
        const stored = load(store, 'seed')
        stored.stop()
        expect(stored.addresses.size).toBe(0)
      }),
    )
  })
})
