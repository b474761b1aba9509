// The distributed hash table: what its nodes say to the byte, that peers are found by it in few hops, and what cuts and lies do to it.

import { describe, expect, it } from 'vitest'
import type { Dht } from '../../node/bittorrent/dht/dht.ts'
import { decodeKrpc, encodeAnswer, encodeError, encodeQuery } from '../../node/bittorrent/dht/krpc.ts'
import { PeerStore } from '../../node/bittorrent/dht/peer-store.ts'
import { Tokens } from '../../node/bittorrent/dht/tokens.ts'
import { createRandom } from '../../node/core/random.ts'
import { MemoryStore } from '../../orchestrator/runtime/sim/host.ts'
import { DhtWorld, EARTHLY } from '../support/dht-world.ts'

const latin1 = (bytes: Uint8Array | undefined) => bytes && Buffer.from(bytes).toString('latin1')
const raw = (text: string) => new Uint8Array(Buffer.from(text, 'latin1'))
const ID = raw('abcdefghij0123456789')
const OTHER = raw('mnopqrstuvwxyz123456')
const hashOf = (number: number) => createRandom(`hash ${number}`).bytes(20)

describe('its messages', () => {
  it('are those of BEP 5, byte for byte, but for the version', () => {
    const said = (bytes: Uint8Array) => latin1(bytes)?.replace('1:v4:NS01', '')
    const t = raw('aa')
    expect(said(encodeQuery(t, ID, { q: 'ping' }))).toBe(
      'd1:ad2:id20:abcdefghij0123456789e1:q4:ping1:t2:aa1:y1:qe',
    )
    expect(said(encodeAnswer(t, OTHER))).toBe('d1:rd2:id20:mnopqrstuvwxyz123456e1:t2:aa1:y1:re')
    expect(said(encodeQuery(t, ID, { q: 'find_node', target: OTHER }))).toBe(
      'd1:ad2:id20:abcdefghij01234567896:target20:mnopqrstuvwxyz123456e1:q9:find_node1:t2:aa1:y1:qe',
    )
    expect(said(encodeQuery(t, ID, { q: 'get_peers', infoHash: OTHER }))).toBe(
      'd1:ad2:id20:abcdefghij01234567899:info_hash20:mnopqrstuvwxyz123456e1:q9:get_peers1:t2:aa1:y1:qe',
    )
    const announce = { q: 'announce_peer', infoHash: OTHER, token: raw('aoeusnth'), port: 6881 } as const
    expect(said(encodeQuery(t, ID, announce))).toBe(
      'd1:ad2:id20:abcdefghij012345678912:implied_porti0e9:info_hash20:mnopqrstuvwxyz1234564:porti6881e5:token8:aoeusnthe1:q13:announce_peer1:t2:aa1:y1:qe',
    )
    const nodes = [{ id: ID, address: '1.2.3.4:258' }]
    expect(said(encodeAnswer(t, ID, { nodes, values: ['97.120.106.101:11893'], token: raw('tok') }))).toBe(
      'd1:rd2:id20:abcdefghij01234567895:nodes26:abcdefghij0123456789\x01\x02\x03\x04\x01\x025:token3:tok6:valuesl6:axje.uee1:t2:aa1:y1:re',
    )
    expect(said(encodeError(t, 203, 'no'))).toBe('d1:eli203e2:noe1:t2:aa1:y1:ee')
  })

  it('of others are read, whatever else is in them', () => {
    const read = (text: string) => decodeKrpc(raw(text))
    const query =
      'd1:ad2:id20:abcdefghij01234567899:info_hash20:mnopqrstuvwxyz1234564:porti0e5:token1:x12:implied_porti1ee'
    expect(read(`${query}1:q13:announce_peer2:roi1e1:t2:aa1:y1:qe`)).toMatchObject({
      query: { q: 'announce_peer', port: undefined },
    })
    expect(
      read(
        'd1:rd2:id20:abcdefghij01234567895:nodes3:abc6:valuesl3:abc6:\x01\x01\x01\x01\0\0i5eee1:t1:a1:y1:re',
      ),
    ).toMatchObject({ answer: { nodes: [], values: [] } })
    expect(read('d1:eli201e1:xe1:t1:a1:y1:ee')).toMatchObject({ error: 201 })
    expect(read('d1:ad2:id20:abcdefghij0123456789e1:q4:vote1:t1:a1:y1:qe')).toMatchObject({ refused: 204 })
    expect(read('d1:ad2:id20:abcdefghij0123456789e1:q9:find_node1:t1:a1:y1:qe')).toMatchObject({
      refused: 203,
    })
    expect(read('d1:ad2:id2:abe1:q4:ping1:t1:a1:y1:qe')).toMatchObject({ refused: 203 })
  })

  it.each([
    '',
    'de',
    'le',
    'i5e',
    'd1:y1:qe',
    'd1:t0:1:y1:qe',
    'd1:t1:a1:y1:xe',
    'd1:rde1:t1:a1:y1:re',
    'd1:t1:a1:y1:r',
    'x'.repeat(9),
  ])('(%s) are none, and nobody hears of them', text => expect(decodeKrpc(raw(text))).toBeUndefined())

  it('may be anything: no mutation does more than to be refused', () => {
    const random = createRandom('krpc fuzz')
    const good = [
      encodeQuery(raw('aa'), ID, { q: 'get_peers', infoHash: OTHER }),
      encodeQuery(raw('aa'), ID, { q: 'announce_peer', infoHash: OTHER, token: raw('tok'), port: 1 }),
      encodeAnswer(raw('aa'), ID, {
        nodes: [{ id: ID, address: '1.2.3.4:5' }],
        values: ['1.2.3.4:5'],
        token: raw('t'),
      }),
    ]
    const world = new DhtWorld()
    const [victim] = world.grow(1) as [Dht]
    const enemy = world.network.datagrams.at('10.9.9.9:1')
    enemy.bind(() => {})
    let read = 0
    for (let i = 0; i < 30_000; i++) {
      const bytes = (good[i % 3] as Uint8Array).slice()
      for (let changes = 1 + random.int(4); changes > 0; changes--)
        bytes[random.int(bytes.length)] = random.int(256)
      const said = random.int(4) === 0 ? bytes.subarray(0, random.int(bytes.length)) : bytes
      if (decodeKrpc(said)) read++
      if (i % 10 === 0) enemy.send(world.addressOf(0), said)
      if (i % 1_000 === 0) world.advance(1_000)
    }
    world.advance(10_000)
    expect(read).toBeGreaterThan(1_000)
    expect(victim.nodes).toBe(0)
    expect(victim.status().hashes).toBe(0)
  })
})

