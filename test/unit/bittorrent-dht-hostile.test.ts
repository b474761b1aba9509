// Senders that flood a node of the distributed hash table: they are answered so far, and everybody else as ever.

import { expect, it } from 'vitest'
import type { Dht } from '../../node/bittorrent/dht/dht.ts'
import { decodeKrpc, encodeQuery } from '../../node/bittorrent/dht/krpc.ts'
import { SenderLimits } from '../../node/bittorrent/dht/sender-limits.ts'
import { createRandom } from '../../node/core/random.ts'
import { DhtWorld } from '../support/dht-world.ts'

const T = new Uint8Array([1, 2])
const idOf = (name: string) => createRandom(name).bytes(20)

it('a sender has a hundred at once and twenty a second, whatever port it asks from', () => {
  const limits = new SenderLimits()
  const taken = (count: number, nowMs: number, addressOf: (i: number) => string) =>
    Array.from({ length: count }, (_, i) => limits.takes(addressOf(i), nowMs)).filter(Boolean).length
  expect(taken(500, 0, i => `10.0.0.1:${1 + i}`)).toBe(100)
  expect(taken(500, 500, () => '10.0.0.1:9')).toBe(10)
  expect(taken(500, 3_600_000, () => '10.0.0.1:9')).toBe(100)
  expect(taken(500, 3_600_000, () => '10.0.0.2:9')).toBe(100)
  expect(taken(500, 0, () => '10.0.0.2:9')).toBe(0) // a clock that goes back gives nothing
  // Nodes of a testnet on one machine: each is its own.
  expect(taken(500, 0, i => `127.0.0.1:${1 + i}`)).toBe(500)
  expect(taken(500, 0, () => '127.0.0.1:1')).toBe(99)
})

it('senders without end take no memory without end', () => {
  const limits = new SenderLimits()
  for (let i = 0; i < 100_000; i++) limits.takes(`10.${i >> 16}.${(i >> 8) & 255}.${i & 255}:1`, i)
  expect(limits.senders).toBe(2_000)
})

it('a flood from one sender is answered only so far, and honest ones are while it lasts', () => {
  const world = new DhtWorld()
  const nodes = world.grow(20)
  const [victim] = nodes as [Dht, ...Dht[]]
  nodes[7]?.announce(idOf('content'), 7007)
  world.advance(10_000)
  let answers = 0
  const flood = world.network.datagrams.at('10.9.9.9:1')
  flood.bind((_, bytes) => {
    const said = decodeKrpc(bytes)
    if (said && 'answer' in said) answers++
  })
  const asked = encodeQuery(T, idOf('flood'), { q: 'get_peers', infoHash: idOf('content') })
  const wrong = new TextEncoder().encode('d1:ad2:id2:abe1:q4:ping1:t1:a1:y1:qe')
  for (let second = 0; second < 10; second++) {
    for (let i = 0; i < 1_000; i++) flood.send(world.addressOf(0), i % 10 === 9 ? wrong : asked)
    world.advance(1_000)
  }
  expect(answers).toBeGreaterThan(100)
  expect(answers).toBeLessThanOrEqual(100 + 10 * 20)
  expect(victim.status().queries.passedOver).toBeGreaterThan(9_000)
  const before = victim.status().queries.received
  const others = nodes.slice(1)
  for (const node of others) {
    for (let i = 0; i < 500; i++) flood.send(world.addressOf(0), asked)
    expect(world.find(node, idOf('content')).peers).toEqual(['10.0.0.7:7007'])
  }
  expect(victim.status().queries.received - before).toBeGreaterThanOrEqual(others.length)
  expect(others.every(node => node.status().queries.passedOver === 0)).toBe(true)
})
