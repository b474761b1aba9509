// What is general of Kademlia: a routing table that liars cannot fill, and a look-up that they cannot hold.

import { describe, expect, it } from 'vitest'
import { encodeAnswer, encodeQuery } from '../../node/bittorrent/dht/krpc.ts'
import type { Random } from '../../node/core/host.ts'
import { createRandom } from '../../node/core/random.ts'
import { commonBits, compareDistance, idBeside } from '../../node/kademlia/id.ts'
import { type Found, Lookup } from '../../node/kademlia/lookup.ts'
import { type Contact, K, RoutingTable } from '../../node/kademlia/table.ts'
import { DhtWorld } from '../support/dht-world.ts'

const contact = (random: Random, bytes: number, number: number): Contact => ({
  id: random.bytes(bytes),
  address: `10.1.${number >> 8}.${number & 255}:1`,
})

describe.each([20, 32])('ids of %i bytes', bytes => {
  it('have a neighbour for each number of common bits', () => {
    const random = createRandom('beside')
    const id = random.bytes(bytes)
    for (let bits = 0; bits < 8 * bytes; bits++) expect(commonBits(id, idBeside(id, bits, random))).toBe(bits)
    expect(commonBits(id, id)).toBe(8 * bytes)
  })

  it('fill a table whose buckets never hold more than k, itself not, and no address twice', () => {
    const random = createRandom('table')
    const own = random.bytes(bytes)
    const table = new RoutingTable(own)
    const all = Array.from({ length: 300 }, (_, i) => contact(random, bytes, i))
    for (let i = 0; i < 5_000; i++) {
      const one = all[random.int(all.length)] as Contact
      if (random.int(3) === 0) table.failed(one.id, i)
      else if (random.int(5) === 0) table.answered({ id: random.bytes(bytes), address: one.address }, i)
      else table.answered(one, i)
    }
    table.answered({ id: own, address: '10.2.0.0:1' }, 6_000)
    const kept = [...table]
    const buckets = new Map<number, number>()
    for (const { id } of kept) {
      const bits = commonBits(own, id)
      buckets.set(bits, (buckets.get(bits) ?? 0) + 1)
    }
    expect(kept.length).toBeGreaterThan(3 * K)
    expect(table.size).toBe(kept.length)
    expect(Math.max(...buckets.values())).toBe(K)
    expect(buckets.has(8 * bytes)).toBe(false)
    expect(new Set(kept.map(({ address }) => address)).size).toBe(kept.length)
    const target = random.bytes(bytes)
    const closest = table.closest(target)
    const farthest = closest.at(-1)?.id as Uint8Array
    for (const each of kept)
      if (!closest.includes(each)) expect(compareDistance(target, each.id, farthest)).toBeGreaterThan(0)
  })
})

describe('one who answers under many ids from one address', () => {
  it('has one place, and whoever begins anew there gets it', () => {
    const random = createRandom('sybil')
    const table = new RoutingTable(random.bytes(20))
    const address = '10.3.0.1:1'
    for (let i = 0; i < 1_000; i++) table.answered({ id: random.bytes(20), address }, i)
    expect(table.size).toBe(1)
    const anew = { id: random.bytes(20), address }
    for (let i = 0; i < 2; i++) table.answered(anew, 2_000)
    expect([...table]).toEqual([anew])
  })
})

describe('a look-up', () => {
  it('among liars who always name nearer ones ends, with those who answered', () => {
    const random = createRandom('liars')
    const target = random.bytes(20)
    let [bits, asked] = [0, 0]
    let found: Found<Contact> | undefined
    const waiting: Contact[] = []
    const nearer = (): Contact => {
      bits = Math.min(158, bits + 0.01)
      return {
        id: idBeside(target, Math.floor(bits), random),
        address: `10.4.${asked >> 8}.${asked & 255}:1`,
      }
    }
    const lookup = new Lookup<Contact>({
      target,
      from: [nearer()],
      ask: each => {
        asked++
        waiting.push(each)
      },
      done: told => {
        found = told
      },
    })
    lookup.start()
    for (let i = 0; i < 2_000 && !found; i++) {
      const next = waiting.shift()
      if (next) lookup.answered(next, Array.from({ length: 40 }, nearer))
    }
    expect(found?.closest).toHaveLength(K)
    expect(asked).toBeLessThanOrEqual(200)
  })
})

describe('a node of the hash table', () => {
  it('takes nobody up who says that he only asks (BEP 43)', () => {
    const world = new DhtWorld()
    const [node] = world.grow(1)
    const guest = (address: string, isReadOnly: boolean) => {
      const { datagrams } = world.network
      const id = createRandom(address).bytes(20)
      const own = datagrams.at(address)
      own.bind((from, bytes) => {
        const t = /1:t4:([\s\S]{4})/.exec(Buffer.from(bytes).toString('latin1'))?.[1]
        if (t) own.send(from, encodeAnswer(Buffer.from(t, 'latin1'), id))
      })
      const query = Buffer.from(encodeQuery(Buffer.from('aa'), id, { q: 'ping' })).toString('latin1')
      const said = isReadOnly ? query.replace('1:t2:aa', '2:roi1e1:t2:aa') : query
      own.send(world.addressOf(0), Buffer.from(said, 'latin1'))
      world.advance(5_000)
    }
    guest('10.9.0.1:1', true)
    expect(node?.nodes).toBe(0)
    guest('10.9.0.2:1', false)
    expect(node?.nodes).toBe(1)
  })

  it.each(['get_peers', 'find_node'])('answers %s with no more than a packet, whatever it holds', q => {
    const world = new DhtWorld()
    world.grow(30)
    let most = 0
    const asker = world.network.datagrams.at('10.9.0.1:1')
    asker.bind((_, bytes) => {
      most = Math.max(most, bytes.length)
    })
    const hash = createRandom('hash').bytes(20)
    for (let i = 1; i < 30; i++) world.node(200 + i, [0]).start()
    world.advance(5_000)
    const query =
      q === 'get_peers' ? ({ q, infoHash: hash } as const) : ({ q: 'find_node', target: hash } as const)
    asker.send(world.addressOf(0), encodeQuery(Buffer.from('aa'), hash, query))
    world.advance(1_000)
    expect(most).toBeGreaterThan(200)
    expect(most).toBeLessThan(1_472)
  })
})