describe('what a node keeps', () => {
  it('tokens are good where they were given, for five to ten minutes', () => {
    const tokens = new Tokens(createRandom('tokens'), 0)
    const token = tokens.for('10.0.0.1:5', 1_000)
    expect(tokens.isGood(token, '10.0.0.1:6', 1_000)).toBe(true)
    expect(tokens.isGood(token, '10.0.0.2:5', 1_000)).toBe(false)
    expect(tokens.isGood(token, '10.0.0.1:5', 599_999)).toBe(true)
    expect(tokens.isGood(token, '10.0.0.1:5', 600_000)).toBe(false)
    expect(tokens.isGood(tokens.for('10.0.0.1:5', 600_000), '10.0.0.1:5', 5_000_000)).toBe(false)
    expect(tokens.isGood(new Uint8Array(0), '10.0.0.1:5', 5_000_000)).toBe(false)
  })

  it('peers are kept for half an hour, the newest of too many', () => {
    const store = new PeerStore(createRandom('store'))
    for (let i = 0; i < 600; i++) store.add('aa', `10.0.${i >> 8}.${i & 255}:1`, i)
    expect(store.get('aa', 1_000)).toHaveLength(50)
    expect(new Set(store.get('aa', 1_000)).size).toBe(50)
    const all = new Set(Array.from({ length: 200 }, () => store.get('aa', 1_000)).flat())
    expect(all.size).toBe(500)
    expect(all).not.toContain('10.0.0.99:1')
    expect(store.get('aa', 1_800_598)).toEqual(['10.0.2.87:1'])
    expect(store.get('aa', 1_800_599)).toEqual([])
    expect(store.hashes).toBe(0)
    for (let i = 0; i < 2_100; i++) store.add(`${i}`, '10.0.0.1:1', 2_000_000)
    expect(store.hashes).toBe(2_000)
  })
})

describe('a network of them', () => {
  it('finds who was announced, from everywhere, and nobody else', () => {
    const world = new DhtWorld()
    const nodes = world.grow(60)
    nodes[7]?.announce(hashOf(1), 7007)
    nodes[33]?.announce(hashOf(1), 7033)
    nodes[5]?.announce(hashOf(2), 7005)
    world.advance(10_000)
    for (const node of nodes)
      expect(world.find(node, hashOf(1)).peers).toEqual(['10.0.0.33:7033', '10.0.0.7:7007'])
    expect(world.find(nodes[50] as Dht, hashOf(2)).peers).toEqual(['10.0.0.5:7005'])
    expect(world.find(nodes[50] as Dht, hashOf(3)).peers).toEqual([])
  })

  it('looks up in hops that grow as the logarithm of its size', () => {
    const hopsOf = (count: number) => {
      const world = new DhtWorld()
      const nodes = world.grow(count, 100)
      world.advance(60_000)
      const draws = createRandom('hops')
      const hops = Array.from(
        { length: 100 },
        (_, i) => world.find(nodes[draws.int(count)] as Dht, hashOf(i)).hops,
      )
      return hops.reduce((sum, each) => sum + each, 0) / hops.length
    }
    const [few, many] = [hopsOf(100), hopsOf(1_000)]
    const [cFew, cMany] = [few / Math.log(100), many / Math.log(1_000)]
    console.info(`hops: ${few} of 100, ${many} of 1,000; c = ${cFew.toFixed(2)}, ${cMany.toFixed(2)}`)
    expect(many).toBeGreaterThan(few)
    for (const c of [cFew, cMany]) {
      expect(c).toBeGreaterThan(0.3)
      expect(c).toBeLessThan(0.55)
    }
  })

  it('finds over lossy links, too, and after the death of half of it', () => {
    const world = new DhtWorld()
    world.conditions = () => ({ ...EARTHLY, loss: 0.05 })
    const nodes = world.grow(60)
    nodes[7]?.announce(hashOf(1), 7007)
    world.advance(10_000)
    for (const [i, node] of nodes.entries())
      if (i % 2 === 0) {
        node.stop()
        world.network.datagrams.detach(world.addressOf(i))
      }
    const found = nodes.filter((node, i) => i % 2 === 1 && world.find(node, hashOf(1)).peers.length === 1)
    expect(found.length).toBeGreaterThanOrEqual(29)
    world.advance(40 * 60_000)
    for (const [i, node] of nodes.entries()) if (i % 2 === 1) expect(node.nodes).toBeLessThanOrEqual(29)
  })

  it('falls apart in a cut, each side finding its own, and comes together after it', () => {
    const world = new DhtWorld()
    const nodes = world.grow(40)
    const side = (address: string) => Number(address.split('.')[3]?.split(':')[0]) % 2
    world.conditions = (from, to) => ({ ...EARTHLY, blocked: side(from) !== side(to) })
    nodes[2]?.announce(hashOf(1), 7002)
    nodes[3]?.announce(hashOf(1), 7003)
    world.advance(60 * 60_000)
    nodes[2]?.announce(hashOf(1), 7002)
    nodes[3]?.announce(hashOf(1), 7003)
    world.advance(10_000)
    expect(world.find(nodes[10] as Dht, hashOf(1)).peers).toEqual(['10.0.0.2:7002'])
    expect(world.find(nodes[11] as Dht, hashOf(1)).peers).toEqual(['10.0.0.3:7003'])
    world.conditions = () => EARTHLY
    world.advance(20 * 60_000)
    nodes[2]?.announce(hashOf(1), 7002)
    nodes[3]?.announce(hashOf(1), 7003)
    world.advance(10_000)
    for (const i of [10, 11])
      expect(world.find(nodes[i] as Dht, hashOf(1)).peers).toEqual(['10.0.0.2:7002', '10.0.0.3:7003'])
  })

  it('a node comes back to it by those that it kept, and is who it was', () => {
    const world = new DhtWorld()
    const nodes = world.grow(20)
    const store = new MemoryStore()
    const first = world.node(100, [3], store)
    first.start()
    world.advance(10_000)
    const { id, nodes: known } = first.status()
    expect(known).toBeGreaterThan(8)
    first.stop()
    world.network.datagrams.detach(world.addressOf(100))
    nodes[3]?.stop()
    world.network.datagrams.detach(world.addressOf(3))
    const second = world.node(100, [3], store)
    second.start()
    world.advance(10_000)
    expect(second.status()).toMatchObject({ id })
    expect(second.nodes).toBeGreaterThanOrEqual(8)
  })

  it('waits for who is not there yet', () => {
    const world = new DhtWorld()
    const early = world.node(1, [0])
    early.start()
    world.advance(300_000)
    expect(early.nodes).toBe(0)
    world.node(0, []).start()
    world.advance(120_000)
    expect(early.nodes).toBe(1)
  })

  it('takes no announcement without a token of its own, and none of another host', () => {
    const world = new DhtWorld()
    const [node] = world.grow(1) as [Dht]
    const answers: (string | undefined)[] = []
    const hand = world.network.datagrams.at('10.9.9.9:1')
    hand.bind((_, bytes) => answers.push(latin1(bytes)))
    const announce = (token: Uint8Array) =>
      hand.send(
        world.addressOf(0),
        encodeQuery(raw('aa'), ID, { q: 'announce_peer', infoHash: OTHER, token, port: 5 }),
      )
    announce(raw('12345678'))
    world.advance(1_000)
    expect(answers.some(text => text?.startsWith('d1:eli203e'))).toBe(true)
    expect(node.status().hashes).toBe(0)
    hand.send(world.addressOf(0), encodeQuery(raw('bb'), ID, { q: 'get_peers', infoHash: OTHER }))
    world.advance(1_000)
    const token = answers.map(text => /5:token8:([\s\S]{8})/.exec(text ?? '')?.[1]).find(Boolean) ?? ''
    announce(raw(token))
    world.advance(1_000)
    expect(node.status().hashes).toBe(1)
    expect(node.nodes).toBe(0) // it asks, and never answers
  })
})
